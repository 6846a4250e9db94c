// The sample app of gql.tada.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { build, run } from "./build.mjs";
import { KEYBOARD, open } from "./shop.mjs";

let app;
let shop;

before(async () => {
  app = await build("tada", { generate: () => run("tada", "gql.tada", "generate-output") });
  // To TypeScript a field that does not exist is of an unknown type; this tells that there is none.
  await run("tada", "gql.tada", "check", "--fail-on-warn");
  shop = await open();
});

after(() => shop?.close());

const NAME = "또각 슬림 75 무선 키보드 (크림)";

test("a cart is filled, changed and ordered", async () => {
  const execute = app.connect(shop.http, await shop.member("cart"));
  const { addToCart } = await execute(app.AddToCart, { input: { optionId: KEYBOARD, quantity: 999 } });
  assert.deepEqual(addToCart.userErrors, []);
  const { items } = addToCart.cart;
  assert.deepEqual(items.map(app.line), [`${NAME} × 999: 78,921,000 won, not available`]);

  const input = { cartItemId: items[0].id, quantity: 2 };
  const { updateCartItem } = await execute(app.UpdateCartItem, { input });
  assert.deepEqual(updateCartItem.cart.items.map(app.line), [`${NAME} × 2: 158,000 won`]);

  const checkout = await app.checkout(execute);
  assert.equal(checkout.total, 158_000);
  assert.deepEqual(checkout.lines, [`${NAME} × 2: 158,000 won`]);
  const expected = {
    order: { status: "PAID", itemsTotal: 158_000, items: [{ productName: "또각 슬림 75 무선 키보드", quantity: 2 }] },
    userErrors: [],
  };
  assert.deepEqual(await checkout.order(), expected);
  assert.deepEqual(await checkout.order(), expected, "the same order: the cart is empty by now");
  assert.deepEqual((await app.checkout(execute)).lines, []);
});

test("what was not shown is not ordered", async () => {
  const execute = app.connect(shop.http, await shop.member("changed"));
  await execute(app.AddToCart, { input: { optionId: KEYBOARD } });
  const checkout = await app.checkout(execute);
  await execute(app.AddToCart, { input: { optionId: KEYBOARD } });
  const { order, userErrors } = await checkout.order();
  assert.equal(order, null);
  assert.equal(userErrors[0].code, "PRICE_CHANGED");
  assert.equal((await app.checkout(execute)).total, 158_000);
});

test("a stranger has no cart", async () => {
  await assert.rejects(app.checkout(app.connect(shop.http, "nonsense")), /UNAUTHENTICATED/);
});
