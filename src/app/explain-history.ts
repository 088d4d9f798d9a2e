/**
 * Which generations were in force when a leaf was decided, as the logs tell of each switch.
 * @module
 */
import { setImmediate as pause } from "node:timers/promises";
import { z } from "zod";
import { SITE_TENANT } from "../core/cells.ts";
import { EMPTY_GENERATION } from "../core/generation.ts";
import { parseLeaf } from "../core/leaf-parse.ts";
import type { Reader } from "../ports.ts";
import { firstLeafAt } from "./explain-channel.ts";

type Logs = Pick<Reader, "leaves" | "log">;

/** The leaf of a decision: its `cfg`, where it stands in its tenant's log, and its recorded time (epoch ms). */
export interface DecidingLeaf {
  readonly cfg: string;
  readonly seq: number;
  readonly t: number;
}

/** Ids of generations, the likeliest first. */
export interface InForce {
  readonly site: readonly string[];
  readonly own: readonly string[];
}

/** Leaves of one log that are looked back through. */
const MAX_LOOKED = 200_000;
const PAGE = 500;
/** Switches of each kind that are tried: the times of two logs do not tell an order within one ms. */
const MOST = 3;

interface Switch {
  readonly tenant: string;
  readonly generation: string;
}

/**
 * The last generations that a tenant and the site switched to before a leaf. A person's switch of a tenant stands in that
 * tenant's log; those of the site and those that came with kits stand in the site's, which is looked back through from the
 * leaf's time on.
 */
export async function inForceAt(read: Logs, tenant: string, { seq, t }: DecidingLeaf): Promise<InForce> {
  if (tenant === SITE_TENANT) {
    const { own } = await lastSwitches(read, { log: SITE_TENANT, end: seq }, { own: tenant, most: MOST });
    return { site: [EMPTY_GENERATION.id], own: [...own, EMPTY_GENERATION.id] };
  }
  const size = (await read.log(SITE_TENANT))?.size ?? 0;
  const end = await firstLeafAt(read, SITE_TENANT, { since: t + 1, size });
  const { own } = await lastSwitches(read, { log: tenant, end: seq }, { own: tenant, most: 1 });
  const other = await lastSwitches(read, { log: SITE_TENANT, end }, { own: tenant, most: MOST });
  return {
    site: [...other.site, EMPTY_GENERATION.id],
    own: [...own, ...other.own, EMPTY_GENERATION.id],
  };
}

/** The last switches before a leaf that are told in one log: of a tenant, and of the site where that is another. */
async function lastSwitches(
  read: Logs,
  { log, end }: { readonly log: string; readonly end: number },
  { own, most }: { readonly own: string; readonly most: number },
): Promise<InForce> {
  const found = { site: new Set<string>(), own: new Set<string>() };
  const wanted = log === own ? [found.own] : [found.site, found.own];
  for (let until = end; until > 0 && end - until < MAX_LOOKED; until -= PAGE) {
    const from = Math.max(0, until - PAGE);
    const lines = await read.leaves(log, from, until - from);
    for (const { tenant, generation } of lines.toReversed().flatMap((line) => switchesOf(line, log))) {
      if (tenant === own) found.own.add(generation);
      else if (tenant === SITE_TENANT) found.site.add(generation);
    }
    if (wanted.every(({ size }) => size >= most)) break;
    await pause();
  }
  return { site: [...found.site].slice(0, most), own: [...found.own].slice(0, most) };
}

const Body = z.looseObject({ switches: z.array(z.looseObject({ tenant: z.string(), generation: z.string() })) });

/** What a leaf says of generations; most say nothing, and are told by their text. */
function switchesOf(line: string, log: string): readonly Switch[] {
  if (!line.includes('"type":"config.change"') && !line.includes('"type":"kit.import"')) return [];
  const { type, id = "", body } = parseLeaf(line);
  if (type === "kit.import") return Body.safeParse(body).data?.switches ?? [];
  return type === "config.change" && /^[0-9a-f]{64}$/.test(id) ? [{ tenant: log, generation: id }] : [];
}
