import { z } from "zod";
import { Maintenance } from "../maintenance.ts";
import type { RouteName } from "../permissions.ts";
import { Preview, Silence } from "../silences.ts";
import { Suppression } from "../suppressions.ts";
import { Instant, Labels, PAGE_QUERY, pageAnswer, Severity } from "./common.ts";
import type { AnswerDoc, BodyDoc, ParamDoc, RouteDoc } from "./doc.ts";

const Count = z.int().min(0);
const STATED = {
  id: z.string(),
  state: z.enum(["pending", "active", "expired"]),
  startsAt: Instant,
  endsAt: Instant.exactOptional().meta({ description: "Absent: it has no end" }),
  author: z.string(),
  comment: z.string(),
  updatedAt: Instant,
};
const Matchers = z.array(z.string());
const Weekly = z.array(z.strictObject({ days: z.array(z.string()), from: z.string(), to: z.string() }));

const ShownSilence = z.strictObject({ ...STATED, matchers: Matchers }).meta({ id: "Silence" });
const ShownSuppression = z.strictObject({ ...STATED, rule: z.string() }).meta({ id: "Suppression" });
const ShownMaintenance = z
  .strictObject({
    ...STATED,
    matchers: Matchers,
    zone: z.string().exactOptional(),
    weekly: Weekly.exactOptional(),
  })
  .meta({ id: "Maintenance", description: "A maintenance window" });

const SilencePreview = z
  .strictObject({
    events: z.strictObject({
      looked: Count,
      muted: Count,
      items: z.array(
        z.strictObject({
          id: z.string(),
          receivedAt: Instant,
          severity: Severity,
          type: z.string(),
          source: z.string(),
          subject: z.string().exactOptional(),
          labels: Labels,
        }),
      ),
    }),
    windows: z.strictObject({
      looked: Count,
      muted: Count,
      items: z.array(z.strictObject({ id: z.string(), action: z.string(), count: Count })),
    }),
  })
  .meta({ id: "SilencePreview", description: "What a silence would mute now" });

const STATE: ParamDoc = {
  description: "Absent: those that have not ended",
  schema: z.enum(["pending", "active", "expired", "all"]),
  example: "all",
};
const MATCHER: ParamDoc = {
  description: "Only those that ask for such a value of its label",
  schema: z.string(),
  example: "host=db-01",
};
const RULE: ParamDoc = { description: "Only of this rule", schema: z.string(), example: "backups" };

const SilenceBody = Silence.meta({ id: "SilenceInput" });
const SuppressionBody = Suppression.meta({ id: "SuppressionInput" });
const MaintenanceBody = Maintenance.meta({ id: "MaintenanceInput" });

function idOf(example: string): ParamDoc {
  return { description: "Its id", schema: z.string(), example };
}

/** One, or many at once: all or none. */
function made(one: z.ZodType, what: string): AnswerDoc {
  return { description: what, schema: z.union([one, z.strictObject({ items: z.array(one) })]) };
}

function manyOf(body: z.ZodType, examples: BodyDoc["examples"]): Readonly<Record<string, BodyDoc>> {
  return {
    "application/json": {
      description: "One, or an array of 1 to 1,000: all or none",
      schema: z.union([body, z.array(body).min(1).max(1000)]),
      ...(examples === undefined ? {} : { examples }),
    },
  };
}

function oneOf(body: z.ZodType, summary: string, value: unknown): Readonly<Record<string, BodyDoc>> {
  return { "application/json": { schema: body, examples: { edit: { summary, value } } } };
}

const SILENCE = {
  id: "db-01-move",
  matchers: ["host=db-01"],
  duration: "2h",
  comment: "db-01 moves to hall 3",
} as const;
const MOVE = { id: "hall-2-night", matchers: ['site-area="hall 2"'], duration: "8h", comment: "cabling" } as const;
const QUIET = {
  id: "backups-off",
  rule: "backups",
  duration: "1d",
  comment: "the tape library is being replaced",
} as const;

const SILENCE_DOCS = {
  "GET /api/v1/silences": {
    summary: "Silences, the highest id first",
    tag: "Silences",
    query: { ...PAGE_QUERY, state: STATE, matcher: MATCHER },
    answers: { 200: pageAnswer("A page of silences", ShownSilence) },
  },
  "POST /api/v1/silences": {
    summary: "Mute events by their labels for a while",
    tag: "Silences",
    description:
      "One of `endsAt` and `duration`. `force` asks for more than the policy allows, and needs the permission notifications.wide-silences.manage.",
    body: manyOf(SilenceBody, {
      one: { summary: "A host that is being moved", value: SILENCE },
      many: {
        summary: "Two at once, one by a pattern",
        value: [
          { matchers: ["host=db-02"], duration: "30m", comment: "restart" },
          { matchers: ['host=~"web-.*"'], duration: "7d", comment: "being replaced" },
        ],
      },
    }),
    answers: { 201: made(ShownSilence, "The silence, or all of them") },
    problems: ["invalid", "conflict", "forbidden"],
  },
  "POST /api/v1/silences/preview": {
    summary: "What a silence would mute now",
    tag: "Silences",
    body: {
      "application/json": {
        schema: Preview,
        examples: { host: { summary: "All of one host", value: { matchers: ["host=db-01"] } } },
      },
    },
    answers: { 200: { description: "Of the last events and the open windows", schema: SilencePreview } },
    problems: ["invalid"],
  },
  "GET /api/v1/silences/:id": {
    summary: "One silence",
    tag: "Silences",
    path: { id: idOf(SILENCE.id) },
    query: {},
    answers: { 200: { description: "The silence", schema: ShownSilence } },
  },
  "PUT /api/v1/silences/:id": {
    summary: "Edit a silence",
    tag: "Silences",
    path: { id: idOf(SILENCE.id) },
    body: oneOf(SilenceBody, "It takes longer", { ...SILENCE, duration: "4h" }),
    answers: { 200: { description: "The silence as it is now", schema: ShownSilence } },
    problems: ["invalid", "conflict", "forbidden"],
  },
  "DELETE /api/v1/silences/:id": {
    summary: "End a silence",
    tag: "Silences",
    path: { id: idOf(SILENCE.id) },
    answers: { 200: { description: "The silence as it ended", schema: ShownSilence } },
    problems: ["conflict"],
  },
} as const satisfies Partial<Record<RouteName, RouteDoc>>;

const SUPPRESSION_DOCS = {
  "GET /api/v1/suppressions": {
    summary: "Suppressions of single rules, the highest id first",
    tag: "Silences",
    query: { ...PAGE_QUERY, state: STATE, rule: RULE },
    answers: { 200: pageAnswer("A page of suppressions", ShownSuppression) },
  },
  "POST /api/v1/suppressions": {
    summary: "Suppress a rule for a while",
    tag: "Silences",
    body: manyOf(SuppressionBody, { one: { summary: "A rule for a day", value: QUIET } }),
    answers: { 201: made(ShownSuppression, "The suppression, or all of them") },
    problems: ["not-found", "invalid", "conflict", "forbidden"],
  },
  "GET /api/v1/suppressions/:id": {
    summary: "One suppression",
    tag: "Silences",
    path: { id: idOf(QUIET.id) },
    query: {},
    answers: { 200: { description: "The suppression", schema: ShownSuppression } },
  },
  "PUT /api/v1/suppressions/:id": {
    summary: "Edit a suppression",
    tag: "Silences",
    path: { id: idOf(QUIET.id) },
    body: oneOf(SuppressionBody, "It takes longer", { ...QUIET, duration: "2d" }),
    answers: { 200: { description: "The suppression as it is now", schema: ShownSuppression } },
    problems: ["not-found", "invalid", "conflict", "forbidden"],
  },
  "DELETE /api/v1/suppressions/:id": {
    summary: "End a suppression",
    tag: "Silences",
    path: { id: idOf(QUIET.id) },
    answers: { 200: { description: "The suppression as it ended", schema: ShownSuppression } },
    problems: ["conflict"],
  },
} as const satisfies Partial<Record<RouteName, RouteDoc>>;

const MAINTENANCE_DOCS = {
  "GET /api/v1/maintenance": {
    summary: "Maintenance windows, the highest id first",
    tag: "Silences",
    query: { ...PAGE_QUERY, state: STATE, matcher: MATCHER },
    answers: { 200: pageAnswer("A page of maintenance windows", ShownMaintenance) },
  },
  "POST /api/v1/maintenance": {
    summary: "Announce maintenance, once or every week",
    tag: "Silences",
    body: manyOf(MaintenanceBody, {
      once: { summary: "One night", value: MOVE },
      weekly: {
        summary: "Every Sunday night, without an end",
        value: {
          id: "sundays",
          zone: "Europe/Berlin",
          weekly: [{ days: ["sun"], from: "02:00", to: "04:00" }],
          comment: "updates",
        },
      },
    }),
    answers: { 201: made(ShownMaintenance, "The window, or all of them") },
    problems: ["invalid", "conflict", "forbidden"],
  },
  "GET /api/v1/maintenance/:id": {
    summary: "One maintenance window",
    tag: "Silences",
    path: { id: idOf(MOVE.id) },
    query: {},
    answers: { 200: { description: "The window", schema: ShownMaintenance } },
  },
  "PUT /api/v1/maintenance/:id": {
    summary: "Edit a maintenance window",
    tag: "Silences",
    path: { id: idOf(MOVE.id) },
    body: oneOf(MaintenanceBody, "It takes longer", { ...MOVE, duration: "12h" }),
    answers: { 200: { description: "The window as it is now", schema: ShownMaintenance } },
    problems: ["invalid", "conflict", "forbidden"],
  },
  "DELETE /api/v1/maintenance/:id": {
    summary: "End a maintenance window",
    tag: "Silences",
    path: { id: idOf(MOVE.id) },
    answers: { 200: { description: "The window as it ended", schema: ShownMaintenance } },
    problems: ["conflict"],
  },
} as const satisfies Partial<Record<RouteName, RouteDoc>>;

export const MUTES_DOCS = { ...SILENCE_DOCS, ...SUPPRESSION_DOCS, ...MAINTENANCE_DOCS } as const;
