import { z } from "zod";
import { Address } from "./channel.ts";
import { SEVERITIES } from "./event.ts";
import { Id, Line, Text } from "./object.ts";

const Glob = Line(256).min(1);

/** Equality matcher `name="value"`; the value may escape `"` and `\` with a backslash. */
export const EqualityMatcher = Line(1024).regex(
  /^[A-Za-z_][A-Za-z0-9_.-]*="(?:[^"\\]|\\["\\n])*"$/,
  'a label matcher is name="value" (only equality is supported)',
);

export const Action = z.strictObject({
  id: Id,
  channel: Id,
  /** Addressees; empty or absent: the channel's own. */
  to: z.array(Address).max(100).optional(),
  template: Id.optional(),
  locale: z
    .string()
    .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, "a language tag such as en or bg-BG")
    .optional(),
});

/** `rule/v1`: which events lead to which actions. Only the fields that are built; another one is refused by name. */
export const Rule = z.strictObject({
  schema: z.literal("rule/v1"),
  id: Id,
  name: Line(200).optional(),
  description: Text(4000).optional(),
  /** Lower first; equal ones by id. */
  priority: z.int().min(0).max(1_000_000).default(100),
  isEnabled: z.boolean().default(true),
  match: z
    .strictObject({
      types: z.array(Glob).min(1).max(100).optional(),
      minSeverity: z.enum(SEVERITIES).optional(),
      sources: z.array(Glob).min(1).max(100).optional(),
      labels: z.array(EqualityMatcher).max(50).optional(),
    })
    .default({}),
  actions: z.array(Action).min(1).max(50),
});
export type Rule = z.infer<typeof Rule>;
export type Action = z.infer<typeof Action>;
