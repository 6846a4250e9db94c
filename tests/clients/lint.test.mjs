// The schema and the linter of schemas.

import assert from "node:assert/strict";
import { test } from "node:test";
import { lint, MEANT } from "./lint.mjs";
import { sdl } from "./schema.mjs";

test("the schema is as the linter has it, but for what is meant", async () => {
  assert.deepEqual((await lint(sdl)).sort(), MEANT.toSorted());
});

const RIGHT = `
  "Anything with an id." interface Node { id: ID! }
  "A shoe." type Shoe implements Node { id: ID! size: Int }
  "A shoe in a list." type ShoeEdge { node: Shoe! cursor: String! }
  "A page of shoes." type ShoeConnection { edges: [ShoeEdge!]! pageInfo: PageInfo! }
  "Where a page lies." type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
  "Reads." type Query {
    "All shoes." shoes(first: Int, after: String, last: Int, before: String): ShoeConnection
    "Anything." node(id: ID!): Node
  }`;

test("a right schema passes", async () => assert.deepEqual(await lint(RIGHT), []));

test("what is wrong is found", async () => {
  const found = await lint(`
    "Anything with an id." interface Node { id: ID! }
    "A shoe." type Shoe implements Node { id: ID! shoeSize: Int old: Int @deprecated(reason: "") }
    type Foot { id: ID! }
    "A lace." type Lace { length: Int }
    "Lost." type Lost { id: ID! }
    "A shoe in a list." type ShoeEdge { node: [Shoe!] cursor: [String!] }
    "A foot in a list." type FootEdge { node: Foot! cursor: String! }
    "A page of shoes." type ShoeConnection { edges: ShoeEdge pageInfo: PageInfo }
    "A page of feet." type FootConnection { edges: [FootEdge!]! pageInfo: PageInfo! }
    "Where a page lies." type PageInfo { hasNextPage: Boolean hasPreviousPage: Boolean! startCursor: String endCursor: String }
    "A wish." input Wish { id: ID! }
    "Reads." type Query {
      "A lace." getLace: Lace
      "A shoe." big_shoe: Shoe!
      "Shoes." shoes(first: String, after: String): ShoeConnection
      "Feet." feet(last: Int): FootConnection
    }
    "Changes." type Mutation { "Buys." buy(wish: Wish!): Boolean }`);
  const rules = {};
  for (const message of found) {
    const [rule] = message.split(": ");
    rules[rule] = (rules[rule] ?? 0) + 1;
  }
  const expected = {
    "input-name": 2,
    "naming-convention": 2,
    "no-scalar-result-type-on-mutation": 1,
    "no-typename-prefix": 1,
    "no-unreachable-types": 1,
    "relay-arguments": 4,
    "relay-connection-types": 2,
    "relay-edge-types": 3,
    "relay-page-info": 1,
    "require-deprecation-reason": 1,
    "require-description": 1,
    "require-nullable-result-in-root": 1,
    "strict-id-in-types": 1,
  };
  assert.deepEqual(rules, expected, found.join("\n"));
});
