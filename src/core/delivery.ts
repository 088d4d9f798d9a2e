import type { ReasonCode } from "./reason.ts";
import type { Severity } from "./event.ts";

/** Every status that a delivery can have; `sending` is shown while a send runs and never stored. */
export const STATUSES = [
  "pending",
  "held",
  "deferred",
  "sending",
  "retrying",
  "sent",
  "digested",
  "dry-run",
  "failed",
  "dead",
  "deduplicated",
  "silenced",
  "suppressed",
  "debounced",
  "throttled",
  "coalesced",
  "dropped",
] as const;
export type DeliveryStatus = (typeof STATUSES)[number];

export interface Reason {
  readonly code: ReasonCode;
  /** Id of what decided: a rule, channel, silence, window, person. */
  readonly by?: string;
}

/** One message to one addressee; a row that changes only by questions. All instants are epoch ms. */
export interface Delivery {
  readonly id: string;
  readonly tenant: string;
  /** Id of the event that it tells of; absent for a digest's delivery. */
  readonly event?: string;
  /** `id@` + 12 hex digits of the rule's hash. */
  readonly rule: string;
  readonly action: string;
  readonly channel: string;
  /** Position in the action's (or the channel's) list of addressees. */
  readonly ordinal: number;
  /** Address; empty where the channel needs none. Personal: never in a leaf, log or error. */
  readonly to: string;
  /** The template version that decided: id and full SHA-256 of the object. */
  readonly template?: { readonly id: string; readonly hash: string };
  readonly locale: string;
  readonly severity: Severity;
  readonly correlationId: string;
  readonly status: DeliveryStatus;
  readonly reason?: Reason;
  /** Messages that were handed over or failed; a channel that is down counts nothing. */
  readonly attempts: number;
  readonly failureReason?: string;
  /** SHA-256 of the rendered parts without addresses, from the first attempt on. */
  readonly payload?: string;
  readonly createdAt: number;
  /** Next time to try; absent when nothing is due. */
  readonly dueAt?: number;
  readonly deliveredAt?: number;
  /** Sequence numbers in the tenant's log of the leaves that tell of it, oldest first. */
  readonly leaves: readonly number[];
  /** Index of its entry in the `drafts` of the first of `leaves`. */
  readonly draft: number;
  /** The window that it belongs to; without an event, the one that it tells of; pending with one, what it tells of besides. */
  readonly window?: string;
  /** What each stage said, in their order; only those that had something to look at. */
  readonly trace?: readonly TraceEntry[];
}

/** What one stage said of a draft. Instants are epoch ms of the wall clock. */
export interface TraceEntry {
  readonly stage: string;
  /** `pass`, or the reason's code. */
  readonly code: ReasonCode | "pass";
  /** Id of the silence, window, calendar, bucket or claim that it looked at. */
  readonly by?: string;
  /** What was counted (tokens left, sent in the window, events), of `limit`. */
  readonly have?: number;
  readonly limit?: number;
  readonly until?: number;
  /** Zone of the calendar. */
  readonly zone?: string;
}

/** What the answer to an event says of one delivery. */
export interface DeliveryReceipt {
  readonly id: string;
  readonly status: DeliveryStatus;
  readonly reason?: Reason;
}

/** What the source of an event is answered; a repeat gets the first one with `duplicate: true`. */
export interface EventReceipt {
  readonly id: string;
  readonly duplicate: boolean;
  readonly deliveries: readonly DeliveryReceipt[];
}
