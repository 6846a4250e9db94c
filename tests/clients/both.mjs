// What either client must make of a subscription.

import assert from "node:assert/strict";

export const STATUS_CHANGED = `subscription($id: ID!, $after: Int) {
  orderStatusChanged(orderId: $id, after: $after) { sequence status } }`;

/**
 * An order is followed to its end, over a restart of the server: nothing is missed and nothing comes twice, because the
 * client subscribes again by itself, with the last sequence that it saw.
 */
export async function followsOverARestart(shop, subscribe, { results, token, key }) {
  const merchant = await shop.signIn("yuja");
  const id = await shop.order(token, key);
  const payload = { query: STATUS_CHANGED, variables: { id, after: 0 } };
  subscribe(payload, {
    ...results.sink,
    next(result) {
      // Sent again with the payload.
      if (result.data) payload.variables.after = result.data.orderStatusChanged.sequence;
      results.sink.next(result);
    },
  });
  const told = async (sequence, status) => {
    const { data, errors } = await results.next();
    assert.equal(errors, undefined, JSON.stringify(errors));
    assert.deepEqual(data.orderStatusChanged, { sequence, status });
  };
  await told(1, "PAID");
  await shop.step("acceptOrder", id, merchant);
  await told(2, "ACCEPTED");

  await shop.stop();
  await shop.start();
  await shop.step("markOrderReady", id, merchant);
  await told(3, "READY");
  await shop.step("completeOrder", id, merchant);
  await told(4, "COMPLETED");
  await results.complete();
}

/** A subscription of a token that expires goes on with another: gives its results once it has. */
export async function orderAndHear(shop, token, results, key) {
  await shop.order(token, key);
  const { data } = await results.next();
  assert.equal(data.myOrderEvents.status, "PAID");
}
