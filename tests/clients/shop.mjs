// A shop of the tests' own: the program with demo data in a temporary folder, at a port that it keeps over restarts.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const SECRET = "a key that only the tests and their shop share";

/** How long a test waits for what must come: long, because a slow machine is no failure. */
export const PATIENCE = 120_000;

export const KEYBOARD = "option_01m6g6r500exntfad3h321a6fw";

/** Opens a shop; `settings` are those of the environment. */
export async function open(settings = {}) {
  const folder = await mkdtemp(join(tmpdir(), "jangteo-clients."));
  const shop = new Shop(folder, settings);
  await shop.start();
  return shop;
}

class Shop {
  constructor(folder, settings) {
    this.folder = folder;
    this.settings = settings;
    this.listen = "127.0.0.1:0";
  }

  get http() {
    return `http://${this.listen}/graphql`;
  }

  get ws() {
    return `ws://${this.listen}/graphql`;
  }

  async start() {
    const flags = ["serve", "--demo", "--listen", this.listen, "--sandbox-listen", "127.0.0.1:0"];
    this.process = spawn(process.env.JANGTEO_PROGRAM, [...flags, "--database-url", `sqlite://${this.folder}/shop.db`], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { PATH: process.env.PATH, LOG: "warn", JWT_SECRET: SECRET, ...this.settings },
    });
    const lines = createInterface(this.process.stdout);
    for await (const line of lines) {
      const address = /http:\/\/(127\.0\.0\.1:\d+)/.exec(line)?.[1];
      if (address && this.listen.endsWith(":0")) this.listen = address;
      if (address) break;
    }
    this.process.stdout.resume();
    for (;;) {
      const ready = await fetch(`http://${this.listen}/readyz`).catch(() => null);
      if (ready?.status === 200) return;
      assert.equal(this.process.exitCode, null, "the server runs");
      await delay(50);
    }
  }

  /** Stops the server in order. */
  async stop() {
    const ended = once(this.process, "exit");
    this.process.kill("SIGTERM");
    const [code] = await ended;
    assert.equal(code, 0, "the server stops in order");
  }

  async close() {
    await this.stop();
    await rm(this.folder, { recursive: true });
  }

  /** Runs an operation; gives its data. */
  async run(query, variables, token) {
    const authorization = token ? { authorization: `Bearer ${token}` } : {};
    const response = await fetch(this.http, {
      method: "POST",
      headers: { "content-type": "application/json", ...authorization },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = await response.json();
    assert.equal(errors, undefined, JSON.stringify(errors));
    return data;
  }

  async signIn(userId) {
    const query = `mutation($userId: String!) { signIn(input: { userId: $userId, password: "jangteo-demo" }) {
      session { accessToken } userErrors { code } } }`;
    const { signIn } = await this.run(query, { userId });
    return signIn.session.accessToken;
  }

  /** Somebody new, with points; gives an access token. */
  async member(userId) {
    const query = `mutation($userId: String!) { signUp(input: { userId: $userId, password: "jangteo-demo", nickname: $userId }) {
      session { accessToken } userErrors { code } } }`;
    const { signUp } = await this.run(query, { userId });
    const token = signUp.session.accessToken;
    const charge = `mutation { chargePoints(input: { amount: 1000000, idempotencyKey: "k" }) { userErrors { code } } }`;
    await this.run(charge, {}, token);
    return token;
  }

  /** Orders one piece, of the keyboard that yuja sells unless told; gives the order's id. */
  async order(token, key, optionId = KEYBOARD) {
    const input = { lines: [{ optionId, quantity: 1 }], idempotencyKey: key };
    const query = `mutation($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id } userErrors { code } } }`;
    const { placeOrder } = await this.run(query, { input }, token);
    assert.deepEqual(placeOrder.userErrors, []);
    return placeOrder.order.id;
  }

  /** Takes an order a step further, as its merchant. */
  async step(mutation, orderId, token) {
    const query = `mutation($id: ID!) { ${mutation}(input: { orderId: $id }) { userErrors { code } } }`;
    const data = await this.run(query, { id: orderId }, token);
    assert.deepEqual(data[mutation].userErrors, []);
  }

  /** The same token, but for when it expires: so many seconds from now. */
  expiring(token, seconds) {
    const [header, payload] = token.split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url"));
    claims.exp = Math.floor(Date.now() / 1000) + seconds;
    const signed = `${header}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}`;
    return `${signed}.${createHmac("sha256", SECRET).update(signed).digest("base64url")}`;
  }
}

export const delay = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

/** A subscription's results, to be taken one by one. */
export class Results {
  #results = [];
  #waiting = [];

  /** What both clients tell a subscription by. */
  sink = {
    next: (result) => this.#tell({ next: result }),
    error: (error) => this.#tell({ error }),
    complete: () => this.#tell({ complete: true }),
  };

  #tell(result) {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(result);
    else this.#results.push(result);
  }

  /** Whatever comes next. */
  async any() {
    if (this.#results.length > 0) return this.#results.shift();
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error("nothing came in time")), PATIENCE);
      this.#waiting.push((result) => {
        clearTimeout(late);
        resolve(result);
      });
    });
  }

  async next() {
    const result = await this.any();
    assert.ok(result.next, `expected a result, got ${describe(result)}`);
    return result.next;
  }

  async complete() {
    const result = await this.any();
    assert.ok(result.complete, `expected the end, got ${describe(result)}`);
  }

  async error() {
    const result = await this.any();
    assert.ok(result.error, `expected an error, got ${describe(result)}`);
    return result.error;
  }
}

function describe({ error, ...others }) {
  return error ? `an error: ${error.code ?? ""} ${error.reason ?? error.message ?? JSON.stringify(error)}` : JSON.stringify(others);
}
