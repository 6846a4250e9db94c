// The browser that the tests drive, and where its pictures go.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

/** How long a page may take for what it is asked: long, because a slow machine is no failure. */
export const PATIENCE_MS = 30_000;

const screenshots = process.env.SCREENSHOT_DIR ?? fileURLToPath(new URL("../../target/screenshots", import.meta.url));

export function launch() {
  mkdirSync(screenshots, { recursive: true });
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    // Chromium refuses to sandbox itself for root, which is who runs inside most containers.
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
}

export const screenshot = (page, name) => page.screenshot({ path: join(screenshots, `${name}.png`) });

export function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`Set ${name}: scripts/browser-test does`);
  return value;
}
