// The sample app of Apollo Client.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import WebSocket from "ws";
import { generate } from "./apollo/possible-types.mjs";
import { build } from "./build.mjs";
import { KEYBOARD, open, Results } from "./shop.mjs";

let app;
let shop;

before(async () => {
  app = await build("apollo", { generate });
  shop = await open();
});

after(() => shop?.close());

/** An account whose session has these access tokens, one after the other. */
function account(...tokens) {
  return {
    refreshed: 0,
    accessToken: () => tokens[0],
    async refresh() {
      assert.ok(tokens.length > 1, "there is another token");
      tokens.shift();
      this.refreshed += 1;
    },
  };
}

/** A client of the account's, closed when the test ends. */
function connect(t, account) {
  const { client, close } = app.connect({ http: shop.http, ws: shop.ws, account, webSocket: WebSocket });
  t.after(close);
  return client;
}

/** What a page would show of the orders now, without asking the shop. */
function shown(client) {
  const { orders } = client.cache.readQuery({ query: app.ORDERS, variables: { first: 2 } });
  return orders.edges.map(({ node }) => node);
}

test("orders are read page by page, and a new one stands at their head", async (t) => {
  const token = await shop.member("pages");
  for (const key of ["one", "two", "three", "four", "five"]) await shop.order(token, key);
  const { orders: whole } = await shop.run("{ orders { nodes { id } } }", {}, token);
  const ids = whole.nodes.map(({ id }) => id);
  assert.equal(ids.length, 5);
  const client = connect(t, account(token));
  const list = client.watchQuery({ query: app.ORDERS, variables: { first: 2 } });
  const pages = new Results();
  const watching = list.subscribe({ next: ({ data, loading }) => loading || pages.sink.next(data) });
  t.after(() => watching.unsubscribe());
  for (const count of [2, 4, 5]) {
    const { orders } = await pages.next();
    assert.deepEqual(orders.edges.map(({ node }) => node.id), ids.slice(0, count));
    const { hasNextPage, endCursor } = orders.pageInfo;
    assert.equal(hasNextPage, count < 5);
    if (hasNextPage) await list.fetchMore({ variables: { after: endCursor } });
  }
  const { order, userErrors } = await app.placeOrder(client, KEYBOARD, 1, "six");
  assert.deepEqual(userErrors, []);
  assert.equal(order.itemsTotal, 79_000);
  assert.equal(shown(client).length, 6);
  assert.equal(shown(client)[0].id, order.id);
  const again = await app.placeOrder(client, KEYBOARD, 1, "six");
  assert.equal(again.order.id, order.id);
  assert.equal(shown(client).length, 6, "sent again it is the same order");

  const canceled = await app.cancelOrder(client, order.id);
  assert.deepEqual(canceled.userErrors, []);
  assert.equal(shown(client)[0].status, "CANCELED");
  assert.equal(shown(client)[0].isCancelable, false);
});

test("what a member can mend is data, and the list stays as it is", async (t) => {
  const client = connect(t, account(await shop.member("refused")));
  await client.query({ query: app.ORDERS, variables: { first: 2 } });
  const { order, userErrors } = await app.placeOrder(client, KEYBOARD, 999, "too many");
  assert.equal(order, null);
  assert.deepEqual(userErrors.map(({ __typename, code }) => [__typename, code]), [["InsufficientStock", "INSUFFICIENT_STOCK"]]);
  assert.ok(userErrors[0].message, "the fragment on the interface is read");
  assert.deepEqual(shown(client), []);
});

test("an expired session is refreshed once, and what was asked is done", async (t) => {
  const good = await shop.member("expired");
  const session = account(shop.expiring(good, -60), good);
  const client = connect(t, session);
  const { order } = await app.placeOrder(client, KEYBOARD, 1, "after the refresh");
  assert.equal(order.status, "PAID");
  assert.equal(session.refreshed, 1);
});

test("who cannot be signed in is told by an error", async (t) => {
  const client = connect(t, account("nonsense", "more nonsense"));
  await assert.rejects(client.query({ query: app.ORDERS, variables: { first: 2 } }), app.isUnauthenticated);
});

test("an order is followed over a restart of the server, wherever it is shown", async (t) => {
  const token = await shop.member("live");
  const merchant = await shop.signIn("yuja");
  const client = connect(t, account(token));
  await client.query({ query: app.ORDERS, variables: { first: 2 } });
  const { order } = await app.placeOrder(client, KEYBOARD, 1, "live");
  const events = new Results();
  const ended = app.follow(client, order.id, events.sink.next);
  const told = async (sequence, status) => {
    const event = await events.next();
    assert.deepEqual([event.sequence, event.status], [sequence, status]);
  };
  await told(1, "PAID");
  await shop.step("acceptOrder", order.id, merchant);
  await told(2, "ACCEPTED");
  assert.equal(shown(client)[0].status, "ACCEPTED");
  await shop.stop();
  await shop.start();
  await shop.step("markOrderReady", order.id, merchant);
  await told(3, "READY");
  await shop.step("completeOrder", order.id, merchant);
  await told(4, "COMPLETED");
  await ended;
  assert.equal(shown(client)[0].status, "COMPLETED");
});
