// Apollo's client for the shop: HTTP for what is asked, one WebSocket for what is listened to.

import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache } from "@apollo/client";
import { SetContextLink } from "@apollo/client/link/context";
import { ErrorLink } from "@apollo/client/link/error";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { relayStylePagination } from "@apollo/client/utilities";
import { createClient } from "graphql-ws";
import { from, switchMap } from "rxjs";
import { possibleTypes } from "./generated/possible-types.js";

/** Who is signed in: the tokens are the app's to keep. */
export interface Account {
  accessToken(): string;
  /** Trades the refresh token in by `refreshSession`; rejects when the member has to sign in again. */
  refresh(): Promise<void>;
}

export interface Settings {
  /** Where the shop's API is, for instance `https://shop.example/graphql`. */
  http: string;
  /** The same for WebSockets: `wss://shop.example/graphql`. */
  ws: string;
  account: Account;
  /** Browsers have one of their own, and so has Node.js from version 22. */
  webSocket?: unknown;
}

export function cache(): InMemoryCache {
  return new InMemoryCache({
    possibleTypes,
    // What has an id is kept once, by its type and id, whichever answers it comes in: that is Apollo's own rule, and every
    // id of the shop is of one thing. So an order that an answer or event tells of changes wherever it is shown.
    typePolicies: {
      // These are told as a whole, and have no id to merge them by.
      OrderEvent: { keyFields: false },
      Query: {
        fields: {
          // Pages are put together. Lists are told apart by what they filter by, and not by the paging arguments.
          orders: relayStylePagination(["filter"]),
          products: relayStylePagination(["filter", "sort"]),
          // An order that is known from a list need not be asked for again.
          order: (known, { args, toReference }) =>
            known ?? (args?.["id"] && toReference({ __typename: "Order", id: args["id"] })),
        },
      },
    },
  });
}

export function connect({ http, ws, account, webSocket }: Settings) {
  const authorization = () => `Bearer ${account.accessToken()}`;
  const socket = createClient({
    url: ws,
    webSocketImpl: webSocket,
    retryAttempts: Infinity,
    // A server that restarts is there again in seconds, and all its listeners come then: not at once, and not after minutes.
    retryWait: (tried) => new Promise((resolve) => setTimeout(resolve, Math.min(2 ** tried, 5) * 1000 * Math.random())),
    // Also where the server cannot be reached, which is no close code: it comes back.
    shouldRetry: () => true,
    // Asked for before each connection.
    connectionParams: () => ({ Authorization: authorization() }),
  });
  const requests = ApolloLink.from([
    // An access token is good for some minutes. When the shop says that it is not any more, the session is refreshed and
    // the operation sent again: nothing was done, so that is right for mutations, too.
    new ErrorLink(({ error, operation, forward }) => {
      if (!isUnauthenticated(error) || operation.getContext()["refreshed"]) return;
      operation.setContext({ refreshed: true });
      return from(account.refresh()).pipe(switchMap(() => forward(operation)));
    }),
    new SetContextLink(({ headers }) => ({ headers: { ...headers, authorization: authorization() } })),
    new HttpLink({ uri: http }),
  ]);
  const link = ApolloLink.split(({ operationType }) => operationType === "subscription", new GraphQLWsLink(socket), requests);
  const client = new ApolloClient({ link, cache: cache() });
  return {
    client,
    async close() {
      client.stop();
      await socket.dispose();
    },
  };
}

/** Whether an error says that there is no good access token. */
export function isUnauthenticated(error: unknown): boolean {
  return (
    CombinedGraphQLErrors.is(error) && error.errors.some(({ extensions }) => extensions?.["code"] === "UNAUTHENTICATED")
  );
}
