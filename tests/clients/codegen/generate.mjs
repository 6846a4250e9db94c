// What the command `graphql-codegen` does with codegen.mjs, by the functions that it calls. An app takes the command itself,
// @graphql-codegen/cli, which needs Node.js 22 and some 160 packages that the tests can do without.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { preset } from "@graphql-codegen/client-preset";
import { codegen } from "@graphql-codegen/core";
import { CodeFileLoader } from "@graphql-tools/code-file-loader";
import { buildSchema, parse } from "graphql";
import configuration from "./codegen.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export async function generate() {
  const sdl = await readFile(here(configuration.schema), "utf8");
  const loader = new CodeFileLoader({ pluckConfig: { skipIndent: true } });
  const documents = await loader.load(here(configuration.documents), {});
  for (const [folder, { config }] of Object.entries(configuration.generates)) {
    await mkdir(here(folder), { recursive: true });
    const files = await preset.buildGeneratesSection({
      baseOutputDir: here(folder),
      schema: parse(sdl),
      schemaAst: buildSchema(sdl),
      documents,
      config,
      presetConfig: {},
      plugins: [],
      pluginMap: {},
    });
    for (const file of files) await writeFile(file.filename, await codegen(file));
  }
}
