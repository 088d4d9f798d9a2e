/**
 * The configuration that decided, found again by its `cfg`: the one in force, else a kept one.
 * @module
 */
import { setImmediate as pause } from "node:timers/promises";
import { SITE_TENANT } from "../core/cells.ts";
import { mergedMap } from "../core/compile.ts";
import type { Generation } from "../core/config.ts";
import type { DecidedBy } from "../core/explain-facts.ts";
import { type CompiledRule, compileRule } from "../core/index.ts";
import { readObject } from "../core/objects.ts";
import { compilePolicy, NO_POLICY, type Policy } from "../core/policy.ts";
import type { Rule } from "../core/rule.ts";
import type { DecidingLeaf } from "./explain-history.ts";
import { findPair, loader, type Missed, type Pair, pairOf } from "./explain-place.ts";
import type { Parts } from "./parts.ts";

type Doors = Pick<Parts, "store" | "configurations">;
/** Finds the configuration by whose `cfg` a leaf was decided; without a leaf, nothing is kept of it. */
export type FindConfig = (tenant: string, leaf: DecidingLeaf | undefined) => Promise<DecidedBy>;

/** Rules that are compiled in one go. */
const SLICE = 500;
/** Configurations kept compiled, of all tenants. */
const KEPT = 2;
/** Configurations whose place is remembered, or that they have none. */
const PLACES = 1000;
const POLICY = "policies/default";

type Found = Omit<DecidedBy, "state" | "looked">;
/** Ids of the generations that make a configuration, or that none do. */
type Place = Missed | { readonly site: string; readonly own: string };

/** A finder that keeps the last few it found, and remembers where others are and which are not there. */
export function configFinder(doors: Doors): FindConfig {
  const kept = new Map<string, Found>();
  const places = new Map<string, Place>();
  return async (tenant, leaf) => {
    if (leaf === undefined) return unknown("", { looked: 0, isAll: true });
    const { cfg } = leaf;
    const isCurrent = doors.configurations.of(tenant).cfg === cfg;
    const key = `${tenant} ${cfg}`;
    const found =
      kept.get(key) ?? (isCurrent ? await current(doors, tenant) : await replaced(doors, places, { tenant, leaf }));
    if ("looked" in found) return unknown(cfg, found);
    keep(kept, KEPT, key, found);
    return { ...found, state: isCurrent ? "current" : "replaced" };
  };
}

/** Keeps a value as the newest of at most so many. */
function keep<T>(map: Map<string, T>, most: number, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) if (map.size > most) map.delete(oldest);
}

function unknown(cfg: string, { looked, isAll }: Missed): DecidedBy {
  const nothing = { cfg, missing: [], rules: [], globals: new Set<string>(), policy: NO_POLICY };
  return isAll ? { ...nothing, state: "purged" } : { ...nothing, state: "unfound", looked };
}

/** A kept configuration, or that it was not found. */
async function replaced(
  doors: Doors,
  places: Map<string, Place>,
  { tenant, leaf }: { readonly tenant: string; readonly leaf: DecidingLeaf },
): Promise<Found | Missed> {
  const { configurations, store } = doors;
  const { cfg, seq } = leaf;
  const key = `${tenant} ${cfg}`;
  // what is not kept may come to be: with each switch it is looked for anew
  const missed = `${key} ${configurations.own(tenant).n} ${configurations.own(SITE_TENANT).n}`;
  const known = places.get(key) ?? places.get(missed) ?? places.get(`${missed} ${seq}`);
  if (known !== undefined && "looked" in known) return known;
  const kept = known === undefined ? undefined : await pairOf(loader(store.read), tenant, known);
  const pair = kept ?? (await findPair(store.read, tenant, leaf));
  if ("looked" in pair) {
    keep(places, PLACES, pair.isAll ? missed : `${missed} ${seq}`, pair);
    return pair;
  }
  keep(places, PLACES, key, { site: pair.site.id, own: pair.own.id });
  return await readFound(doors, pair, cfg);
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
