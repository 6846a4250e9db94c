// What the schema is held to by graphql-eslint, and why where that is not what the linter recommends.

import { once } from "node:events";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import graphql from "@graphql-eslint/eslint-plugin";
import { ESLint } from "eslint";

const { rules: recommended } = graphql.configs["flat/schema-recommended"];
const { rules: relay } = graphql.configs["flat/schema-relay"];

const RULES = {
  ...recommended,
  ...relay,
  // `SignUpInput` for `signUp`, in one argument `input`.
  "@graphql-eslint/input-name": ["error", { checkInputType: true, caseSensitiveInputType: false }],
  // What a mutation answers can grow only if it is an object.
  "@graphql-eslint/no-scalar-result-type-on-mutation": "error",
  // Of fields, arguments and values the server's own tests require it. The option for fields of root types, which is recommended,
  // finds nothing where there is more than one such type.
  "@graphql-eslint/require-description": ["error", { types: true, DirectiveDefinition: true }],
  // The framework prints short descriptions in one line and long ones as blocks, as people do.
  "@graphql-eslint/description-style": "off",
  // Connections list their nodes beside the edges, and not everything is long enough for a connection.
  "@graphql-eslint/relay-edge-types": [
    "error",
    { withEdgeSuffix: true, shouldImplementNode: true, listTypeCanWrapOnlyEdgeType: false },
  ],
  // What has no id is only ever told as a part of something else: listed here, so that whoever adds a type decides.
  "@graphql-eslint/strict-id-in-types": [
    "error",
    {
      acceptedIdNames: ["id"],
      acceptedIdTypes: ["ID"],
      exceptions: {
        suffixes: ["Payload", "Connection", "Edge"],
        types: [
          "PageInfo",
          "Session",
          "OrderEvent",
          "PopularProduct",
          "PaymentCheckout",
          "PictureUpload",
          // Of a coupon.
          "FixedDiscount",
          "PercentDiscount",
          "FreeItem",
          // User errors.
          "InputError",
          "InsufficientStock",
          "StockShortage",
          "InsufficientPoints",
          "StockChanged",
          "CouponNotUsable",
          "OrderStateChanged",
          "StoreClosed",
        ],
      },
    },
  ],
  // Of the linter's other rules: `alphabetize` would part what belongs together; `no-root-type` is for schemas that only
  // read; `require-field-of-type-query-in-mutation-result` is for clients that cannot ask for what a mutation changed, which
  // each payload has here.
  "@graphql-eslint/require-nullable-result-in-root": "error",
};

/** What is meant to be so, in the linter's words. Each must still come, or it is to be taken out of here. */
export const MEANT = [
  // It is what people call the order by, on the phone; the name says that it is no id.
  'no-typename-prefix: Field "orderKey" starts with the name of the parent type "Order"',
  // Everybody may look at what is for sale: there is no sign-in that could be missing, which is what makes others null.
  'require-nullable-result-in-root: Unexpected non-null result type "ProductConnection" in type "Query"',
  'require-nullable-result-in-root: Unexpected non-null result type "StoreConnection" in type "Query"',
  // GraphQL's own, which the framework prints.
  "no-unreachable-types: Directive `specifiedBy` is unreachable.",
];

/**
 * What the linter finds in a schema: rules with their messages. Each schema is read by a thread of its own: the linter
 * remembers the types of the first that it saw.
 */
export async function lint(sdl) {
  const [found] = await once(new Worker(new URL(import.meta.url), { workerData: sdl }), "message");
  return found;
}

async function find(sdl) {
  const eslint = new ESLint({
    overrideConfigFile: true,
    overrideConfig: {
      files: ["**/*.graphql"],
      plugins: { "@graphql-eslint": graphql },
      languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema: sdl } } },
      rules: RULES,
    },
  });
  const [{ messages }] = await eslint.lintText(sdl, { filePath: "schema.graphql" });
  return messages.map(({ ruleId, message }) => `${ruleId?.split("/")[1] ?? "syntax"}: ${message}`);
}

if (!isMainThread) parentPort.postMessage(await find(workerData));
