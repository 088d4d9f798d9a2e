// Reading a scenario file: strict where its README says what stands there, lenient where it leaves the shape open.
import { z } from "zod";
import { correlationKey, type EventInput, SEVERITIES, severityOf } from "../../src/core/event.ts";
import { instantMs } from "../../src/core/instant.ts";
import type { JsonObject } from "../../src/core/json.ts";

/** An instant as text (RFC 3339) or epoch ms; read as epoch ms. */
export const Instant = z.union([z.string(), z.int()]).transform((given, context) => {
  const ms = typeof given === "number" ? given : instantMs(given);
  if (ms !== undefined) return ms;
  context.addIssue({ code: "custom", message: `"${given}" is no instant` });
  return z.NEVER;
});

/** Id of an object. Throws a ZodError where it has none. */
export function idOf({ id }: JsonObject): string {
  return z.string().parse(id);
}

const JsonFields = z.record(z.string(), z.json());

/** Objects of one kind: a list, or one object. */
const Listed = z.union([z.array(JsonFields), JsonFields.transform((one) => [one])]);

/** Kinds as scenario files name them. */
export const KINDS_OF_SCENARIOS = [
  "policy",
  "rules",
  "channels",
  "templates",
  "calendars",
  "silences",
  "maintenance",
  "suppressions",
] as const;
export type ScenarioKind = (typeof KINDS_OF_SCENARIOS)[number];

/** The kinds that a configuration (or a switch of it) names; one that it lacks stays as it was. */
export const Objects = z.looseObject({}).transform((given): Objects => {
  const { policies, ...rest } = given;
  const named = Object.entries({ ...(policies === undefined ? {} : { policy: policies }), ...rest });
  return Object.fromEntries(named.flatMap(([kind, list]) => (isKind(kind) ? [[kind, Listed.parse(list)]] : [])));
});
export type Objects = Readonly<Partial<Record<ScenarioKind, readonly JsonObject[]>>>;

function isKind(name: string): name is ScenarioKind {
  return KINDS_OF_SCENARIOS.some((kind) => kind === name);
}

const Text = z.string();
const Labels = z.record(z.string(), z.string());
const GivenEvent = z
  .looseObject({
    id: Text,
    source: Text.default("scenario"),
    type: Text.default("event"),
    kind: Text.exactOptional(),
    subject: Text.exactOptional(),
    time: Text.exactOptional(),
    severity: Text.transform((word) => severityOf(word) ?? "")
      .pipe(z.enum(SEVERITIES))
      .default("info"),
    alertState: z.enum(["firing", "resolved"]).exactOptional(),
    labels: Labels.default({}),
    scope: z
      .strictObject({
        namespace: Text.exactOptional(),
        repo: Text.exactOptional(),
        digest: Text.exactOptional(),
        resource: Text.exactOptional(),
      })
      .default({}),
    vuln: z
      .strictObject({
        kev: z.boolean().exactOptional(),
        verdict: Text.exactOptional(),
        vex: z.strictObject({ status: Text.exactOptional(), justification: Text.exactOptional() }).exactOptional(),
        delta: z.record(z.string(), z.int()).exactOptional(),
      })
      .exactOptional(),
    correlationId: Text.exactOptional(),
    correlationid: Text.exactOptional(),
    data: z.json().exactOptional(),
  })
  .transform(({ id, correlationId, correlationid, ...rest }): EventInput => {
    const { source, type, subject, time, severity, alertState, labels, scope, vuln, data } = rest;
    const event = {
      source,
      sourceId: id,
      type,
      kind: rest.kind ?? type,
      ...(subject === undefined ? {} : { subject }),
      ...(time === undefined ? {} : { time }),
      severity,
      ...(alertState === undefined ? {} : { alertState }),
      labels,
      scope,
      ...(vuln === undefined ? {} : { vuln }),
      ...(data === undefined ? {} : { data }),
    };
    return { ...event, correlationId: correlationKey(event, correlationId ?? correlationid) };
  });

const Input = z.union([
  z.looseObject({ at: Instant, command: Text }).transform(({ at, command, ...fields }) => ({
    kind: "command" as const,
    at,
    command,
    fields: JsonFields.parse(fields),
  })),
  z.looseObject({ at: Instant, event: GivenEvent }).transform(({ at, event }) => ({
    kind: "events" as const,
    at,
    events: [event],
  })),
  z.looseObject({ at: Instant, events: z.array(GivenEvent) }).transform(({ at, events }) => ({
    kind: "events" as const,
    at,
    events,
  })),
]);
export type Input = z.infer<typeof Input>;
export type CommandInput = Extract<Input, { kind: "command" }>;

/** A draft of an event as it is expected; only the named fields are fixed, and `end` where it is another than `status`. */
const ExpectedDraft = z.strictObject({
  action: Text.exactOptional(),
  rule: Text.exactOptional(),
  status: Text.exactOptional(),
  by: Text.exactOptional(),
  to: z.array(Text).exactOptional(),
  end: Text.exactOptional(),
});
export type ExpectedDraft = z.infer<typeof ExpectedDraft>;

const ExpectedStep = z.strictObject({
  at: Instant.exactOptional(),
  did: z.enum(["flush", "drop", "reopen", "merge"]).exactOptional(),
  status: Text.exactOptional(),
  with: Text.exactOptional(),
  by: Text.exactOptional(),
});
export type ExpectedStep = z.infer<typeof ExpectedStep>;

const ExpectedWindow = z.strictObject({
  id: Text,
  openedAt: Instant.exactOptional(),
  members: z.array(Text).exactOptional(),
  deliveries: z.array(Text).exactOptional(),
  history: z.array(ExpectedStep).default([]),
  open: z.boolean().exactOptional(),
});
export type ExpectedWindow = z.infer<typeof ExpectedWindow>;

/** A refused command: its place among the inputs, its instant, its name, or some of its fields. */
const ExpectedRefusal = z.union([z.int(), Text, JsonFields]);
export type ExpectedRefusal = z.infer<typeof ExpectedRefusal>;

const Expect = z.strictObject({
  events: z.record(z.string(), z.array(ExpectedDraft)),
  windows: z.array(ExpectedWindow),
  refused: z.union([z.array(ExpectedRefusal), z.int()]).default([]),
  duplicates: z.array(z.union([Text, z.looseObject({ id: Text }).transform(({ id }) => id)])).default([]),
});
export type Expect = z.infer<typeof Expect>;

const Scenario = z.looseObject({
  name: Text.default("unnamed"),
  tenant: Text.default("default"),
  objects: Objects.default({}),
  inputs: z.array(Input),
  until: Instant,
  expect: Expect,
});
export type Scenario = z.infer<typeof Scenario>;

/** Reads a scenario. Throws SyntaxError, or a ZodError that says where the file is none. */
export function readScenario(text: string): Scenario {
  return Scenario.parse(JSON.parse(text));
}
