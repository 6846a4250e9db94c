// A member's orders: page by page, a new one at their head, one canceled, one followed live. The types are written by hand
// here; GraphQL Code Generator writes them for Apollo as well (../codegen).

import { type ApolloClient, gql, type Reference, type TypedDocumentNode } from "@apollo/client";

export { cache, connect, isUnauthenticated } from "./client.js";

interface Order {
  __typename: "Order";
  id: string;
  status: string;
  isCancelable: boolean;
  itemsTotal: number;
}

interface UserError {
  __typename: string;
  code: string;
  message: string;
}

const ORDER = gql`
  fragment Order on Order {
    id
    status
    isCancelable
    itemsTotal
  }
`;

// A fragment on the interface, for whatever can be wrong.
const USER_ERROR = gql`
  fragment UserError on UserError {
    code
    message
  }
`;

export const ORDERS: TypedDocumentNode<
  {
    orders: {
      __typename: "OrderConnection";
      edges: { __typename: "OrderEdge"; cursor: string; node: Order }[];
      pageInfo: { hasNextPage: boolean; endCursor: string | null };
    } | null;
  },
  { first: number; after?: string | null }
> = gql`
  query Orders($first: Int!, $after: String) {
    orders(first: $first, after: $after) {
      edges {
        cursor
        node {
          ...Order
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
  ${ORDER}
`;

const PLACE_ORDER: TypedDocumentNode<
  { placeOrder: { order: Order | null; userErrors: UserError[] } },
  { input: { lines: { optionId: string; quantity: number }[]; idempotencyKey: string } }
> = gql`
  mutation PlaceOrder($input: PlaceOrderInput!) {
    placeOrder(input: $input) {
      order {
        ...Order
      }
      userErrors {
        ...UserError
      }
    }
  }
  ${ORDER}
  ${USER_ERROR}
`;

const CANCEL_ORDER: TypedDocumentNode<
  { cancelOrder: { order: Order | null; userErrors: UserError[] } },
  { input: { orderId: string; reason?: string } }
> = gql`
  mutation CancelOrder($input: CancelOrderInput!) {
    cancelOrder(input: $input) {
      order {
        ...Order
      }
      userErrors {
        ...UserError
      }
    }
  }
  ${ORDER}
  ${USER_ERROR}
`;

const ORDER_STATUS_CHANGED: TypedDocumentNode<
  { orderStatusChanged: { sequence: number; status: string; order: Order } },
  { orderId: string }
> = gql`
  subscription OrderStatusChanged($orderId: ID!) {
    orderStatusChanged(orderId: $orderId) {
      sequence
      status
      order {
        ...Order
      }
    }
  }
  ${ORDER}
`;

/** Places an order and shows it at the head of the list: the answer has the order, but not that the list begins with it. */
export async function placeOrder(client: ApolloClient, optionId: string, quantity: number, idempotencyKey: string) {
  const { data } = await client.mutate({
    mutation: PLACE_ORDER,
    variables: { input: { lines: [{ optionId, quantity }], idempotencyKey } },
    update(cache, { data }) {
      // Refused: `userErrors` say why, and nothing is to be shown.
      const order = data?.placeOrder.order;
      if (!order) return;
      cache.modify({
        fields: {
          orders(list, { toReference, readField, storeFieldName }) {
            // A list that filters may not want it.
            if (storeFieldName.includes("filter")) return list;
            const { edges } = list as { edges: { node: Reference }[] };
            // Sent again with its key, it is the order that stands there already.
            if (edges.some(({ node }) => readField("id", node) === order.id)) return list;
            const node = toReference({ __typename: "Order", id: order.id });
            return { ...list, edges: [{ __typename: "OrderEdge", cursor: "", node }, ...edges] };
          },
        },
      });
    },
  });
  return data!.placeOrder;
}

/** Cancels an order. The answer has its id and what is different: wherever it is shown, it is shown as it is now. */
export async function cancelOrder(client: ApolloClient, orderId: string) {
  const { data } = await client.mutate({ mutation: CANCEL_ORDER, variables: { input: { orderId } } });
  return data!.cancelOrder;
}

/** Follows an order to its end: each event is told with its number, and changes the order wherever it is shown. */
export function follow(client: ApolloClient, orderId: string, told: (event: { sequence: number; status: string }) => void) {
  return new Promise<void>((resolve, reject) => {
    let seen = 0;
    client.subscribe({ query: ORDER_STATUS_CHANGED, variables: { orderId } }).subscribe({
      next({ data, error }) {
        if (error) return reject(error);
        // After a lost connection the same is asked for again, so the order's history comes again from its beginning and
        // nothing is missed. What was seen is passed over.
        if (!data || data.orderStatusChanged.sequence <= seen) return;
        seen = data.orderStatusChanged.sequence;
        told(data.orderStatusChanged);
      },
      error: reject,
      complete: resolve,
    });
  });
}
