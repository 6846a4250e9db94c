// Which documents are valid: the shop's verdicts beside graphql-js's, over documents.json and what becomes of each of them
// when a word is left out, comes twice or is another.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { buildSchema, Kind, Lexer, parse, Source, TokenKind, validate } from "graphql";
import { open } from "./shop.mjs";

const DOCUMENTS = JSON.parse(readFileSync(new URL("documents.json", import.meta.url), "utf8"));

const schema = buildSchema(readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8"));

// What the shop's own scalars can be written as; the schema's text does not tell.
schema.getType("Won").parseLiteral = ({ kind, value }) => {
  if (kind !== Kind.INT || !Number.isSafeInteger(Number(value))) throw new Error("no amount");
  return Number(value);
};
schema.getType("DateTime").parseLiteral = ({ kind, value }) => {
  if (kind !== Kind.STRING || Number.isNaN(Date.parse(value))) throw new Error("no moment");
  return value;
};

let shop;

before(async () => {
  shop = await open();
});

after(() => shop?.close());

/** What graphql-js finds wrong. */
function mistakes(document) {
  try {
    return validate(schema, parse(document)).map(({ message }) => message);
  } catch ({ message }) {
    return [message];
  }
}

/** What the shop refuses a document for: nothing of it is executed but the probe. */
async function refusals(query, operationName) {
  const response = await fetch(shop.http, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/graphql-response+json" },
    body: JSON.stringify({ query, operationName }),
  });
  const { data, errors = [] } = await response.json();
  assert.equal(response.status, data === undefined ? 400 : 200, query);
  for (const { message, extensions, locations } of errors) {
    assert.match(extensions.code, /^(BAD_REQUEST|QUERY_TOO_COMPLEX)$/, query);
    for (const { line, column } of locations ?? []) assert.ok(line > 0 && column > 0, message);
  }
  return data === undefined ? errors.map(({ message }) => message) : [];
}

const PROBE = "query Probe { __typename }";

/** The document with an operation more, that alone is executed; where operations have no names there can be none. */
const probed = ({ document, alone }) => (alone ? [document] : [`${document}\n${PROBE}`, "Probe"]);

for (const { rule, valid, alone, document, ...others } of DOCUMENTS) {
  test(`${rule}: ${valid ? "" : "not "}${document}`, async () => {
    const [query, operationName] = probed({ document, alone });
    assert.equal(mistakes(query).length === 0, others["graphql-js"] ?? valid, mistakes(query).join("\n"));
    const refused = await refusals(query, operationName);
    assert.equal(refused.length === 0, valid, refused.join("\n"));
  });
}

/** A document's words, as they are written. */
function words(document) {
  const lexer = new Lexer(new Source(document));
  const found = [];
  while (lexer.advance().kind !== TokenKind.EOF) found.push(document.slice(lexer.token.start, lexer.token.end));
  return found;
}

/** What becomes of a document. */
function* variants(document) {
  let written;
  try {
    written = words(document);
  } catch {
    return;
  }
  for (const [at, word] of written.entries()) {
    const others = ["", `${word} ${word}`, "id", "A", "$a", "1", "null", "[", "}", "@skip(if: true)", "... on Node"];
    for (const other of others) yield written.with(at, other).join(" ");
  }
}

/** Of so many variants one is judged, so that it takes seconds; EVERY=1 judges all. */
const EVERY = Number(process.env.EVERY ?? 7);

/** Where the verdicts may differ: what the specification has changed since graphql-js 16, or leaves open. */
function mayDiffer(query) {
  // No condition at the root of a subscription, whatever its value: the specification of September 2025, 5.2.4.1.
  return /subscription/.test(query) && /@ ?(skip|include)/.test(query);
}

test("what becomes of them is judged alike", { timeout: 600_000 }, async () => {
  const seen = new Set();
  let valid = 0;
  const differ = [];
  for (const { document, alone } of DOCUMENTS) {
    const sampled = [...variants(document)].filter((_, at) => at % EVERY === 0);
    const sent = sampled.map((variant) => probed({ document: variant, alone }));
    // Several at once: each waits for the shop more than for itself.
    const judge = async ([query, operationName]) => {
      if (seen.has(query) || mayDiffer(query)) return;
      seen.add(query);
      const [theirs, ours] = [mistakes(query), await refusals(query, operationName)];
      if (theirs.length === 0) valid += 1;
      if ((theirs.length === 0) !== (ours.length === 0)) differ.push({ query, theirs, ours });
    };
    while (sent.length > 0) await Promise.all(sent.splice(0, 16).map(judge));
  }
  assert.deepEqual(differ, []);
  assert.ok(seen.size > 20_000 / EVERY && valid > 300 / EVERY, `${seen.size} documents, ${valid} of them valid`);
});
