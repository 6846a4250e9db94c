// The sample app of Relay.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, before, test } from "node:test";
import { build, run } from "./build.mjs";
import { finish } from "./relay/finish.mjs";
import { KEYBOARD, open } from "./shop.mjs";

let app;
let shop;

before(async () => {
  const generate = async () => {
    await mkdir(new URL("relay/generated/", import.meta.url));
    await run("relay", "relay-compiler", "--noWatchman");
  };
  app = await build("relay", { generate, finish });
  shop = await open();
});

after(() => shop?.close());

/** The names of all products in the list's order, as one page has them. */
async function names(sort, filter) {
  const query = `query($sort: ProductSort, $filter: ProductFilter) {
    products(sort: $sort, filter: $filter, first: 100) { nodes { name } } }`;
  const { products } = await shop.run(query, { sort, filter });
  return products.nodes.map(({ name }) => name);
}

test("a list is read to its end, page by page", async () => {
  const all = await names("PRICE_ASC");
  assert.equal(all.length, 60);
  const list = await app.CatalogList.open(app.environment(shop.http), { sort: "PRICE_ASC", count: 25 });
  const shown = () => list.products.map(({ name }) => name);
  for (const count of [25, 50]) {
    assert.equal(list.total, 60);
    assert.deepEqual(shown(), all.slice(0, count));
    assert.equal(list.hasNext, true);
    await list.more();
  }
  assert.deepEqual(shown(), all);
  assert.equal(list.hasNext, false);
});

test("lists are apart by what they sort and filter by", async () => {
  const environment = app.environment(shop.http);
  const filter = { search: "키보드" };
  const cheap = await app.CatalogList.open(environment, { sort: "PRICE_ASC", filter, count: 1 });
  const dear = await app.CatalogList.open(environment, { sort: "PRICE_DESC", filter, count: 1 });
  const found = await names("PRICE_ASC", filter);
  assert.ok(found.length > 2, `${found}`);
  await cheap.more();
  assert.deepEqual(cheap.products.map(({ name }) => name), found.slice(0, 2));
  assert.deepEqual(dear.products.map(({ name }) => name), found.slice(-1));
});

test("a product is asked for anew by its id, and every list shows it so", async () => {
  const environment = app.environment(shop.http);
  const filter = { search: "또각 슬림 75" };
  const lists = [];
  for (const sort of ["NEWEST", "NAME"]) lists.push(await app.CatalogList.open(environment, { sort, filter, count: 5 }));
  const [{ id, stockQuantity, options }] = lists[0].products;
  assert.equal(options[0].id, KEYBOARD);
  await shop.order(await shop.member("relay"), "one keyboard");
  for (const list of lists) assert.equal(list.products[0].stockQuantity, stockQuantity);
  await app.again(environment, id);
  for (const list of lists) assert.equal(list.products[0].stockQuantity, stockQuantity - 1);
});

test("an option goes into the cart", async () => {
  const environment = app.environment(shop.http, await shop.member("cart"));
  const { cart, userErrors } = await app.addToCart(environment, KEYBOARD);
  assert.deepEqual(userErrors, []);
  assert.equal(cart.totalQuantity, 1);
  assert.equal(cart.items[0].option.id, KEYBOARD);
  const more = await app.addToCart(environment, KEYBOARD);
  assert.deepEqual(more.cart.items.map(({ quantity }) => quantity), [2]);
  const { userErrors: refused, cart: nothing } = await app.addToCart(environment, "option_01jd0000000000000000000000");
  assert.equal(nothing, null);
  assert.equal(refused[0].code, "NOT_FOUND");
  await assert.rejects(app.addToCart(app.environment(shop.http), KEYBOARD), /Sign in first/);
});
