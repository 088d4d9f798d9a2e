import type { Delivery } from "../../core/delivery.ts";
import { recordMs } from "../../core/id.ts";
import type { DeliveryCounts, DeliveryQuery, DueChannel, Page, Reader } from "../../ports.ts";
import { countKey, CountSum, hourOf } from "../delivery-count.ts";
import { StoreError } from "../error.ts";
import { compareText } from "../key-order.ts";
import { pageOf } from "./list.ts";
import type { MemoryState } from "./state.ts";

type Due = Delivery & { readonly dueAt: number };
type DueQuery = Parameters<Reader["due"]>[0];
interface Place {
  readonly ms: number;
  readonly id: string;
}

/** A page of a tenant's deliveries, newest first by their ids. Throws StoreError `bad-cursor`. */
export function listDeliveries(state: MemoryState, tenant: string, query: DeliveryQuery): Page<Delivery> {
  const before = query.cursor === undefined ? undefined : readCursor(query.cursor);
  const found = [...state.drawer("delivery", tenant).values()]
    .filter((delivery) => matches(delivery, query) && (before === undefined || compare(placeOf(delivery), before) < 0))
    .toSorted((left, right) => compare(placeOf(right), placeOf(left)));
  return pageOf(found, query.limit, (delivery) => `${placeOf(delivery).ms}.${delivery.id}`);
}

/** Deliveries of a channel that are due, the oldest due first. */
export function dueDeliveries(
  state: MemoryState,
  { tenant, channel, now, limit, after }: DueQuery,
): readonly Delivery[] {
  return dueOf(state, tenant)
    .filter((delivery) => delivery.channel === channel && delivery.dueAt <= now)
    .filter(({ dueAt, id }) => after === undefined || (dueAt - after.due || compareText(id, after.id)) > 0)
    .slice(0, limit);
}

/** For each channel of a tenant with anything due at some time, the first instant. */
export function dueChannelsOf(state: MemoryState, tenant: string): DueChannel[] {
  const firsts = new Map<string, number>();
  for (const { channel, dueAt } of dueOf(state, tenant)) if (!firsts.has(channel)) firsts.set(channel, dueAt);
  return [...firsts].map(([channel, due]) => ({ tenant, channel, due }));
}

function dueOf(state: MemoryState, tenant: string): Due[] {
  return [...state.drawer("delivery", tenant).values()]
    .filter((delivery): delivery is Due => delivery.dueAt !== undefined)
    .toSorted((left, right) => left.dueAt - right.dueAt || compareText(left.id, right.id));
}

/** Counts of a tenant's deliveries: open ones, and others from the hour of `since` (epoch ms) on. */
export function countDeliveries(state: MemoryState, tenant: string, since: number): DeliveryCounts {
  const sum = new CountSum(hourOf(since));
  for (const delivery of state.drawer("delivery", tenant).values()) sum.add(countKey(delivery), 1);
  return sum.sum();
}

function matches(delivery: Delivery, { status, channel, event, window }: DeliveryQuery): boolean {
  if (status !== undefined && delivery.status !== status) return false;
  if (channel !== undefined && delivery.channel !== channel) return false;
  if (window !== undefined && delivery.window !== window) return false;
  return event === undefined || delivery.event === event;
}

/** Where a delivery stands among others: by the instant in its id (a digest's is its fifth part), then by the id. */
function placeOf({ id }: Delivery): Place {
  return { ms: recordMs(id) ?? Number(id.split(":")[4] ?? 0), id };
}

function compare(left: Place, right: Place): number {
  return left.ms - right.ms || compareText(left.id, right.id);
}

function readCursor(cursor: string): Place {
  const [, ms, id] = /^(\d{1,15})\.((?:dl_|digest:).+)$/.exec(cursor) ?? [];
  if (ms === undefined || id === undefined) throw new StoreError("bad-cursor", "the cursor is not one of this list");
  return { ms: Number(ms), id };
}
