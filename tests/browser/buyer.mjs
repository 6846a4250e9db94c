// A member of the demo shop: orders over the API, and pays in a browser.

import assert from "node:assert/strict";
import { PATIENCE_MS } from "./browser.mjs";

/** About the size of a phone, where most payments are made. */
const PHONE = { viewport: { width: 420, height: 780 }, locale: "ko-KR" };

export class Buyer {
  #server;
  #token;
  #context;

  /** Signs a member in, with a window of their own. */
  static async signIn(browser, server, userId) {
    const buyer = new Buyer();
    buyer.#server = server;
    buyer.#context = await browser.newContext(PHONE);
    buyer.#context.setDefaultTimeout(PATIENCE_MS);
    const { signIn } = await buyer.graphql(
      `mutation($userId: String!) { signIn(input: { userId: $userId, password: "jangteo-demo" }) {
        session { accessToken } } }`,
      { userId },
    );
    buyer.#token = signIn.session.accessToken;
    return buyer;
  }

  /** Orders something that is in stock, and is paid at the provider. */
  async place(provider, { optionId, quantity = 1 } = {}) {
    const { placeOrder } = await this.graphql(
      `mutation($input: PlaceOrderInput!) { placeOrder(input: $input) {
        order { id orderKey status payments { id checkout { redirectUrl } } } userErrors { message } } }`,
      {
        input: {
          lines: [{ optionId: optionId ?? (await this.inStock()).id, quantity }],
          provider,
          idempotencyKey: crypto.randomUUID(),
        },
      },
    );
    assert.deepEqual(placeOrder.userErrors, []);
    assert.equal(placeOrder.order.status, "PENDING_PAYMENT");
    return placeOrder.order;
  }

  /** The option of which there are fewest, but some. */
  async inStock() {
    const { products } = await this.graphql(`{ products(first: 100, filter: { inStock: true }) {
      nodes { options { id stockQuantity } } } }`);
    const options = products.nodes.flatMap(({ options }) => options).filter(({ stockQuantity }) => stockQuantity > 0);
    return options.reduce((fewest, option) => (option.stockQuantity < fewest.stockQuantity ? option : fewest));
  }

  /** Opens the payment's window as `redirectUrl` has it. */
  async open(order) {
    const page = await this.#context.newPage();
    await page.goto(order.payments[0].checkout.redirectUrl);
    await page.locator("button.approve").waitFor();
    return page;
  }

  async look(order) {
    const { node } = await this.graphql(
      `query($id: ID!) { node(id: $id) { ... on Order {
        status items { cancelReason } history { status } payments { status refunded } } } }`,
      { id: order.id },
    );
    return node;
  }

  async graphql(query, variables = {}) {
    const response = await fetch(new URL("/graphql", this.#server), {
      method: "POST",
      headers: { "content-type": "application/json", ...(this.#token && { authorization: `Bearer ${this.#token}` }) },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = await response.json();
    assert.equal(errors, undefined, JSON.stringify(errors));
    return data;
  }
}
