import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { expect, it } from "vitest";
import { KitError } from "../../src/core/kit-code.ts";
import { bearer, NOW, PLANNED, testHttp, type TestHttp } from "../support/http.ts";
import { problemIn } from "../support/problem.ts";

const KIT = { "content-type": "application/x-tar", "sealpost-tenant": "_site" } as const;

async function send(
  http: TestHttp,
  body: Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = KIT,
): Promise<Response> {
  return await http.app.request("/api/v1/kits/import", { method: "POST", body, headers: bearer("site", headers) });
}

it("hands the kit over as a file of its own, and removes it", async () => {
  const bytes = new Uint8Array(randomBytes(300_000));
  const seen: { bytes: Buffer; mode: number }[] = [];
  const http = testHttp({
    onKit: async (file) => void seen.push({ bytes: readFileSync(file), mode: statSync(file).mode & 0o777 }),
  });
  const response = await send(http, bytes);
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ ...PLANNED, createdAt: "2026-11-20T12:00:00.000Z" });
  expect(seen).toEqual([{ bytes: Buffer.from(bytes), mode: 0o600 }]);
  expect(http.kits).toMatchObject([{ caller: { tenant: "_site", actor: "token:site" } }]);
  expect(readdirSync(http.context.uploads)).toEqual([]);
});

it("a refused kit keeps its own code and reasons", async () => {
  const http = testHttp();
  http.failure = new KitError("SIG_THRESHOLD", "1 of 2", {
    reasons: [{ at: "attestations/a", code: "SIG_UNKNOWN_KEY", detail: "no such key" }],
  });
  const response = await send(http, new Uint8Array(10));
  expect(response.status).toBe(422);
  expect(await response.json()).toMatchObject({
    type: "urn:sealpost:problem:SIG_THRESHOLD",
    code: "SIG_THRESHOLD",
    status: 422,
    errors: [{ pointer: "attestations/a", detail: "SIG_UNKNOWN_KEY: no such key" }],
  });
  expect(readdirSync(http.context.uploads)).toEqual([]);
  http.failure = new KitError("KIT_TRUNCATED", "");
  expect(await (await send(http, new Uint8Array(10))).json()).not.toHaveProperty("errors");
});

it("refuses what is no kit before any of it is kept", async () => {
  const http = testHttp({ limits: { kitBytes: 1000 } });
  await problemIn(await send(http, new Uint8Array(1001)), "body-too-large");
  await problemIn(
    await send(http, new Uint8Array(10), { ...KIT, "content-type": "application/json" }),
    "unsupported-media-type",
  );
  await problemIn(await send(http, new Uint8Array(10), { ...KIT, "content-encoding": "gzip" }), "unsupported-encoding");
  expect(http.kits).toEqual([]);
  expect(readdirSync(http.context.uploads)).toEqual([]);
});

it("refuses a kit for which there is no room, by its declared length", async () => {
  const http = testHttp();
  http.free = http.context.limits.freeDiskBytes + 999;
  await problemIn(await send(http, new Uint8Array(1000), { ...KIT, "content-length": "1000" }), "disk-full");
  expect((await send(http, new Uint8Array(900), { ...KIT, "content-length": "900" })).status).toBe(200);
});

it("a body that breaks off is no kit, and a folder that is gone a fault of ours", async () => {
  const http = testHttp({ onKit: async () => Promise.reject(new Error("never")) });
  const full = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.error(Object.assign(new Error("full"), { code: "ENOSPC" })),
  });
  const init = { method: "POST", headers: bearer("site", KIT), body: full, duplex: "half" as const };
  await problemIn(await http.app.request("/api/v1/kits/import", init), "aborted");
  const uploads = "/dev/full-no-such-folder";
  const { createHttp } = await import("../../src/http/server.ts");
  const app = createHttp({ ...http.context, uploads }, []);
  await problemIn(
    await app.request("/api/v1/kits/import", { method: "POST", headers: bearer("site", KIT), body: "x" }),
    "internal",
  );
});

/** Needs root: a file system of its own, so small that the kit does not fit. */
const isRoot = process.getuid?.() === 0;
it.runIf(isRoot)("a disk that fills up while it arrives is a 503, and the next kit is taken", async () => {
  const http = testHttp();
  execFileSync("/bin/mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", http.context.uploads]);
  try {
    await problemIn(await send(http, new Uint8Array(2 ** 20)), "disk-full");
    expect(readdirSync(http.context.uploads)).toEqual([]);
    expect((await send(http, new Uint8Array(1000))).status).toBe(200);
  } finally {
    execFileSync("/bin/umount", [http.context.uploads]);
  }
});

const site = bearer("site", { "sealpost-tenant": "_site" });

it("lists streams with the head of each, the places that kits told of, and what the site has built", async () => {
  const response = await testHttp().app.request("/api/v1/kits", { headers: site });
  const createdAt = "2026-11-20T12:00:00.000Z";
  expect(await response.json()).toEqual({
    items: [{ stream: "hq/rules", epoch: 0, sequence: 3, manifest: "c".repeat(64), createdAt, expiresAt: null }],
    known: [{ stream: "hq/base", epoch: 1, sequence: 2, manifest: "e".repeat(64) }],
    issued: [{ stream: "plant-7/rules", epoch: 0, sequence: 2, manifest: "b".repeat(64), createdAt }],
  });
});

it.each([
  ["plan?override=yes", "/override"],
  ["plan?why=because", ""],
  ["import?plan=abc", "/plan"],
  ["import?override=true", "/why"],
  ["import?why=because", "/why"],
  [`import?override=true&why=${"x".repeat(1001)}`, "/why"],
])("a query that is no request is refused before the body is read: %s", async (path, pointer) => {
  const http = testHttp();
  const init = { method: "POST", headers: bearer("site", KIT), body: "kit" };
  const problem = await problemIn(await http.app.request(`/api/v1/kits/${path}`, init), "bad-query");
  expect(problem.errors?.[0]?.pointer).toBe(pointer);
  expect(http.kits).toEqual([]);
});

it("what was planned and why a policy is overridden goes along", async () => {
  const http = testHttp();
  const plan = "f".repeat(64);
  const path = `/api/v1/kits/import?plan=${plan}&override=true&why=the%20roots%20are%20at%20sea`;
  await http.app.request(path, { method: "POST", headers: bearer("site", KIT), body: "kit" });
  expect(http.kits[0]?.request).toEqual({ plan, override: "the roots are at sea" });
});

it("writes down a kit that the site has built, and refuses one that is none", async () => {
  const http = testHttp();
  const issue = async (kit: object): Promise<Response> =>
    await http.app.request("/api/v1/kits/issue", {
      method: "POST",
      headers: { ...site, "content-type": "application/json" },
      body: JSON.stringify(kit),
    });
  const kit = { stream: "plant-7/rules", epoch: 0, sequence: 3, manifest: "a".repeat(64), prev: "b".repeat(64) };
  const response = await issue({ ...kit, createdAt: "2026-11-20T12:00:00Z" });
  expect([response.status, http.issued]).toMatchObject([200, [{ kit: { ...kit, createdAt: NOW } }]]);
  await problemIn(await issue({ ...kit, createdAt: "yesterday" }), "invalid");
  await problemIn(await issue({ ...kit, createdAt: "2026-11-20T12:00:00Z", stream: "plant-7" }), "invalid");
});

it("a stream that was not taken in has no files", async () => {
  for (const path of ["hq.rules", `hq.rules/files/${"a".repeat(64)}`])
    await problemIn(await testHttp().app.request(`/api/v1/kits/${path}`, { headers: site }), "not-found");
});
