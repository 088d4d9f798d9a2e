import { z } from "zod";
import type { RouteName } from "../permissions.ts";
import {
  DELIVERY_ID,
  DeliveryStatus,
  EXAMPLE_EVENT,
  Instant,
  PAGE_QUERY,
  pageAnswer,
  Reason,
  Severity,
  Sha256,
  Version,
} from "./common.ts";
import type { RouteDoc } from "./doc.ts";

const Count = z.int().min(0);

const Delivery = z
  .strictObject({
    id: z.string(),
    tenant: z.string(),
    event: z.string().exactOptional().meta({ description: "Id of its event; absent for the message of a window" }),
    rule: Version,
    action: z.string(),
    channel: z.string(),
    ordinal: Count.meta({ description: "Place in the list of addressees" }),
    recipient: z.string().exactOptional(),
    template: Version.exactOptional(),
    locale: z.string(),
    severity: Severity,
    correlationId: z.string(),
    status: DeliveryStatus,
    reason: Reason.exactOptional(),
    attempts: Count.meta({ description: "Messages that were handed over or failed" }),
    retryCount: Count,
    failureReason: z.string().exactOptional(),
    payloadHash: Sha256.exactOptional().meta({ description: "Of the message without addresses, once there was a try" }),
    createdAt: Instant,
    dueAt: Instant.exactOptional().meta({ description: "When it is tried next" }),
    deliveredAt: Instant.exactOptional(),
    leaves: z.array(Count).meta({ description: "Numbers of the leaves that tell of it, oldest first" }),
    window: z.string().exactOptional().meta({ description: "The window that it belongs to or tells of" }),
  })
  .meta({ id: "Delivery", description: "One message to one addressee" });

const Attempt = z
  .strictObject({
    n: z.int().min(0),
    at: Instant,
    status: z.string(),
    out: z
      .strictObject({ code: z.string(), st: z.string(), ms: z.number().min(0) })
      .exactOptional()
      .meta({ description: "What the other side answered, and after how many ms" }),
    reason: Reason.exactOptional(),
    due: Instant.exactOptional(),
    seq: Count.meta({ description: "Number of its leaf" }),
  })
  .meta({ id: "Attempt", description: "One try to send" });

export const DELIVERIES_DOCS = {
  "GET /api/v1/deliveries": {
    summary: "Deliveries, newest first",
    tag: "Deliveries",
    query: {
      ...PAGE_QUERY,
      status: { description: "Only with this status", schema: DeliveryStatus, example: "sent" },
      channel: { description: "Only by this channel", schema: z.string(), example: "ops-mail" },
      event: { description: "Only of this event", schema: z.string(), example: EXAMPLE_EVENT },
      window: { description: "Only those that belong to this window or tell of it", schema: z.string() },
    },
    answers: { 200: pageAnswer("A page of deliveries", Delivery) },
  },
  "GET /api/v1/deliveries/:id": {
    summary: "One delivery",
    tag: "Deliveries",
    path: { id: DELIVERY_ID },
    answers: { 200: { description: "The delivery", schema: Delivery } },
  },
  "GET /api/v1/deliveries/:id/attempts": {
    summary: "The tries of a delivery, oldest first",
    tag: "Deliveries",
    path: { id: DELIVERY_ID },
    answers: { 200: { description: "Its tries", schema: z.strictObject({ items: z.array(Attempt) }) } },
  },
  "GET /api/v1/deliveries/:id/receipt": {
    summary: "The receipt of a delivery",
    tag: "Deliveries",
    description:
      "A C2SP tlog-proof: a leaf of the tenant's log that tells of the delivery, its inclusion proof and a signed note. It can be verified without this server.",
    path: { id: DELIVERY_ID },
    query: {
      format: { description: "The only one so far", schema: z.literal("tlog-proof").default("tlog-proof") },
      leaf: {
        description: "One of the delivery's `leaves`; absent: the newest, which says what became of it",
        schema: z.int().min(0).max(999_999_999_999_999),
      },
    },
    answers: { 200: { description: "The receipt", type: "text/plain; charset=utf-8", schema: z.string() } },
  },
} as const satisfies Partial<Record<RouteName, RouteDoc>>;
