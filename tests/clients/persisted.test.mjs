// Apollo Client's persisted queries: by their hashes, which it finds out whether the shop knows; and from a list of trusted
// documents.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ApolloClient, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { print } from "graphql";
import { open } from "./shop.mjs";

const sha256 = (text) => createHash("sha256").update(text).digest("hex");

const STORES = gql`query Stores($first: Int!) { stores(first: $first) { nodes { id name } } }`;

/** A client of the shop, and what it sends: `hash` or `text`, with the method. */
function connect(t, shop, options) {
  const sent = [];
  const record = async (url, { method, body, ...rest }) => {
    const parameters = method === "GET" ? Object.fromEntries(new URL(url).searchParams) : JSON.parse(body);
    sent.push(`${method} ${parameters.query ? "text" : "hash"}`);
    return fetch(url, { method, body, ...rest });
  };
  const http = new HttpLink({ uri: shop.http, fetch: record });
  const link = new PersistedQueryLink({ sha256, ...options }).concat(http);
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  t.after(() => client.stop());
  const ask = (query, first) => client.query({ query, variables: { first }, fetchPolicy: "network-only" });
  return { sent, ask };
}

for (const useGETForHashedQueries of [false, true]) {
  const hashed = useGETForHashedQueries ? "GET hash" : "POST hash";

  test(`a query is sent once, and named from then on: ${hashed}`, async (t) => {
    const shop = await open();
    t.after(() => shop.close());
    const { sent, ask } = connect(t, shop, { useGETForHashedQueries });
    for (const first of [1, 2, 1]) {
      const { data } = await ask(STORES, first);
      assert.equal(data.stores.nodes.length, first);
    }
    assert.deepEqual(sent, [hashed, "POST text", hashed, hashed]);

    // Another client finds it there; after a restart it is sent again.
    const other = connect(t, shop, { useGETForHashedQueries });
    await other.ask(STORES, 1);
    assert.deepEqual(other.sent, [hashed]);
    await shop.stop();
    await shop.start();
    await other.ask(STORES, 2);
    assert.deepEqual(other.sent, [hashed, hashed, "POST text"]);
  });
}

test("of trusted documents each is named, and no other is executed", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "jangteo-trusted."));
  t.after(() => rm(folder, { recursive: true }));
  const cache = new InMemoryCache();
  const body = print(cache.transformDocument(STORES));
  const operation = { id: sha256(body), name: "Stores", type: "query", body };
  const manifest = { format: "apollo-persisted-query-manifest", version: 1, operations: [operation] };
  const file = join(folder, "manifest.json");
  await writeFile(file, JSON.stringify(manifest));
  const shop = await open({ TRUSTED_DOCUMENTS: file });
  t.after(() => shop.close());

  const { sent, ask } = connect(t, shop);
  const { data } = await ask(STORES, 2);
  assert.equal(data.stores.nodes.length, 2);
  assert.deepEqual(sent, ["POST hash"]);
  const other = ask(gql`query Others($first: Int!) { stores(first: $first) { totalCount } }`, 1);
  await assert.rejects(other, (error) => {
    assert.ok(CombinedGraphQLErrors.is(error), String(error));
    assert.equal(error.errors[0].extensions.code, "DOCUMENT_NOT_TRUSTED");
    return true;
  });
});
