// The sample app of urql.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { build } from "./build.mjs";
import { open, Results } from "./shop.mjs";

let app;
let shop;

before(async () => {
  app = await build("urql");
  shop = await open();
});

after(() => shop?.close());

/** A client of whoever has the token, closed when the test ends. */
function connect(t, token, language) {
  const { client, close } = app.connect({ url: shop.http, token: () => token, language });
  t.after(close);
  return client;
}

/** A merchant with an open store of their own that sells tea: nobody else orders there. */
async function merchant(userId) {
  const register = `mutation($userId: String!) { registerMerchant(input: { userId: $userId, password: "jangteo-demo",
    nickname: "차림", storeName: "차림찻집" }) { session { accessToken } store { id } } }`;
  const { registerMerchant } = await shop.run(register, { userId });
  const token = registerMerchant.session.accessToken;
  const storeId = registerMerchant.store.id;
  const fill = `mutation($storeId: ID!) {
    setStoreOpen(input: { storeId: $storeId, isOpen: true }) { userErrors { code } }
    createProduct(input: { storeId: $storeId, name: "녹차", options: [{ name: "50 g", price: 9000, stockQuantity: 10 }] }) {
      product { options { id } } } }`;
  const { createProduct } = await shop.run(fill, { storeId }, token);
  return { token, storeId, tea: createProduct.product.options[0].id };
}

test("an order is heard of, taken on, handed over and earned", async (t) => {
  const { token, storeId, tea } = await merchant("counter");
  const client = connect(t, token);
  assert.deepEqual(await app.store(client), { id: storeId, name: "차림찻집", wallet: { balance: 0, pending: 0 } });
  const events = new Results();
  t.after(app.listen(client, storeId, 0, events.sink.next, events.sink.error));

  const id = await shop.order(await shop.member("thirsty"), "tea", tea);
  const told = async (storeSequence, status) =>
    assert.deepEqual(await events.next(), { storeSequence, status, order: { id, itemsTotal: 9_000 } });
  await told(1, "PAID");
  for (const [at, [step, status]] of [["accept", "ACCEPTED"], ["ready", "READY"], ["complete", "COMPLETED"]].entries()) {
    const { order, userErrors } = await app.step(client, step, id);
    assert.deepEqual(userErrors, []);
    assert.equal(order.status, status);
    await told(2 + at, status);
  }
  assert.deepEqual((await app.store(client)).wallet, { balance: 9_000, pending: 0 });

  const early = await app.step(client, "ready", await shop.order(await shop.member("early"), "early", tea));
  assert.equal(early.order, null);
  assert.equal(early.userErrors[0].code, "ORDER_STATE_CHANGED");
});

test("events go on over a restart of the server, after the last that was dealt with", async (t) => {
  const { token, storeId, tea } = await merchant("restart");
  const buyer = await shop.member("faithful");
  await shop.order(buyer, "dealt with", tea);
  const client = connect(t, token);
  const events = new Results();
  t.after(app.listen(client, storeId, 1, events.sink.next, events.sink.error));
  const told = async (order, number) => {
    const event = await events.next();
    assert.deepEqual([event.storeSequence, event.order.id], [number, order]);
  };
  await told(await shop.order(buyer, "before", tea), 2);
  await shop.stop();
  await shop.start();
  await told(await shop.order(buyer, "after", tea), 3);
});

test("what no form can mend is an error with its code", async (t) => {
  const stranger = connect(t, await shop.member("stranger"), "en");
  const { id } = await app.store(connect(t, await shop.signIn("yuja")));
  const failed = new Results();
  t.after(app.listen(stranger, id, 0, failed.sink.next, failed.sink.error));
  const error = await failed.error();
  assert.deepEqual(app.codes(error), ["FORBIDDEN"]);
  await assert.rejects(app.step(connect(t, "nonsense"), "accept", id), (error) => {
    assert.deepEqual(app.codes(error), ["UNAUTHENTICATED"]);
    return true;
  });
  const { client: nobody } = app.connect({ url: "http://127.0.0.1:1/graphql", token: () => "" });
  await assert.rejects(app.store(nobody), ({ networkError }) => networkError instanceof Error);
});
