import type { Event } from "./event.ts";

/** Source of events that people send by hand: no other source yields it. */
export const SEND_SOURCE = "urn:sealpost:send";
export const SEND_TYPE = "sealpost.notify.send";
/** Id of the rule that stands for named channels: no rule of a configuration can have it. */
export const SEND_RULE = "_send";

/** Whether an event was sent by hand. */
export function isHandSent({ source }: Pick<Event, "source">): boolean {
  return source === SEND_SOURCE;
}
