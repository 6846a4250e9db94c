// A payment window that was left open past the deadline: what the member sees who pays all the same.
//
//   JANGTEO_PROGRAM  the server's program: a server of its own runs here, where a member has a minute to pay
//   SCREENSHOT_DIR   where pictures go; target/screenshots unless told
//   CHROMIUM         the browser; /usr/bin/chromium unless told

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { launch, required, screenshot } from "./browser.mjs";
import { Buyer } from "./buyer.mjs";

const MINUTE_MS = 60_000;

const folder = mkdtempSync(join(tmpdir(), "jangteo-late-"));
let program;
let browser;
let buyers;
let windows;

before(async () => {
  const server = await serve();
  browser = await launch();
  buyers = Object.fromEntries(
    await Promise.all(["mina", "jun", "sora"].map(async (name) => [name, await Buyer.signIn(browser, server, name)])),
  );
  // One wait for all of them.
  windows = {
    PORTONE: await openWindow(buyers.mina, "PORTONE"),
    TOSS: await openWindow(buyers.jun, "TOSS"),
    KAKAOPAY: await openWindow(buyers.sora, "KAKAOPAY"),
  };
  await Promise.all(Object.values(windows).map(expired));
}, { timeout: 4 * MINUTE_MS });

after(async () => {
  await browser?.close();
  if (program?.exitCode === null) {
    program.kill("SIGTERM");
    await once(program, "exit");
  }
  rmSync(folder, { recursive: true });
});

for (const provider of ["TOSS", "KAKAOPAY"]) {
  test(`the deadline is over, and the shop does not ask ${provider} to take the money any more`, async () => {
    const { buyer, order, page } = windows[provider];
    await page.locator("button.approve").click();
    await page.locator('#result[data-status="EXPIRED"]').waitFor();
    await screenshot(page, `late-${provider.toLowerCase()}`);
    const { status, items } = await buyer.look(order);
    assert.deepEqual({ status, reason: items[0].cancelReason }, { status: "CANCELED", reason: "PAYMENT_EXPIRED" });
  });
}

test("PortOne has taken the money: the order revives while its stock is there", async () => {
  const { buyer, order, page } = windows.PORTONE;
  await page.locator("button.approve").click();
  await page.locator('#result[data-status="PAID"]').waitFor();
  await screenshot(page, "late-portone-revived");
  const { status, history } = await buyer.look(order);
  assert.equal(status, "PAID");
  assert.deepEqual(history.map(({ status }) => status), ["PENDING_PAYMENT", "CANCELED", "PAID"]);
});

test("PortOne has taken the money: it goes back where somebody else has the stock", async () => {
  const { mina, jun } = buyers;
  const { id, stockQuantity } = await mina.inStock();
  const late = await openWindow(mina, "PORTONE", { optionId: id, quantity: stockQuantity });
  await expired(late);
  await jun.place("TOSS", { optionId: id, quantity: stockQuantity });

  await late.page.locator("button.approve").click();
  await late.page.locator('#result[data-status="CANCELED"]').waitFor();
  await screenshot(late.page, "late-portone-refunded");
  const { status, items } = await mina.look(late.order);
  assert.deepEqual({ status, reason: items[0].cancelReason }, { status: "CANCELED", reason: "OUT_OF_STOCK" });
  await until(async () => (await mina.look(late.order)).payments[0].status === "CANCELED");
});

/** Orders, and leaves the payment's window open. */
async function openWindow(buyer, provider, what) {
  const order = await buyer.place(provider, what);
  return { buyer, order, page: await buyer.open(order) };
}

/** Resolves when the order's time to pay is over. */
const expired = ({ buyer, order }) => until(async () => (await buyer.look(order)).status === "CANCELED");

async function until(isSo) {
  const deadline = Date.now() + 2 * MINUTE_MS;
  while (!(await isSo())) {
    assert.ok(Date.now() < deadline, "it never came to pass");
    await sleep(500);
  }
}

/** Starts a demo where a member has a minute to pay; resolves with its address. */
async function serve() {
  program = spawn(
    required("JANGTEO_PROGRAM"),
    ["serve", "--demo", "--listen", "127.0.0.1:0", "--payment-minutes", "1", "--database-url", `sqlite://${folder}/shop.db`],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  for await (const line of createInterface(program.stdout)) {
    const [address] = line.match(/http:\/\/127\.0\.0\.1:\d+(?=\/graphiql)/) ?? [];
    if (address) {
      // Else the program would wait for somebody to read what it says.
      program.stdout.resume();
      return address;
    }
  }
  throw new Error("the server ended before it told its address");
}
