/**
 * The kinds of configuration objects: their schemas, checked with a pointer and a reason.
 * @module
 */
import { z } from "zod";
import { canonicalJson } from "./canonical-json.ts";
import { Calendar } from "./calendar.ts";
import { Binding, Channel } from "./channel.ts";
import type { Kind } from "./config.ts";
import { sha256Hex } from "./hash.ts";
import type { Json } from "./json.ts";
import { pointerOf } from "./pointer.ts";
import { Policy } from "./policy.ts";
import { checkTemplate } from "./render-check.ts";
import { Rule } from "./rule.ts";
import { Template } from "./template.ts";

/** What is wrong with an object: where (RFC 6901 pointer into it) and why. */
export interface ObjectFault {
  readonly kind: string;
  readonly id: string;
  readonly pointer: string;
  readonly detail: string;
}

/** A checked object: its value with defaults filled in, and its canonical text as it was given. */
export type ConfigObject =
  | { readonly kind: "calendars"; readonly id: string; readonly hash: string; readonly value: Calendar }
  | { readonly kind: "policies"; readonly id: string; readonly hash: string; readonly value: Policy }
  | { readonly kind: "rules"; readonly id: string; readonly hash: string; readonly value: Rule }
  | { readonly kind: "channels"; readonly id: string; readonly hash: string; readonly value: Channel }
  | { readonly kind: "templates"; readonly id: string; readonly hash: string; readonly value: Template }
  | { readonly kind: "binding"; readonly id: string; readonly hash: string; readonly value: Binding };

/** An object with the text that is kept of it. */
export interface CheckedObject {
  readonly object: ConfigObject;
  readonly text: string;
}

const SCHEMAS = {
  binding: Binding,
  calendars: Calendar,
  channels: Channel,
  policies: Policy,
  rules: Rule,
  templates: Template,
} as const;

/** JSON Schema (2020-12) of each kind that people write, by the name of its schema. */
export function publishedSchemas(): Readonly<Record<string, Json>> {
  return {
    "calendar/v1": jsonSchema(Calendar),
    "channel/v1": jsonSchema(Channel),
    "policy/v1": jsonSchema(Policy),
    "rule/v1": jsonSchema(Rule),
    "template/v1": jsonSchema(Template),
  };
}

function jsonSchema(schema: z.ZodType): Json {
  return z.json().parse(JSON.parse(JSON.stringify(z.toJSONSchema(schema, { io: "input" }))));
}

/** Checks one object of a kind; `id` is what its file or route calls it. */
export function checkObject(
  kind: Kind,
  id: string,
  value: Json,
): { ok: true; checked: CheckedObject } | { ok: false; faults: ObjectFault[] } {
  const parsed = SCHEMAS[kind].safeParse(value);
  if (!parsed.success)
    return { ok: false, faults: parsed.error.issues.flatMap((issue) => faultsOf(issue, { kind, id })) };
  const found: ObjectFault[] =
    parsed.data.id === id
      ? []
      : [{ kind, id, pointer: "/id", detail: `is "${parsed.data.id}" where "${id}" is expected` }];
  if (kind === "templates") found.push(...templateFaults(id, value));
  if (found.length > 0) return { ok: false, faults: found };
  const text = canonicalJson(value);
  return { ok: true, checked: { object: tagged(kind, { id, hash: sha256Hex(text), value }), text } };
}

/** Reads an object back from its kept text; it was checked when it was saved. */
export function readObject(
  kind: Kind,
  id: string,
  kept: { readonly hash: string; readonly text: string },
): ConfigObject {
  return tagged(kind, { id, hash: kept.hash, value: JSON.parse(kept.text) });
}

function tagged(kind: Kind, { id, hash, value }: { id: string; hash: string; value: unknown }): ConfigObject {
  switch (kind) {
    case "calendars":
      return { kind, id, hash, value: Calendar.parse(value) };
    case "policies":
      return { kind, id, hash, value: Policy.parse(value) };
    case "rules":
      return { kind, id, hash, value: Rule.parse(value) };
    case "channels":
      return { kind, id, hash, value: Channel.parse(value) };
    case "templates":
      return { kind, id, hash, value: Template.parse(value) };
    case "binding":
      return { kind, id, hash, value: Binding.parse(value) };
  }
}

function templateFaults(id: string, value: Json): ObjectFault[] {
  return checkTemplate(Template.parse(value)).map(({ pointer, detail }) => ({
    kind: "templates",
    id,
    pointer,
    detail,
  }));
}

/** An unknown field is named by its own pointer. */
function faultsOf(issue: z.core.$ZodIssue, at: { kind: string; id: string }): ObjectFault[] {
  const base = pointerOf(issue.path);
  if (issue.code !== "unrecognized_keys") return [{ ...at, pointer: base, detail: issue.message }];
  return issue.keys.map((key) => ({
    ...at,
    pointer: `${base}${pointerOf([key])}`,
    detail: "this field is not known or not built yet",
  }));
}
