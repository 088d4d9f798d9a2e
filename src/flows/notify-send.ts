import { type EventDeciding, decideSend, identityKey } from "../core/decide.ts";
import { CLOCK_CELL, deciding } from "../core/deciding.ts";
import type { EventReceipt } from "../core/delivery.ts";
import type { EventInput } from "../core/event.ts";
import { type SendBy, sendActions } from "../core/send.ts";
import type { Flow } from "../ports.ts";
import { FlowError } from "./error.ts";

/** One message that a person sends by hand. */
export interface SendInput {
  /** Principal id, as in leaves. */
  readonly actor: string;
  /** How long a repeat is known as one, ms: site configuration. */
  readonly horizon: number;
  readonly event: EventInput;
  readonly by: SendBy;
}

/** Accepts the message as an event and decides it by the actions that the person named. Throws FlowError `missing` or `conflict`. */
export const notifySend: Flow<SendInput, EventReceipt> = {
  prepare: ({ tenant, index }, { actor, horizon, event, by }, now) => {
    const found = sendActions(by, index, now);
    if (!found.ok) throw new FlowError(found.code, found.detail);
    return {
      cells: [CLOCK_CELL, { noun: "identity", tenant, key: identityKey(event) }],
      decide: (view, stamp) => {
        const asked: EventDeciding = { ...deciding({ tenant, index }, { view, stamp }, { actor }), horizon };
        return decideSend(event, found.actions, asked);
      },
    };
  },
};
