import { z } from "zod";
import { KINDS } from "../../core/config.ts";
import { BindValues, Change } from "../config.ts";
import type { RouteName } from "../permissions.ts";
import { Sha256 } from "./common.ts";
import type { BodyDoc, RouteDoc } from "./doc.ts";

const Kind = z.enum(KINDS).meta({ id: "Kind", description: "A kind of configuration object" });
const Cfg = z
  .string()
  .regex(/^[0-9a-f]{16}$/)
  .meta({ description: "The merged configuration without bindings, as leaves name it" });

const ShownObject = z
  .strictObject({
    kind: Kind,
    id: z.string(),
    hash: Sha256,
    name: z.string().exactOptional(),
    isGlobal: z.boolean().meta({ description: "It is the site's and serves all tenants" }),
    stream: z.string().exactOptional().meta({ description: "The stream of kits that brought it" }),
    value: z
      .json()
      .optional()
      .meta({ description: "As it was saved; absent where the asker may use it but not read it" }),
  })
  .meta({ id: "ConfigObject" });

const Config = z
  .strictObject({
    generation: Sha256,
    n: z.int().min(0).meta({ description: "Counts changes" }),
    cfg: Cfg,
    objects: z.array(ShownObject),
  })
  .meta({ id: "Config", description: "The merged configuration of a tenant" });

/** What a change does to each object. */
export const Changes = z.array(
  z.strictObject({
    kind: Kind,
    id: z.string(),
    change: z.enum(["added", "changed", "removed"]),
    before: Sha256.exactOptional(),
    after: Sha256.exactOptional(),
  }),
);

const Plan = z
  .strictObject({
    base: Sha256.meta({ description: "The generation before" }),
    generation: Sha256,
    n: z.int().min(0),
    changes: Changes,
    left: z.array(z.strictObject({ kind: Kind, id: z.string() })),
    errors: z.array(z.strictObject({ pointer: z.string(), detail: z.string() })),
  })
  .meta({ id: "ConfigPlan", description: "What a change does; with errors it cannot be applied" });

const CHANGE: Readonly<Record<string, BodyDoc>> = {
  "application/json": {
    schema: Change,
    examples: {
      rule: {
        summary: "One rule",
        value: {
          objects: {
            "rules/db-hosts": {
              schema: "rule/v1",
              id: "db-hosts",
              match: { labels: ['host=~"db-.*"'], minSeverity: "high" },
              actions: [{ id: "db-hosts-mail", channel: "ops-mail" }],
            },
          },
          why: "databases have an owner now",
        },
      },
    },
  },
};

export const CONFIG_DOCS = {
  "GET /api/v1/config": {
    summary: "The configuration of a tenant, with all objects",
    tag: "Configuration",
    query: {},
    answers: { 200: { description: "The configuration", schema: Config } },
  },
  "POST /api/v1/config/plan": {
    summary: "What a change of many objects would do",
    tag: "Configuration",
    description: "Changes nothing. What is wrong stands in `errors`.",
    body: CHANGE,
    answers: { 200: { description: "The plan", schema: Plan } },
    problems: ["invalid", "conflict"],
  },
  "POST /api/v1/config/apply": {
    summary: "Change many objects at once",
    tag: "Configuration",
    description:
      "All or none. `base` names the generation that the caller looked at; another one in place is a conflict.",
    body: CHANGE,
    answers: { 200: { description: "What was done", schema: Plan } },
    problems: ["invalid", "conflict"],
  },
  "POST /api/v1/channels/:id/bind": {
    summary: "Fill in the values that a channel leaves to the site",
    tag: "Channels",
    description:
      "Other values stay; `null` takes one away, and with the last one the tenant has none of the channel. They are no part of the channel's version: a revert of it leaves them as they are. With an own channel that is deleted they go, unless one of the site's of that id is there again.",
    path: { id: { description: "Id of the channel", schema: z.string(), example: "ops-mail" } },
    body: {
      "application/json": {
        schema: BindValues,
        examples: {
          relay: {
            summary: "The site's relay",
            value: {
              values: {
                host: "relay.plant-7.example",
                port: "25",
                from: "sealpost@plant-7.example",
                to: "ops@plant-7.example",
              },
            },
          },
        },
      },
    },
    answers: { 200: { description: "What was done", schema: Plan } },
    problems: ["invalid", "conflict", "not-found"],
  },
} as const satisfies Partial<Record<RouteName, RouteDoc>>;
