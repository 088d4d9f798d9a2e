/**
 * The read port over rows in memory.
 * @module
 */
import { hashToBytes } from "../../core/merkle.ts";
import type { LogRecord, MemberRow, Reader, StoredObject } from "../../ports.ts";
import { compareText } from "../key-order.ts";
import { countDeliveries, dueChannelsOf, dueDeliveries, listDeliveries } from "./deliveries.ts";
import { listEvents } from "./events.ts";
import { listCells } from "./list.ts";
import { openingsOf } from "./openings.ts";
import type { MemoryLog, MemoryState } from "./state.ts";

/** A reader of what was applied to `state`. */
export function createMemoryReader(state: MemoryState): Reader {
  const logOf = (tenant: string): MemoryLog | undefined => state.tenants.get(tenant)?.log;
  const tenants = (): string[] => [...state.tenants.keys()].toSorted(compareText);
  return {
    cell: async (noun, tenant, key) => state.drawer(noun, tenant).get(key),
    cells: async (noun, tenant, prefix, limit) => listCells(state, { noun, tenant, prefix, limit }),
    objects: async (hashes) => hashes.flatMap((hash) => objectOf(state, hash)),
    event: async (tenant, id) => {
      const rows = state.tenants.get(tenant);
      return rows?.events[rows.places.get(id) ?? -1];
    },
    events: async (tenant, query) => listEvents(state, tenant, query),
    deliveries: async (tenant, query) => listDeliveries(state, tenant, query),
    counts: async (tenant, since) => countDeliveries(state, tenant, since),
    due: async (at) => dueDeliveries(state, at),
    dueChannels: async () => tenants().flatMap((tenant) => dueChannelsOf(state, tenant)),
    logs: async () => tenants().flatMap((tenant) => recordOf(tenant, logOf(tenant))),
    log: async (tenant) => recordOf(tenant, logOf(tenant))[0],
    leaves: async (tenant, from, count) => logOf(tenant)?.lines.slice(from, from + count) ?? [],
    tile: async (tenant, level, index) => logOf(tenant)?.tiles.get(`${level}/${index}`),
    openings: async (tenant, from, count) => {
      const rows = state.tenants.get(tenant);
      return rows === undefined ? [] : openingsOf(rows, from, count);
    },
    members: async (tenant, window, from, limit) => {
      const rows = membersOf(state, tenant, window, from).slice(0, limit);
      return rows.map(({ body }) => body);
    },
  };
}

function objectOf(state: MemoryState, hash: string): StoredObject[] {
  const text = state.objects.get(hash);
  return text === undefined ? [] : [{ hash, text }];
}

function recordOf(tenant: string, log: MemoryLog | undefined): LogRecord[] {
  if (log === undefined) return [];
  const { origin, growth } = log;
  return [{ tenant, origin, size: growth.frontier.size, root: hashToBytes(growth.frontier.root()) }];
}

/** Members of a window from a number on, in order of their numbers. */
export function membersOf(state: MemoryState, tenant: string, window: string, from: number): MemberRow[] {
  const members = state.tenants.get(tenant)?.members.get(window) ?? [];
  return members.filter(({ n }) => n >= from).toSorted((left, right) => left.n - right.n);
}
