/**
 * Where firings were announced, so that their resolutions go there and nowhere else.
 * @module
 */
import { draftOf } from "./announce.ts";
import type { CompiledAction } from "./action.ts";
import type { AnnouncedEntry, AnnouncedRecord } from "./cells.ts";
import { type Deciding, steadyNow } from "./deciding.ts";
import type { DeliveryStatus, Reason } from "./delivery.ts";
import type { Event } from "./event.ts";
import { keptAction } from "./rule-kept.ts";
import { type Draft, judge, type Outcome, type Stage } from "./stage.ts";
import { settleClaim } from "./stages/dedupe.ts";
import { flushFull } from "./stages/digest.ts";
import { fateOf, followed, joinWindow, keepRule, windowTarget } from "./windows.ts";

/** A record lives so long after its last announcement, ms. */
export const ANNOUNCED_MS = 30 * 86_400_000;

/** A draft with what became of it. */
export interface Judged {
  readonly draft: Draft;
  readonly outcome: Outcome;
}

/** Statuses of what sits in a window of a kind. */
const SITS = { digest: "coalesced", group: "coalesced", quiet: "held", flap: "debounced" } as const satisfies Readonly<
  Record<string, DeliveryStatus>
>;
const CODES = { digest: "coalesced", group: "coalesced", quiet: "quiet-hours", flap: "debounced" } as const;

/** Remembers where a firing was announced or waits to be. */
export function rememberAnnounced(event: Event, judged: readonly Judged[], deciding: Deciding): void {
  if (event.alertState !== "firing" || deciding.index.policy.resolutions !== "follow") return;
  const taken = judged.filter(({ outcome: { status, window } }) => status === "pending" || isTakenIn(status, window));
  if (taken.length === 0) return;
  const before = deciding.view.get("announced", deciding.tenant, event.correlationId);
  const entries = Map.groupBy(before?.entries ?? [], ({ action }) => action);
  for (const { draft, outcome } of taken) {
    keepRule(draft.action, deciding);
    const { id, ref } = draft.action;
    const sits = outcome.status === "pending" ? undefined : outcome.window;
    const fresh = { rule: ref, action: id, at: steadyNow(deciding), ...(sits === undefined ? {} : { window: sits }) };
    entries.set(id, taking(entries.get(id) ?? [], fresh, deciding));
  }
  keep(event.correlationId, [...entries.values()].flat(), deciding);
}

/** From so many entries of one action on, they are looked through whenever they have doubled. */
const MANY = 16;

/** The entries of one action with a new one, which stands for what it repeats: the same window, or the last telling. */
function taking(before: readonly AnnouncedEntry[], fresh: AnnouncedEntry, deciding: Deciding): AnnouncedEntry[] {
  const known = before.findIndex(({ window }) => window === fresh.window);
  if (known >= 0) return before.with(known, fresh);
  const all = [...before, fresh];
  if (all.length < MANY || (all.length & (all.length - 1)) !== 0) return all;
  const { kept, open } = places(all, deciding);
  return [...kept, ...open];
}

/** Keeps a record for as long as its alert may be resolved; its timer looks again when it was renewed. */
function keep(key: string, entries: readonly AnnouncedEntry[], deciding: Deciding): void {
  const { view, tenant, offset } = deciding;
  const before = view.get("announced", tenant, key);
  const until = steadyNow(deciding) + ANNOUNCED_MS;
  view.put("announced", tenant, key, { until, timer: before?.timer ?? until, entries });
  if (before === undefined) view.setTimer(tenant, { due: until + offset, flow: "expire", key: `announced:${key}` });
}

function isTakenIn(status: DeliveryStatus, window: string | undefined): boolean {
  return window !== undefined && (status === "coalesced" || status === "held" || status === "debounced");
}

/** Where one action's firing was told last, and the windows in which it waits to be; as entries, each window once. */
interface Places {
  readonly told: AnnouncedEntry | undefined;
  /** What must be kept to say so: its entry, and where it was told before, should the window of the last be reopened. */
  readonly kept: readonly AnnouncedEntry[];
  readonly open: readonly AnnouncedEntry[];
}

/** What was told by a window was told as the action was then; what never will be told is left out. */
function places(entries: readonly AnnouncedEntry[], { view, tenant }: Deciding): Places {
  const tellings: { readonly telling: AnnouncedEntry; readonly entry: AnnouncedEntry }[] = [];
  const open = new Map<string, AnnouncedEntry>();
  for (const entry of entries) {
    const { action, window } = entry;
    const record = window === undefined ? undefined : followed(window, (id) => view.get("window", tenant, id));
    if (record?.state === "open") open.set(record.id, { ...entry, window: record.id });
    if (window !== undefined && fateOf(record, entry.at) !== "told") continue;
    const telling = record === undefined ? entry : { action, rule: record.rule, at: record.endedSteady ?? entry.at };
    tellings.push({ telling, entry });
  }
  const inTime = tellings.toSorted((a, b) => a.telling.at - b.telling.at);
  const last = inTime.at(-1);
  return {
    told: last?.telling,
    kept: [inTime.at(-2)?.telling, last?.entry].filter((entry) => entry !== undefined),
    open: [...open.values()],
  };
}

/**
 * Judges the drafts of a resolution, one for each action where its firing was told or waits to be, in the order of rules.
 * That ends the record; where the firing waits in another window besides, it is kept for that.
 */
export function resolve(event: Event, stages: readonly Stage[], deciding: Deciding): Judged[] {
  const { view, tenant, offset } = deciding;
  const key = event.correlationId;
  const record = view.get("announced", tenant, key);
  if (record === undefined) return [];
  view.remove("announced", tenant, key);
  view.clearTimer(tenant, { due: record.timer + offset, flow: "expire", key: `announced:${key}` });
  const judged: Judged[] = [];
  const left: AnnouncedEntry[] = [];
  for (const { action, told, open } of inOrder(record, deciding)) {
    const draft = draftOf(event, action, deciding, true);
    const window = told === undefined ? open[0]?.window : undefined;
    const outcome = window === undefined ? judge(stages, draft, deciding) : join(draft, window, deciding);
    judged.push({ draft, outcome });
    left.push(...open.filter((entry) => entry.window !== outcome.window));
  }
  if (left.length > 0) keep(key, left, deciding);
  return judged;
}

interface ActionPlaces extends Places {
  readonly action: CompiledAction;
}

/** Where each action told it or will, in the order in which the rules of the announcements are decided. */
function inOrder({ entries }: AnnouncedRecord, deciding: Deciding): ActionPlaces[] {
  const found = [...Map.groupBy(entries, ({ action }) => action).values()].flatMap((group): ActionPlaces[] => {
    const at = places(group, deciding);
    const last = at.told ?? at.open[0];
    const action = last === undefined ? undefined : keptAction(last, deciding);
    return action === undefined ? [] : [{ ...at, action }];
  });
  return found.toSorted(({ action: a }, { action: b }) => {
    const byRule = a.source.priority - b.source.priority || order(a.rule, b.rule);
    return byRule || placeIn(a) - placeIn(b);
  });
}

function placeIn({ source, id }: CompiledAction): number {
  return source.actions.findIndex((action) => action.id === id);
}

function order(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** A resolution of what was never sent joins it in its window. */
function join(draft: Draft, id: string, deciding: Deciding): Outcome {
  const { view, tenant } = deciding;
  const open = followed(id, (key) => view.get("window", tenant, key));
  const kind = open?.kind ?? "digest";
  const target = windowTarget(draft, kind, deciding, open?.id);
  const joined = joinWindow(target, draft, { due: open?.due ?? 0 }, deciding);
  const reason: Reason = { code: CODES[kind], by: kind === "quiet" ? (open?.calendar?.id ?? joined.id) : joined.id };
  const status = SITS[kind];
  const trace = [{ stage: "resolution", code: reason.code, by: joined.id }];
  const outcome: Outcome = { status, reason, window: joined.id, trace };
  if (kind === "digest" || kind === "group") flushFull(joined, draft.action, deciding);
  settleClaim(draft, outcome, deciding);
  return outcome;
}

/** Until when a record must be kept, steady ms: it is renewed when what waited was told. Undefined: it may go. */
export function announcedUntil({ until, entries }: AnnouncedRecord, deciding: Deciding): number | undefined {
  const { view, tenant } = deciding;
  const now = steadyNow(deciding);
  const times = entries.map(({ window, at }) => {
    if (window === undefined) return until;
    const record = followed(window, (key) => view.get("window", tenant, key));
    const fate = fateOf(record, at);
    if (fate === "open") return now + ANNOUNCED_MS;
    return fate === "told" ? (record?.endedSteady ?? 0) + ANNOUNCED_MS : 0;
  });
  const last = Math.max(0, ...times);
  return last > now ? last : undefined;
}
