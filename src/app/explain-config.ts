/**
 * The configuration that decided, found again by its `cfg`: the one in force, else a kept one.
 * @module
 */
import { setImmediate as pause } from "node:timers/promises";
import { SITE_TENANT } from "../core/cells.ts";
import { cfgOf, mergedMap } from "../core/compile.ts";
import type { Generation } from "../core/config.ts";
import { EMPTY_GENERATION } from "../core/config-plan.ts";
import type { DecidedBy } from "../core/explain-facts.ts";
import { type CompiledRule, compileRule } from "../core/index.ts";
import { readObject } from "../core/objects.ts";
import { compilePolicy, NO_POLICY, type Policy } from "../core/policy.ts";
import type { Rule } from "../core/rule.ts";
import type { Parts } from "./parts.ts";

type Doors = Pick<Parts, "store" | "configurations">;
/** Finds the configuration of a `cfg`; without one, nothing is kept of it. */
export type FindConfig = (tenant: string, cfg: string | undefined) => Promise<DecidedBy>;

/** Generations of one tenant that are looked through, and pairs of them that are tried. */
const MAX_GENERATIONS = 2000;
const MAX_PAIRS = 20_000;
/** Rules that are compiled in one go. */
const SLICE = 500;
/** Configurations kept compiled, of all tenants. */
const KEPT = 2;
const POLICY = "policies/default";

type Found = Omit<DecidedBy, "state">;

/** A finder that keeps the last few it found. */
export function configFinder(doors: Doors): FindConfig {
  const kept = new Map<string, Found>();
  return async (tenant, cfg) => {
    if (cfg === undefined) return purged("");
    const isCurrent = doors.configurations.of(tenant).cfg === cfg;
    const key = `${tenant} ${cfg}`;
    const found = kept.get(key) ?? (isCurrent ? await current(doors, tenant) : await replaced(doors, tenant, cfg));
    if (found === undefined) return purged(cfg);
    kept.delete(key);
    kept.set(key, found);
    for (const oldest of kept.keys()) if (kept.size > KEPT) kept.delete(oldest);
    return { ...found, state: isCurrent ? "current" : "replaced" };
  };
}

function purged(cfg: string): DecidedBy {
  return { cfg, state: "purged", missing: [], rules: [], globals: new Set(), policy: NO_POLICY };
}

async function current({ configurations }: Doors, tenant: string): Promise<Found> {
  const { cfg, policy } = configurations.of(tenant);
  const own = configurations.own(tenant);
  const rules = configurations.objects(tenant).flatMap((object) => (object.kind === "rules" ? [object] : []));
  const globals = new Set(rules.filter(({ id, hash }) => own.objects[`rules/${id}`] !== hash).map(({ id }) => id));
  return { cfg, policy, missing: [], globals, rules: await compiledInOrder(rules) };
}

/** Rules in the order of decision, those that are not enabled too; compiled in slices that let others go on. */
async function compiledInOrder(
  rules: readonly { readonly value: Rule; readonly hash: string }[],
): Promise<readonly CompiledRule[]> {
  const sorted = rules.toSorted((a, b) => a.value.priority - b.value.priority || (a.value.id < b.value.id ? -1 : 1));
  const compiled: CompiledRule[] = [];
  for (let from = 0; from < sorted.length; from += SLICE) {
    if (from > 0) await pause();
    const slice = sorted.slice(from, from + SLICE);
    compiled.push(...slice.map(({ value, hash }, at) => compileRule(value, hash, from + at)));
  }
  return compiled;
}

interface Pair {
  readonly site: Generation;
  readonly own: Generation;
}

/** A kept configuration: the pair of a site's and a tenant's generation that makes the `cfg`, the newest looked at first. */
async function replaced(doors: Doors, tenant: string, cfg: string): Promise<Found | undefined> {
  const own = await generations(doors, tenant);
  const site = tenant === SITE_TENANT ? [EMPTY_GENERATION] : await generations(doors, SITE_TENANT);
  for (const { site: s, own: o } of newestPairs(site, own)) {
    if (cfgOf(mergedMap(s, o)) === cfg) return await readFound(doors, { site: s, own: o }, cfg);
    await pause();
  }
  return undefined;
}

async function generations({ store }: Doors, tenant: string): Promise<readonly Generation[]> {
  const cells = await store.read.cells("generation", tenant, "", MAX_GENERATIONS);
  const kept = cells.flatMap(([key, value]) => (key === "current" ? [] : [value]));
  return [...kept, EMPTY_GENERATION].toSorted((a, b) => b.n - a.n);
}

/** Pairs in order of how far back they lie, both together. */
function* newestPairs(site: readonly Generation[], own: readonly Generation[]): Generator<Pair> {
  let tried = 0;
  for (let back = 0; back <= site.length + own.length - 2; back++) {
    for (let ofSite = 0; ofSite <= back; ofSite++) {
      const [s, o] = [site[ofSite], own[back - ofSite]];
      if (s === undefined || o === undefined) continue;
      if (++tried > MAX_PAIRS) return;
      yield { site: s, own: o };
    }
  }
}

/** Reads the rules and the policy of a kept configuration; what is purged of them is named. */
async function readFound({ store }: Doors, { site, own }: Pair, cfg: string): Promise<Found> {
  const map = mergedMap(site, own);
  const keys = Object.keys(map).filter((key) => key.startsWith("rules/") || key === POLICY);
  const wanted = [...new Set([...keys.map((key) => map[key] ?? ""), ...policyHash(site)])];
  const texts = new Map((await store.read.objects(wanted)).map((object) => [object.hash, object]));
  const missing = keys.filter((key) => !texts.has(map[key] ?? ""));
  const rules = keys.flatMap((key) => {
    const kept = texts.get(map[key] ?? "");
    if (key === POLICY || kept === undefined) return [];
    const object = readObject("rules", key.slice("rules/".length), kept);
    return object.kind === "rules" ? [object] : [];
  });
  const globals = new Set(rules.filter(({ id, hash }) => own.objects[`rules/${id}`] !== hash).map(({ id }) => id));
  const policyIn = (hash: string | undefined): Partial<Policy> => {
    const kept = hash === undefined ? undefined : texts.get(hash);
    const object = kept === undefined ? undefined : readObject("policies", "default", kept);
    return object?.kind === "policies" ? object.value : {};
  };
  const policy = compilePolicy(policyIn(map[POLICY]), policyIn(site.objects[POLICY]));
  return { cfg, missing, globals, policy, rules: await compiledInOrder(rules) };
}

function policyHash({ objects }: Generation): string[] {
  const hash = objects[POLICY];
  return hash === undefined ? [] : [hash];
}
