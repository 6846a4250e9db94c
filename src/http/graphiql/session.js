// Who the operations of this window act as. A reload keeps that; closing the window forgets it.

const STORED = "jangteo:session";
const ANONYMOUS = { signedIn: false, text: "Not signed in" };
const ENDED = { signedIn: false, text: "Session ended: sign in again" };

let { accessToken, status } = JSON.parse(sessionStorage.getItem(STORED)) ?? { accessToken: null, status: ANONYMOUS };
const listeners = new Set();

function become(nextToken, nextStatus) {
  accessToken = nextToken;
  status = nextStatus;
  if (accessToken === null) sessionStorage.removeItem(STORED);
  else sessionStorage.setItem(STORED, JSON.stringify({ accessToken, status }));
  for (const listener of listeners) listener();
}

const isAuthorization = (name) => name.toLowerCase() === "authorization";

export const session = {
  status: () => status,

  subscribe(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },

  // A header that was typed into the tab wins over the remembered token.
  authorize(headers = {}) {
    if (accessToken === null || Object.keys(headers).some(isAuthorization)) return headers;
    return { ...headers, Authorization: `Bearer ${accessToken}` };
  },

  // Every mutation that opens a session returns it in a field `session`, so no list of their names is needed.
  observe(result, headers) {
    const payloads = Object.entries(result?.data ?? {});
    const opened = payloads.map(([, payload]) => payload?.session).find((session) => session?.accessToken);
    if (opened) {
      const nickname = opened.member?.nickname;
      become(opened.accessToken, { signedIn: true, text: nickname ? `Signed in as ${nickname}` : "Signed in" });
      return;
    }

    const usedOurs = accessToken !== null && headers.Authorization === `Bearer ${accessToken}`;
    if (!usedOurs) return;
    const signedOut = payloads.some(([name, payload]) => name === "signOut" && payload?.userErrors?.length === 0);
    const refused = result?.errors?.some((error) => error.extensions?.code === "UNAUTHENTICATED");
    if (signedOut) become(null, ANONYMOUS);
    else if (refused) become(null, ENDED);
  },
};
