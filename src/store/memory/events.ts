import type { Event } from "../../core/event.ts";
import type { EventQuery, Page } from "../../ports.ts";
import { StoreError } from "../error.ts";
import { pageOf } from "./list.ts";
import type { MemoryState, MemoryTenant } from "./state.ts";

/** A page of a tenant's events, the last accepted first. Throws StoreError `bad-cursor`. */
export function listEvents(state: MemoryState, tenant: string, query: EventQuery): Page<Event> {
  const rows = state.tenants.get(tenant);
  const place = query.cursor === undefined ? undefined : readCursor(query.cursor);
  if (rows === undefined) return { items: [] };
  return pageOf(walk(rows, place ?? startOf(rows, query), query), query.limit, ({ id }) =>
    String(rows.places.get(id) ?? 0),
  );
}

/** How many events stand before the place where the list begins. */
function startOf({ events, places }: MemoryTenant, { before }: EventQuery): number {
  return before === undefined ? events.length : (places.get(before) ?? 0);
}

function* walk({ events }: MemoryTenant, before: number, query: EventQuery): Generator<Event> {
  for (let at = before - 1; at >= 0; at--) {
    const event = events[at]?.event;
    if (event !== undefined && matches(event, query)) yield event;
  }
}

function matches(event: Event, { type, source, severity }: EventQuery): boolean {
  if (type !== undefined && event.type !== type) return false;
  if (source !== undefined && event.source !== source) return false;
  return severity === undefined || event.severity === severity;
}

function readCursor(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new StoreError("bad-cursor", "the cursor is not one of this list");
}
