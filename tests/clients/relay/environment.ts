// How Relay reaches the shop, and where it keeps what it has heard.

import { Environment, Network, Observable, RecordSource, Store } from "relay-runtime";

export function environment(url: string, token?: string): Environment {
  const network = Network.create(async ({ text, name }, variables) => {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ query: text, operationName: name, variables }),
    });
    // Relay throws where there are `errors` and no `data`; with both, what could not be read is null.
    return response.json();
  });
  // Every id is of one thing in all of the shop, which is what Relay's store goes by: a product is kept once, whichever
  // lists it stands in.
  return new Environment({ network, store: new Store(new RecordSource()) });
}

/** A promise of an observable's last value. */
export function last<T>(observable: Observable<T>): Promise<T> {
  return observable.toPromise() as Promise<T>;
}
