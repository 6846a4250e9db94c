// What the types know. The compiler is the test: an error that is expected and does not come is one.

import { readFragment } from "./graphql.js";
import { AddToCart, CartLine, CartView, Cart, type Execute } from "./shop.js";

export async function types(execute: Execute) {
  const { cart } = await execute(Cart, {});
  // @ts-expect-error nobody may be signed in, and then `cart` is null
  readFragment(CartView, cart).total;
  if (!cart) return;
  // @ts-expect-error the fragment keeps to itself what it asks for
  cart.total;
  const { items, total } = readFragment(CartView, cart);
  total satisfies number;
  for (const item of items) {
    item.id satisfies string;
    // @ts-expect-error what a line shows is the line's own
    item.quantity;
    readFragment(CartLine, item).option.product.name satisfies string;
  }
  // @ts-expect-error an input needs to name the option
  await execute(AddToCart, { input: { quantity: 1 } });
  // @ts-expect-error how many is a number
  await execute(AddToCart, { input: { optionId: "option_", quantity: "1" } });
  // The input's own default does for what is left out.
  await execute(AddToCart, { input: { optionId: "option_" } });
}
