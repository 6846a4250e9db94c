// Writes generated/possible-types.ts: which types each interface and union of the schema has. Without it Apollo's cache
// cannot tell whether a fragment on an interface is meant, and leaves out what the fragment asks for.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { buildSchema, isAbstractType } from "graphql";

export async function generate() {
  const schema = buildSchema(await readFile(new URL("../../../schema.graphql", import.meta.url), "utf8"));
  const abstract = Object.values(schema.getTypeMap()).filter(isAbstractType);
  const possible = abstract.map((type) => [type.name, schema.getPossibleTypes(type).map(({ name }) => name)]);
  const folder = new URL("generated/", import.meta.url);
  await mkdir(folder, { recursive: true });
  const text = `export const possibleTypes = ${JSON.stringify(Object.fromEntries(possible), null, 2)};\n`;
  await writeFile(new URL("possible-types.ts", folder), text);
}
