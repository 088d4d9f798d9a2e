/**
 * What people mute: silences by label, maintenance windows, and suppressions of single rules. They stand outside the
 * configuration; whether one mutes follows from its times alone, so none needs a timer to begin or to end.
 * @module
 */
import type { MaintenanceRecord, Mutes, SilenceRecord, SuppressionRecord } from "./cells.ts";
import { lowestMuting, type MuteIndex, muteIndex, type Muting, openUntil } from "./mute-index.ts";
import type { View } from "./view.ts";

type Labels = Readonly<Record<string, string>>;

/** Kinds as in routes and leaves. */
export type MuteKind = keyof Mutes;
export type MuteRecord = SilenceRecord | MaintenanceRecord | SuppressionRecord;
/** Between its weekly times a maintenance window is pending. */
export type MuteState = "pending" | "active" | "expired";

/** End of what has none: the last instant that a leaf can name. */
export const FOREVER = 253_402_300_799_999;

/** What mutes in a tenant, ready to be asked. */
export interface CompiledMutes {
  readonly silences: MuteIndex;
  readonly maintenance: MuteIndex;
  /** By rule, in order of their ids. */
  readonly suppressions: ReadonlyMap<string, readonly SuppressionRecord[]>;
}

export const NO_MUTES: Mutes = { silences: [], maintenance: [], suppressions: [] };
const compiled = new WeakMap<Mutes, CompiledMutes>();

/** What mutes in a tenant. */
export function mutesOf(view: Pick<View, "get">, tenant: string): CompiledMutes {
  return compileMutes(view.get("mutes", tenant, "current") ?? NO_MUTES);
}

/** Compiles checked records, which stand in order of their ids; the same ones only once. */
export function compileMutes(mutes: Mutes): CompiledMutes {
  const known = compiled.get(mutes);
  if (known !== undefined) return known;
  const made: CompiledMutes = {
    silences: muteIndex(mutes.silences),
    maintenance: muteIndex(mutes.maintenance),
    suppressions: Map.groupBy(mutes.suppressions, ({ rule }) => rule),
  };
  compiled.set(mutes, made);
  return made;
}

/** The silence that mutes these labels at `now` (epoch ms): of several the one with the lowest id. */
export function silencedBy(labels: Labels, { silences }: CompiledMutes, now: number): Muting | undefined {
  return lowestMuting(silences, labels, now);
}

/** The maintenance window, else the suppression, that mutes a rule's draft at `now` (epoch ms): the lowest id of its kind. */
export function suppressedBy(
  { labels, rule }: { readonly labels: Labels; readonly rule: string },
  { maintenance, suppressions }: CompiledMutes,
  now: number,
): (Muting & { readonly code: "maintenance" | "rule-suppressed" }) | undefined {
  const window = lowestMuting(maintenance, labels, now);
  if (window !== undefined) return { ...window, code: "maintenance" };
  const found = suppressions.get(rule)?.find(({ startsAt, endsAt }) => startsAt <= now && now < endsAt);
  return found === undefined ? undefined : { id: found.id, until: found.endsAt, code: "rule-suppressed" };
}

/** State of a record at `now` (epoch ms). */
export function muteState(record: MuteRecord, now: number): MuteState {
  if (now >= record.endsAt) return "expired";
  if (now < record.startsAt) return "pending";
  return "rule" in record || openUntil(record, now) !== undefined ? "active" : "pending";
}
