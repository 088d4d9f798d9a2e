/**
 * What sending by hand asks for; app/send.ts implements it.
 * @module
 */
import type { DeliveryStatus, EventReceipt, Reason } from "../core/delivery.ts";
import type { EventInput } from "../core/event.ts";
import type { SendBy } from "../core/send.ts";
import type { Caller } from "./services.ts";

/** A message and by what it is sent; `sourceId` of the event is one that no other has. */
export interface SendRequest {
  readonly event: EventInput;
  readonly by: SendBy;
}

/** Which stages judge what is sent by hand, and which are not asked. */
export interface SendGates {
  readonly asked: readonly string[];
  readonly passed: readonly string[];
}

/** What one action would do, rendered as it would be. */
export interface Rehearsed {
  readonly rule: string;
  readonly action: string;
  readonly channel: string;
  /** Empty where nobody is named. */
  readonly recipients: readonly string[];
  readonly template?: string;
  readonly locale: string;
  /** Absent where there would be no message; then `problem` or the verdict says why. */
  readonly subject?: string;
  readonly text?: string;
  readonly html?: string;
  /** Why no message could be made. */
  readonly problem?: Reason;
  readonly verdict: {
    readonly status: DeliveryStatus;
    /** The stage that did not let it pass. */
    readonly stage?: string;
    readonly reason?: Reason;
  };
}

export interface SendService {
  readonly gates: SendGates;
  /** What would be sent; keeps nothing. Throws FlowError `missing` or `conflict`. */
  readonly rehearse: (caller: Caller, request: SendRequest) => Promise<readonly Rehearsed[]>;
  /** Sends: accepted and decided after the fsync. Throws FlowError `missing` or `conflict`. */
  readonly send: (caller: Caller, request: SendRequest) => Promise<EventReceipt>;
}
