import type { LeafOpenings, Opening } from "../../ports.ts";
import type { MemoryTenant } from "./state.ts";

/** What opens the commitments of leaves [from, from + count): by sequence number, then draft, the event's first. */
export function openingsOf(rows: MemoryTenant, from: number, count: number): Opening[] {
  const openings: Opening[] = [];
  const end = Math.min(from + count, rows.log?.lines.length ?? 0);
  for (let seq = from; seq < end; seq++) {
    const leaf = rows.log?.openings.get(seq);
    if (leaf !== undefined) openings.push(...eventOpening(rows, seq, leaf), ...recipientOpenings(seq, leaf));
  }
  return openings;
}

function eventOpening({ events }: MemoryTenant, seq: number, { event: salt }: LeafOpenings): Opening[] {
  const line = salt === undefined ? undefined : events.find((accepted) => accepted.seq === seq)?.line;
  if (salt === undefined || line === undefined) return [];
  return [{ seq, field: "event", salt, value: line }];
}

function recipientOpenings(seq: number, { recipients = [] }: LeafOpenings): Opening[] {
  return recipients
    .map(({ draft, salt, value }) => ({ seq, draft, field: "recipient" as const, salt, value }))
    .toSorted((left, right) => left.draft - right.draft);
}
