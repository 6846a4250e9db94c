// The configuration of GraphQL Code Generator, as its command `graphql-codegen` reads it.

/** @type {import("@graphql-codegen/cli").CodegenConfig} */
export default {
  schema: "../../../schema.graphql",
  documents: "shop.ts",
  generates: {
    "generated/": {
      preset: "client",
      config: {
        // Documents are texts, which is what is sent: no parser has to come along.
        documentMode: "string",
        // The schema's own scalars, as JSON has them. What is missing here is an error, not `any`.
        scalars: { Won: "number", DateTime: "string" },
        strictScalars: true,
        // A status or code that a later version of the shop adds must be handled: it comes as '%future added value'.
        futureProofEnums: true,
        useTypeImports: true,
        importExtension: ".js",
      },
    },
  },
};
