import { cellsOf } from "../core/decide-cells.ts";
import { decideEvent, identityKey } from "../core/decide.ts";
import { CLOCK_CELL, deciding } from "../core/deciding.ts";
import type { EventReceipt } from "../core/delivery.ts";
import type { EventInput } from "../core/event.ts";
import { type Matched, matchRules } from "../core/match.ts";
import type { Flow } from "../ports.ts";

/** Events of one request, all or nothing, decided in their order at one instant. */
export interface IngestInput {
  /** `source:<name>`: what turned bytes into events; in leaves. */
  readonly actor: string;
  /** How long a repeat is known as one, ms: site configuration. */
  readonly horizon: number;
  readonly events: readonly EventInput[];
}

const NOTHING: Matched = { rules: [], faults: [] };

/** Accepts events and decides each: receipts in their order, repeats as duplicates. */
export const ingest: Flow<IngestInput, readonly EventReceipt[]> = {
  prepare: ({ tenant, index }, { actor, horizon, events }, now) => {
    const matched = events.map((event) => matchRules(index.rules, event, now));
    const keys = events.map(identityKey);
    return {
      cells: [
        CLOCK_CELL,
        ...keys.map((key) => ({ noun: "identity", tenant, key }) as const),
        ...events.flatMap((event, at) => cellsOf(event, matched[at] ?? NOTHING, { index, tenant, now })),
      ],
      decide: (view, stamp) => {
        const asked = { ...deciding({ tenant, index }, { view, stamp }, { actor }), horizon };
        return events.map((event, at) => decideEvent(event, matched[at] ?? NOTHING, asked, keys[at]));
      },
    };
  },
};
