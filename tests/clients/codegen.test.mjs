// The sample app of GraphQL Code Generator.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { build } from "./build.mjs";
import { generate } from "./codegen/generate.mjs";
import { KEYBOARD, open } from "./shop.mjs";

let app;
let shop;

before(async () => {
  app = await build("codegen", { generate });
  shop = await open();
});

after(() => shop?.close());

/** A new member, and what sends their operations. */
async function member(userId, amount) {
  const anybody = app.connect({ url: shop.http });
  const { signUp } = await anybody(app.SignUp, { input: { userId, password: "jangteo-demo", nickname: "다은" } });
  assert.deepEqual(signUp.userErrors, []);
  assert.equal(signUp.session.member.nickname, "다은");
  const settings = { url: shop.http, token: signUp.session.accessToken };
  const execute = app.connect(settings);
  const { chargePoints } = await execute(app.ChargePoints, { input: { amount, idempotencyKey: "the first" } });
  assert.deepEqual(chargePoints, { userPoint: { balance: amount }, userErrors: [] });
  return { settings, execute };
}

test("an order whose answer is lost is sent again, and is one", async () => {
  const { settings, execute } = await member("daeun", 200_000);
  const answers = [];
  /** The first answers get lost on their way, though the shop has done what was asked. */
  const unreliable = async (...request) => {
    const response = await fetch(...request);
    answers.push(await response.clone().json());
    if (answers.length < 3) throw new TypeError("fetch failed");
    return response;
  };
  const input = { lines: [{ optionId: KEYBOARD, quantity: 1 }], expectedTotal: 79_000, idempotencyKey: crypto.randomUUID() };
  const placed = await app.placeOrder(app.connect({ ...settings, fetch: unreliable }), input);
  assert.equal(app.refusal(placed), undefined);
  assert.equal(placed.order.status, "PAID");
  assert.equal(placed.order.pointsUsed, 79_000);
  assert.equal(answers.length, 3);
  for (const { data } of answers) assert.equal(data.placeOrder.order.id, placed.order.id);

  const { me } = await execute(app.MyOrders, { first: 10 });
  assert.deepEqual(me, {
    userPoint: { balance: 121_000 },
    orders: { totalCount: 1, nodes: [{ id: placed.order.id, status: "PAID" }] },
  });
});

test("a refusal comes with its numbers, and changes nothing", async () => {
  const { settings, execute } = await member("poor", 50_000);
  const order = async (quantity, key) => {
    const placed = await app.placeOrder(execute, { lines: [{ optionId: KEYBOARD, quantity }], idempotencyKey: key });
    assert.equal(placed.order, null);
    return placed;
  };
  const poor = await order(1, "too dear");
  assert.equal(poor.userErrors[0].code, "INSUFFICIENT_POINTS");
  assert.equal(app.refusal(poor), "29000 points are missing.");
  const greedy = await order(999, "too many");
  assert.deepEqual(greedy.userErrors[0].code, "INSUFFICIENT_STOCK");
  assert.match(app.refusal(greedy), /^Of 크림 there are \d+\.$/);

  const wrong = { lines: [{ optionId: KEYBOARD, quantity: 0 }], idempotencyKey: "none" };
  const english = await app.placeOrder(app.connect({ ...settings, language: "en" }), wrong);
  assert.deepEqual(english.userErrors[0].path, ["lines", "0", "quantity"]);
  assert.match(app.refusal(english), /^[\x20-\x7e]+$/);
  assert.match(app.refusal(await app.placeOrder(execute, wrong)), /[가-힣]/);
  const { me } = await execute(app.MyOrders, { first: 10 });
  assert.deepEqual(me, { userPoint: { balance: 50_000 }, orders: { totalCount: 0, nodes: [] } });
});

test("what no form can mend is thrown, and not sent again", async () => {
  let sent = 0;
  const counting = (...request) => {
    sent += 1;
    return fetch(...request);
  };
  const stranger = app.connect({ url: shop.http, fetch: counting });
  await assert.rejects(app.placeOrder(stranger, { idempotencyKey: "k" }), { name: "Error", code: "UNAUTHENTICATED" });
  assert.equal(sent, 1);
});
