// A member fills a cart and orders it, with gql.tada's types and nothing else: GraphQL over HTTP is one `fetch`.

import { print } from "graphql";
import type { TadaDocumentNode } from "gql.tada";
import { type FragmentOf, graphql, readFragment, type ResultOf, type VariablesOf } from "./graphql.js";

// What the view of a line needs, beside the view. Who asks for a cart spreads it and does not see what is in it.
export const CartLine = graphql(`
  fragment CartLine on CartItem {
    id
    quantity
    lineTotal
    isAvailable
    option {
      name
      product {
        name
      }
    }
  }
`);

/** A line as the buyer reads it. The cart reserves nothing: what is in it may be sold out, or its store closed. */
export function line(item: FragmentOf<typeof CartLine>): string {
  const { option, quantity, lineTotal, isAvailable } = readFragment(CartLine, item);
  const text = `${option.product.name} (${option.name}) × ${quantity}: ${lineTotal.toLocaleString("en")} won`;
  return isAvailable ? text : `${text}, not available`;
}

export const CartView = graphql(
  `
    fragment CartView on Cart {
      id
      total
      items {
        id
        ...CartLine
      }
    }
  `,
  [CartLine],
);

// A mutation answers with what it changed, so that nothing has to be asked for again.
export const AddToCart = graphql(
  `
    mutation AddToCart($input: AddToCartInput!) {
      addToCart(input: $input) {
        cart {
          ...CartView
        }
        userErrors {
          code
          message
        }
      }
    }
  `,
  [CartView],
);

export const UpdateCartItem = graphql(
  `
    mutation UpdateCartItem($input: UpdateCartItemInput!) {
      updateCartItem(input: $input) {
        cart {
          ...CartView
        }
        userErrors {
          code
          message
        }
      }
    }
  `,
  [CartView],
);

export const Cart = graphql(
  `
    query Cart {
      cart {
        ...CartView
      }
    }
  `,
  [CartView],
);

export const OrderCart = graphql(`
  mutation OrderCart($input: PlaceOrderInput!) {
    placeOrder(input: $input) {
      order {
        status
        itemsTotal
        items {
          productName
          quantity
        }
      }
      userErrors {
        code
        message
      }
    }
  }
`);

export function connect(url: string, token: string) {
  return async function execute<Result, Variables>(
    document: TadaDocumentNode<Result, Variables>,
    variables: NoInfer<Variables>,
  ): Promise<Result> {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: print(document), variables }),
    });
    const { data, errors } = await response.json();
    // What nobody at a form can mend: `extensions.code` tells programs what it is.
    if (errors) throw new Error(`${errors[0].extensions.code}: ${errors[0].message}`);
    return data;
  };
}

export type Execute = ReturnType<typeof connect>;

/** The cart as the buyer sees it, and what orders just that. */
export async function checkout(execute: Execute) {
  const { cart } = await execute(Cart, {});
  if (!cart) throw new Error("somebody is signed in: they have a cart");
  const shown = readFragment(CartView, cart);
  // Made once for each time the buyer is shown what it costs: pressed twice, it is one order.
  const idempotencyKey = crypto.randomUUID();
  return {
    total: shown.total,
    lines: shown.items.map(line),
    async order(): Promise<ResultOf<typeof OrderCart>["placeOrder"]> {
      // Without lines it is the whole cart. If a price has changed since it was shown, nothing is ordered.
      const input: VariablesOf<typeof OrderCart>["input"] = { expectedTotal: shown.total, idempotencyKey };
      const { placeOrder } = await execute(OrderCart, { input });
      return placeOrder;
    },
  };
}

export { readFragment };
