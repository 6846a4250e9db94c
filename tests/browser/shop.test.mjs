// One order from signing in to watching it arrive, as a person does it in GraphiQL.
//
//   JANGTEO_URL     a running server with the demo data
//   SCREENSHOT_DIR  where pictures go; target/screenshots unless told
//   CHROMIUM        the browser; /usr/bin/chromium unless told

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, PATIENCE_MS, required, screenshot } from "./browser.mjs";
import * as graphiql from "./graphiql.mjs";

const { orderKey, run, signIn, start, subscription } = graphiql;
const server = new URL(required("JANGTEO_URL"));
const openGraphiql = () => graphiql.openGraphiql(context, server.href);

let browser;
let context;
const complaints = [];

before(async () => {
  browser = await launch();
  context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  context.setDefaultTimeout(PATIENCE_MS);
  context.on("page", listenForComplaints);
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      console.error(`Content-Security-Policy: ${event.violatedDirective} blocked ${event.blockedURI}`);
    });
  });
});

after(() => browser?.close());

test("the root of the server leads to GraphiQL, with documentation", async () => {
  const page = await openGraphiql();
  assert.match(new URL(page.url()).pathname, /^\/graphiql\/?$/, "/ leads to /graphiql");
  assert.equal(await page.title(), "Jangteo · GraphiQL");

  await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
  const docs = page.locator(".graphiql-doc-explorer");
  await docs.getByRole("link", { name: "Mutation", exact: true }).click();
  await docs.getByRole("link", { name: "placeOrder", exact: true }).waitFor();
  await screenshot(page, "graphiql-docs");

  // Dialogs are the one place where GraphiQL adds a style element, which the policy allows by its hash.
  await page.getByRole("button", { name: "Open settings dialog" }).click();
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.close();
});

test("an order placed in one window shows up in the window that watches", async () => {
  const watching = await openGraphiql();
  await signIn(watching);
  await Promise.all([subscription(watching), start(watching, "Watch")]);

  const ordering = await openGraphiql();
  await signIn(ordering);
  const { products } = await run(ordering, "Browse");
  assert.ok(products.nodes.every((product) => product.imageUrl), "Browse shows pictures");

  const { chargePoints } = await run(ordering, "Charge");
  assert.deepEqual(chargePoints.userErrors, [], "points are charged");
  const { addToCart } = await run(ordering, "AddToCart");
  assert.deepEqual(addToCart.userErrors, [], "the option in the ready tab is one of the demo's");
  const { placeOrder } = await run(ordering, "Order");
  assert.deepEqual(placeOrder.userErrors, [], "the order is placed");
  const { orderKey, status } = placeOrder.order;
  assert.equal(status, "PAID");
  await screenshot(ordering, "graphiql-order");

  const event = watching.locator(".result-window .CodeMirror-code", { hasText: orderKey }).filter({ hasText: "PAID" });
  await event.waitFor().catch(async () => {
    const shown = await watching.locator(".result-window .CodeMirror-code").innerText();
    assert.fail(`Order ${orderKey} never arrived in the watching window, which shows: ${shown || "nothing"}`);
  });
  await screenshot(watching, "graphiql");

  const { placeOrder: again } = await run(ordering, "Order");
  assert.equal(again.order?.orderKey, orderKey, "the same key returns the same order");
  await Promise.all([watching.close(), ordering.close()]);
});

test("a reload keeps the tabs and the member, and renews the keys", async () => {
  const page = await openGraphiql();
  await signIn(page);
  await page.getByRole("tab", { selected: true }).getByRole("button", { name: "Close Tab" }).click();
  const key = await orderKey(page);
  // GraphiQL writes the tabs and the active editors down in its own time, each by itself.
  for (const item of ["graphiql:tabState", "graphiql:variables"]) {
    await page.waitForFunction(([item, key]) => sessionStorage.getItem(item)?.includes(key), [item, key]);
  }
  await page.waitForFunction(() => !sessionStorage.getItem("graphiql:tabState").includes("SignIn"));

  await page.reload();
  await page.getByRole("status").getByText("Signed in as").waitFor();
  assert.notEqual(await orderKey(page), key, "the key in the Order tab is a new one");
  const tabs = await page.getByRole("tab").allInnerTexts();
  assert.deepEqual(tabs.map((tab) => tab.trim()), ["Browse", "Charge", "AddToCart", "Order", "Watch"]);
  await page.close();
});

test("the browser had nothing to complain about, and nothing left the server", () => {
  assert.deepEqual(complaints, []);
});

function listenForComplaints(page) {
  page.on("pageerror", (error) => complaints.push(`exception: ${error.message}`));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(`console ${message.type()}: ${message.text()}`);
  });
  page.on("request", (request) => stays(request.url()));
  page.on("websocket", (socket) => stays(socket.url()));
}

function stays(url) {
  const { protocol, host } = new URL(url);
  if (protocol !== "data:" && host !== server.host) complaints.push(`request to ${url}`);
}
