// gql.tada reads documents in TypeScript's own types: nothing is generated but the schema as a type
// (`gql.tada generate-output`), which editors keep up to date by themselves.

import { initGraphQLTada } from "gql.tada";
import type { introspection } from "./generated/introspection.js";

export const graphql = initGraphQLTada<{
  introspection: introspection;
  // The schema's own scalars, as JSON has them.
  scalars: { Won: number; DateTime: string };
}>();

export { readFragment, type FragmentOf, type ResultOf, type VariablesOf } from "gql.tada";
