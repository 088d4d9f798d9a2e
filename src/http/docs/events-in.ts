import { z } from "zod";
import type { RouteName } from "../permissions.ts";
import { DeliveryStatus, ReasonCode } from "./common.ts";
import type { RouteDoc } from "./doc.ts";

const CloudEvent = z
  .looseObject({
    specversion: z.literal("1.0"),
    id: z.string().min(1).max(1024),
    source: z.string().min(1).max(1024).meta({ description: "A URI reference" }),
    type: z.string().min(1).max(256),
    subject: z.string().min(1).max(1024).nullish(),
    time: z.string().max(64).nullish().meta({ description: "RFC 3339; it decides nothing" }),
    datacontenttype: z.string().nullish(),
    dataschema: z.string().nullish(),
    data: z.unknown().optional().meta({ description: "Any JSON; `labels` and `scope` of an object are the event's" }),
    data_base64: z.string().nullish(),
    severitytext: z.string().max(64).nullish().meta({ description: "A severity, or a common word for one; else info" }),
    kind: z.string().min(1).max(256).nullish().meta({ description: "The type, where it is not named" }),
    alertstate: z.enum(["firing", "resolved"]).nullish(),
    correlationid: z.string().min(1).max(1024).nullish().meta({ description: "Ties a firing to its resolution" }),
    tenant: z.string().min(1).max(256).nullish().meta({ description: "Must be the request's" }),
  })
  .meta({ id: "CloudEvent", description: "CloudEvents 1.0, JSON event format; other attributes are its extensions" });

/** What is answered of one delivery. */
export const DeliveryReceipt = z
  .strictObject({
    id: z.string(),
    status: DeliveryStatus,
    reason: z.strictObject({ code: ReasonCode, by: z.string().exactOptional() }).exactOptional(),
  })
  .meta({ id: "DeliveryReceipt", description: "A delivery as the event's decision made it" });

const Ingested = z
  .strictObject({
    accepted: z.int().min(0),
    duplicates: z.int().min(0),
    events: z.array(z.strictObject({ id: z.string(), duplicate: z.boolean(), deliveries: z.array(DeliveryReceipt) })),
  })
  .meta({ id: "Ingested", description: "A receipt for each event, in the order of the request" });

const DISK = {
  specversion: "1.0",
  id: "disk-0001",
  source: "/hosts/db-01",
  type: "host.disk.full",
  severitytext: "high",
  data: { labels: { host: "db-01" }, summary: "/var is 97 % full" },
};
const ACCEPTED = { 202: { description: "Accepted, recorded and decided", schema: Ingested } } as const;

export const EVENTS_IN_DOCS = {
  "OPTIONS /api/v1/events": {
    summary: "The handshake of CloudEvents WebHooks",
    tag: "Events",
    description:
      "Without WebHook-Request-Origin it only tells the methods. The rate is in requests a minute: what WebHook-Request-Rate asks for, at most the limit of a token; `*`: there is none.",
    headers: ["WebHook-Request-Origin"],
    answers: {
      204: {
        description: "The origin may send, as far as its token allows",
        type: "none",
        headers: {
          Allow: "POST, GET, HEAD, OPTIONS",
          "WebHook-Allowed-Origin": "The origin that asked",
          "WebHook-Allowed-Rate": "Requests a minute, or *",
        },
      },
    },
  },
  "POST /api/v1/events": {
    summary: "Hand in events",
    tag: "Events",
    description: [
      "One event (structured), up to 1,000 (batch), or one in binary mode. All or nothing: one invalid event refuses the request, and nothing is stored.",
      "Binary mode: the header `ce-specversion` makes a request binary, unless its media type is one of CloudEvents. Attributes are `ce-` headers, percent-decoded once, no header twice; the body is the data: JSON for `*/json` and `+json`, text for `text/*`, else bytes, which are kept as base64. An empty body is no data. Pointers of faults name the header (`/ce-source`, `/content-type`); those into the body begin with `/data`.",
      "An event whose source and id were accepted before is answered with its first receipt and `duplicate: true`. Types need not be known; the data of a known one is checked.",
    ].join("\n\n"),
    body: {
      "application/cloudevents+json": {
        schema: CloudEvent,
        examples: { disk: { summary: "A disk is full", value: DISK } },
      },
      "application/cloudevents-batch+json": {
        schema: z.array(CloudEvent).max(1000),
        examples: {
          two: { summary: "Two events", value: [DISK, { ...DISK, id: "disk-0002", alertstate: "resolved" }] },
        },
      },
      "*/*": { description: "Binary mode: the data of one event" },
    },
    answers: ACCEPTED,
    problems: ["invalid-event", "batch-too-large", "unsupported-media-type", "unsupported-charset"],
  },
} as const satisfies Partial<Record<RouteName, RouteDoc>>;

const JsonSchema = z.looseObject({ $schema: z.string() });
const NAME = {
  name: {
    description: "A schema such as rule-v1, or a type of event",
    schema: z.string(),
    example: "scanner.report.ready",
  },
} as const;

export const SCHEMAS_DOCS = {
  "GET /api/v1/schemas": {
    summary: "Schemas of objects and of platform events",
    tag: "Schemas",
    query: {},
    answers: {
      200: {
        description: "The name of each",
        schema: z.strictObject({
          items: z.array(
            z.union([
              z.strictObject({ name: z.string(), schema: z.string() }),
              z.strictObject({ name: z.string(), type: z.string() }),
            ]),
          ),
        }),
      },
    },
  },
  "GET /api/v1/schemas/:name": {
    summary: "One JSON Schema",
    tag: "Schemas",
    description:
      "Of an object, or of the data of a platform event: by its name or its type; a type of a family has the family's.",
    path: NAME,
    query: {},
    answers: { 200: { description: "JSON Schema, 2020-12", schema: JsonSchema } },
  },
  "GET /api/v1/schemas/:name/sample": {
    summary: "A sample of a platform event",
    tag: "Schemas",
    path: NAME,
    query: {},
    answers: { 200: { description: "A CloudEvent", schema: CloudEvent } },
  },
} as const satisfies Partial<Record<RouteName, RouteDoc>>;
