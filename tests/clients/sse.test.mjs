// The graphql-sse package's client against Server-Sent Events.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createClient } from "graphql-sse";
import { followsOverARestart, orderAndHear } from "./both.mjs";
import { Results, delay, open } from "./shop.mjs";

let shop;

before(async () => {
  shop = await open({ LISTENERS_PER_MEMBER_MAX: "2" });
});

after(() => shop?.close());

function client(token, options = {}) {
  return createClient({
    url: shop.http,
    headers: () => {
      const known = typeof token === "function" ? token() : token;
      return known ? { authorization: `Bearer ${known}` } : {};
    },
    retryAttempts: 1000,
    retry: () => delay(100),
    ...options,
  });
}

/** Waits until the server tells that so many subscriptions are open. */
async function listening(count) {
  for (;;) {
    const figures = await (await fetch(`http://${shop.listen}/metrics`)).text();
    if (figures.includes(`\njangteo_subscriptions ${count}\n`)) return;
    await delay(20);
  }
}

test("queries and mutations are answered and end", async () => {
  const made = client(await shop.member("query"));
  const results = new Results();
  made.subscribe({ query: "{ me { nickname } }" }, results.sink);
  assert.deepEqual(await results.next(), { data: { me: { nickname: "query" } } });
  await results.complete();
  const charge = `mutation { chargePoints(input: { amount: 1000, idempotencyKey: "more" }) { userPoint { balance } } }`;
  made.subscribe({ query: charge }, results.sink);
  assert.equal((await results.next()).data.chargePoints.userPoint.balance, 1_001_000);
  await results.complete();
  made.dispose();
});

test("what is refused is told, and ends", async () => {
  const made = client(null);
  for (const [query, code] of [
    ["{ noSuchField }", "BAD_REQUEST"],
    ["subscription { noSuchField }", "BAD_REQUEST"],
    ["subscription { myOrderEvents { status } }", "UNAUTHENTICATED"],
  ]) {
    const results = new Results();
    made.subscribe({ query }, results.sink);
    const { errors } = await results.next();
    assert.equal(errors[0].extensions.code, code);
    await results.complete();
  }
  made.dispose();
});

test("an order is followed over a restart of the server", async () => {
  const token = await shop.member("restart");
  const made = client(token);
  const results = new Results();
  await followsOverARestart(shop, (payload, sink) => made.subscribe(payload, sink), { results, token, key: "sse" });
  made.dispose();
});

test("a token that expires is told so, and the next one goes on", async () => {
  const good = await shop.member("expiry");
  const tokens = [shop.expiring(good, 3), good];
  const made = client(() => tokens.shift());
  const results = new Results();
  const query = "subscription { myOrderEvents { status } }";
  made.subscribe({ query }, results.sink);
  const { errors } = await results.next();
  assert.equal(errors[0].extensions.code, "UNAUTHENTICATED");
  await results.complete();
  made.subscribe({ query }, results.sink);
  await listening(1);
  await orderAndHear(shop, good, results, "after expiry");
  made.dispose();
  await listening(0);
});

test("whoever finds no place comes again until there is one", async () => {
  const token = await shop.member("limits");
  const made = client(token);
  const query = "subscription { myOrderEvents { status } }";
  const leave = [1, 2].map(() => made.subscribe({ query }, new Results().sink));
  await listening(2);
  const statuses = [];
  const late = client(token, {
    fetchFn: async (...request) => {
      const response = await fetch(...request);
      statuses.push(response.status);
      return response;
    },
  });
  const results = new Results();
  late.subscribe({ query: "{ me { nickname } }" }, results.sink);
  while (statuses.length === 0) await delay(10);
  assert.equal(statuses[0], 429);
  leave[0]();
  assert.deepEqual(await results.next(), { data: { me: { nickname: "limits" } } });
  await results.complete();
  made.dispose();
  late.dispose();
});
