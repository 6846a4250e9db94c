// A merchant's counter: hears of each order as it comes, takes it on, hands it over, and sees what the store has earned.

import { type Client, type CombinedError, gql, type TypedDocumentNode } from "@urql/core";

export { connect } from "./client.js";

export type Status = "PENDING_PAYMENT" | "PAID" | "ACCEPTED" | "READY" | "COMPLETED" | "CANCELED";

export interface StoreEvent {
  storeSequence: number;
  status: Status;
  order: { id: string; itemsTotal: number };
}

const STORE: TypedDocumentNode<
  { me: { store: { id: string; name: string; wallet: { balance: number; pending: number } } | null } | null },
  {}
> = gql`
  query Store {
    me {
      store {
        id
        name
        wallet {
          balance
          pending
        }
      }
    }
  }
`;

const STORE_ORDER_EVENTS: TypedDocumentNode<{ storeOrderEvents: StoreEvent }, { storeId: string; after: number }> = gql`
  subscription StoreOrderEvents($storeId: ID!, $after: Int) {
    storeOrderEvents(storeId: $storeId, after: $after) {
      storeSequence
      status
      order {
        id
        itemsTotal
      }
    }
  }
`;

/** What every mutation answers: that it happened, or why not. */
interface Payload {
  order: { id: string; status: Status } | null;
  userErrors: { code: string; message: string }[];
}

// Each step is a mutation; sent again it changes nothing, so that a lost answer needs no thought.
const STEPS = {
  accept: gql`
    mutation Accept($orderId: ID!) {
      step: acceptOrder(input: { orderId: $orderId }) {
        order {
          id
          status
        }
        userErrors {
          code
          message
        }
      }
    }
  `,
  ready: gql`
    mutation Ready($orderId: ID!) {
      step: markOrderReady(input: { orderId: $orderId }) {
        order {
          id
          status
        }
        userErrors {
          code
          message
        }
      }
    }
  `,
  complete: gql`
    mutation Complete($orderId: ID!) {
      step: completeOrder(input: { orderId: $orderId }) {
        order {
          id
          status
        }
        userErrors {
          code
          message
        }
      }
    }
  `,
} satisfies Record<string, TypedDocumentNode<{ step: Payload }, { orderId: string }>>;

export type Step = keyof typeof STEPS;

/** The merchant's store, as it is now. */
export async function store(client: Client) {
  const { data, error } = await client.query(STORE, {});
  if (error) throw error;
  if (!data?.me?.store) throw new Error("the member has no store");
  return data.me.store;
}

/** Takes an order a step further. What the merchant can mend stands in the answer's `userErrors`. */
export async function step(client: Client, step: Step, orderId: string): Promise<Payload> {
  const { data, error } = await client.mutation(STEPS[step], { orderId });
  if (error) throw error;
  return data!.step;
}

/**
 * The codes of what no form can mend; empty where the shop was not reached. urql puts both into one error: `networkError` is
 * there if there was no answer, `graphQLErrors` are the answer's `errors`.
 */
export function codes({ graphQLErrors }: CombinedError): unknown[] {
  return graphQLErrors.map(({ extensions }) => extensions["code"]);
}

/**
 * Tells what happens to a store's orders, from what comes after the number `after`: keep the number of the last event that
 * was dealt with, and give it at the next start. Nothing is missed, and nothing comes twice. Gives what ends it.
 */
export function listen(client: Client, storeId: string, after: number, told: (event: StoreEvent) => void, failed: (error: CombinedError) => void) {
  const { unsubscribe } = client.subscription(STORE_ORDER_EVENTS, { storeId, after }).subscribe(({ data, error }) => {
    if (error) failed(error);
    if (!data || data.storeOrderEvents.storeSequence <= after) return;
    // A lost connection is asked for again with the variables as they were: what was told is passed over.
    after = data.storeOrderEvents.storeSequence;
    told(data.storeOrderEvents);
  });
  return unsubscribe;
}
