// Makes a sample app into what Node runs: writes what its generator writes, has TypeScript check it all, and gives the app.

import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { promisify } from "node:util";

/** Where a program of the packages is. */
const program = (name) => new URL(`node_modules/.bin/${name}`, import.meta.url).pathname;

/** Runs a program of the packages in an app's folder; what it says is told where it fails. */
export async function run(app, name, ...flags) {
  const cwd = new URL(`${app}/`, import.meta.url);
  await promisify(execFile)(program(name), flags, { cwd }).catch(({ stdout, stderr }) => {
    throw new Error(`${name} in ${app}:\n${stdout}${stderr}`);
  });
}

/** The app's module `shop`, made anew: `generate` and `finish` are what it needs before and after TypeScript. */
export async function build(app, { generate = () => {}, finish = () => {} } = {}) {
  const folder = new URL(`${app}/`, import.meta.url);
  for (const made of ["generated/", "built/"]) await rm(new URL(made, folder), { recursive: true, force: true });
  await generate();
  await run(app, "tsc", "--project", ".");
  await finish(new URL("built/", folder));
  return import(new URL("built/shop.js", folder));
}
