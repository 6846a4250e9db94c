// Payments as a person makes them in the demo: from the order to the sandbox's page and back to the shop.
//
//   JANGTEO_URL     a running server with the demo data
//   SCREENSHOT_DIR  where pictures go; target/screenshots unless told
//   CHROMIUM        the browser; /usr/bin/chromium unless told

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const server = process.env.JANGTEO_URL;
const screenshots = process.env.SCREENSHOT_DIR ?? fileURLToPath(new URL("../../target/screenshots", import.meta.url));

let browser;
let context;
let token;

before(async () => {
  assert.ok(server, "Set JANGTEO_URL to the address of a running server with demo data");
  mkdirSync(screenshots, { recursive: true });
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    // Chromium refuses to sandbox itself for root, which is who runs inside most containers.
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
  context = await browser.newContext({ viewport: { width: 420, height: 780 }, locale: "ko-KR" });
  context.setDefaultTimeout(30_000);
  const { signIn } = await graphql(`mutation {
    signIn(input: { userId: "jun", password: "jangteo-demo" }) { session { accessToken } } }`);
  token = signIn.session.accessToken;
});

after(() => browser?.close());

for (const provider of ["PORTONE", "TOSS", "KAKAOPAY"]) {
  test(`an order is paid on the page of ${provider}`, async () => {
    const order = await place(provider);
    const page = await open(order);
    await page.screenshot({ path: join(screenshots, `pay-${provider.toLowerCase()}.png`) });
    await page.locator("button.approve").click();
    await page.locator('#result[data-status="PAID"]').waitFor();
    await page.screenshot({ path: join(screenshots, `paid-${provider.toLowerCase()}.png`) });
    assert.equal((await look(order)).status, "PAID");
    await page.close();
  });

  test(`an order is canceled when ${provider} declines`, async () => {
    const order = await place(provider);
    const page = await open(order);
    await page.locator("button.decline").click();
    await page.locator('#result[data-status="FAILED"]').waitFor();
    const { status, items } = await look(order);
    assert.equal(status, "CANCELED");
    assert.equal(items[0].cancelReason, "PAYMENT_FAILED");
    await page.close();
  });
}

test("a window that is closed leaves the order waiting, and its payment can be given up", async () => {
  const order = await place("TOSS");
  const page = await open(order);
  await page.close();
  assert.equal((await look(order)).status, "PENDING_PAYMENT");
  const { abandonPayment } = await graphql(`mutation($id: ID!) {
    abandonPayment(input: { paymentId: $id }) { order { status } userErrors { message } } }`, { id: order.payments[0].id });
  assert.deepEqual(abandonPayment, { order: { status: "CANCELED" }, userErrors: [] });
});

/** Orders something that is paid at the provider. */
async function place(provider) {
  const { products } = await graphql(`{ products(first: 1, filter: { inStock: true }) { nodes { options { id stockQuantity } } } }`);
  const option = products.nodes[0].options.find(({ stockQuantity }) => stockQuantity > 0);
  const { placeOrder } = await graphql(
    `mutation($input: PlaceOrderInput!) { placeOrder(input: $input) {
      order { id status payments { id checkout { redirectUrl } } } userErrors { message } } }`,
    { input: { lines: [{ optionId: option.id, quantity: 1 }], provider, idempotencyKey: crypto.randomUUID() } },
  );
  assert.deepEqual(placeOrder.userErrors, []);
  assert.equal(placeOrder.order.status, "PENDING_PAYMENT");
  return placeOrder.order;
}

/** Opens the payment's window as `redirectUrl` has it. */
async function open(order) {
  const page = await context.newPage();
  await page.goto(order.payments[0].checkout.redirectUrl);
  await page.locator("button.approve").waitFor();
  return page;
}

async function look(order) {
  const { node } = await graphql(`query($id: ID!) {
    node(id: $id) { ... on Order { status items { cancelReason } } } }`, { id: order.id });
  return node;
}

async function graphql(query, variables = {}) {
  const response = await fetch(new URL("/graphql", server), {
    method: "POST",
    headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}
