/**
 * Deciding one event: identity, drafts, stages, deliveries, leaves. Pure; everything goes through the view.
 * @module
 */
import type { Compiled } from "./config.ts";
import type { Delivery, DeliveryReceipt, DeliveryStatus, EventReceipt, Reason } from "./delivery.ts";
import { type Announced, writeLeaves } from "./decision-leaf.ts";
import type { Event, EventInput } from "./event.ts";
import { recordId, recordMs } from "./id.ts";
import type { CompiledRule } from "./index.ts";
import { matchRules } from "./match.ts";
import { type Draft, judge, type Stage } from "./stage.ts";
import { STAGES } from "./stages/index.ts";
import { DEFAULT_TEMPLATE } from "./template.ts";
import type { Stamp, View } from "./view.ts";

/** Entries of `drafts` that one event may have; what exceeds them is one counted entry. */
export const DRAFT_LIMIT = 1000;
/** Source of the events that the appliance raises itself. */
const ALARM_SOURCE = "sealpost";
const DEFAULT_LOCALE = "en";

/** What deciding an event needs besides it. `ordinal` counts the leaves of the question, for salts. */
export interface Deciding {
  readonly tenant: string;
  readonly index: Compiled;
  readonly view: View;
  readonly stamp: Stamp;
  readonly actor: string;
  /** How long a repeat of (tenant, source, id) is known as one, ms. */
  readonly horizon: number;
  readonly ordinal: { next: number };
  readonly stages?: readonly Stage[];
}

/** Key of the identity cell of an event: unique for (tenant, source, sourceId). */
export function identityKey(event: EventInput): string {
  return `${event.source}\u0000${event.sourceId}`;
}

/**
 * Accepts and decides an event that matched `rules`; a repeat is answered with its first receipt and changes nothing.
 * `key` is the event's identity key, for callers that have it.
 */
export function decideEvent(
  input: EventInput,
  rules: readonly CompiledRule[],
  deciding: Deciding,
  key: string = identityKey(input),
): EventReceipt {
  const { tenant, view, stamp } = deciding;
  const first = view.get("identity", tenant, key);
  if (first !== undefined && stamp.now - (recordMs(first.id) ?? 0) < deciding.horizon)
    return { ...first, duplicate: true };
  const id = recordId("ev", stamp.now, [tenant, input.source, input.sourceId]);
  const event: Event = { id, tenant, receivedAt: stamp.now, ...input };
  const line = JSON.stringify(event);
  const made = announce(event, rules, deciding);
  const { seq, deliveries } = writeLeaves({ event, line, announced: made.kept, left: made.left }, deciding);
  for (const delivery of deliveries) view.put("delivery", tenant, delivery.id, delivery);
  view.event({ event, line, seq });
  const receipt: EventReceipt = { id, duplicate: false, deliveries: deliveries.map(receiptOf) };
  view.put("identity", tenant, key, receipt);
  if (made.left > 0 && event.source !== ALARM_SOURCE) raiseAlarm(event, made.left, deciding);
  return receipt;
}

/** An event of our own about one that made too many deliveries; it goes through the rules like any other. */
function raiseAlarm(event: Event, left: number, deciding: Deciding): void {
  const alarm: EventInput = {
    source: ALARM_SOURCE,
    sourceId: `draft-limit:${event.id}`,
    type: "sealpost.draft-limit",
    kind: "sealpost.draft-limit",
    subject: event.id,
    severity: "high",
    labels: {},
    scope: {},
    correlationId: event.correlationId,
    data: { event: event.id, dropped: left },
  };
  decideEvent(alarm, matchRules(deciding.index.rules, alarm), deciding);
}

function receiptOf({ id, status, reason }: Delivery): DeliveryReceipt {
  return reason === undefined ? { id, status } : { id, reason, status };
}

/** Every delivery that the event leads to, in order of rule, action and addressee; at most DRAFT_LIMIT, the rest counted. */
function announce(
  event: Event,
  rules: readonly CompiledRule[],
  deciding: Deciding,
): { kept: Announced[]; left: number } {
  const kept: Announced[] = [];
  let left = 0;
  for (const rule of rules) {
    for (const action of rule.rule.actions) {
      const all = announceDraft(
        { event, rule, action, channel: deciding.index.channels.get(action.channel) },
        deciding,
      );
      const room = DRAFT_LIMIT - kept.length;
      kept.push(...all.slice(0, room));
      left += Math.max(0, all.length - room);
    }
  }
  return { kept, left };
}

/** Judges one draft; its addressees share the verdict, each has a delivery. */
function announceDraft(draft: Draft, deciding: Deciding): Announced[] {
  const { view, index, stamp, stages = STAGES } = deciding;
  const verdict = judge(stages, draft, { view, index, now: stamp.now });
  const given = draft.action.to ?? draft.channel?.to ?? [];
  const addressees = given.length > 0 ? given : [""];
  return addressees.map((to, ordinal) => announced(draft, { to, ordinal }, { verdict, deciding }));
}

interface Judged {
  readonly verdict: { readonly status: DeliveryStatus; readonly reason?: Reason };
  readonly deciding: Deciding;
}

function announced(
  draft: Draft,
  target: { readonly to: string; readonly ordinal: number },
  { verdict, deciding }: Judged,
): Announced {
  const { event, rule, action } = draft;
  const template = templateOf(action.template, deciding.index);
  return {
    id: recordId("dl", deciding.stamp.now, [event.id, rule.rule.id, action.id, String(target.ordinal)]),
    tenant: event.tenant,
    event: event.id,
    rule: rule.ref,
    action: action.id,
    channel: action.channel,
    ordinal: target.ordinal,
    to: target.to,
    ...(template === undefined ? {} : { template }),
    locale: action.locale ?? DEFAULT_LOCALE,
    severity: event.severity,
    correlationId: event.correlationId,
    status: verdict.status,
    ...(verdict.reason === undefined ? {} : { reason: verdict.reason }),
    attempts: 0,
    createdAt: deciding.stamp.now,
    ...(verdict.status === "pending" ? { dueAt: deciding.stamp.now } : {}),
  };
}

/** The template that decides: the action's, else the shipped one; a name that is gone falls back rather than lose the alert. */
function templateOf(name: string | undefined, index: Compiled): { id: string; hash: string } | undefined {
  for (const id of [name, DEFAULT_TEMPLATE]) {
    const hash = id === undefined ? undefined : index.templates.get(id);
    if (id !== undefined && hash !== undefined) return { id, hash };
  }
  return undefined;
}
