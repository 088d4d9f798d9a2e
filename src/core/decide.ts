/**
 * Deciding one event: identity, drafts, stages, deliveries, leaves. Pure; everything goes through the view.
 * @module
 */
import { deliveriesOf, draftOf } from "./announce.ts";
import { type Judged, rememberAnnounced, resolve } from "./announced.ts";
import { type Deciding, elapsedSince } from "./deciding.ts";
import type { Delivery, DeliveryReceipt, EventReceipt } from "./delivery.ts";
import { type Announced, writeLeaves } from "./decision-leaf.ts";
import type { Event, EventInput } from "./event.ts";
import { recordId, recordMs } from "./id.ts";
import { shareKeys } from "./key-parts.ts";
import { type Matched, matchRules } from "./match.ts";
import { judge, type Stage } from "./stage.ts";
import { STAGES } from "./stages/index.ts";

/** Entries of `drafts` that one event may have; what exceeds them is one counted entry. */
export const DRAFT_LIMIT = 1000;

/** What deciding an event needs besides it. */
export interface EventDeciding extends Deciding {
  /** How long a repeat of (tenant, source, id) is known as one, ms. */
  readonly horizon: number;
  readonly stages?: readonly Stage[];
}

/** Key of the identity cell of an event: unique for (tenant, source, sourceId). */
export function identityKey(event: EventInput): string {
  return `${event.source}\u0000${event.sourceId}`;
}

/**
 * Accepts and decides an event that matched rules; a repeat is answered with its first receipt and changes nothing.
 * `key` is the event's identity key, for callers that have it.
 */
export function decideEvent(
  input: EventInput,
  matched: Matched,
  deciding: EventDeciding,
  key: string = identityKey(input),
): EventReceipt {
  const { receipt, left } = decideOne(input, matched, deciding, key);
  if (left === 0) return receipt;
  const alarm = alarmOf(receipt.id, input, left);
  const rules = matchRules(deciding.index.rules, alarm, deciding.stamp.now);
  decideOne(alarm, rules, deciding, identityKey(alarm)); // an alarm that makes too many itself is not told of by another
  return receipt;
}

/** Decides one event; `left` is how many of its deliveries were beyond the limit. */
function decideOne(
  input: EventInput,
  matched: Matched,
  deciding: EventDeciding,
  key: string,
): { readonly receipt: EventReceipt; readonly left: number } {
  const { tenant, view, stamp } = deciding;
  const first = view.get("identity", tenant, key);
  if (first !== undefined && elapsedSince(recordMs(first.id) ?? 0, deciding) < deciding.horizon)
    return { receipt: { ...first, duplicate: true }, left: 0 };
  const id = recordId("ev", stamp.now, [tenant, input.source, input.sourceId]);
  const event: Event = { id, tenant, receivedAt: stamp.now, ...input };
  shareKeys(event, input);
  const line = JSON.stringify(event);
  const made = announce(event, matched, deciding);
  countFaults(matched, deciding);
  const decision = { event, line, announced: made.kept, left: made.left, faults: matched.faults };
  const { seq, deliveries } = writeLeaves(decision, deciding);
  for (const delivery of deliveries) view.put("delivery", tenant, delivery.id, delivery);
  view.event({ event, line, seq });
  const receipt: EventReceipt = { id, duplicate: false, deliveries: deliveries.map(receiptOf) };
  view.put("identity", tenant, key, receipt);
  return { receipt, left: made.left };
}

/** An event of our own about one that made too many deliveries; it goes through the rules like any other. */
function alarmOf(id: string, { correlationId }: EventInput, left: number): EventInput {
  return {
    source: "sealpost",
    sourceId: `draft-limit:${id}`,
    type: "sealpost.draft-limit",
    kind: "sealpost.draft-limit",
    subject: id,
    severity: "high",
    labels: {},
    scope: {},
    correlationId,
    data: { event: id, dropped: left },
  };
}

function receiptOf({ id, status, reason }: Delivery): DeliveryReceipt {
  return reason === undefined ? { id, status } : { id, reason, status };
}

/** Every delivery that the event leads to, in order of rule, action and addressee; at most DRAFT_LIMIT, the rest counted. */
function announce(event: Event, matched: Matched, deciding: EventDeciding): { kept: Announced[]; left: number } {
  const isFollowed = event.alertState === "resolved" && deciding.index.policy.resolutions === "follow";
  const judged = isFollowed
    ? resolve(event, deciding.stages ?? STAGES, deciding)
    : judgeRules(event, matched, deciding);
  rememberAnnounced(event, judged, deciding);
  const kept: Announced[] = [];
  let left = 0;
  for (const { draft, outcome } of judged) {
    const room = DRAFT_LIMIT - kept.length;
    if (room > 0) kept.push(...deliveriesOf(draft, outcome, deciding).slice(0, room));
    left += Math.max(0, draft.deliveries.length - Math.max(0, room));
  }
  return { kept, left };
}

/** Judges one draft for each action of the rules that matched; what can have no entry is counted and not judged. */
function judgeRules(event: Event, { rules }: Matched, deciding: EventDeciding): Judged[] {
  const judged: Judged[] = [];
  let entries = 0;
  for (const { rule } of rules) {
    for (const { id } of rule.actions) {
      const action = deciding.index.actions.get(id);
      if (action === undefined) continue;
      const draft = draftOf(event, action, deciding, false);
      const outcome = entries < DRAFT_LIMIT ? judge(deciding.stages ?? STAGES, draft, deciding) : UNJUDGED;
      entries += draft.deliveries.length;
      judged.push({ draft, outcome });
    }
  }
  return judged;
}

const UNJUDGED = { status: "dropped", reason: { code: "draft-limit" }, trace: [] } as const;

/** Counts expressions that could not be evaluated, by rule. */
function countFaults({ faults }: Matched, { view, tenant, stamp }: EventDeciding): void {
  for (const { rule, detail } of faults) {
    const count = (view.get("fault", tenant, rule)?.count ?? 0) + 1;
    view.put("fault", tenant, rule, { count, at: stamp.now, detail });
  }
}
