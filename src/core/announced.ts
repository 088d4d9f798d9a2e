/**
 * Where firings were announced, so that their resolutions go there and nowhere else.
 * @module
 */
import { draftOf } from "./announce.ts";
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
  const fresh = judged.filter(({ outcome: { status, window } }) => status === "pending" || isTakenIn(status, window));
  if (fresh.length === 0) return;
  const before = deciding.view.get("announced", deciding.tenant, event.correlationId);
  const entries = Map.groupBy(before?.entries ?? [], ({ action }) => action);
  for (const { draft, outcome } of fresh) {
    keepRule(draft.action, deciding);
    const { id, ref } = draft.action;
    const sits = outcome.status === "pending" || outcome.window === undefined ? {} : { window: outcome.window };
    entries.set(id, needed([...(entries.get(id) ?? []), { rule: ref, action: id, ...sits }], deciding));
  }
  keep(event.correlationId, [...entries.values()].flat(), deciding);
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

/** Of one action's entries the last that was told, and those after it that may yet be; each window once. */
function needed(entries: readonly AnnouncedEntry[], deciding: Deciding): AnnouncedEntry[] {
  const fates = entries.map((entry) => entryFate(entry, deciding));
  const told = fates.lastIndexOf("told");
  const windows = new Set<string>();
  return entries.filter(({ window }, at) => {
    if (at < told || fates[at] === "lost" || (window !== undefined && windows.has(window))) return false;
    if (window !== undefined) windows.add(window);
    return true;
  });
}

function entryFate({ window }: AnnouncedEntry, deciding: Deciding): "open" | "told" | "lost" {
  return window === undefined ? "told" : fateOf(window, deciding);
}

/**
 * Judges the drafts of a resolution, one for each action where its firing was told or waits to be, in the order of rules.
 * That ends the record; where a later firing waits in another window, it is kept for that.
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
  for (const entries of inOrder(record, deciding)) {
    const [first, ...later] = needed(entries, deciding);
    const action = first === undefined ? undefined : keptAction(first, deciding);
    if (first === undefined || action === undefined) continue;
    const draft = draftOf(event, action, deciding, true);
    const isTold = entryFate(first, deciding) === "told";
    const outcome = isTold ? judge(stages, draft, deciding) : join(draft, first.window ?? "", deciding);
    judged.push({ draft, outcome });
    if (isTold) left.push(...later.filter(({ window }) => window !== outcome.window));
  }
  if (left.length > 0) keep(key, left, deciding);
  return judged;
}

/** Entries by action, as the rules of their announcements are decided: by priority, then id, then place. */
function inOrder({ entries }: AnnouncedRecord, deciding: Deciding): AnnouncedEntry[][] {
  const byAction = [...Map.groupBy(entries, ({ action }) => action).values()].map((group) => {
    const last = group.at(-1);
    const action = last === undefined ? undefined : keptAction(last, deciding);
    const { priority = 0, id = "", actions = [] } = action?.source ?? {};
    return { group, priority, id, at: actions.findIndex((one) => one.id === last?.action) };
  });
  const sorted = byAction.toSorted((a, b) => a.priority - b.priority || order(a.id, b.id) || a.at - b.at);
  return sorted.map(({ group }) => group);
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
  const times = entries.map(({ window }) => {
    if (window === undefined) return until;
    const record = followed(window, (key) => view.get("window", tenant, key));
    if (record?.state === "open") return now + ANNOUNCED_MS;
    return record?.status === "pending" ? (record.endedSteady ?? 0) + ANNOUNCED_MS : 0;
  });
  const last = Math.max(0, ...times);
  return last > now ? last : undefined;
}
