// Copies GraphiQL and React from node_modules into src/http/graphiql/vendor, which is checked in:
// building Jangteo needs no Node, and GraphiQL needs no network.
//
//   npm ci && node build.mjs           writes the files
//   npm ci && node build.mjs --check   fails where the checked-in files differ

import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";

const packages = new URL("node_modules/", import.meta.url);
const vendor = new URL("../../src/http/graphiql/vendor/", import.meta.url);

const read = (path) => readFile(new URL(path, packages), "utf8");

// The source map is four times the size of the program and is not served, so no browser should ask for it.
const withoutSourceMap = (script) => script.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n");

// The style sheet is nine tenths fonts in base64. Those of the system are at hand, and know Korean.
const withoutFonts = (style) => style.replace(/@font-face\{[^}]*\}/g, "");

async function vendoredFiles() {
  return new Map([
    ["react.production.min.js", await read("react/umd/react.production.min.js")],
    ["react-dom.production.min.js", await read("react-dom/umd/react-dom.production.min.js")],
    ["graphiql.min.js", withoutSourceMap(await read("graphiql/graphiql.min.js"))],
    ["graphiql.min.css", withoutFonts(await read("graphiql/graphiql.min.css"))],
    ["LICENSES.txt", await licenses(["react", "react-dom", "scheduler", ...(await bundledPackages())])],
  ]);
}

// GraphiQL's bundle holds many packages; its source map is the only exact list of them.
async function bundledPackages() {
  const { sources } = JSON.parse(await read("graphiql/graphiql.min.js.map"));
  const names = sources.flatMap((source) => source.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1] ?? []);
  // The packages that are developed beside GraphiQL appear there under their folders, not their names.
  const siblings = ["graphiql", "@graphiql/react", "@graphiql/toolkit", "codemirror-graphql", "graphql-language-service"];
  return [...siblings, ...names];
}

async function licenses(names) {
  const holders = new Map();
  for (const name of [...new Set(names)].sort()) {
    const text = await licenseOf(name);
    holders.set(text, [...(holders.get(text) ?? []), name]);
  }
  const sections = [...holders].map(([text, names]) => `${names.join("\n")}\n\n${text}\n`);
  return `The files beside this one contain these packages, under these licences.\n\n${sections.join(`\n${"-".repeat(80)}\n\n`)}`;
}

async function licenseOf(name) {
  const files = await readdir(new URL(`${name}/`, packages));
  const file = files.find((file) => /^(licen[cs]e|copying)/i.test(file));
  if (file) return (await read(`${name}/${file}`)).replaceAll("\r\n", "\n").trim();

  const { author, license } = JSON.parse(await read(`${name}/package.json`));
  const holder = HOLDERS[name.startsWith("@radix-ui/") ? "@radix-ui" : name] ?? author;
  if (license !== "MIT" || !holder) throw new Error(`${name} has no licence file: find its holder (${license})`);
  return `MIT License\n\nCopyright (c) ${holder}\n\n${MIT_TERMS}`;
}

// Some packages name neither a licence file nor an author; their repositories do.
const HOLDERS = {
  "@headlessui/react": "2020 Tailwind Labs",
  "@radix-ui": "2022 WorkOS",
  "react-compiler-runtime": "Meta Platforms, Inc. and affiliates",
};

const MIT_TERMS = `Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.`;

async function write(files) {
  await rm(vendor, { recursive: true, force: true });
  await mkdir(vendor, { recursive: true });
  for (const [name, content] of files) await writeFile(new URL(name, vendor), content);
  console.log(`Wrote ${files.size} files.`);
}

async function check(files) {
  const present = await readdir(vendor).catch(() => []);
  const wrong = present.filter((name) => !files.has(name)).map((name) => `${name} is not ours to vendor`);
  for (const [name, content] of files) {
    const found = await readFile(new URL(name, vendor), "utf8").catch(() => undefined);
    if (found !== content) wrong.push(`${name} ${found === undefined ? "is missing" : "differs from the package"}`);
  }
  for (const line of wrong) console.error(`src/http/graphiql/vendor: ${line}`);
  if (wrong.length > 0) process.exitCode = 1;
  else console.log(`${files.size} files are as the packages give them.`);
}

const files = await vendoredFiles();
await (process.argv.includes("--check") ? check(files) : write(files));
