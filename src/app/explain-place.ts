/**
 * Where a configuration is kept: the site's and the tenant's generation that together make its `cfg`.
 * @module
 */
import { setImmediate as pause } from "node:timers/promises";
import { SITE_TENANT } from "../core/cells.ts";
import { cfgOf, mergedMap } from "../core/compile.ts";
import type { Generation } from "../core/config.ts";
import { EMPTY_GENERATION } from "../core/generation.ts";
import { readGeneration } from "../flows/generation-read.ts";
import type { Reader } from "../ports.ts";
import { systemPause } from "../system/pause.ts";
import { type DecidingLeaf, inForceAt } from "./explain-history.ts";

type Kept = Pick<Reader, "cell" | "cells" | "leaves" | "log" | "objects">;

/** The generations of the site and of the tenant. */
export interface Pair {
  readonly site: Generation;
  readonly own: Generation;
}
/** That no kept pair makes a `cfg`; `isAll` false: older ones were not tried. */
export interface Missed {
  readonly looked: number;
  readonly isAll: boolean;
}

/** Cells of generations in one read: each may name thousands of objects. */
const PAGE = 4;
/** Pairs that are tried, and objects that they may have in all. */
const MAX_PAIRS = 20_000;
const MAX_OBJECTS = 5_000_000;
/** Generations that stay read while pairs are tried. */
const READ = 16;
const HEX = "0123456789abcdef";

/** Finds the pair of a decision: those that were in force by the logs, else all that are kept, the newest first. */
export async function findPair(read: Kept, tenant: string, leaf: DecidingLeaf): Promise<Pair | Missed> {
  const load = loader(read);
  const { site, own } = await inForceAt(read, tenant, leaf);
  for (const ownId of own) {
    for (const siteId of site) {
      const pair = await pairOf(load, tenant, { site: siteId, own: ownId });
      if (pair !== undefined && cfgOf(mergedMap(pair.site, pair.own)) === leaf.cfg) return pair;
      await pause();
    }
  }
  return await tryAll(read, load, { tenant, cfg: leaf.cfg });
}

type Load = (tenant: string, id: string) => Promise<Generation | undefined>;

/** Reads generations and keeps the last few. */
export function loader(read: Pick<Reader, "cell" | "objects">): Load {
  const kept = new Map<string, Generation>();
  return async (tenant, id) => {
    if (id === EMPTY_GENERATION.id) return EMPTY_GENERATION;
    const key = `${tenant} ${id}`;
    const found = kept.get(key) ?? (await readKept(read, tenant, id));
    if (found === undefined) return undefined;
    kept.delete(key);
    kept.set(key, found);
    for (const oldest of kept.keys()) if (kept.size > READ) kept.delete(oldest);
    return found;
  };
}

/** A kept generation; undefined where it, or a part of it, is gone. */
async function readKept(
  read: Pick<Reader, "cell" | "objects">,
  tenant: string,
  id: string,
): Promise<Generation | undefined> {
  const record = await read.cell("generation", tenant, id);
  return record === undefined ? undefined : await readGeneration(read, record, systemPause);
}

/** The pair of two ids; undefined where one is not kept. */
export async function pairOf(
  load: Load,
  tenant: string,
  ids: { readonly site: string; readonly own: string },
): Promise<Pair | undefined> {
  const site = await load(SITE_TENANT, ids.site);
  const own = await load(tenant, ids.own);
  return site === undefined || own === undefined ? undefined : { site, own };
}

async function tryAll(
  read: Kept,
  load: Load,
  { tenant, cfg }: { readonly tenant: string; readonly cfg: string },
): Promise<Pair | Missed> {
  const own = await keptIds(read, tenant);
  const site = tenant === SITE_TENANT ? [EMPTY_GENERATION.id] : await keptIds(read, SITE_TENANT);
  let looked = 0;
  let objects = 0;
  for (const ids of newestPairs(site, own)) {
    if (looked >= MAX_PAIRS || objects >= MAX_OBJECTS) return { looked, isAll: false };
    looked++;
    const pair = await pairOf(load, tenant, ids);
    if (pair !== undefined) {
      const map = mergedMap(pair.site, pair.own);
      if (cfgOf(map) === cfg) return pair;
      objects += Object.keys(map).length;
    }
    await pause();
  }
  return { looked, isAll: true };
}

/** Ids of all kept generations, the newest first. Cells are read in key order, so a full page is read again in parts. */
async function keptIds(read: Pick<Reader, "cells">, tenant: string): Promise<readonly string[]> {
  const kept = new Map([[EMPTY_GENERATION.id, EMPTY_GENERATION.n]]);
  const prefixes = [""];
  for (let prefix = prefixes.pop(); prefix !== undefined; prefix = prefixes.pop()) {
    const cells = await read.cells("generation", tenant, prefix, PAGE);
    for (const [key, { n }] of cells) if (key !== "current") kept.set(key, n);
    if (cells.length >= PAGE) for (const digit of HEX) prefixes.push(`${prefix}${digit}`);
    await pause();
  }
  return [...kept].toSorted(([, a], [, b]) => b - a).map(([id]) => id);
}

/** Pairs in order of how far back they lie, both together. */
function* newestPairs(
  site: readonly string[],
  own: readonly string[],
): Generator<{ readonly site: string; readonly own: string }> {
  for (let back = 0; back <= site.length + own.length - 2; back++) {
    for (let ofSite = Math.max(0, back - own.length + 1); ofSite <= Math.min(back, site.length - 1); ofSite++) {
      const [s, o] = [site[ofSite], own[back - ofSite]];
      if (s !== undefined && o !== undefined) yield { site: s, own: o };
    }
  }
}
