// Payments as a person makes them in the demo: from the order to the sandbox's page and back to the shop.
//
//   JANGTEO_URL     a running server with the demo data
//   SCREENSHOT_DIR  where pictures go; target/screenshots unless told
//   CHROMIUM        the browser; /usr/bin/chromium unless told

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, required, screenshot } from "./browser.mjs";
import { Buyer } from "./buyer.mjs";
import { openGraphiql, signIn, start, subscription } from "./graphiql.mjs";

const server = required("JANGTEO_URL");

let browser;
let jun;

before(async () => {
  browser = await launch();
  jun = await Buyer.signIn(browser, server, "jun");
});

after(() => browser?.close());

for (const provider of ["PORTONE", "TOSS", "KAKAOPAY"]) {
  test(`an order is paid on the page of ${provider}`, async () => {
    const order = await jun.place(provider);
    const page = await jun.open(order);
    await screenshot(page, `pay-${provider.toLowerCase()}`);
    await page.locator("button.approve").click();
    await page.locator('#result[data-status="PAID"]').waitFor();
    await screenshot(page, `paid-${provider.toLowerCase()}`);
    assert.equal((await jun.look(order)).status, "PAID");
    await page.close();
  });

  test(`an order is canceled when ${provider} declines`, async () => {
    const order = await jun.place(provider);
    const page = await jun.open(order);
    await page.locator("button.decline").click();
    await page.locator('#result[data-status="FAILED"]').waitFor();
    const { status, items } = await jun.look(order);
    assert.equal(status, "CANCELED");
    assert.equal(items[0].cancelReason, "PAYMENT_FAILED");
    await page.close();
  });
}

test("a window that is closed leaves the order waiting, and its payment can be given up", async () => {
  const order = await jun.place("TOSS");
  const page = await jun.open(order);
  await page.close();
  assert.equal((await jun.look(order)).status, "PENDING_PAYMENT");
  const { abandonPayment } = await jun.graphql(`mutation($id: ID!) {
    abandonPayment(input: { paymentId: $id }) { order { status } userErrors { message } } }`, { id: order.payments[0].id });
  assert.deepEqual(abandonPayment, { order: { status: "CANCELED" }, userErrors: [] });
});

test("a payment made in one window shows up in the window that watches", async () => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const watching = await openGraphiql(context, server);
  await signIn(watching, "sora");
  await Promise.all([subscription(watching), start(watching, "Watch")]);
  const shown = watching.locator(".result-window .CodeMirror-code");

  const sora = await Buyer.signIn(browser, server, "sora");
  const order = await sora.place("KAKAOPAY");
  const event = (status) => shown.filter({ hasText: order.orderKey }).filter({ hasText: `"${status}"` }).waitFor();
  await event("PENDING_PAYMENT");
  await screenshot(watching, "live-pending");

  const page = await sora.open(order);
  await page.locator("button.approve").click();
  await event("PAID");
  await screenshot(watching, "live-paid");
  await context.close();
});
