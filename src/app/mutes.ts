/**
 * Silences, maintenance windows and suppressions as the routes ask for them.
 * @module
 */
import { FOREVER, type MuteKind, type MuteRecord, muteState } from "../core/mute.ts";
import { MUTE_NOUNS, muteEdit, muteFaults, type MutePut } from "../core/mute-edit.ts";
import { matcherMatches, matcherParts, parseMatcher } from "../core/label-matcher.ts";
import type { Fault } from "../core/source.ts";
import { FlowError } from "../flows/error.ts";
import { HttpError } from "../http/error.ts";
import type { Caller, GivenMute, MuteQuery, MuteRequest, Services, ShownMute } from "../http/services.ts";
import type { Page, Reader } from "../ports.ts";
import { isVersion } from "../flows/mute-desk.ts";
import { breadthFaults, previewMatchers, turnsOf } from "./mute-breadth.ts";
import type { Parts } from "./parts.ts";

/** Rows that one list reads at most: records that ended long ago, and their versions. */
const MAX_ROWS = 20_000;

type MuteParts = Pick<Parts, "store" | "configurations" | "instants">;

/** Mutes as the routes ask for them. */
export function muteService(parts: MuteParts): Services["mutes"] {
  const { read } = parts.store;
  const shown = (record: MuteRecord): ShownMute => ({ record, state: muteState(record, parts.instants.now()) });
  return {
    page: async (tenant, kind, query) => {
      const records = await recordsOf(read, { tenant, kind, query });
      return await pageOf(records.map(shown), query, parts.instants.mono);
    },
    get: async (tenant, kind, id) => {
      const record = await recordOf(read, { tenant, kind, id });
      return record === undefined ? undefined : shown(record);
    },
    put: async (caller, given, request) => {
      const ids = await put(parts, caller, { given, request });
      const records = await Promise.all(
        given.map(({ kind }, at) => recordOf(read, { tenant: caller.tenant, kind, id: ids[at] ?? "" })),
      );
      return records.flatMap((record) => (record === undefined ? [] : [shown(record)]));
    },
    expire: async ({ tenant, actor }, kind, id) => {
      const input = { actor, changes: [{ kind, expire: id }] };
      await parts.store.transact({ flow: "mute-change", tenant, input });
      const record = await recordOf(read, { tenant, kind, id });
      return record === undefined ? undefined : shown(record);
    },
    preview: (tenant, matchers) => previewMatchers({ read, mono: parts.instants.mono }, tenant, matchers),
  };
}

interface Place {
  readonly tenant: string;
  readonly kind: MuteKind;
}

async function recordOf(read: Reader, { tenant, kind, id }: Place & { id: string }): Promise<MuteRecord | undefined> {
  return isVersion(id) ? undefined : await read.cell(MUTE_NOUNS[kind].noun, tenant, id);
}

/** Those that have not ended are always all there; of the others, as many as one list reads. */
async function recordsOf(read: Reader, { tenant, kind, query }: Place & { query: MuteQuery }): Promise<MuteRecord[]> {
  const current = (await read.cell("mutes", tenant, "current"))?.[kind] ?? [];
  if (query.state !== "expired" && query.state !== "all") return [...current];
  const rows = await read.cells(MUTE_NOUNS[kind].noun, tenant, "", MAX_ROWS);
  const all = new Map<string, MuteRecord>();
  for (const [key, record] of rows) if (!isVersion(key)) all.set(key, record);
  for (const record of current) all.set(record.id, record);
  return [...all.values()];
}

/** Highest id first, which of made ids is the newest; a cursor is the id before. */
async function pageOf(all: readonly ShownMute[], query: MuteQuery, mono: () => number): Promise<Page<ShownMute>> {
  const { limit, cursor } = query;
  const isWanted = filterOf(query);
  const turns = turnsOf(mono, "the matchers take too long to be compared; ask for another state");
  const found: ShownMute[] = [];
  for (const one of all.toSorted((a, b) => (a.record.id < b.record.id ? 1 : -1))) {
    if (found.length > limit) break;
    if ((cursor === undefined || one.record.id < cursor) && isWanted(one)) found.push(one);
    await turns();
  }
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return found.length > limit && last !== undefined ? { items, cursor: last.record.id } : { items };
}

function filterOf({ state, matcher, rule }: MuteQuery): (shown: ShownMute) => boolean {
  const asked = matcher === undefined ? undefined : parseMatcher(matcher);
  return ({ record, state: found }) => {
    if (state === undefined ? found === "expired" : state !== "all" && found !== state) return false;
    if ("rule" in record) return rule === undefined || record.rule === rule;
    return asked === undefined || matcherMatches(asked, patternsOf(record.matchers));
  };
}

/** As Alertmanager filters: what a silence asks of a label is looked at as if it were the label's value. */
function patternsOf(matchers: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(matchers.map(matcherParts).map(({ name, value }) => [name, value]));
}

/** What one of several is called in faults; the only one has no name. */
function pointerAt(at: number, { isBatch }: MuteRequest): string {
  return isBatch ? `/${at}` : "";
}

async function put(
  parts: MuteParts,
  { tenant, actor }: Caller,
  { given, request }: { given: readonly GivenMute[]; request: MuteRequest },
): Promise<readonly string[]> {
  requireRules(parts, { tenant, request }, given);
  const { silences: policy } = parts.configurations.of(tenant).policy;
  const now = parts.instants.now();
  const befores = await Promise.all(
    given.map(({ kind, id }) => beforeOf(parts.store.read, { tenant, kind, id }, request)),
  );
  const puts = given.map((one, at) => resolve(one, befores[at], { actor, now }));
  const faults = puts.flatMap((one, at) => {
    const { startsAt } = muteEdit(one, befores[at], now);
    const found = muteFaults(one, { startsAt, now }, policy);
    return found.map((fault) => placed(fault, pointerAt(at, request), given[at]));
  });
  if (faults.length > 0) throw refused(faults);
  if (!request.isForced) {
    const wide = await breadthFaults({ read: parts.store.read, mono: parts.instants.mono }, tenant, {
      puts,
      maxShare: policy.maxShare,
    });
    if (wide.length > 0)
      throw refused(wide.map(({ at, detail }) => ({ pointer: `${pointerAt(at, request)}/matchers`, detail })));
  }
  const changes = puts.map((one) => ({ ...one, requires: request.requires }));
  return await parts.store.transact({ flow: "mute-change", tenant, input: { actor, changes } });
}

function refused(errors: readonly Fault[]): HttpError {
  return new HttpError("invalid", "nothing was changed", { errors });
}

/** The record that a put edits. Throws FlowError `missing` where there must be one. */
async function beforeOf(
  read: Reader,
  { id, ...place }: Place & { id: string | undefined },
  { requires }: MuteRequest,
): Promise<MuteRecord | undefined> {
  if (id === undefined || requires === "absent") return undefined; // one that is there is refused by the question itself
  const before = await recordOf(read, { ...place, id });
  if (before === undefined) throw new FlowError("missing", `there is no ${place.kind}/${id}`);
  return before;
}

/** What was given, with its instants: without a start it begins now, or goes on as it began. */
function resolve(
  given: GivenMute,
  before: MuteRecord | undefined,
  { actor, now }: { actor: string; now: number },
): MutePut {
  const begun = before === undefined || before.endsAt <= now ? now : before.startsAt;
  const startsAt = given.startsAt ?? begun;
  const length = given.duration === undefined ? undefined : Math.max(startsAt, now) + given.duration;
  const { id, author = actor, comment } = given;
  const stated = {
    ...(id === undefined ? {} : { id }),
    startsAt,
    endsAt: given.endsAt ?? length ?? FOREVER,
    author,
    comment,
  };
  switch (given.kind) {
    case "silences":
      return { kind: given.kind, put: { ...stated, matchers: given.matchers } };
    case "maintenance": {
      const weekly = given.weekly === undefined ? {} : { weekly: given.weekly };
      return { kind: given.kind, put: { ...stated, matchers: given.matchers, ...weekly } };
    }
    case "suppressions":
      return { kind: given.kind, put: { ...stated, rule: given.rule } };
  }
}

/** Throws HttpError `not-found` for a suppression of a rule that is not there, on or off. */
function requireRules(
  { configurations }: MuteParts,
  { tenant, request }: { tenant: string; request: MuteRequest },
  given: readonly GivenMute[],
): void {
  if (given.every(({ kind }) => kind !== "suppressions")) return;
  const rules = new Set([...configurations.of(tenant).actions.values()].map(({ rule }) => rule));
  const errors = given.flatMap((one, at) =>
    one.kind !== "suppressions" || rules.has(one.rule)
      ? []
      : [{ pointer: `${pointerAt(at, request)}/rule`, detail: "there is no such rule" }],
  );
  if (errors.length > 0) throw new HttpError("not-found", "nothing was changed", { errors });
}

/** A length that was given as such is named as such. */
function placed({ pointer, detail }: Fault, base: string, given: GivenMute | undefined): Fault {
  return { pointer: base + (pointer === "/endsAt" && given?.duration !== undefined ? "/duration" : pointer), detail };
}
