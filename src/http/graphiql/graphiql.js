// Mounts GraphiQL. Everything it needs comes from this server, so it works offline.

import { readyTabs, renewKeys } from "./ready-tabs.js";
import { session } from "./session.js";

const { React, ReactDOM, GraphiQL } = window;

const http = new URL("/graphql", location.href);
const webSocket = new URL(http);
webSocket.protocol = http.protocol.replace("http", "ws");

const send = GraphiQL.createFetcher({
  url: http.href,
  // The headers that come with a subscription become the payload of its connection_init.
  subscriptionUrl: webSocket.href,
  enableIncrementalDelivery: false,
});

async function fetcher(operation, options) {
  const headers = session.authorize(options?.headers);
  const result = await send(operation, { ...options, headers });
  session.observe(result, headers);
  return result;
}

function SessionStatus() {
  const status = React.useSyncExternalStore(session.subscribe, session.status);
  const props = { className: "jangteo-session", role: "status", "data-signed-in": status.signedIn };
  return React.createElement("span", props, status.text);
}

const logo = React.createElement(
  GraphiQL.Logo,
  null,
  React.createElement("span", { className: "jangteo-logo" }, "Jangteo", React.createElement(SessionStatus)),
);

// Each window keeps its own tabs: one can watch while another orders.
const storage = window.sessionStorage;
renewKeys(storage);

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(
    GraphiQL,
    {
      fetcher,
      storage,
      defaultTabs: readyTabs(),
      defaultQuery: "# Ctrl-Space completes, Ctrl-Enter runs.\n\n",
      defaultEditorToolsVisibility: true,
      // An access token typed into the headers editor stays out of the browser's storage.
      shouldPersistHeaders: false,
      inputValueDeprecation: true,
      schemaDescription: true,
    },
    logo,
  ),
);
