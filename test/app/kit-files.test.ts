import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type HubSite, makeHubSite } from "../support/hub-site.ts";

let at: HubSite;
beforeAll(async () => void (at = await makeHubSite()));
afterAll(async () => at.close());

const sha = (text: string): string => createHash("sha256").update(text).digest("hex");
const blobs = (): string[] => fs.readdirSync(at.site.parts.files.blobs).toSorted();

test("docs and SBOMs are kept by their hash, for the kit that stands and the one before it", async () => {
  const stream = "hq/docs";
  const one = await at.hub.kit({ stream, docs: { "docs/a.txt": "first", "docs/all.txt": "always" } });
  expect(await at.take(one.file)).toMatchObject({ status: 200, body: { files: 2 } });
  expect(blobs()).toEqual([sha("first"), sha("always")].toSorted());
  const get = await at.site.request("GET", `/api/v1/kits/hq.docs/files/${sha("first")}`, { tenant: "_site" });
  expect([get.status, await get.text(), get.headers.get("x-content-type-options")]).toEqual([200, "first", "nosniff"]);
  expect((await at.ask("GET", "/kits/hq.docs")).body).toMatchObject({
    stream,
    files: 2,
    table: [
      { path: "content/docs/a.txt", role: "doc", size: 5, sha256: sha("first") },
      { path: "content/docs/all.txt" },
    ],
  });
  const two = await at.hub.kit({
    stream,
    sequence: 2,
    prev: one.kit,
    docs: { "docs/b.txt": "second", "docs/all.txt": "always" },
  });
  expect((await at.take(two.file)).status).toBe(200);
  expect(blobs()).toEqual([sha("first"), sha("second"), sha("always")].toSorted());
  const three = await at.hub.kit({ stream, sequence: 3, prev: two.kit, docs: { "docs/all.txt": "always" } });
  expect((await at.take(three.file)).status).toBe(200);
  expect(blobs()).toEqual([sha("second"), sha("always")].toSorted());
  const gone = await at.ask("GET", `/kits/hq.docs/files/${sha("second")}`);
  expect(gone.status).toBe(404);
});

test("a kit that is refused after its docs were written leaves none of them", async () => {
  const before = blobs();
  const rule = { schema: "rule/v1", id: "x", actions: [{ id: "x", channel: "nowhere" }] };
  const bad = await at.hub.kit({
    stream: "hq/bad",
    docs: { "docs/big.txt": "x".repeat(200_000) },
    objects: { "rules/default/x": rule },
  });
  expect(await at.take(bad.file)).toMatchObject({ status: 422, body: { code: "CONTENT_INVALID" } });
  expect(blobs()).toEqual(before);
  expect(fs.readdirSync(at.site.parts.files.staging)).toEqual([]);
});

function openFiles(): number {
  return fs.readdirSync("/proc/self/fd").length;
}

test("a HEAD tells the size of a file and holds nothing open; a file that has gone is not found", async () => {
  const kit = await at.hub.kit({ stream: "hq/head", docs: { "docs/h.txt": "hello" } });
  expect((await at.take(kit.file)).status).toBe(200);
  const route = `/api/v1/kits/hq.head/files/${sha("hello")}`;
  const before = openFiles();
  for (let n = 0; n < 50; n++) {
    const head = await at.site.request("HEAD", route, { tenant: "_site" });
    expect([head.status, head.headers.get("content-length")]).toEqual([200, "5"]);
  }
  expect(openFiles() - before).toBeLessThan(10);
  fs.rmSync(`${at.site.parts.files.blobs}/${sha("hello")}`);
  expect((await at.ask("GET", route.slice("/api/v1".length))).status).toBe(404);
});
