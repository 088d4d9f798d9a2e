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
  const { view, tenant, offset } = deciding;
  const before = view.get("announced", tenant, event.correlationId);
  const entries = new Map((before?.entries ?? []).map((entry) => [entry.action, entry]));
  for (const { draft, outcome } of fresh) {
    keepRule(draft.action, deciding);
    const { id, ref } = draft.action;
    const sits = outcome.status === "pending" || outcome.window === undefined ? {} : { window: outcome.window };
    entries.set(id, renewed(entries.get(id), { rule: ref, action: id, ...sits }, deciding));
  }
  const until = steadyNow(deciding) + ANNOUNCED_MS;
  const timer = before?.timer ?? until;
  view.put("announced", tenant, event.correlationId, { until, timer, entries: [...entries.values()] });
  if (before === undefined)
    view.setTimer(tenant, { due: until + offset, flow: "expire", key: `announced:${event.correlationId}` });
}

function isTakenIn(status: DeliveryStatus, window: string | undefined): boolean {
  return window !== undefined && (status === "coalesced" || status === "held" || status === "debounced");
}

/** What was told once stays told; what never will be gives way. */
function renewed(before: AnnouncedEntry | undefined, fresh: AnnouncedEntry, deciding: Deciding): AnnouncedEntry {
  if (before === undefined || fresh.window === undefined) return fresh;
  const fate = before.window === undefined ? "told" : fateOf(before.window, deciding);
  if (fate === "lost") return fresh;
  return fate === "told" ? { rule: before.rule, action: before.action } : before;
}

/** Judges the drafts of a resolution: one for each place where its firing was told or waits to be; ends the record. */
export function resolve(event: Event, stages: readonly Stage[], deciding: Deciding): Judged[] {
  const { view, tenant, offset } = deciding;
  const record = view.get("announced", tenant, event.correlationId);
  if (record === undefined) return [];
  view.remove("announced", tenant, event.correlationId);
  const key = `announced:${event.correlationId}`;
  view.clearTimer(tenant, { due: record.timer + offset, flow: "expire", key });
  return record.entries.flatMap((entry) => {
    const action = keptAction(entry, deciding);
    if (action === undefined) return [];
    const draft = draftOf(event, action, deciding, true);
    const fate = entry.window === undefined ? "told" : fateOf(entry.window, deciding);
    if (fate === "lost") return [];
    const outcome = fate === "told" ? judge(stages, draft, deciding) : join(draft, entry.window ?? "", deciding);
    return [{ draft, outcome }];
  });
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
  const { view, tenant, offset } = deciding;
  const now = steadyNow(deciding);
  const times = entries.map(({ window }) => {
    if (window === undefined) return until;
    const record = followed(window, (key) => view.get("window", tenant, key));
    if (record?.state === "open") return now + ANNOUNCED_MS;
    return record?.status === "pending" ? (record.endedAt ?? 0) - offset + ANNOUNCED_MS : 0;
  });
  const last = Math.max(0, ...times);
  return last > now ? last : undefined;
}
