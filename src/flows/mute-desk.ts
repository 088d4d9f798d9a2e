/**
 * The records of silences, maintenance windows and suppressions as one question reads and keeps them.
 * @module
 */
import type { MaintenanceRecord, Mutes, SilenceRecord, SuppressionRecord } from "../core/cells.ts";
import type { JsonObject } from "../core/json.ts";
import type { MuteKind, MuteRecord } from "../core/mute.ts";
import type { View } from "../ports.ts";
import { FlowError } from "./error.ts";

/** Records of one kind that a tenant may have at a time, those that ended left out. */
const MAX_RECORDS = 10_000;
/** Characters that their matchers may have together: each is kept compiled, and tried on events. */
const MAX_MATCHERS = 2 ** 20;

/** The records of one kind. */
export interface Desk<R extends MuteRecord> {
  readonly kind: MuteKind;
  /** Those that had not ended, with what this question made of them. */
  readonly records: Map<string, R>;
  readonly read: (id: string) => R | undefined;
  /** Keeps a record, and this version of it under the hash that its leaf names. */
  readonly keep: (record: R, version: string) => void;
  readonly json: (record: R) => JsonObject;
}
export interface Desks {
  readonly silences: Desk<SilenceRecord>;
  readonly maintenance: Desk<MaintenanceRecord>;
  readonly suppressions: Desk<SuppressionRecord>;
}

/** The records of a tenant by their kind; `current` are those that had not ended. */
export function desksOf(view: View, tenant: string, current: Mutes): Desks {
  return {
    silences: {
      kind: "silences",
      records: byId(current.silences),
      read: (id) => view.get("silence", tenant, id),
      keep: (record, version) => {
        for (const key of [record.id, `~${version}`]) view.put("silence", tenant, key, record);
      },
      json: (record) => ({ ...record }),
    },
    maintenance: {
      kind: "maintenance",
      records: byId(current.maintenance),
      read: (id) => view.get("maintenance", tenant, id),
      keep: (record, version) => {
        for (const key of [record.id, `~${version}`]) view.put("maintenance", tenant, key, record);
      },
      json: ({ weekly, ...rest }) => ({ ...rest, ...(weekly === undefined ? {} : { weekly }) }),
    },
    suppressions: {
      kind: "suppressions",
      records: byId(current.suppressions),
      read: (id) => view.get("suppression", tenant, id),
      keep: (record, version) => {
        for (const key of [record.id, `~${version}`]) view.put("suppression", tenant, key, record);
      },
      json: (record) => ({ ...record }),
    },
  };
}

function byId<R extends MuteRecord>(records: readonly R[]): Map<string, R> {
  return new Map(records.map((record) => [record.id, record]));
}

/** What has not ended by `now` (epoch ms), by id. Throws FlowError `invalid` for too many. */
export function inForce<R extends MuteRecord>({ kind, records }: Desk<R>, now: number): readonly R[] {
  const found = [...records.values()].filter(({ endsAt }) => now < endsAt);
  if (found.length > MAX_RECORDS) throw new FlowError("invalid", `${kind}: at most ${MAX_RECORDS} at a time`);
  const length = found.reduce((sum, record) => sum + ("matchers" in record ? lengthOf(record.matchers) : 0), 0);
  if (length > MAX_MATCHERS)
    throw new FlowError("invalid", `${kind}: matchers of at most ${MAX_MATCHERS} characters in all at a time`);
  return found.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function lengthOf(matchers: readonly string[]): number {
  return matchers.reduce((sum, matcher) => sum + matcher.length, 0);
}
