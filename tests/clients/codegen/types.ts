// What the types know. The compiler is the test: an error that is expected and does not come is one.

import { type Execute, MyOrders, PlaceOrder, SignUp } from "./shop.js";

export async function types(execute: Execute) {
  const { me } = await execute(MyOrders, { first: 1 });
  // @ts-expect-error nobody may be signed in, and then `me` is null
  me.orders;
  const [order] = me?.orders.nodes ?? [];
  // @ts-expect-error it was not asked for
  order?.orderKey;
  // @ts-expect-error no order has such a status
  order?.status === "SHIPPED";
  const count: number | undefined = me?.orders.totalCount;
  // @ts-expect-error how many is a number
  const text: string | undefined = me?.orders.totalCount;
  // @ts-expect-error the number of orders is needed
  await execute(MyOrders, {});
  // @ts-expect-error the member needs a nickname
  await execute(SignUp, { input: { userId: "mina", password: "jangteo-demo" } });
  // @ts-expect-error an order needs an idempotency key
  await execute(PlaceOrder, { input: { expectedTotal: 79_000 } });
  // @ts-expect-error there is no such input
  await execute(PlaceOrder, { input: { idempotencyKey: "k", coupon: "coupon_" } });
  // @ts-expect-error won are numbers
  await execute(PlaceOrder, { input: { idempotencyKey: "k", expectedTotal: "79000" } });
  const { placeOrder } = await execute(PlaceOrder, { input: { idempotencyKey: "k", provider: "KAKAOPAY" } });
  for (const error of placeOrder?.userErrors ?? []) {
    // @ts-expect-error only some errors tell of points
    error.balance;
    if (error.__typename === "InsufficientPoints") error.balance satisfies number;
  }
  return { count, text };
}
