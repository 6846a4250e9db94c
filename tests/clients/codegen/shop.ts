// A member signs up, charges points and orders: GraphQL Code Generator makes the types of what is sent and answered.
// It reads the documents here and the shop's schema (codegen.mjs tells how) and writes generated/.

import { graphql } from "./generated/index.js";
import type { PlaceOrderInput, TypedDocumentString } from "./generated/graphql.js";

export const SignUp = graphql(`
  mutation SignUp($input: SignUpInput!) {
    signUp(input: $input) {
      session {
        accessToken
        member {
          id
          nickname
        }
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export const ChargePoints = graphql(`
  mutation ChargePoints($input: ChargePointsInput!) {
    chargePoints(input: $input) {
      userPoint {
        balance
      }
      userErrors {
        code
        message
      }
    }
  }
`);

// Every user error has a code and a message; some have more to tell, each in a type of its own. `__typename` says which one
// it is, and TypeScript then knows its fields. A type that a later version of the shop adds still has its code and message.
export const PlaceOrder = graphql(`
  mutation PlaceOrder($input: PlaceOrderInput!) {
    placeOrder(input: $input) {
      order {
        id
        orderKey
        status
        pointsUsed
        placedAt
      }
      userErrors {
        __typename
        code
        message
        path
        ... on InsufficientPoints {
          required
          balance
        }
        ... on InsufficientStock {
          shortages {
            requested
            available
            option {
              name
            }
          }
        }
      }
    }
  }
`);

export const MyOrders = graphql(`
  query MyOrders($first: Int!) {
    me {
      userPoint {
        balance
      }
      orders(first: $first) {
        totalCount
        nodes {
          id
          status
        }
      }
    }
  }
`);

/** What stands in `errors` of an answer: what nobody at a form can mend. */
export class ShopError extends Error {
  readonly code: string;
  /** In how many milliseconds to try again; undefined where the shop does not say. */
  readonly retryAfterMs: number | undefined;

  constructor({ message, extensions }: { message: string; extensions: { code: string; retryAfterMs?: number } }) {
    super(message);
    this.code = extensions.code;
    this.retryAfterMs = extensions.retryAfterMs;
  }

  /** Whether to send it again, a mutation with the key that it had. */
  get passes(): boolean {
    return ["RATE_LIMITED", "OVERLOADED", "TIMEOUT", "OUTCOME_UNKNOWN"].includes(this.code);
  }
}

export interface Settings {
  /** Where the shop's API is, for instance `https://shop.example/graphql`. */
  url: string;
  /** The access token of whoever is signed in. */
  token?: string;
  /** The language of messages: `ko` or `en`. */
  language?: string;
  fetch?: typeof fetch;
}

/** Sends operations to the shop; their types go through it. */
export function connect({ url, token, language = "ko", fetch = globalThis.fetch }: Settings) {
  return async function execute<Result, Variables>(
    document: TypedDocumentString<Result, Variables>,
    variables: NoInfer<Variables>,
  ): Promise<Result> {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/graphql-response+json",
        "accept-language": language,
        ...(token && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ query: document, variables }),
    });
    const { data, errors } = await response.json();
    if (errors) throw new ShopError(errors[0]);
    return data;
  };
}

export type Execute = ReturnType<typeof connect>;

const TRIES = 5;

/**
 * Places an order, and hears what became of it even where an answer is lost. The idempotency key is made once for the
 * buyer's wish, when they press the button, and kept with it: whatever is sent again with it, there is one order.
 */
export async function placeOrder(execute: Execute, input: PlaceOrderInput) {
  for (let tried = 1; ; tried += 1) {
    try {
      const { placeOrder } = await execute(PlaceOrder, { input });
      return placeOrder;
    } catch (error) {
      // `fetch` throws a TypeError where there is no answer: the order may have been placed or not.
      const lost = error instanceof TypeError;
      const passes = error instanceof ShopError && error.passes;
      if (tried === TRIES || !(lost || passes)) throw error;
      const wait = error instanceof ShopError ? error.retryAfterMs : undefined;
      await new Promise((resolve) => setTimeout(resolve, wait ?? 100 * 2 ** tried));
    }
  }
}

/** Why an order was refused, in a sentence for the buyer. */
export function refusal(placed: NonNullable<Awaited<ReturnType<typeof placeOrder>>>): string | undefined {
  const [error] = placed.userErrors;
  switch (error?.__typename) {
    case undefined:
      return undefined;
    case "InsufficientPoints":
      return `${error.required - error.balance} points are missing.`;
    case "InsufficientStock":
      return error.shortages.map(({ option, available }) => `Of ${option.name} there are ${available}.`).join(" ");
    default:
      // The message is in the language that was asked for.
      return error?.message;
  }
}
