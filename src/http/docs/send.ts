import { z } from "zod";
import type { RouteName } from "../permissions.ts";
import { SendBody } from "../send.ts";
import { DeliveryStatus, Reason } from "./common.ts";
import type { RouteDoc } from "./doc.ts";
import { DeliveryReceipt } from "./events-in.ts";

const Gates = z
  .strictObject({ asked: z.array(z.string()), passed: z.array(z.string()) })
  .meta({ id: "SendGates", description: "The stages that judge what is sent by hand, and those that are not asked" });

const Rehearsed = z.strictObject({
  rule: z.string(),
  action: z.string(),
  channel: z.string(),
  recipients: z.array(z.string()).exactOptional().meta({
    description: "To who may read deliveries or channels; empty where nobody is named",
  }),
  template: z.string().exactOptional(),
  locale: z.string(),
  subject: z.string().exactOptional(),
  text: z.string().exactOptional(),
  html: z.string().exactOptional(),
  problem: Reason.exactOptional().meta({ description: "Why no message could be made" }),
  verdict: z.strictObject({
    status: DeliveryStatus,
    stage: z.string().exactOptional(),
    reason: Reason.exactOptional(),
  }),
});
const Trial = z
  .strictObject({ dryRun: z.literal(true), gates: Gates, deliveries: z.array(Rehearsed) })
  .meta({ id: "SendTrial", description: "What would be sent; nothing was, and nothing is kept" });
const Sent = z
  .strictObject({
    dryRun: z.literal(false),
    gates: Gates,
    id: z.string().meta({ description: "The event that it is recorded as" }),
    duplicate: z.boolean(),
    deliveries: z.array(DeliveryReceipt),
  })
  .meta({ id: "Sent", description: "The receipt, as events have it" });

export const SEND_DOCS = {
  "POST /api/v1/notify/send": {
    summary: "Send a message by hand",
    tag: "Send",
    description: [
      "By a rule's actions, whatever it matches, or by channels, with the default template. A dry run unless `dryRun` is false: it shows each message as it would be, and keeps nothing.",
      "It is an event like others (type sealpost.notify.send, source urn:sealpost:send). A silence, a maintenance window or a suppression that covers it mutes it, and the answer says so; gates that cut noise (dedupe, quiet hours, debounce, digest, throttle) are not asked and not charged, so they swallow nothing that a person sends. A channel's own hourly limit still puts off.",
      "A rule that is switched off or not valid now is a conflict. With Idempotency-Key it is sent once within 24 hours; the same key is a new message after that. A dry run changes nothing, and takes no key.",
      "Who may read neither deliveries nor channels is shown no `recipients`, and may not name any (`to`, 403).",
    ].join("\n\n"),
    headers: ["Idempotency-Key"],
    body: {
      "application/json": {
        schema: SendBody,
        examples: {
          channel: {
            summary: "A dry run by a channel",
            value: { channels: ["ops-mail"], message: "Generator test at 14:00" },
          },
          rule: {
            summary: "Sent by a rule's actions",
            value: { rule: "everything-high", message: "Pump 2 leaks", scope: { resource: "pump-2" }, dryRun: false },
          },
        },
      },
    },
    answers: {
      200: { description: "The dry run", schema: Trial },
      202: { description: "Accepted, recorded and decided", schema: Sent },
    },
    problems: ["invalid", "not-found", "conflict"],
  },
} as const satisfies Partial<Record<RouteName, RouteDoc>>;
