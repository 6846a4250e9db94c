// urql's client for the shop: HTTP for what is asked, Server-Sent Events for what is listened to. Where WebSockets get
// through, graphql-ws fits in the same place (../apollo).

import { Client, fetchExchange, subscriptionExchange } from "@urql/core";
import { createClient } from "graphql-sse";

export interface Settings {
  /** Where the shop's API is, for instance `https://shop.example/graphql`. */
  url: string;
  /** The access token of whoever is signed in, asked for with each request. */
  token: () => string;
  /** The language of messages: `ko` or `en`. */
  language?: string;
}

export function connect({ url, token, language = "ko" }: Settings) {
  const headers = () => ({ authorization: `Bearer ${token()}`, "accept-language": language });
  const events = createClient({
    url,
    headers,
    retryAttempts: Infinity,
    // A server that restarts is there again in seconds, and all its listeners come then: not at once, and not after minutes.
    retry: (tried) => new Promise((resolve) => setTimeout(resolve, Math.min(2 ** tried, 5) * 1000 * Math.random())),
  });
  const client = new Client({
    url,
    // Queries are sent as GETs if they are short, mutations as POSTs: the shop takes both.
    preferGetMethod: "within-url-limit",
    fetchOptions: () => ({ headers: headers() }),
    exchanges: [
      fetchExchange,
      subscriptionExchange({
        forwardSubscription({ query, variables }) {
          const payload = { query: query ?? "", variables: variables as Record<string, unknown> };
          return {
            subscribe: (sink) => ({
              unsubscribe: events.subscribe(payload, {
                ...sink,
                next: (result) => sink.next(result as Parameters<typeof sink.next>[0]),
              }),
            }),
          };
        },
      }),
    ],
  });
  return { client, close: () => events.dispose() };
}
