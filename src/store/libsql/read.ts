import { setImmediate as pause } from "node:timers/promises";
import type { Cells, DueChannel, Noun, Opening, Reader, WindowMember } from "../../ports.ts";
import { isListedAsMade } from "../noun-order.ts";
import type { Access } from "./access.ts";
import type { CellPlace } from "./cells.ts";
import { countDeliveries } from "./delivery-counts.ts";
import { dueDeliveries, listDeliveries, nextDueChannel } from "./deliveries.ts";
import { findEvent, listEvents } from "./events.ts";
import { leafLines } from "./leaves.ts";
import { readLogs, readTile } from "./logs.ts";
import { loadMembers } from "./members.ts";
import { listNoun, loadNoun } from "./nouns.ts";
import { loadObjects } from "./objects.ts";
import { openingsBetween } from "./openings.ts";

/** Rows that one chunk of a long read takes. */
const CHUNK = 500;

/** The read port on a connection of its own; what is long lets the process breathe between chunks. */
export function makeReader(access: Access): Reader {
  return {
    cell: async (noun, tenant, key) => loadNoun(access, noun, [{ noun, tenant, key }])[0],
    cells: (noun, tenant, prefix, limit) => cells(access, { noun, tenant, prefix }, limit),
    objects: (hashes) => loadObjects(access, hashes),
    event: async (tenant, id) => findEvent(access, tenant, id),
    events: async (tenant, query) => listEvents(access, tenant, query),
    deliveries: async (tenant, query) => listDeliveries(access, tenant, query),
    counts: (tenant, since) => countDeliveries(access, tenant, since),
    due: async (at) => dueDeliveries(access, at),
    dueChannels: () => dueChannels(access),
    logs: async () => readLogs(access),
    log: async (tenant) => readLogs(access, tenant)[0],
    leaves: (tenant, from, count) => leaves(access, tenant, from, count),
    tile: async (tenant, level, index) => {
      const log = access.tenants.find(tenant);
      return log === undefined ? undefined : readTile(access.connection, log, level, index);
    },
    openings: (tenant, from, count) => openings(access, tenant, from, count),
    members: (tenant, window, from, limit) => members(access, { tenant, window, from, limit }),
  };
}

/** What is listed as made is read in one go: the row that the next chunk follows may be gone by then. */
async function cells<N extends Noun>(
  access: Access,
  place: CellPlace<N>,
  limit: number,
): Promise<(readonly [key: string, value: Cells[N]])[]> {
  if (isListedAsMade(place.noun)) return listNoun(access, place, limit);
  const found: (readonly [key: string, value: Cells[N]])[] = [];
  for (;;) {
    const after = found.at(-1)?.[0];
    const wanted = Math.min(CHUNK, limit - found.length);
    const rows = listNoun(access, after === undefined ? place : { ...place, after }, wanted);
    found.push(...rows);
    if (rows.length < wanted || found.length >= limit) return found;
    await pause();
  }
}

async function members(
  access: Access,
  { limit, ...at }: { readonly tenant: string; readonly window: string; readonly from: number; readonly limit: number },
): Promise<WindowMember[]> {
  const found: WindowMember[] = [];
  let { from } = at;
  for (;;) {
    const wanted = Math.min(CHUNK, limit - found.length);
    const rows = loadMembers(access, { ...at, from, limit: wanted });
    found.push(...rows.map(({ body }) => body));
    const last = rows.at(-1);
    if (last === undefined || rows.length < wanted || found.length >= limit) return found;
    from = last.n + 1;
    await pause();
  }
}

async function dueChannels(access: Access): Promise<DueChannel[]> {
  const channels: DueChannel[] = [];
  let next = nextDueChannel(access, 0, "");
  while (next !== undefined) {
    const { log, tenant, channel, due } = next;
    channels.push({ tenant, channel, due });
    if (channels.length % 256 === 0) await pause();
    next = nextDueChannel(access, log, channel);
  }
  return channels;
}

async function leaves(access: Access, tenant: string, from: number, count: number): Promise<string[]> {
  const log = access.tenants.find(tenant);
  const lines: string[] = [];
  if (log === undefined) return lines;
  for (const segment of leafLines(access, log, from, count)) {
    lines.push(...segment);
    await pause();
  }
  return lines;
}

async function openings(access: Access, tenant: string, from: number, count: number): Promise<Opening[]> {
  const log = access.tenants.find(tenant);
  const [head] = readLogs(access, tenant);
  if (log === undefined || head === undefined) return [];
  const found: Opening[] = [];
  const { origin } = head;
  for (const opened of openingsBetween(access, { tenant, log, origin }, from, from + count)) {
    found.push(...opened);
    await pause();
  }
  return found;
}
