// GraphiQL, as a person uses it.

import assert from "node:assert/strict";
import { PATIENCE_MS } from "./browser.mjs";

export async function openGraphiql(context, server) {
  const page = await context.newPage();
  await page.goto(server);
  // Without the schema there is no documentation, and fields are marked as unknown.
  await page.locator(".graphiql-container").waitFor();
  await page.locator("button[aria-label='Re-fetch GraphQL schema']:enabled").waitFor();
  return page;
}

/** Signs in the member of the ready tab, or another of the demo's. */
export async function signIn(page, userId = "mina") {
  if (userId !== "mina") {
    await openTab(page, "SignIn");
    await page.locator(".graphiql-query-editor .CodeMirror").evaluate(({ CodeMirror }, userId) => {
      CodeMirror.setValue(CodeMirror.getValue().replace('"mina"', `"${userId}"`));
    }, userId);
    // GraphiQL writes the tabs down in its own time, and a click on the tab brings back what was written.
    await page.waitForFunction((userId) => sessionStorage.getItem("graphiql:tabState")?.includes(userId), userId);
  }
  const { signIn } = await run(page, "SignIn");
  assert.deepEqual(signIn.userErrors, [], "the demo member can sign in");
  await page.getByRole("status").getByText(`Signed in as ${signIn.session.member.nickname}`).waitFor();
}

export async function openTab(page, operation) {
  await page.getByRole("tab").getByRole("button", { name: operation, exact: true }).click();
  // GraphiQL reads the operation's name and kind a moment after the text has changed.
  const known = (name) => document.querySelector(".graphiql-query-editor .CodeMirror").CodeMirror.operationName === name;
  await page.waitForFunction(known, operation);
}

export async function start(page, operation) {
  await openTab(page, operation);
  await page.getByRole("button", { name: /^Execute query/ }).click();
}

/** The idempotency key that the Order tab holds. */
export async function orderKey(page) {
  await openTab(page, "Order");
  const variables = page.locator('[aria-label="Variables"] .CodeMirror-line', { hasText: /order-[0-9a-f]{16}/ });
  return (await variables.innerText()).match(/order-[0-9a-f]{16}/)[0];
}

/** Runs a ready tab and returns the data that the server answered. */
export async function run(page, operation) {
  const answers = (response) => parse(response.request().postData())?.operationName === operation;
  const [response] = await Promise.all([page.waitForResponse(answers), start(page, operation)]);
  const text = await response.text();
  const { data, errors } = parse(text) ?? assert.fail(`${operation} answered ${response.status()}: ${text}`);
  assert.equal(errors, undefined, `${operation} answered with errors: ${text}`);
  return data;
}

/** Resolves when the page has sent a subscription over an acknowledged WebSocket. */
export function subscription(page) {
  return new Promise((resolve, reject) => {
    const types = [];
    const fail = () => reject(new Error(`No subscription began: the WebSocket saw ${types.join(", ") || "no message"}`));
    const timer = setTimeout(fail, PATIENCE_MS);
    const note = ({ payload }) => {
      types.push(parse(payload)?.type);
      if (!types.includes("connection_ack") || !types.includes("subscribe")) return;
      clearTimeout(timer);
      resolve();
    };
    page.once("websocket", (socket) => socket.on("framesent", note).on("framereceived", note).on("close", fail));
  });
}

function parse(json) {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
