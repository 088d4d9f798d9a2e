import { z } from "zod";
import type { RouteName } from "../permissions.ts";
import { DELIVERY_ID, DeliveryStatus, EVENT_ID, Instant, ReasonCode, Severity, Version } from "./common.ts";
import type { AnswerDoc, ParamDoc, RouteDoc } from "./doc.ts";

const Count = z.int().min(0);
const BriefReason = z.strictObject({ code: z.string(), text: z.string(), by: z.string().exactOptional() });

const Cause = z
  .strictObject({
    code: z.string().meta({ description: "The reason's code where one decided, else a status or what stands for it" }),
    sentence: z.string(),
    next: z.string().exactOptional().meta({ description: "What to do next" }),
  })
  .meta({ id: "Cause", description: "The one cause, in words" });

const EventBrief = z
  .strictObject({
    id: z.string(),
    type: z.string(),
    severity: Severity,
    source: z.string(),
    subject: z.string().exactOptional(),
    alertState: z.enum(["firing", "resolved"]).exactOptional(),
    receivedAt: Instant,
  })
  .meta({ id: "EventBrief" });

const ConfigExplanation = z
  .strictObject({
    cfg: z.string(),
    state: z.enum(["current", "replaced", "purged", "unfound"]),
    missing: z.array(z.string()),
    sentence: z.string(),
  })
  .meta({ id: "ConfigExplanation", description: "Which configuration decided, and whether it is kept" });

const RuleVerdict = z
  .strictObject({
    id: z.string(),
    version: z.string(),
    priority: Count,
    verdict: z.enum(["matched", "not-matched", "not-asked"]),
    sentence: z.string(),
    failed: z
      .strictObject({ pointer: z.string(), wanted: z.string(), seen: z.string(), sentence: z.string() })
      .exactOptional(),
    wouldMatch: z.literal(true).exactOptional(),
    by: z.string().exactOptional(),
    stops: z.literal(true).exactOptional(),
  })
  .meta({ id: "RuleVerdict", description: "What one rule said of the event" });

const StageExplanation = z
  .strictObject({
    stage: z.string(),
    outcome: z.union([z.enum(["passed", "not-asked"]), DeliveryStatus]),
    code: z.union([ReasonCode, z.literal("pass")]).exactOptional(),
    sentence: z.string(),
    isSilent: z.literal(true).exactOptional(),
    by: z.string().exactOptional(),
    have: z.number().exactOptional(),
    limit: z.number().exactOptional(),
    until: Instant.exactOptional(),
    untilLocal: z.string().exactOptional(),
    record: z
      .strictObject({
        id: z.string(),
        author: z.string(),
        comment: z.string(),
        startsAt: Instant,
        endsAt: Instant,
        matchers: z.array(z.string()).exactOptional(),
        moreMatchers: Count.exactOptional(),
        rule: z.string().exactOptional(),
      })
      .exactOptional(),
  })
  .meta({ id: "StageExplanation", description: "What one stage said of a draft" });

const WindowExplanation = z
  .strictObject({
    id: z.string(),
    kind: z.enum(["digest", "group", "quiet", "flap"]),
    state: z.enum(["open", "flushed", "dropped", "merged"]),
    count: Count,
    openedAt: Instant,
    closesAt: Instant.exactOptional(),
    closesLocal: z.string().exactOptional(),
    endedAt: Instant.exactOptional(),
    deliveries: z.array(z.strictObject({ id: z.string(), status: DeliveryStatus.exactOptional() })),
    sentence: z.string(),
  })
  .meta({ id: "WindowExplanation" });

const DraftExplanation = z
  .strictObject({
    rule: Version,
    action: z.string(),
    channel: z.string(),
    isResolution: z.literal(true).exactOptional(),
    stages: z.array(StageExplanation),
    window: WindowExplanation.exactOptional(),
    deliveries: z.array(
      z.strictObject({
        id: z.string(),
        recipient: z.string().exactOptional(),
        status: DeliveryStatus,
        reason: BriefReason.exactOptional(),
        attempts: Count,
        dueAt: Instant.exactOptional(),
        deliveredAt: Instant.exactOptional(),
        failureReason: z.string().exactOptional(),
        cause: Cause,
      }),
    ),
  })
  .meta({ id: "DraftExplanation", description: "One rule's action, with what each stage said of it" });

const EventExplanation = z
  .strictObject({
    kind: z.literal("event"),
    id: z.string(),
    askedAt: Instant.exactOptional(),
    event: EventBrief,
    cause: Cause,
    also: z.array(z.string()),
    config: ConfigExplanation,
    rules: z.array(RuleVerdict),
    rulesDecided: z.boolean(),
    isHandSent: z.literal(true).exactOptional().meta({ description: "A person named the rule or the channels" }),
    drafts: z.array(DraftExplanation),
  })
  .meta({ id: "EventExplanation" });

const DeliveryExplanation = z
  .strictObject({
    kind: z.literal("delivery"),
    id: z.string(),
    askedAt: Instant.exactOptional(),
    cause: Cause,
    event: EventBrief.exactOptional(),
    config: ConfigExplanation,
    draft: DraftExplanation,
    tries: z.array(z.strictObject({ n: Count, at: Instant, status: z.string(), answer: z.string().exactOptional() })),
    channel: z.strictObject({
      id: z.string(),
      state: z.enum(["up", "down", "disabled", "unbound", "missing"]),
      since: Instant.exactOptional(),
      reason: BriefReason.exactOptional(),
      address: z.string().exactOptional(),
      answer: z.string().exactOptional(),
    }),
  })
  .meta({ id: "DeliveryExplanation" });

const GatheringExplanation = z
  .strictObject({
    kind: z.literal("window"),
    id: z.string(),
    askedAt: Instant.exactOptional(),
    cause: Cause,
    window: WindowExplanation,
  })
  .meta({ id: "GatheringExplanation", description: "Of a window that has no delivery of its id" });

const FORMAT: ParamDoc = {
  description: "As JSON, or as the text that people read",
  schema: z.enum(["json", "text"]).default("json"),
};
function answer(description: string, schema: z.ZodType): AnswerDoc {
  return { description, schema, also: { "text/plain; charset=utf-8": z.string() } };
}

export const EXPLAIN_DOCS = {
  "GET /api/v1/events/:id/explain": {
    summary: "Why an event led to what it led to",
    tag: "Explain",
    path: { id: EVENT_ID },
    query: {
      format: FORMAT,
      rule: { description: "Only what this rule said and made", schema: z.string(), example: "critical" },
    },
    answers: { 200: answer("The explanation", EventExplanation) },
    problems: ["bad-query"],
  },
  "GET /api/v1/deliveries/:id/explain": {
    summary: "Why a delivery stands where it stands",
    tag: "Explain",
    description: "Also of a window, by its id.",
    path: { id: DELIVERY_ID },
    query: { format: FORMAT },
    answers: { 200: answer("The explanation", z.union([DeliveryExplanation, GatheringExplanation])) },
  },
} as const satisfies Partial<Record<RouteName, RouteDoc>>;
