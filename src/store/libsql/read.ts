import { setImmediate as pause } from "node:timers/promises";
import type { DueChannel, Opening, Reader } from "../../ports.ts";
import type { Access } from "./access.ts";
import { countDeliveries } from "./delivery-counts.ts";
import { dueDeliveries, listDeliveries, nextDueChannel } from "./deliveries.ts";
import { findEvent, listEvents } from "./events.ts";
import { leafLines } from "./leaves.ts";
import { readLogs, readTile } from "./logs.ts";
import { loadMembers } from "./members.ts";
import { listNoun, loadNoun } from "./nouns.ts";
import { loadObjects } from "./objects.ts";
import { openingsBetween } from "./openings.ts";

/** The read port on a connection of its own; what is long lets the process breathe between chunks. */
export function makeReader(access: Access): Reader {
  return {
    cell: async (noun, tenant, key) => loadNoun(access, noun, [{ noun, tenant, key }])[0],
    cells: async (noun, tenant, prefix, limit) => listNoun(access, { noun, tenant, key: prefix }, limit),
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
    members: async (tenant, window, from, limit) =>
      loadMembers(access, { tenant, window, from, limit }).map(({ body }) => body),
  };
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
