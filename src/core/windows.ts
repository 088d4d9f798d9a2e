/**
 * Windows: what gates gather to tell it as one. Opening, joining, closing times; sending them is window-flush.ts.
 * @module
 */
import type { CompiledAction, NamedCalendar } from "./action.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { WindowKind, WindowMember, WindowRecord } from "./window-record.ts";
import { atBody, type Deciding, steadyNow } from "./deciding.ts";
import { type Event, severityRank } from "./event.ts";
import { sha256Hex } from "./hash.ts";
import { NO_MEMBERS, withMembers } from "./member-root.ts";
import { eventTitle } from "./render-context.ts";
import type { Draft } from "./stage.ts";

/** Members of a window that are looked at in one read. */
export const MEMBERS_READ = 500;

/** Flows whose timers end windows of a kind. */
const FLOW_OF: Readonly<Record<WindowKind, string>> = {
  digest: "digest-flush",
  group: "digest-flush",
  quiet: "quiet-release",
  flap: "flap-flush",
};

/** A window that a draft would join: the open one, or the one that it would open. */
export interface WindowTarget {
  readonly kind: WindowKind;
  readonly window: string;
  readonly actionKey: string;
  readonly openKey: string;
  readonly openedAt: number;
  readonly id: string;
  /** The open one. */
  readonly open?: WindowRecord;
}

/** The action's own key; of a group with the label values that make it. */
export function actionKeyOf(action: CompiledAction, event: Event): string {
  if (action.group === undefined) return action.id;
  return `${action.id}~${sha256Hex(canonicalJson(groupLabels(action.group.by, event))).slice(0, 8)}`;
}

function groupLabels(by: readonly string[], { labels }: Event): Record<string, string> {
  return Object.fromEntries(by.map((name) => [name, Object.hasOwn(labels, name) ? (labels[name] ?? "") : ""]));
}

/** The window of a kind that a draft would join; `open` is its id where the caller knows it. Changes nothing. */
export function windowTarget(
  { action, event }: Pick<Draft, "action" | "event">,
  kind: WindowKind,
  deciding: Deciding,
  open?: string,
): WindowTarget {
  const { view, tenant } = deciding;
  const window = kind === "digest" ? (action.digest ?? "digest") : kind;
  const actionKey = kind === "group" ? actionKeyOf(action, event) : action.id;
  const found = open ?? (kind === "flap" ? undefined : view.get("open", tenant, `${actionKey}:${window}`)?.id);
  const named = found === undefined ? undefined : view.get("window", tenant, found);
  const record = named?.state === "open" ? named : undefined;
  const last = view.get("action", tenant, action.id)?.openedAt;
  const openedAt =
    record?.openedAt ?? (last === undefined ? deciding.stamp.now : Math.max(deciding.stamp.now, last + 1));
  const target = { kind, window, actionKey, openedAt };
  return {
    ...target,
    openKey: openKeyOf(target),
    id: record?.id ?? `digest:${tenant}:${actionKey}:${window}:${openedAt}`,
    ...(record === undefined ? {} : { open: record }),
  };
}

/** Key under which an open window is found. */
export function openKeyOf({
  kind,
  actionKey,
  window,
  openedAt,
}: Pick<WindowRecord, "kind" | "actionKey" | "window" | "openedAt">): string {
  return kind === "flap" ? `${actionKey}:${window}:${openedAt}` : `${actionKey}:${window}`;
}

/** What a join may bring besides the draft: when a window that it opens is due (steady ms), and the cell of a flap window. */
export interface Joining {
  readonly due: number;
  readonly flap?: string;
}

/** Takes a draft into its window, opening it where it is not open. One that passes quiet hours makes a waiting window due. */
export function joinWindow(target: WindowTarget, draft: Draft, joining: Joining, deciding: Deciding): WindowRecord {
  const { view, tenant, offset, stamp } = deciding;
  const before = target.open ?? openWindow(target, draft, joining, deciding);
  view.member(tenant, { window: before.id, n: before.count, body: memberOf(draft, deciding) });
  const joined = withMember(before, draft);
  const isDue = joined.isPutOff === true && joined.isUrgent === true;
  if (isDue) return setDue(joined, stamp.now - offset, deciding);
  view.put("window", tenant, joined.id, joined);
  return joined;
}

function openWindow(target: WindowTarget, draft: Draft, { due, flap }: Joining, deciding: Deciding): WindowRecord {
  const { view, tenant, index, actor } = deciding;
  const { action, event } = draft;
  const { kind, window, actionKey, openedAt, id, openKey } = target;
  keepRule(action, deciding);
  const record: WindowRecord = {
    id,
    kind,
    window,
    actionKey,
    action: action.id,
    rule: action.ref,
    channel: action.action.channel,
    openedAt,
    due,
    count: 0,
    frontier: NO_MEMBERS,
    severity: "info",
    ...(action.calendar === undefined ? {} : { calendar: calendarRef(action.calendar) }),
    ...(action.group === undefined || kind !== "group" ? {} : { group: groupLabels(action.group.by, event) }),
    ...(flap === undefined ? {} : { flap: { key: flap, labels: {} } }),
    state: "open",
  };
  view.put("action", tenant, action.id, { openedAt });
  view.put("open", tenant, openKey, { id });
  setTimer(record, deciding);
  const body = { actionKey, ...atBody(deciding), openedAt, window };
  view.leaf(tenant, { type: "digest.open", actor, cfg: index.cfg, id, ref: { digest: id, rule: action.ref }, body });
  return record;
}

function withMember(record: WindowRecord, { event, deliveries, action }: Draft): WindowRecord {
  const isHigher = record.count === 0 || severityRank(event.severity) > severityRank(record.severity);
  return {
    ...record,
    count: record.count + 1,
    frontier: withMembers(record.frontier, [deliveries]),
    severity: isHigher ? event.severity : record.severity,
    ...(event.alertState === "resolved" ? { hasResolution: true } : {}),
    ...(severityRank(event.severity) >= action.bypassRank ? { isUrgent: true } : {}),
    ...(record.flap === undefined
      ? {}
      : {
          flap: {
            key: record.flap.key,
            labels: event.labels,
            ...(event.alertState === "resolved" ? { isResolved: true as const } : {}),
          },
        }),
  };
}

function memberOf({ event, deliveries }: Draft, deciding: Deciding): WindowMember {
  const { subject, alertState, vuln } = event;
  return {
    event: event.id,
    deliveries,
    at: deciding.stamp.now,
    steady: steadyNow(deciding),
    source: event.source,
    type: event.type,
    ...(subject === undefined ? {} : { subject }),
    title: eventTitle(event),
    severity: event.severity,
    ...(alertState === undefined ? {} : { alertState }),
    scope: event.scope,
    ...(vuln?.delta === undefined ? {} : { delta: vuln.delta }),
  };
}

/** Makes an open window due at a steady instant. */
export function setDue(record: WindowRecord, due: number, deciding: Deciding): WindowRecord {
  clearTimer(record, deciding);
  const moved = { ...record, due };
  setTimer(moved, deciding);
  deciding.view.put("window", deciding.tenant, record.id, moved);
  return moved;
}

/** What a window keeps of the calendar that it may wait for. */
export function calendarRef({ id, hash }: NamedCalendar): NonNullable<WindowRecord["calendar"]> {
  return { id, hash };
}

/** The timer that ends the window. */
function setTimer({ kind, id, due }: WindowRecord, { view, tenant, offset }: Deciding): void {
  view.setTimer(tenant, { due: due + offset, flow: FLOW_OF[kind], key: id });
}

/** Takes back the timer that ends the window. */
export function clearTimer({ kind, id, due }: WindowRecord, { view, tenant, offset }: Deciding): void {
  view.clearTimer(tenant, { due: due + offset, flow: FLOW_OF[kind], key: id });
}

/** Keeps the version of a rule that a window or an announcement goes back to. */
export function keepRule({ ref, source }: CompiledAction, { view, tenant }: Deciding): void {
  if (view.get("rule", tenant, ref) === undefined) view.put("rule", tenant, ref, source);
}

/** What became of what a window took in at a steady instant: it may still be told, it was, or it never will be. */
export function fateOf(record: WindowRecord | undefined, at: number | undefined): "open" | "told" | "lost" {
  if (record?.state === "open") return "open";
  const isFresh = record?.freshFrom === undefined || at === undefined || at >= record.freshFrom;
  return record?.state === "flushed" && record.status === "pending" && isFresh ? "told" : "lost";
}

/** The window that an id leads to, over those whose items moved on. */
export function followed(id: string, get: (id: string) => WindowRecord | undefined): WindowRecord | undefined {
  let record = get(id);
  while (record?.state === "merged" && record.into !== undefined) record = get(record.into);
  return record;
}
