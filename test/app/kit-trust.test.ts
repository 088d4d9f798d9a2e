import * as fs from "node:fs";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { policyBytes, type TrustPolicy } from "../../src/core/trust.ts";
import { kitInstant } from "../../src/core/kit-time.ts";
import { type Hub, makeHub } from "../support/hub.ts";
import { makeSite, openSite, type RunningSite, temporaryFolder } from "../support/site.ts";
import { leavesOfType } from "../support/site-leaves.ts";

let folder: ReturnType<typeof temporaryFolder>;
let site: RunningSite;
let hub: Hub;
beforeEach(async () => {
  folder = temporaryFolder();
  await makeSite(path.join(folder.dir, "data"));
  site = await openSite(path.join(folder.dir, "data"));
  hub = makeHub(path.join(folder.dir, "hub"));
});
afterEach(async () => {
  await site.close();
  folder.remove();
});

const Answer = z.looseObject({ code: z.string().optional(), detail: z.string().optional() });

async function ask(
  method: string,
  route: string,
  body?: string | Uint8Array<ArrayBuffer>,
): Promise<{
  status: number;
  body: z.infer<typeof Answer>;
}> {
  const type = typeof body === "string" ? "application/json" : "application/x-tar";
  const answer = await site.request(method, `/api/v1${route}`, {
    tenant: "_site",
    ...(body === undefined ? {} : { body, type }),
  });
  return { status: answer.status, body: Answer.parse(await answer.json()) };
}
const trust = (more: object = {}): Promise<Awaited<ReturnType<typeof ask>>> =>
  ask("POST", "/trust", JSON.stringify({ policy: hub.policy, fingerprint: hub.fingerprint, ...more }));
const take = (file: string, query = ""): Promise<Awaited<ReturnType<typeof ask>>> =>
  ask("POST", `/kits/import${query}`, new Uint8Array(fs.readFileSync(file)));

const RULE = { schema: "rule/v1", id: "r1", actions: [{ id: "r1-mail", channel: "ops-mail" }] };

describe("first trust", () => {
  test("is by a fingerprint that somebody else has told", async () => {
    const before = (await hub.kit({ objects: { "rules/default/r1": RULE } })).file;
    expect(await take(before)).toMatchObject({ status: 422, body: { code: "KIT_NOT_DELEGATED" } });
    const wrong = `SHA256:${"A".repeat(43)}`;
    expect(await trust({ fingerprint: wrong })).toMatchObject({ status: 409, body: { code: "conflict" } });
    expect((await ask("GET", "/trust")).body).not.toHaveProperty("upstream");
    expect(await trust()).toMatchObject({ status: 200, body: { fingerprint: hub.fingerprint, version: 1 } });
    expect((await ask("GET", "/trust")).body).toMatchObject({
      site: "plant-7",
      upstream: { fingerprint: hub.fingerprint, policy: hub.policy },
      local: { version: 1 },
    });
    const copy = fs.readFileSync(path.join(site.parts.files.trust, "upstream.json"));
    expect(copy.equals(policyBytes(hub.policy))).toBe(true);
    expect(await take(before)).toMatchObject({ status: 200, body: { stream: "hq/rules", count: 1 } });
  });

  test("is given once: another policy needs a reason, and the leaf tells of it", async () => {
    await trust();
    expect((await trust()).status).toBe(200); // the same again
    const other = makeHub(path.join(folder.dir, "other"));
    const given = { policy: other.policy, fingerprint: other.fingerprint };
    expect(await trust(given)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining(hub.fingerprint) },
    });
    expect(await trust({ ...given, replace: true })).toMatchObject({ status: 422 });
    expect((await trust({ ...given, replace: true, why: "the roots were lost" })).status).toBe(200);
    const leaves = await leavesOfType(site.parts, "trust.change");
    expect(leaves.slice(-2)).toMatchObject([
      {
        actor: expect.stringMatching(/^local:/),
        id: "trust/upstream",
        body: { fingerprint: hub.fingerprint, version: 1 },
      },
      { body: { fingerprint: other.fingerprint, replaced: hub.fingerprint, why: "the roots were lost" } },
    ]);
  });

  test("is not given to what is no policy, or to one that has expired", async () => {
    expect(await trust({ policy: { schema: "trust-policy/v1" } })).toMatchObject({
      status: 422,
      body: { code: "TRUST_POLICY" },
    });
    const old = makeHub(path.join(folder.dir, "old"), { expiresAt: kitInstant(Date.now() - 1000) });
    expect(await trust({ policy: old.policy, fingerprint: old.fingerprint })).toMatchObject({
      status: 422,
      body: { code: "TRUST_EXPIRED" },
    });
    expect((await trust({ fingerprint: "SHA256:short" })).status).toBe(422);
  });
});

async function trustKit(
  change: Parameters<Hub["rotation"]>[0],
  by?: Parameters<Hub["rotation"]>[1],
): Promise<{ policy: TrustPolicy; file: string; kit: string }> {
  const { policy, files } = await hub.rotation(change, by);
  const kit = await hub.kit({ stream: "hq/trust", kinds: ["trust"], files, signers: ["rita", "rolf"] });
  return { policy, ...kit };
}

describe("a trust kit", () => {
  beforeEach(async () => void (await trust()));
  test("replaces the policy by the roots of both, in the same question as its head, with one leaf", async () => {
    const { policy, file } = await trustKit({ maxSequenceJump: 7 });
    const size = (await site.parts.store.read.log("_site"))?.size ?? 0;
    const planned = await ask("POST", "/kits/plan", new Uint8Array(fs.readFileSync(file)));
    expect(planned.body).toMatchObject({ trust: { from: 1, to: 2 }, count: 0 });
    expect((await take(file)).status).toBe(200);
    expect((await site.parts.store.read.log("_site"))?.size).toBe(size + 1);
    expect((await leavesOfType(site.parts, "kit.import")).at(-1)).toMatchObject({
      body: { trust: { version: 2 }, stream: "hq/trust" },
    });
    expect((await ask("GET", "/trust")).body).toMatchObject({ upstream: { policy } });
    const copy = fs.readFileSync(path.join(site.parts.files.trust, "upstream.json"));
    expect(copy.equals(policyBytes(policy))).toBe(true);
  });

  test("that revokes a signer ends what the signer could do", async () => {
    const at = kitInstant(Date.now() - 1000);
    const revoked = { [hub.keys.dave.keyId]: { at, reason: "laptop lost", keepBefore: false } };
    expect((await take((await trustKit({ revoked })).file)).status).toBe(200);
    const late = await hub.kit({ objects: { "rules/default/r1": RULE } });
    expect(await take(late.file)).toMatchObject({ status: 422, body: { code: "SIG_THRESHOLD" } });
  });

  test("signed by one root of two, or lowering a floor, is refused and leaves the policy as it was", async () => {
    const half = await trustKit({ maxSequenceJump: 7 }, { signers: ["rita"] });
    expect(await take(half.file)).toMatchObject({ status: 422, body: { code: "SIG_THRESHOLD" } });
    const raised = await trustKit({ floors: { "hq/rules": { epoch: 0, sequence: 5 } } });
    expect((await take(raised.file)).status).toBe(200);
    const { files } = await hub.rotation({ floors: {} }, { from: raised.policy });
    const lowered = await hub.kit({
      stream: "hq/trust",
      kinds: ["trust"],
      files,
      signers: ["rita", "rolf"],
      sequence: 2,
      prev: raised.kit,
    });
    expect(await take(lowered.file)).toMatchObject({ status: 422, body: { code: "TRUST_FLOOR" } });
    expect((await ask("GET", "/trust")).body).toMatchObject({ upstream: { policy: raised.policy } });
    const below = await hub.kit({ sequence: 4, objects: { "rules/default/r1": RULE } });
    expect(await take(below.file)).toMatchObject({ status: 422, body: { code: "KIT_BELOW_FLOOR" } });
  });
});

/** A kit under a policy that has run out by now. */
async function expiring(onExpired: "refuse" | "needs-override"): Promise<string> {
  hub = makeHub(path.join(folder.dir, onExpired), { expiresAt: kitInstant(Date.now() + 1500), onExpired });
  expect((await trust()).status).toBe(200);
  const { file } = await hub.kit({ objects: { "rules/default/r1": RULE } });
  await new Promise((resolve) => setTimeout(resolve, 2600));
  return file;
}

describe("an expired policy", () => {
  test("that may be overridden is, with a reason that the leaf keeps", async () => {
    const file = await expiring("needs-override");
    expect(await take(file)).toMatchObject({ status: 422, body: { code: "TRUST_EXPIRED" } });
    expect((await take(file, "?override=true&why=the+roots+are+at+sea")).status).toBe(200);
    expect((await leavesOfType(site.parts, "kit.import")).at(-1)).toMatchObject({
      body: { override: "the roots are at sea" },
    });
  });

  test("that may not be is refused, reason or not", async () => {
    const file = await expiring("refuse");
    expect(await take(file, "?override=true&why=please")).toMatchObject({ body: { code: "TRUST_EXPIRED" } });
  });
});
