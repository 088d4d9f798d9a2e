import { canonicalJson } from "../core/canonical-json.ts";
import type { MaintenanceRecord, Mutes, SilenceRecord, SuppressionRecord } from "../core/cells.ts";
import { sha256Hex } from "../core/hash.ts";
import { recordId } from "../core/id.ts";
import type { Json } from "../core/json.ts";
import { FOREVER, type MuteKind, type MuteRecord, NO_MUTES } from "../core/mute.ts";
import { MUTE_NOUNS, muteEdit, muteFaults, type MutePut } from "../core/mute-edit.ts";
import type { CompiledPolicy } from "../core/policy.ts";
import type { CellRange, CellRef, Flow, Stamp, View } from "../ports.ts";
import { FlowError } from "./error.ts";
import { type Desk, type Desks, desksOf, inForce, isVersion } from "./mute-desk.ts";

/** One change: a record as it shall be, made or edited as Alertmanager would; or the end of one. */
export type MuteChange =
  /** `requires`: there must be none of that id yet, or there must be one; else the question is refused. */
  (MutePut & { readonly requires?: "absent" | "present" }) | { readonly kind: MuteKind; readonly expire: string };

/** Changes of what mutes, in their order, all or nothing. */
export interface MuteChangeInput {
  readonly actor: string;
  readonly why?: string;
  readonly changes: readonly MuteChange[];
}

const VERSION_DIGITS = 12;
/** The timer that takes ended records out of what is asked; its flow is `expire`. */
const TIMER = { flow: "expire", key: "mutes" } as const;

/**
 * Makes, edits and ends silences, maintenance windows and suppressions; answers the id of each, which is a new one where
 * an edit would have changed the past. Throws FlowError `invalid`, `missing` or `exists`.
 */
export const muteChange: Flow<MuteChangeInput, readonly string[]> = {
  prepare: ({ tenant, index }, { actor, why, changes }) => ({
    cells: [{ noun: "mutes", tenant, key: "current" }, ...changes.flatMap((change) => cellsOf(tenant, change))],
    decide: (view, stamp) => {
      const asked: Asked = { tenant, actor, why, view, stamp, policy: index.policy.silences };
      const current = view.get("mutes", tenant, "current") ?? NO_MUTES;
      const desks = desksOf(view, tenant, current);
      const ids = changes.map((change, at) => carryOut(asked, desks, { change, at }));
      keepCurrent(view, tenant, {
        silences: inForce(desks.silences, stamp.now),
        maintenance: inForce(desks.maintenance, stamp.now),
        suppressions: inForce(desks.suppressions, stamp.now),
      });
      return ids;
    },
  }),
};

/**
 * Takes what has ended by `now` (epoch ms) out of what the tenant's events are asked against, and sets the timer for the
 * next end. Nothing depends on when this is done.
 */
export function dropEnded(view: View, tenant: string, now: number): void {
  const current = view.get("mutes", tenant, "current");
  if (current === undefined) return;
  const isOn = ({ endsAt }: MuteRecord): boolean => now < endsAt;
  const { silences, maintenance, suppressions } = current;
  if ([...silences, ...maintenance, ...suppressions].every(isOn)) return armNext(view, tenant, current);
  keepCurrent(view, tenant, {
    silences: silences.filter(isOn),
    maintenance: maintenance.filter(isOn),
    suppressions: suppressions.filter(isOn),
  });
}

/** Records that are read at a time after the clock was set back. */
const PAGE = 10_000;

/** The clock was set back: what had ended by then may not have ended now. All records are looked at. */
export function restoreMutes(view: View, tenant: string, now: number): void {
  const on = <R extends MuteRecord>(read: Read<R>): R[] => recordsOf(read).filter(({ endsAt }) => now < endsAt);
  keepCurrent(view, tenant, {
    silences: on((range) => view.list("silence", tenant, range, PAGE)),
    maintenance: on((range) => view.list("maintenance", tenant, range, PAGE)),
    suppressions: on((range) => view.list("suppression", tenant, range, PAGE)),
  });
}

type Read<R> = (range: CellRange) => readonly (readonly [key: string, record: R])[];

/** All records of a kind, page by page; their versions stand behind them. */
function recordsOf<R>(read: Read<R>): R[] {
  const found: R[] = [];
  for (let after: string | undefined; ; ) {
    const rows = read({ prefix: "", ...(after === undefined ? {} : { after }) });
    const versions = rows.findIndex(([key]) => isVersion(key));
    for (const [, one] of versions < 0 ? rows : rows.slice(0, versions)) found.push(one);
    if (versions >= 0 || rows.length < PAGE) return found;
    after = rows.at(-1)?.[0];
  }
}

function keepCurrent(view: View, tenant: string, mutes: Mutes): void {
  view.put("mutes", tenant, "current", mutes);
  armNext(view, tenant, mutes);
}

function armNext(view: View, tenant: string, { silences, maintenance, suppressions }: Mutes): void {
  let due = FOREVER;
  for (const { endsAt } of [...silences, ...maintenance, ...suppressions]) due = Math.min(due, endsAt);
  if (due < FOREVER) view.setTimer(tenant, { due, ...TIMER });
}

interface Asked {
  readonly tenant: string;
  readonly actor: string;
  readonly why: string | undefined;
  readonly view: View;
  readonly stamp: Stamp;
  readonly policy: CompiledPolicy["silences"];
}

function cellsOf(tenant: string, change: MuteChange): CellRef[] {
  const key = "expire" in change ? change.expire : change.put.id;
  return key === undefined ? [] : [{ noun: MUTE_NOUNS[change.kind].noun, tenant, key }];
}

/** A change and its place in the question. */
interface Placed<C> {
  readonly change: C;
  readonly at: number;
}

function carryOut(asked: Asked, desks: Desks, { change, at }: Placed<MuteChange>): string {
  if ("expire" in change) return expireOne(asked, desks, change);
  switch (change.kind) {
    case "silences": {
      const { matchers, author, comment } = change.put;
      const shape: Shape<SilenceRecord> = (stated) => ({ ...stated, matchers, author, comment });
      return putOne(asked, desks.silences, { change, at, shape });
    }
    case "maintenance": {
      const { matchers, weekly, author, comment } = change.put;
      const more = weekly === undefined ? {} : { weekly };
      const shape: Shape<MaintenanceRecord> = (stated) => ({ ...stated, matchers, ...more, author, comment });
      return putOne(asked, desks.maintenance, { change, at, shape });
    }
    case "suppressions": {
      const { rule, author, comment } = change.put;
      const shape: Shape<SuppressionRecord> = (stated) => ({ ...stated, rule, author, comment });
      return putOne(asked, desks.suppressions, { change, at, shape });
    }
  }
}

function expireOne(asked: Asked, desks: Desks, { kind, expire: id }: { kind: MuteKind; expire: string }): string {
  switch (kind) {
    case "silences":
      return end(asked, desks.silences, known(desks.silences, id));
    case "maintenance":
      return end(asked, desks.maintenance, known(desks.maintenance, id));
    case "suppressions":
      return end(asked, desks.suppressions, known(desks.suppressions, id));
  }
}

function known<R extends MuteRecord>({ kind, read }: Desk<R>, id: string): R {
  const found = read(id);
  if (found === undefined) throw missing(kind, id);
  return found;
}

function missing(kind: MuteKind, id: string): FlowError {
  return new FlowError("missing", `there is no ${kind}/${id}`);
}

/** The rest of a record, from what is decided of it. */
type Shape<R> = (stated: Pick<MuteRecord, "id" | "startsAt" | "endsAt" | "updatedAt">) => R;
interface Wanted<R> extends Placed<MutePut & { readonly requires?: "absent" | "present" }> {
  readonly shape: Shape<R>;
}

function putOne<R extends MuteRecord>(asked: Asked, desk: Desk<R>, { change, at, shape }: Wanted<R>): string {
  const { now } = asked.stamp;
  const { put, requires } = change;
  if (put.id !== undefined && isVersion(put.id)) throw missing(desk.kind, put.id);
  const before = put.id === undefined ? undefined : desk.read(put.id);
  if (requires === "present") known(desk, put.id ?? "");
  if (requires === "absent" && before !== undefined)
    throw new FlowError("exists", `${desk.kind}/${before.id} is there already`);
  const { how, startsAt } = muteEdit(change, before, now);
  const [fault] = muteFaults(change, { startsAt, now }, asked.policy);
  if (fault !== undefined) throw new FlowError("invalid", `change ${at}: ${fault.pointer}: ${fault.detail}`);
  const stated = { startsAt, endsAt: put.endsAt, updatedAt: now };
  if (how === "edit" && before !== undefined)
    return record(asked, desk, { after: shape({ id: before.id, ...stated }), change: "changed" });
  if (before !== undefined) end(asked, desk, before);
  const id = how === "new" && put.id !== undefined ? put.id : madeId(asked, desk, shape({ id: "", ...stated }));
  const replaces = before === undefined ? {} : { replaces: before.id };
  return record(asked, desk, { after: shape({ id, ...stated }), change: "added", ...replaces });
}

/** Ends a record now; one that has ended is left as it is, one that has not begun never does. */
function end<R extends MuteRecord>(asked: Asked, desk: Desk<R>, before: R): string {
  const { now } = asked.stamp;
  if (now >= before.endsAt) return before.id;
  const after = { ...before, startsAt: Math.min(before.startsAt, now), endsAt: now, updatedAt: now };
  return record(asked, desk, { after, change: "expired" });
}

interface Recorded<R> {
  readonly after: R;
  readonly change: "added" | "changed" | "expired";
  readonly replaces?: string;
}

/** Keeps a record, with its leaf. */
function record<R extends MuteRecord>(asked: Asked, desk: Desk<R>, { after, change, replaces }: Recorded<R>): string {
  const { view, tenant, actor, why } = asked;
  const sha256 = sha256Hex(canonicalJson(desk.json(after)));
  desk.records.set(after.id, after);
  desk.keep(after, `${after.id}@${sha256.slice(0, VERSION_DIGITS)}`);
  const more: Record<string, Json> = {
    ...(replaces === undefined ? {} : { replaces }),
    ...(why === undefined ? {} : { why }),
  };
  view.leaf(tenant, {
    type: "config.change",
    actor,
    id: `${desk.kind}/${after.id}`,
    body: { change, sha256, ...more },
  });
  return after.id;
}

/** An id that sorts by time, and that follows from what it is for and from when. */
function madeId<R extends MuteRecord>({ tenant, stamp }: Asked, desk: Desk<R>, content: R): string {
  const text = canonicalJson(desk.json(content));
  for (let again = 0; ; again++) {
    const made = recordId("in", stamp.now, [tenant, desk.kind, text, String(again)]);
    const id = `${MUTE_NOUNS[desk.kind].prefix}-${made.slice(3)}`;
    if (desk.read(id) === undefined) return id;
  }
}
