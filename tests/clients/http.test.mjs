// GraphQL over HTTP, as the graphql-http package's audits have it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { serverAudits } from "graphql-http";
import { open } from "./shop.mjs";

let shop;

before(async () => {
  shop = await open();
});

after(() => shop?.close());

const audits = serverAudits({ url: () => shop.http, fetchFn: fetch });

test("there are audits", () => assert.ok(audits.length > 50, `${audits.length}`));

for (const { id, name, fn } of audits) {
  test(`${id} ${name}`, async () => {
    const { status, reason } = await fn();
    assert.equal(status, "ok", reason);
  });
}
