import { z } from "zod";
import type { RouteName } from "../permissions.ts";
import { EVENT_ID, Instant, Labels, PAGE_QUERY, pageAnswer, Severity } from "./common.ts";
import type { RouteDoc } from "./doc.ts";

const Scope = z
  .strictObject({
    namespace: z.string().exactOptional(),
    repo: z.string().exactOptional(),
    digest: z.string().exactOptional(),
    resource: z.string().exactOptional(),
  })
  .meta({ id: "Scope", description: "Where an event belongs" });

const Vuln = z
  .strictObject({
    kev: z.boolean().exactOptional().meta({ description: "In the list of known exploited vulnerabilities" }),
    verdict: z.string().exactOptional(),
    vex: z
      .strictObject({ status: z.string().exactOptional(), justification: z.string().exactOptional() })
      .exactOptional(),
    delta: z.record(z.string(), z.number()).exactOptional().meta({ description: "Counts of what changed" }),
  })
  .meta({ id: "Vuln", description: "What a platform event says of vulnerabilities" });

const FIELDS = {
  id: z.string(),
  tenant: z.string(),
  source: z.string(),
  sourceId: z.string().meta({ description: "The CloudEvents id" }),
  type: z.string(),
  kind: z.string().meta({ description: "The type, where the event names no other" }),
  subject: z.string().exactOptional(),
  time: z.string().exactOptional().meta({ description: "As the source wrote it" }),
  receivedAt: Instant,
  severity: Severity,
  alertState: z.enum(["firing", "resolved"]).exactOptional(),
  labels: Labels,
  scope: Scope,
  vuln: Vuln.exactOptional(),
  correlationId: z.string().meta({ description: "Ties a firing to its resolution" }),
  data: z.unknown().optional().meta({ description: "Any JSON" }),
};

export const Event = z.strictObject(FIELDS).meta({ id: "Event", description: "An accepted event" });
const RecordedEvent = z
  .strictObject({ ...FIELDS, seq: z.int().min(0).meta({ description: "Number of its leaf in the tenant's log" }) })
  .meta({ id: "RecordedEvent", description: "An accepted event and its place in the log" });

export const EVENTS_DOCS = {
  "GET /api/v1/events": {
    summary: "Events, newest first",
    tag: "Events",
    description: "A page ends at about 8 MiB too: it is then shorter than `limit` and has a cursor.",
    query: {
      ...PAGE_QUERY,
      type: { description: "Only of this type", schema: z.string(), example: "host.disk.full" },
      source: { description: "Only of this source", schema: z.string(), example: "/hosts/db-01" },
      severity: { description: "Only of this severity", schema: Severity, example: "critical" },
    },
    answers: { 200: pageAnswer("A page of events", Event) },
  },
  "GET /api/v1/events/:id": {
    summary: "One event",
    tag: "Events",
    path: { id: EVENT_ID },
    answers: { 200: { description: "The event", schema: RecordedEvent } },
  },
} as const satisfies Partial<Record<RouteName, RouteDoc>>;
