/**
 * Silences and maintenance windows, found by the labels of an event: each stands under one predicate that an event must
 * meet, so that only those are asked that may agree.
 * @module
 */
import { type CompiledGrid, compileGrid, insideWeekly } from "./calendar.ts";
import type { MaintenanceRecord, SilenceRecord } from "./cells.ts";
import { keptMatchers, type LabelMatcher, matcherMatches } from "./label-matcher.ts";
import { patternKeys } from "./regex-literal.ts";

type Labels = Readonly<Record<string, string>>;
type PatternKey = NonNullable<ReturnType<typeof patternKeys>>[number];

/** What mutes, and the instant (epoch ms) at which that ends unless it is changed. */
export interface Muting {
  readonly id: string;
  readonly until: number;
}

/** A silence or maintenance window ready to be asked. */
interface Mute {
  readonly id: string;
  readonly startsAt: number;
  readonly endsAt: number;
  readonly matchers: readonly LabelMatcher[];
  readonly grid?: CompiledGrid;
}

/** Mutes by id, lowest first; one with several keys stands under each. */
type Mutes = readonly Mute[];

/** What asks for one label: for its value, for a beginning of it (by length), or that it is there. */
interface LabelPlace {
  readonly exact: Map<string, Mute[]>;
  readonly prefix: Map<number, Map<string, Mute[]>>;
  readonly present: Mute[];
}

/** Where mutes are found; `rest` are those that no label leads to. */
export interface MuteIndex {
  readonly labels: ReadonlyMap<string, LabelPlace>;
  readonly rest: Mutes;
}

/** Records go unchanged from one state of the tenant to the next: each is compiled once. */
const compiled = new WeakMap<SilenceRecord | MaintenanceRecord, Mute>();

/** Compiles checked records, which stand in order of their ids. */
export function muteIndex(records: readonly (SilenceRecord | MaintenanceRecord)[]): MuteIndex {
  const mutes = records.map(compile);
  const accesses = mutes.map(accessesOf);
  const asked = new Map<string, number>();
  for (const { name, keys } of accesses.flat())
    for (const key of keys) asked.set(nameOf(name, key), (asked.get(nameOf(name, key)) ?? 0) + 1);
  const labels = new Map<string, LabelPlace>();
  const rest: Mute[] = [];
  mutes.forEach((mute, at) => {
    const best = (accesses[at] ?? []).toSorted((a, b) => costOf(a, asked) - costOf(b, asked))[0];
    if (best === undefined) rest.push(mute);
    else place(labels, best, mute);
  });
  return { labels, rest };
}

/** Of all that mute these labels at `now` (epoch ms), the one with the lowest id. */
export function lowestMuting(index: MuteIndex, labels: Labels, now: number): Muting | undefined {
  let best: Muting | undefined;
  const look = (mutes: Mutes | undefined): void => {
    if (mutes !== undefined) best = lower(mutes, best, { labels, now });
  };
  look(index.rest);
  if (index.labels.size === 0) return best;
  for (const name of Object.keys(labels)) {
    const found = index.labels.get(name);
    if (found === undefined) continue;
    const value = labels[name] ?? "";
    look(found.exact.get(value));
    for (const [length, texts] of found.prefix) if (length <= value.length) look(texts.get(value.slice(0, length)));
    look(found.present);
  }
  return best;
}

/** Whether a record mutes at `now` what its matchers mean, whatever that is; its end then. */
export function openUntil(record: SilenceRecord | MaintenanceRecord, now: number): number | undefined {
  return timeUntil(compile(record), now);
}

function lower(mutes: Mutes, best: Muting | undefined, at: { labels: Labels; now: number }): Muting | undefined {
  for (const mute of mutes) {
    if (best !== undefined && mute.id >= best.id) return best;
    const until = mutesUntil(mute, at);
    if (until !== undefined) return { id: mute.id, until };
  }
  return best;
}

function mutesUntil(mute: Mute, { labels, now }: { labels: Labels; now: number }): number | undefined {
  if (now < mute.startsAt || now >= mute.endsAt) return undefined;
  return mute.matchers.every((matcher) => matcherMatches(matcher, labels)) ? timeUntil(mute, now) : undefined;
}

function timeUntil({ startsAt, endsAt, grid }: Mute, now: number): number | undefined {
  if (now < startsAt || now >= endsAt) return undefined;
  if (grid === undefined) return endsAt;
  const inside = insideWeekly(grid, now);
  return inside === undefined ? undefined : Math.min(inside.until, endsAt);
}

function compile(record: SilenceRecord | MaintenanceRecord): Mute {
  const known = compiled.get(record);
  if (known !== undefined) return known;
  const { id, startsAt, endsAt } = record;
  const weekly = "weekly" in record ? record.weekly : undefined;
  const mute: Mute = {
    id,
    startsAt,
    endsAt,
    matchers: keptMatchers(record.matchers),
    ...(weekly === undefined ? {} : { grid: compileGrid(weekly) }),
  };
  compiled.set(record, mute);
  return mute;
}

/** One way to a mute: a label, and what it must be; `present` where that is not known. */
interface Access {
  readonly name: string;
  readonly keys: readonly (PatternKey | { readonly kind: "present"; readonly text: "" })[];
}

/** A matcher that takes the missing label leads nowhere; a pattern whose keys are known is not compiled for that. */
function accessesOf({ matchers }: Mute): Access[] {
  return matchers.flatMap(({ name, op, value, test }) => {
    const keys = keysOf(op, value);
    const takesNone = keys === undefined ? test("") : keys.some(({ text }) => text === "");
    return takesNone ? [] : [{ name, keys: keys ?? [{ kind: "present", text: "" }] }];
  });
}

function keysOf(op: LabelMatcher["op"], value: string): readonly PatternKey[] | undefined {
  if (op === "=") return [{ kind: "exact", text: value }];
  return op === "=~" ? patternKeys(value) : undefined;
}

/** How many are asked for that who comes this way; a beginning fits many values, and a label being there says little. */
function costOf({ name, keys }: Access, asked: ReadonlyMap<string, number>): number {
  let cost = 0;
  for (const key of keys) {
    const askers = asked.get(nameOf(name, key)) ?? 0;
    if (key.kind === "exact") cost += askers;
    else cost += key.kind === "prefix" ? (askers * 8) / key.text.length + 1 : askers * 1000;
  }
  return cost;
}

function nameOf(name: string, { kind, text }: Access["keys"][number]): string {
  return `${kind} ${text}\u0000${name}`;
}

function place(labels: Map<string, LabelPlace>, { name, keys }: Access, mute: Mute): void {
  const found: LabelPlace = labels.get(name) ?? { exact: new Map(), prefix: new Map(), present: [] };
  labels.set(name, found);
  for (const { kind, text } of keys) {
    if (kind === "present") found.present.push(mute);
    else if (kind === "exact") push(found.exact, text, mute);
    else {
      const texts = found.prefix.get(text.length) ?? new Map<string, Mute[]>();
      found.prefix.set(text.length, texts);
      push(texts, text, mute);
    }
  }
}

function push(map: Map<string, Mute[]>, key: string, mute: Mute): void {
  const mutes = map.get(key);
  if (mutes === undefined) map.set(key, [mute]);
  else mutes.push(mute);
}
