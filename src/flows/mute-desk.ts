/**
 * The records of silences, maintenance windows and suppressions as one question reads and keeps them.
 * @module
 */
import type { MaintenanceRecord, Mutes, SilenceRecord, SuppressionRecord } from "../core/cells.ts";
import type { JsonObject } from "../core/json.ts";
import { matcherPatterns } from "../core/label-matcher.ts";
import type { MuteKind, MuteRecord } from "../core/mute.ts";
import { patternCost } from "../core/regex-cost.ts";
import type { View } from "../ports.ts";
import { FlowError } from "./error.ts";

/** Records of one kind that a tenant may have at a time, those that ended left out. */
const MAX_RECORDS = 10_000;
/** Characters that their matchers may have together: each is kept compiled, and tried on events. */
const MAX_MATCHERS = 2 ** 20;
/** Steps that compiling the patterns among them may take together: the first event after a start waits for that. */
const MAX_STEPS = 2 ** 18;

/** The records of one kind. */
export interface Desk<R extends MuteRecord> {
  readonly kind: MuteKind;
  /** Those that had not ended before this question. */
  readonly before: readonly R[];
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
      before: current.silences,
      records: byId(current.silences),
      read: (id) => (isVersion(id) ? undefined : view.get("silence", tenant, id)),
      keep: (record, version) => {
        for (const key of [record.id, `~${version}`]) view.put("silence", tenant, key, record);
      },
      json: (record) => ({ ...record }),
    },
    maintenance: {
      kind: "maintenance",
      before: current.maintenance,
      records: byId(current.maintenance),
      read: (id) => (isVersion(id) ? undefined : view.get("maintenance", tenant, id)),
      keep: (record, version) => {
        for (const key of [record.id, `~${version}`]) view.put("maintenance", tenant, key, record);
      },
      json: ({ weekly, ...rest }) => ({ ...rest, ...(weekly === undefined ? {} : { weekly }) }),
    },
    suppressions: {
      kind: "suppressions",
      before: current.suppressions,
      records: byId(current.suppressions),
      read: (id) => (isVersion(id) ? undefined : view.get("suppression", tenant, id)),
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

/** Whether this names a version of a record, which is kept beside the records, and not one of them. */
export function isVersion(id: string): boolean {
  return id.startsWith("~") || id.includes("@");
}

/** What has not ended by `now` (epoch ms), by id. Throws FlowError `invalid` where the question makes them too many. */
export function inForce<R extends MuteRecord>({ kind, before, records }: Desk<R>, now: number): readonly R[] {
  const found = [...records.values()].filter(({ endsAt }) => now < endsAt);
  const [had, has] = [sizeOf(before.filter(({ endsAt }) => now < endsAt)), sizeOf(found)];
  // There may be more after the clock was set back: only what grows is refused, so that people can end them.
  const isOver = (of: keyof Size, most: number): boolean => has[of] > most && has[of] > had[of];
  if (isOver("records", MAX_RECORDS)) throw new FlowError("invalid", `${kind}: at most ${MAX_RECORDS} at a time`);
  if (isOver("characters", MAX_MATCHERS))
    throw new FlowError("invalid", `${kind}: matchers of at most ${MAX_MATCHERS} characters in all at a time`);
  if (isOver("steps", MAX_STEPS))
    throw new FlowError(
      "invalid",
      `${kind}: matchers whose patterns take at most ${MAX_STEPS} steps to compile in all at a time`,
    );
  return found.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

interface Size {
  readonly records: number;
  readonly characters: number;
  readonly steps: number;
}

/** Records go unchanged from one state of the tenant to the next: each is looked at once. */
const sizes = new WeakMap<MuteRecord, Size>();

function sizeOf(records: readonly MuteRecord[]): Size {
  let [characters, steps] = [0, 0];
  for (const record of records) {
    const size = sizes.get(record) ?? sizeOfOne(record);
    sizes.set(record, size);
    characters += size.characters;
    steps += size.steps;
  }
  return { records: records.length, characters, steps };
}

function sizeOfOne(record: MuteRecord): Size {
  let [characters, steps] = [0, 0];
  for (const matcher of "matchers" in record ? record.matchers : []) {
    characters += matcher.length;
    for (const pattern of matcherPatterns(matcher)) steps += patternCost(pattern);
  }
  return { records: 1, characters, steps };
}
