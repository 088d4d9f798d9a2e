import { policyBytes, policyFingerprint } from "../../src/core/trust.ts";
import { testPolicy } from "../support/kit-forge.ts";
import { describe, expect, it } from "vitest";
import { configFinder, type FindConfig } from "../../src/app/explain-config.ts";
import type { DecidingLeaf } from "../../src/app/explain-history.ts";
import { SITE_TENANT } from "../../src/core/cells.ts";
import { planChange } from "../../src/core/config-plan.ts";
import { switchTo } from "../../src/flows/config-apply.ts";
import { parseLeaf } from "../../src/core/leaf-parse.ts";
import type { Reader } from "../../src/ports.ts";
import { type Explaining, explaining } from "../support/explaining.ts";
import { channel, rule, template } from "../support/objects.ts";

const named = (name: string): Parameters<Explaining["configure"]>[0] => [
  channel(),
  template(),
  rule("all", { name, actions: [{ id: "all-mail", channel: "ops-mail" }] }),
];

/** The site adopts a policy that no other adoption has. */
async function siteTakes(site: Explaining, name: string): Promise<void> {
  await site.configure([rule("of-site", { name, actions: [{ id: "site-mail", channel: "ops-mail" }] })], SITE_TENANT);
}

/** Lets an event come in and answers the leaf of its decision. */
async function decided(site: Explaining, sourceId: string): Promise<DecidingLeaf> {
  const { id } = await site.post(sourceId);
  const { seq = -1 } = (await site.store.read.event("default", id)) ?? {};
  const [line = ""] = await site.store.read.leaves("default", seq, 1);
  const { cfg = "", t } = parseLeaf(line);
  return { cfg, seq, t };
}

/** A finder, and how often it asked for which; `isMute`: the logs tell it nothing. */
function finding(site: Explaining, isMute: boolean): { readonly find: FindConfig; readonly asked: Asked } {
  const asked = { cell: 0, cells: 0, most: 0 };
  const { read } = site.store;
  const counting: Reader = {
    ...read,
    leaves: async (...at) => (isMute ? [] : await read.leaves(...at)),
    cell: async (...at) => {
      asked.cell++;
      return await read.cell(...at);
    },
    cells: async (...at) => {
      asked.cells++;
      const found = await read.cells(...at);
      asked.most = Math.max(asked.most, found.length);
      return found;
    },
  };
  return { find: configFinder({ ...site, store: { ...site.store, read: counting } }), asked };
}
interface Asked {
  readonly cell: number;
  readonly cells: number;
  readonly most: number;
}

describe("a configuration that was replaced", () => {
  it("is found among thousands by what the logs tell, without trying others", async () => {
    const site = await explaining();
    const leaves: DecidingLeaf[] = [];
    for (let n = 0; n < 40; n++) {
      site.clock.now += 1000;
      if (n % 2 === 0) await siteTakes(site, `${n}`);
      else await site.configure(named(`${n}`));
      for (const time of ["first", "second"]) leaves.push(await decided(site, `${n} ${time}`));
    }
    const { find, asked } = finding(site, false);
    for (const leaf of leaves.slice(0, -2)) {
      const found = await find("default", leaf);
      expect([found.cfg, found.state, found.missing]).toEqual([leaf.cfg, "replaced", []]);
    }
    expect(asked.cells).toBe(0);
    expect(asked.cell).toBeLessThanOrEqual(4 * 40);
  });

  it("is found where an older one was taken up again, and where all was switched in one ms", async () => {
    const site = await explaining();
    const leaves: DecidingLeaf[] = [];
    for (const name of ["a", "b", "a", "c", "a", "d"]) {
      await site.configure(named(name));
      await siteTakes(site, name);
      leaves.push(await decided(site, `${leaves.length}`));
    }
    await site.configure(named("last"));
    const { find } = finding(site, false);
    for (const leaf of leaves) expect(await find("default", leaf)).toMatchObject({ cfg: leaf.cfg, state: "replaced" });
  });

  it("is found where kits switched the tenant, or the tenant is the site's own", async () => {
    const site = await explaining();
    const leaves: DecidingLeaf[] = [];
    for (const [sequence, name] of ["a", "b", "c"].entries()) {
      site.clock.now += 1000;
      await importKit(site, sequence + 1, name);
      leaves.push(await decided(site, name));
    }
    const { find, asked } = finding(site, false);
    for (const leaf of leaves.slice(0, -1)) expect((await find("default", leaf)).rules).toHaveLength(1);
    expect(asked.cells).toBe(0);
    await siteTakes(site, "a");
    const { cfg } = site.configurations.of(SITE_TENANT);
    const { size: seq = 0 } = (await site.store.read.log(SITE_TENANT)) ?? {};
    await siteTakes(site, "b");
    const found = await find(SITE_TENANT, { cfg, seq, t: site.clock.now });
    expect(found).toMatchObject({ state: "replaced", rules: [{ rule: { name: "a" } }] });
    expect(asked.cells).toBe(0);
  });

  it("is found wherever its key stands, however many are kept, a few of them read at once", async () => {
    const site = await explaining();
    const leaves = new Map<string, DecidingLeaf>();
    for (let n = 0; n < 2100; n++) {
      await site.configure([rule("r", { name: `${n}`, actions: [{ id: "m", channel: "c" }] })]);
      leaves.set(site.configurations.own("default").id, await decided(site, `${n}`));
    }
    await site.configure(named("last"));
    const ids = [...leaves.keys()].toSorted();
    const { find, asked } = finding(site, true);
    for (const id of [ids[0], ids.at(-1), [...leaves.keys()][0]]) {
      const leaf = leaves.get(id ?? "");
      expect(await find("default", leaf)).toMatchObject({ cfg: leaf?.cfg, state: "replaced" });
    }
    expect(asked.most).toBeLessThan(10);
  }, 60_000);

  it("that is not kept is looked for once, until there is another switch", async () => {
    const site = await explaining();
    await site.configure(named("a"));
    await site.configure(named("b"));
    const { find, asked } = finding(site, false);
    const leaf = { cfg: "0".repeat(16), seq: 99, t: site.clock.now };
    expect(await find("default", leaf)).toMatchObject({ state: "purged", rules: [] });
    const once = { ...asked };
    for (const seq of [99, 98, 97]) expect((await find("default", { ...leaf, seq })).state).toBe("purged");
    expect(asked).toEqual(once);
    await site.configure(named("c"));
    expect((await find("default", leaf)).state).toBe("purged");
    expect(asked.cells).toBeGreaterThan(once.cells);
  });

  it("that was found is remembered by its place, beside others", async () => {
    const site = await explaining();
    const leaves: DecidingLeaf[] = [];
    for (const name of ["a", "b", "c", "d"]) {
      await site.configure(named(name));
      leaves.push(await decided(site, name));
    }
    await site.configure(named("e"));
    const { find, asked } = finding(site, true);
    for (const leaf of leaves) await find("default", leaf);
    const { cells } = asked;
    for (const leaf of leaves) expect(await find("default", leaf)).toMatchObject({ state: "replaced" });
    expect(asked.cells).toBe(cells);
  });

  it("among more than are tried is told as not found, not as gone", async () => {
    const site = await explaining();
    for (let n = 0; n < 150; n++) {
      await siteTakes(site, `${n}`);
      await site.configure(named(`${n}`));
    }
    const { find } = finding(site, true);
    const leaf = { cfg: "0".repeat(16), seq: 1, t: site.clock.now };
    expect(await find("default", leaf)).toMatchObject({ state: "unfound", looked: 20_000, rules: [] });
  }, 60_000);
});

/** A kit brings the tenant its rule. */
async function importKit(site: Explaining, sequence: number, name: string): Promise<void> {
  const { configurations, store } = site;
  const objects = [rule("all", { name, actions: [{ id: "all-mail", channel: "ops-mail" }] })];
  const stream = "hq/rules";
  const { base, candidate, changes } = planChange(configurations.own("default"), { objects, prune: true, stream });
  const manifest = String(sequence).padStart(64, "0");
  const policy = testPolicy();
  const fingerprint = policyFingerprint(policyBytes(policy));
  const trust = { actor: "token:ops", which: "upstream" as const, policy, fingerprint };
  await store.transact({ flow: "trust-change", tenant: SITE_TENANT, input: trust });
  const input = {
    actor: "token:ops",
    stream,
    head: { epoch: 1, sequence, manifest, createdAt: site.clock.now },
    before: sequence === 1 ? undefined : String(sequence - 1).padStart(64, "0"),
    expiresAt: null,
    judgedBy: { which: "upstream" as const, fingerprint },
    objects: 1,
    files: 0,
    plan: manifest,
    heads: {},
    switches: [{ tenant: "default", base, candidate, changes }],
    signers: [],
  };
  await switchTo({ store, configurations }, { objects, candidates: [{ tenant: "default", candidate }] }, () =>
    store.transact({ flow: "kit-import", tenant: SITE_TENANT, input }),
  );
}
