// The graphql-ws package's client against the WebSocket.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { followsOverARestart, orderAndHear } from "./both.mjs";
import { Results, delay, open } from "./shop.mjs";

let shop;

before(async () => {
  shop = await open({ SOCKET_OPERATIONS_MAX: "3", LISTENERS_PER_MEMBER_MAX: "4" });
});

after(() => shop?.close());

/** A client, and with which codes its connections were closed. */
function client(token, options = {}) {
  const closed = [];
  const made = createClient({
    url: shop.ws,
    webSocketImpl: WebSocket,
    connectionParams: () => {
      const known = typeof token === "function" ? token() : token;
      return known ? { Authorization: `Bearer ${known}` } : {};
    },
    retryAttempts: 1000,
    retryWait: () => delay(100),
    // A server that cannot be reached is one that comes back.
    shouldRetry: () => true,
    on: { closed: ({ code, reason }) => closed.push([code, reason]) },
    ...options,
  });
  return { client: made, closed };
}

test("queries and mutations are answered and end", async () => {
  const { client: made, closed } = client(await shop.member("query"));
  const results = new Results();
  made.subscribe({ query: "{ me { nickname } }" }, results.sink);
  assert.deepEqual(await results.next(), { data: { me: { nickname: "query" } } });
  await results.complete();
  const charge = `mutation { chargePoints(input: { amount: 1000, idempotencyKey: "more" }) { userPoint { balance } } }`;
  made.subscribe({ query: charge }, results.sink);
  assert.equal((await results.next()).data.chargePoints.userPoint.balance, 1_001_000);
  await results.complete();
  await made.dispose();
  while (closed.length === 0) await delay(10);
  assert.equal(closed[0][0], 1000);
});

test("what is not valid is an error of its operation alone", async () => {
  const { client: made } = client(await shop.member("error"));
  const events = new Results();
  made.subscribe({ query: "subscription { myOrderEvents { status } }" }, events.sink);
  for (const query of ["{ noSuchField }", "subscription { noSuchField }", "{"]) {
    const results = new Results();
    made.subscribe({ query }, results.sink);
    const [error] = await results.error();
    assert.equal(error.extensions.code, "BAD_REQUEST");
  }
  const anonymous = client(null);
  const results = new Results();
  anonymous.client.subscribe({ query: "subscription { myOrderEvents { status } }" }, results.sink);
  const { errors } = await results.next();
  assert.equal(errors[0].extensions.code, "UNAUTHENTICATED");
  await results.complete();
  await anonymous.client.dispose();
  await made.dispose();
  await events.complete();
});

test("an order is followed over a restart of the server", async () => {
  const token = await shop.member("restart");
  const { client: made, closed } = client(token);
  const results = new Results();
  await followsOverARestart(shop, (payload, sink) => made.subscribe(payload, sink), { results, token, key: "ws" });
  assert.equal(closed[0][0], 1012);
  assert.match(closed[0][1], /connect again/);
  await made.dispose();
});

test("a token that expires is told so, and the next one goes on", async () => {
  const good = await shop.member("expiry");
  const tokens = [shop.expiring(good, 3), good];
  const { client: made, closed } = client(() => tokens.shift());
  const results = new Results();
  made.subscribe({ query: "subscription { myOrderEvents { status } }" }, results.sink);
  while (closed.length === 0) await delay(10);
  assert.equal(closed[0][0], 4403);
  assert.match(closed[0][1], /expired/);
  // The new connection listens as soon as it answers what was asked after the subscription.
  while (tokens.length > 0) await delay(10);
  const asked = new Results();
  made.subscribe({ query: "{ __typename }" }, asked.sink);
  await asked.next();
  await orderAndHear(shop, good, results, "after expiry");
  await made.dispose();
});

test("a bad token is refused until there is a good one", async () => {
  const good = await shop.member("bad-token");
  const tokens = ["nonsense", good];
  const { client: made, closed } = client(() => tokens.shift());
  const results = new Results();
  made.subscribe({ query: "{ me { nickname } }" }, results.sink);
  assert.deepEqual(await results.next(), { data: { me: { nickname: "bad-token" } } });
  assert.equal(closed[0][0], 4403);
  await made.dispose();
});

test("more operations than a connection may have are errors, and more connections wait", async () => {
  const token = await shop.member("limits");
  const { client: made } = client(token);
  const events = [1, 2, 3].map(() => new Results());
  const query = "subscription { myOrderEvents { status } }";
  for (const { sink } of events) made.subscribe({ query }, sink);
  const refused = new Results();
  made.subscribe({ query }, refused.sink);
  const [error] = await refused.error();
  assert.equal(error.extensions.code, "TOO_MANY_LISTENERS");

  const others = [1, 2, 3].map(() => client(token));
  for (const other of others) {
    const results = new Results();
    other.client.subscribe({ query: "subscription { myOrderEvents { status } }" }, results.sink);
    const asked = new Results();
    other.client.subscribe({ query: "{ __typename }" }, asked.sink);
    await asked.next();
  }
  const late = client(token);
  const results = new Results();
  late.client.subscribe({ query: "{ me { nickname } }" }, results.sink);
  while (late.closed.length === 0) await delay(10);
  assert.equal(late.closed[0][0], 4413);
  await others[0].client.dispose();
  assert.deepEqual(await results.next(), { data: { me: { nickname: "limits" } } });
  await Promise.all([made, late.client, ...others.map((other) => other.client)].map((each) => each.dispose()));
});

test("pings are answered", async () => {
  const pongs = [];
  const { client: made } = client(null, {
    lazy: false,
    keepAlive: 100,
    on: { pong: (received) => received && pongs.push(received) },
  });
  while (pongs.length < 3) await delay(10);
  await made.dispose();
});
