/**
 * Deciding one event: identity, drafts, stages, deliveries, leaves. Pure; everything goes through the view.
 * @module
 */
import type { CompiledAction } from "./action.ts";
import { deliveriesOf, draftOf } from "./announce.ts";
import { type Judged, rememberAnnounced, resolve } from "./announced.ts";
import { type Deciding, elapsedSince } from "./deciding.ts";
import type { Delivery, DeliveryReceipt, EventReceipt } from "./delivery.ts";
import { type Announced, writeLeaves } from "./decision-leaf.ts";
import type { Event, EventInput } from "./event.ts";
import { SEND_RULE } from "./hand-sent.ts";
import { recordId, recordMs } from "./id.ts";
import { shareKeys } from "./key-parts.ts";
import { type Matched, matchRules } from "./match.ts";
import { SEND_STAGES } from "./send.ts";
import { judge, type Outcome, type Stage } from "./stage.ts";
import { STAGES } from "./stages/index.ts";
import { keepRule } from "./windows.ts";

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
  const { receipt, left } = decideOne(input, byRules(matched, deciding), deciding, key);
  if (left > 0) tellOfMany(receipt.id, input, left, deciding);
  return receipt;
}

/**
 * Accepts and decides what a person sent by hand: by these actions, whatever their rules match, judged by the stages of
 * SEND_STAGES alone. The version of a rule that no configuration has is kept, for who reads the leaf. A repeat is answered
 * with its first receipt.
 */
export function decideSend(
  input: EventInput,
  actions: readonly CompiledAction[],
  deciding: EventDeciding,
): EventReceipt {
  const judging: Judging = {
    faults: [],
    judgeAll: (event) => {
      for (const action of actions) if (action.rule === SEND_RULE) keepRule(action, deciding);
      return judgeActions(event, { actions, stages: SEND_STAGES }, deciding);
    },
  };
  const { receipt, left } = decideOne(input, judging, deciding, identityKey(input));
  if (left > 0) tellOfMany(receipt.id, input, left, deciding);
  return receipt;
}

/** What one action would do with a message. */
export interface RehearsedDraft {
  readonly action: CompiledAction;
  readonly outcome: Outcome;
  /** One for each addressee. */
  readonly deliveries: readonly Announced[];
}

/** Judges what a person would send as `decideSend` does, and writes nothing. */
export function rehearseSend(
  input: EventInput,
  actions: readonly CompiledAction[],
  deciding: Deciding,
): { readonly event: Event; readonly drafts: readonly RehearsedDraft[] } {
  const { tenant, stamp } = deciding;
  const id = recordId("ev", stamp.now, [tenant, input.source, input.sourceId]);
  const event: Event = { id, tenant, receivedAt: stamp.now, ...input };
  const judged = judgeActions(event, { actions, stages: SEND_STAGES }, deciding);
  const drafts = judged.map(({ draft, outcome }) => ({
    action: draft.action,
    outcome,
    deliveries: deliveriesOf(draft, outcome, deciding),
  }));
  return { event, drafts };
}

/** How the drafts of an event are made and judged; `faults` of rules that could not say. */
interface Judging {
  readonly faults: Matched["faults"];
  readonly judgeAll: (event: Event) => readonly Judged[];
}

function byRules(matched: Matched, deciding: EventDeciding): Judging {
  return {
    faults: matched.faults,
    judgeAll: (event) => {
      const isFollowed = event.alertState === "resolved" && deciding.index.policy.resolutions === "follow";
      return isFollowed
        ? resolve(event, deciding.stages ?? STAGES, deciding)
        : judgeActions(event, { actions: actionsOf(matched, deciding), stages: deciding.stages ?? STAGES }, deciding);
    },
  };
}

/** An alarm that makes too many itself is not told of by another. */
function tellOfMany(id: string, input: EventInput, left: number, deciding: EventDeciding): void {
  const alarm = alarmOf(id, input, left);
  const rules = matchRules(deciding.index.rules, alarm, deciding.stamp.now);
  decideOne(alarm, byRules(rules, deciding), deciding, identityKey(alarm));
}

/** Decides one event; `left` is how many of its deliveries were beyond the limit. */
function decideOne(
  input: EventInput,
  { faults, judgeAll }: Judging,
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
  const made = announce(event, judgeAll(event), deciding);
  countFaults(faults, deciding);
  const decision = { event, line, announced: made.kept, left: made.left, faults };
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
function announce(
  event: Event,
  judged: readonly Judged[],
  deciding: EventDeciding,
): { kept: Announced[]; left: number } {
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

/** The actions of the rules that matched, in their order. */
function actionsOf({ rules }: Matched, { index }: EventDeciding): CompiledAction[] {
  return rules.flatMap(({ rule }) =>
    rule.actions.flatMap(({ id }) => {
      const action = index.actions.get(id);
      return action === undefined ? [] : [action];
    }),
  );
}

/** Judges one draft for each action; what can have no entry is counted and not judged. */
function judgeActions(
  event: Event,
  { actions, stages }: { readonly actions: readonly CompiledAction[]; readonly stages: readonly Stage[] },
  deciding: Deciding,
): Judged[] {
  const judged: Judged[] = [];
  let entries = 0;
  for (const action of actions) {
    const draft = draftOf(event, action, deciding, false);
    const outcome = entries < DRAFT_LIMIT ? judge(stages, draft, deciding) : UNJUDGED;
    entries += draft.deliveries.length;
    judged.push({ draft, outcome });
  }
  return judged;
}

const UNJUDGED = { status: "dropped", reason: { code: "draft-limit" }, trace: [] } as const;

/** Counts expressions that could not be evaluated, by rule. */
function countFaults(faults: Matched["faults"], { view, tenant, stamp }: EventDeciding): void {
  for (const { rule, detail } of faults) {
    const count = (view.get("fault", tenant, rule)?.count ?? 0) + 1;
    view.put("fault", tenant, rule, { count, at: stamp.now, detail });
  }
}
