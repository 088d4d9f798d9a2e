import { describe, expect, test } from "vitest";
import { tokenTag } from "../../src/core/token.ts";
import { openTestStore, type TestStore } from "../support/store.ts";

const MAKER = { id: "m", name: "maker", tenant: "default", scopes: ["notify.admin"], hash: "e".repeat(64) };
const TOKEN = { id: "t", name: "ci", tenant: "default", scopes: ["notify.viewer"], hash: "f".repeat(64) };
const BY = { actor: "token:m", id: "t", tenant: "default", beyond: [] } as const;
const RENAMED = { name: "renamed", scopes: ["events:write"] };

async function siteWith(more: { readonly expiresAt?: number } = {}, maker: { readonly expiresAt?: number } = {}) {
  const site = await openTestStore();
  for (const token of [
    { ...MAKER, ...maker },
    { ...TOKEN, ...more },
  ])
    await site.store.transact({ flow: "token-change", tenant: "_site", input: { actor: "local:0", token } });
  return site;
}
const held = (site: TestStore, id: string) => site.store.read.cell("token", "_site", id);

describe("a change of a token", () => {
  test("replaces what is edited in what is there by then, and a revocation nothing but its end", async () => {
    const site = await siteWith({ expiresAt: 2e12 });
    const edit = (input: object) =>
      site.store.transact({ flow: "token-edit", tenant: "_site", input: { ...BY, to: RENAMED, ...input } });
    const [edited, revoked, again] = await Promise.all([edit({}), edit({ to: "revoked" }), edit({ to: "revoked" })]);
    expect(edited).toMatchObject({ ...TOKEN, ...RENAMED });
    expect(edited).not.toHaveProperty("expiresAt");
    expect(revoked).toEqual({ ...edited, revokedAt: site.clock.now });
    expect(again).toEqual(revoked);
    await expect(edit({})).rejects.toMatchObject({ code: "conflict" });
    await expect(edit({ tenant: "other" })).rejects.toMatchObject({ code: "missing" });
    await expect(edit({ id: "none" })).rejects.toMatchObject({ code: "missing" });
  });

  test("is refused for another version, and for a token that may do more than the actor", async () => {
    const site = await siteWith();
    const edit = (input: object) =>
      site.store.transact({ flow: "token-edit", tenant: "_site", input: { ...BY, to: "revoked" as const, ...input } });
    await expect(edit({ base: "0".repeat(32) })).rejects.toMatchObject({ code: "stale" });
    await expect(edit({ beyond: ["notify.viewer"] })).rejects.toMatchObject({ code: "refused" });
    await expect(edit({ beyond: ["notify.viewer"], to: RENAMED })).rejects.toMatchObject({ code: "refused" });
    expect(await edit({ beyond: ["notify.viewer"], actor: "token:t" })).toHaveProperty("revokedAt"); // its own
  });

  test("of one that has expired is refused, but for its revocation", async () => {
    const site = await siteWith();
    const soon = { ...RENAMED, expiresAt: site.clock.now + 10 };
    const edit = (to: "revoked" | typeof RENAMED) =>
      site.store.transact({ flow: "token-edit", tenant: "_site", input: { ...BY, to } });
    await edit(soon);
    site.clock.now += 10;
    await expect(edit(RENAMED)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("expired"),
    });
    expect(await edit("revoked")).toMatchObject({ ...soon, revokedAt: site.clock.now });
  });
});

describe("whoever's own token", () => {
  const made = { ...TOKEN, id: "heir" };

  test.each(["revoked", "expired", "unknown"] as const)("is %s changes no token, and makes none", async (state) => {
    const site = await siteWith();
    const actor = state === "unknown" ? "token:none" : "token:m";
    const end = { ...MAKER, ...(state === "revoked" ? { revokedAt: 1 } : { expiresAt: 1 }) };
    await site.store.transact({ flow: "token-change", tenant: "_site", input: { actor: "local:0", token: end } });
    const before = await site.lines();
    const make = site.store.transact({ flow: "token-change", tenant: "_site", input: { actor, token: made } });
    await expect(make).rejects.toMatchObject({ code: "revoked" });
    const input = { ...BY, actor, to: "revoked" as const };
    const revoke = site.store.transact({ flow: "token-edit", tenant: "_site", input });
    await expect(revoke).rejects.toMatchObject({ code: "revoked" });
    expect(await site.lines()).toEqual(before);
    expect(await held(site, "heir")).toBeUndefined();
  });

  test("is not as it was judged gives nothing", async () => {
    const site = await siteWith();
    const judged = await held(site, "m");
    const version = judged === undefined ? "" : tokenTag(judged);
    const input = { actor: "token:m", token: made, version };
    await site.store.transact({
      flow: "token-edit",
      tenant: "_site",
      input: { ...BY, actor: "local:0", id: "m", to: { name: "maker", scopes: ["notify.viewer"] } },
    });
    const make = site.store.transact({ flow: "token-change", tenant: "_site", input });
    await expect(make).rejects.toMatchObject({ code: "conflict" });
    expect(await held(site, "heir")).toBeUndefined();
  });
});

test("the last use is kept as told, also when the clock was set back", async () => {
  const site = await siteWith();
  for (const at of [5000, 3000])
    await site.store.transact({ flow: "token-use", tenant: "_site", input: { uses: [["t", at]] } });
  expect(await site.store.read.cell("use", "_site", "t")).toEqual({ lastUsedAt: 3000 });
});
