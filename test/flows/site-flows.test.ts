import { describe, expect, test } from "vitest";
import { parseLeaf } from "../../src/core/leaf-parse.ts";
import { localPolicy, policyBytes, policyFingerprint } from "../../src/core/trust.ts";
import { createKeyPair } from "../../src/signing/keys.ts";
import { openTestStore, START } from "../support/store.ts";

describe("a tenant", () => {
  test("begins its log with a genesis leaf that names the keys", async () => {
    const site = await openTestStore();
    const [genesis] = (await site.lines()).map(parseLeaf);
    expect(genesis).toMatchObject({
      type: "ledger.genesis",
      seq: 0,
      log: "sealpost-test-00000000-default",
      body: { key: "key", seal: "seal" },
    });
  });

  test("is opened once", async () => {
    const site = await openTestStore();
    const input = { actor: "job:test", id: "default", origin: "o", key: "k", seal: "s" };
    await expect(site.store.transact({ flow: "tenant-open", tenant: "_site", input })).rejects.toMatchObject({
      code: "exists",
    });
  });
});

test("a token is made, changed and revoked, each with a leaf that holds no secret", async () => {
  const site = await openTestStore();
  const token = { id: "t1", name: "ci", tenant: "default", scopes: ["events:write"], hash: "f".repeat(64) };
  const change = (more: object = {}) =>
    site.store.transact({
      flow: "token-change",
      tenant: "_site",
      input: { actor: "local:0", token: { ...token, ...more } },
    });
  expect(await change()).toMatchObject({ createdAt: START });
  site.clock.now += 5;
  expect(await change({ expiresAt: START + 10 })).toMatchObject({ createdAt: START, expiresAt: START + 10 });
  await change({ revokedAt: START + 5 });
  const leaves = (await site.lines()).filter((line) => line.includes("token.change"));
  expect(leaves.map((line) => parseLeaf(line).body?.["change"])).toEqual(["made", "changed", "revoked"]);
  expect(leaves.join()).not.toContain("f".repeat(64));
});

describe("a run of the server", () => {
  test("says in its leaf whether the last one ended well", async () => {
    const site = await openTestStore();
    const start = (boot: string) =>
      site.store.transact({ flow: "site-start", tenant: "_site", input: { boot, version: "1.0.0" } });
    expect(await start("b1")).toEqual({ unclean: false });
    expect(await start("b2")).toEqual({ unclean: true });
    await site.store.transact({ flow: "site-stop", tenant: "_site", input: {} });
    expect(await start("b3")).toEqual({ unclean: false });
    const leaves = (await site.lines("_site")).map(parseLeaf).filter(({ type }) => type.startsWith("site."));
    expect(leaves.map(({ type, body }) => [type, body?.["unclean"]])).toEqual([
      ["site.start", false],
      ["site.start", true],
      ["site.stop", undefined],
      ["site.start", false],
    ]);
  });

  test("that never started cannot stop", async () => {
    const site = await openTestStore();
    await expect(site.store.transact({ flow: "site-stop", tenant: "_site", input: {} })).rejects.toMatchObject({
      code: "missing",
    });
  });

  test("needs a site, which is made once", async () => {
    const site = await openTestStore();
    const init = () =>
      site.store.transact({
        flow: "site-init",
        tenant: "_site",
        input: { site: "plant-7", fp8: "01234567", boot: "b1" },
      });
    expect(await init()).toEqual({ site: "plant-7", fp8: "01234567", createdAt: START });
    await expect(init()).rejects.toMatchObject({ code: "exists" });
  });
});

test("the newest note of a log is kept, an older one is not", async () => {
  const site = await openTestStore();
  const keep = (size: number) =>
    site.store.transact({ flow: "note-keep", tenant: "default", input: { size, note: `note ${size}` } });
  await keep(5);
  await keep(3);
  expect(await site.store.read.cell("note", "default", "current")).toEqual({ size: 5, note: "note 5" });
});

test("a trust policy is set with a leaf that names its fingerprint", async () => {
  const site = await openTestStore();
  const policy = localPolicy({ site: "plant-7", spki: createKeyPair().spki, createdAt: "2026-11-01T00:00:00Z" });
  const fingerprint = policyFingerprint(policyBytes(policy));
  await site.store.transact({
    flow: "trust-change",
    tenant: "_site",
    input: { actor: "job:init", which: "local", policy, fingerprint },
  });
  expect(await site.store.read.cell("trust", "_site", "local")).toEqual(policy);
  expect((await site.lines("_site")).at(-1)).toContain(fingerprint);
});
