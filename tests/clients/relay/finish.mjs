// What a bundler does for an app with Relay: Relay's Babel plugin puts its compiled documents in the place of `graphql` tags,
// and modules that are named without an extension are found.

import { readdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { transformFileAsync } from "@babel/core";
import relay from "babel-plugin-relay";

/** Node finds a module by its whole name alone. */
const withExtension = {
  visitor: {
    ImportDeclaration({ node: { source } }) {
      if (source.value.endsWith(".graphql")) source.value += ".js";
    },
  },
};

export async function finish(built) {
  const artifactDirectory = fileURLToPath(new URL("generated", built));
  const plugins = [[relay, { artifactDirectory, eagerEsModules: true }], withExtension];
  for (const entry of await readdir(built, { recursive: true })) {
    if (!entry.endsWith(".js")) continue;
    const file = fileURLToPath(new URL(entry, built));
    const { code } = await transformFileAsync(file, { plugins, babelrc: false, configFile: false });
    await writeFile(file, code);
  }
}
