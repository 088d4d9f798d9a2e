import { decideEvent, identityKey } from "../core/decide.ts";
import type { EventReceipt } from "../core/delivery.ts";
import type { EventInput } from "../core/event.ts";
import { matchRules } from "../core/match.ts";
import type { Flow } from "../ports.ts";

/** Events of one request, all or nothing, decided in their order at one instant. */
export interface IngestInput {
  /** `source:<name>`: what turned bytes into events; in leaves. */
  readonly actor: string;
  /** How long a repeat is known as one, ms: site configuration. */
  readonly horizon: number;
  readonly events: readonly EventInput[];
}

/** Accepts events and decides each: receipts in their order, repeats as duplicates. */
export const ingest: Flow<IngestInput, readonly EventReceipt[]> = {
  prepare: ({ tenant, index }, { actor, horizon, events }) => {
    const matched = events.map((event) => matchRules(index.rules, event));
    const keys = events.map(identityKey);
    return {
      cells: keys.map((key) => ({ noun: "identity", tenant, key })),
      decide: (view, stamp) => {
        const deciding = { tenant, index, view, stamp, actor, horizon, ordinal: { next: 0 } };
        return events.map((event, at) => decideEvent(event, matched[at] ?? [], deciding, keys[at]));
      },
    };
  },
};
