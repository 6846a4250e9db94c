// Lists and ids as Relay's specifications have them: what the schema says, for each that it has; and what a shop answers, page
// by page in both directions.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { getNamedType, isObjectType } from "graphql";
import { schema } from "./schema.mjs";
import { open } from "./shop.mjs";

const objects = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) && !type.name.startsWith("__"));
const fields = (type) => Object.fromEntries(Object.values(type.getFields()).map(({ name, type }) => [name, `${type}`]));
const connections = objects.filter(({ name }) => name.endsWith("Connection"));
/** Each field that gives a connection, by its type and name. */
const lists = new Map(
  objects.flatMap((type) =>
    Object.values(type.getFields())
      .filter((field) => connections.includes(getNamedType(field.type)))
      .map((field) => [`${type.name}.${field.name}`, field]),
  ),
);

for (const connection of connections) {
  const of = connection.name.slice(0, -"Connection".length);
  test(`${connection} has edges of ${of} with cursors`, () => {
    const expected = { pageInfo: "PageInfo!", edges: `[${of}Edge!]!`, nodes: `[${of}!]!`, totalCount: "Int!" };
    assert.deepEqual(fields(connection), expected);
    assert.deepEqual(fields(schema.getType(`${of}Edge`)), { node: `${of}!`, cursor: "String!" });
  });
}

for (const [name, { args }] of lists) {
  test(`${name} leads forward and back`, () => {
    const paging = args.filter((argument) => /^(first|after|last|before)$/.test(argument.name));
    const expected = { first: "Int", after: "String", last: "Int", before: "String" };
    assert.deepEqual(Object.fromEntries(paging.map(({ name, type }) => [name, `${type}`])), expected);
  });
}

test("a page tells where it lies", () => {
  const flags = { hasPreviousPage: "Boolean!", hasNextPage: "Boolean!" };
  assert.deepEqual(fields(schema.getType("PageInfo")), { ...flags, startCursor: "String", endCursor: "String" });
});

test("whatever has an id is a node, and found by it", () => {
  const node = schema.getType("Node");
  assert.deepEqual(fields(node), { id: "ID!" });
  const withId = objects.filter((type) => "id" in type.getFields());
  assert.ok(withId.length > 10);
  assert.deepEqual(withId.filter((type) => !type.getInterfaces().includes(node)), []);
  const { node: one, nodes: many } = schema.getQueryType().getFields();
  const read = ({ type, args }) => [`${type}`, ...args.map(({ name, type }) => `${name}: ${type}`)];
  assert.deepEqual(read(one), ["Node", "id: ID!"]);
  assert.deepEqual(read(many), ["[Node]!", "ids: [ID!]!"]);
});

let shop;

/** Where each list is found that has something in it, by whose token: the path to it, and arguments besides those of paging. */
let scene;

before(async () => {
  shop = await open();
  scene = await set();
});

after(() => shop?.close());

const COUNT = 5;

/** Runs a mutation so many times, with a number; gives its payloads. */
async function repeat(token, mutation, input, selection = "") {
  const capitalized = mutation[0].toUpperCase() + mutation.slice(1);
  const query = `mutation($input: ${capitalized}Input!) { ${mutation}(input: $input) { userErrors { message } ${selection} } }`;
  const payloads = [];
  for (let number = 0; number < COUNT; number += 1) {
    const data = await shop.run(query, { input: input(number) }, token);
    assert.deepEqual(data[mutation].userErrors, []);
    payloads.push(data[mutation]);
  }
  return payloads;
}

/** A store that has sold and handed over, and a member who has bought, given and been given. */
async function set() {
  const register = `mutation { registerMerchant(input: { userId: "merchant", password: "jangteo-demo", nickname: "차림",
    storeName: "차림찻집" }) { session { accessToken } store { id } } }`;
  const { registerMerchant } = await shop.run(register);
  const seller = registerMerchant.session.accessToken;
  const storeId = registerMerchant.store.id;
  const open = "mutation($id: ID!) { setStoreOpen(input: { storeId: $id, isOpen: true }) { userErrors { code } } }";
  await shop.run(open, { id: storeId }, seller);
  const tea = (number) => ({ storeId, name: `차 ${number}`, options: [{ name: "50 g", price: 1000, stockQuantity: 1000 }] });
  const products = await repeat(seller, "createProduct", tea, "product { id options { id } }");
  const optionId = products[0].product.options[0].id;
  await repeat(seller, "adjustStock", (number) => ({ optionId, delta: number + 1, reason: "came" }));
  const expiresAt = new Date(Date.now() + 24 * 60 * 60 * 1000).toISOString();
  const coupons = { name: "첫 주문", count: COUNT, fixedAmount: 100, perMemberLimit: COUNT, expiresAt };
  const [{ codes }] = await repeat(seller, "publishCoupons", () => ({ ...coupons, idempotencyKey: "once" }), "codes");

  const [buyer, friend] = [await shop.member("buyer"), await shop.member("friend")];
  await repeat(buyer, "registerCoupon", (number) => ({ code: codes[number] }));
  const order = (number) => ({ lines: [{ optionId, quantity: 1 }], idempotencyKey: `order ${number}` });
  const orders = (await repeat(buyer, "placeOrder", order, "order { id }")).map(({ order }) => order.id);
  for (const step of ["acceptOrder", "markOrderReady", "completeOrder"]) {
    await repeat(seller, step, (number) => ({ orderId: orders[number] }));
  }
  await repeat(buyer, "sendGift", (number) => ({ toUserId: "friend", optionId, idempotencyKey: `gift ${number}` }));

  const here = `node(id: "${storeId}") { ... on Store`;
  return {
    buyer,
    seller,
    storeId,
    optionId,
    lists: {
      "Query.products": [buyer, "products", `filter: { storeId: "${storeId}" }`],
      "Query.stores": [null, "stores"],
      "Query.orders": [buyer, "orders"],
      "Member.orders": [buyer, "me { orders"],
      "Member.coupons": [buyer, "me { coupons"],
      "Member.gifts": [friend, "me { gifts"],
      "Member.sentGifts": [buyer, "me { sentGifts"],
      "UserPoint.entries": [buyer, "me { userPoint { entries"],
      "Store.products": [null, `${here} { products`],
      "Store.orders": [seller, `${here} { orders`],
      "StoreWallet.entries": [seller, `${here} { wallet { entries`],
      "ProductOption.adjustments": [seller, `node(id: "${optionId}") { ... on ProductOption { adjustments`],
    },
  };
}

/** A page of a list: its ids and cursors, and where it lies. */
async function page([token, path, others = ""], paging) {
  const query = `query($first: Int, $after: String, $last: Int, $before: String) {
    ${path}(${others} first: $first, after: $after, last: $last, before: $before) {
      totalCount nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    } ${"}".repeat(path.split("{").length - 1)} }`;
  let found = await shop.run(query, paging, token);
  while (!found.edges) [found] = Object.values(found);
  const ids = found.edges.map(({ node }) => node.id);
  const cursors = found.edges.map(({ cursor }) => cursor);
  assert.deepEqual(found.nodes.map(({ id }) => id), ids);
  const { startCursor, endCursor, ...more } = found.pageInfo;
  assert.deepEqual([startCursor, endCursor], [cursors[0] ?? null, cursors.at(-1) ?? null]);
  return { ids, cursors, ...more, totalCount: found.totalCount };
}

test("every list of the schema is read here", () => {
  assert.deepEqual(Object.keys(scene.lists).sort(), [...lists.keys()].sort());
});

for (const name of lists.keys()) {
  test(`${name} is read in both directions`, async () => {
    const list = scene.lists[name];
    const { cursors, ...whole } = await page(list, { first: 100 });
    const { ids } = whole;
    assert.ok(ids.length > 3, `${ids.length} is no list to walk`);
    assert.equal(new Set(ids).size, ids.length);
    assert.deepEqual(whole, { ids, hasNextPage: false, hasPreviousPage: false, totalCount: ids.length });
    for (const size of [1, 2, ids.length]) {
      for (let from = 0; from < ids.length; from += size) {
        const to = Math.min(from + size, ids.length);
        const forward = await page(list, { first: size, after: cursors[from - 1] });
        const expected = {
          ids: ids.slice(from, to),
          cursors: cursors.slice(from, to),
          hasNextPage: to < ids.length,
          hasPreviousPage: from > 0,
          totalCount: ids.length,
        };
        assert.deepEqual(forward, expected, `${size} from ${from}`);
        assert.deepEqual(await page(list, { last: to - from, before: cursors[to] }), expected, `${to - from} before ${to}`);
      }
    }
    assert.deepEqual((await page(list, { first: 2, after: cursors.at(-1) })).ids, []);
    assert.deepEqual((await page(list, { last: 2, before: cursors[0] })).ids, []);
  });
}

/** A list loses a row; its cursor leads on from where the row was, in both directions. */
async function loses(list, gone, lose) {
  const { ids, cursors } = await page(list, { first: 100 });
  await lose(ids[gone]);
  const left = ids.toSpliced(gone, 1);
  assert.deepEqual((await page(list, { first: 100 })).ids, left);
  assert.deepEqual((await page(list, { first: 2, after: cursors[gone] })).ids, left.slice(gone, gone + 2));
  assert.deepEqual((await page(list, { last: 2, before: cursors[gone] })).ids, left.slice(0, gone).slice(-2));
}

test("a product's cursor outlives its being on sale", async () => {
  const remove = "mutation($id: ID!) { deleteProduct(input: { productId: $id }) { userErrors { code } } }";
  await loses(scene.lists["Store.products"], 2, (id) => shop.run(remove, { id }, scene.seller));
});

test("a coupon's cursor outlives its being unused", async () => {
  const input = { lines: [{ optionId: scene.optionId, quantity: 1 }], idempotencyKey: "with a coupon" };
  const use = "mutation($input: PlaceOrderInput!) { placeOrder(input: $input) { userErrors { code } } }";
  const unused = [scene.buyer, "me { coupons", "status: REGISTERED"];
  await loses(unused, 1, (couponId) => shop.run(use, { input: { ...input, couponId } }, scene.buyer));
});

test("an order's cursor outlives its being paid", async () => {
  const another = await shop.member("another");
  for (let number = 0; number < COUNT; number += 1) await shop.order(another, `order ${number}`, scene.optionId);
  const cancel = "mutation($id: ID!) { cancelOrder(input: { orderId: $id }) { userErrors { code } } }";
  const paid = [another, "orders", "filter: { status: [PAID] }"];
  await loses(paid, 3, (id) => shop.run(cancel, { id }, another));
});
