// Does the schema keep what the last release promised to clients?

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { byAge, changes, mayBreak } from "./compatibility.mjs";
import { sdl } from "./schema.mjs";

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** The version that is being worked on, or was just released. */
const [, version] = /^\[workspace\.package\]\nversion = "(.*)"$/m.exec(read("Cargo.toml"));

test("the schema breaks no client of the last release, or its version says so", (t) => {
  const files = readdirSync(new URL("../../docs/releases/", import.meta.url)).filter((file) => file.endsWith(".graphql"));
  const last = files.map((file) => file.slice(0, -".graphql".length)).sort(byAge).at(-1);
  assert.ok(byAge(last, version) <= 0, `${last} is recorded, and this is ${version}`);
  const { breaking, dangerous } = changes(read(`docs/releases/${last}.graphql`), sdl);
  for (const change of dangerous) t.diagnostic(`since ${last}: ${change}`);
  if (!mayBreak(last, version)) assert.deepEqual(breaking, [], `${version} breaks clients of ${last}`);
});

const SHOES = `
  type Query { shoes(size: Int, colour: Colour, first: Int! = 5): [Shoe!]! old: Int }
  type Mutation { buy(input: BuyInput!): Shoe }
  type Shoe { id: ID! size: Int! name: String }
  union Thing = Shoe
  enum Colour { BLACK BROWN }
  input BuyInput { id: ID! count: Int! = 1 }`;

for (const [what, now, becomes] of [
  ["a field that is gone", " old: Int", ""],
  ["an argument that is gone", "size: Int, ", ""],
  ["an argument that is needed", "size: Int,", "size: Int!,"],
  ["a new argument that is needed", "(size: Int,", "(width: Int!, size: Int,"],
  ["a field that can be null", "size: Int!", "size: Int"],
  ["a field of another type", "name: String", "name: Int"],
  ["an enum value that is gone", " BROWN", ""],
  ["an input field that is gone", " count: Int! = 1", ""],
  ["a new input field that is needed", "count: Int! = 1", "count: Int! = 1 why: String!"],
  ["an input field that loses its default", "count: Int! = 1", "count: Int!"],
  ["an argument that loses its default", "first: Int! = 5", "first: Int!"],
  ["a type that has another name", /Colour/g, "Color"],
  ["a list that is none", "[Shoe!]!", "Shoe!"],
]) {
  test(`${what} breaks clients`, () => {
    const then = SHOES.replace(now, becomes);
    assert.notEqual(then, SHOES);
    assert.notDeepEqual(changes(SHOES, then).breaking, []);
  });
}

for (const [what, now, becomes] of [
  ["a new field", "old: Int", "old: Int young: Int"],
  ["a new type", "union Thing", "type Sock { id: ID! } union Thing"],
  ["a new argument that may be left out", "(size: Int,", "(width: Int, size: Int,"],
  ["a new argument with a default", "(size: Int,", "(width: Int! = 1, size: Int,"],
  ["a new input field that may be left out", "count: Int! = 1", "count: Int! = 1 why: String"],
  ["a field that is never null any more", "name: String", "name: String!"],
  ["an argument that may be left out", "input: BuyInput!", "input: BuyInput"],
  ["a description", "type Shoe", '"What one walks in." type Shoe'],
  ["a deprecation", "old: Int", 'old: Int @deprecated(reason: "Ask for shoes.")'],
]) {
  test(`${what} breaks nobody`, () => {
    const then = SHOES.replace(now, becomes);
    assert.notEqual(then, SHOES);
    assert.deepEqual(changes(SHOES, then).breaking, []);
  });
}

for (const [what, now, becomes] of [
  ["a new value of an enum", "BROWN", "BROWN WHITE"],
  ["a new type in a union", "union Thing = Shoe", "type Sock { id: ID! } union Thing = Shoe | Sock"],
  ["an input field's other default", "count: Int! = 1", "count: Int! = 2"],
  ["an argument's other default", "first: Int! = 5", "first: Int! = 6"],
]) {
  test(`${what} is told, and breaks nobody`, () => {
    const { breaking, dangerous } = changes(SHOES, SHOES.replace(now, becomes));
    assert.deepEqual(breaking, []);
    assert.equal(dangerous.length, 1, dangerous.join("\n"));
  });
}

test("a version may break what an earlier one promised if its number says so", () => {
  for (const [from, to, may] of [
    ["0.1.0", "0.1.0", false],
    ["0.1.0", "0.1.9", false],
    ["0.1.9", "0.2.0", true],
    ["0.9.0", "0.10.0", true],
    ["0.10.0", "0.9.0", false],
    ["0.1.0", "1.0.0", true],
    ["1.0.0", "1.1.0", false],
    ["1.9.9", "2.0.0", true],
    ["1.0.0", "0.2.0", false],
  ]) {
    assert.equal(mayBreak(from, to), may, `${from} to ${to}`);
  }
  assert.deepEqual(["0.10.0", "1.0.0", "0.9.1", "0.9.0"].sort(byAge), ["0.9.0", "0.9.1", "0.10.0", "1.0.0"]);
});
