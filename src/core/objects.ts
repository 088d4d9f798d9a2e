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
import { matchFaults } from "./rule-check.ts";
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

/** Canonical JSON with its SHA-256, hex. */
interface KeptText {
  readonly hash: string;
  readonly text: string;
}

/** Checks one object of a kind; `id` is what its file or route calls it, `kept` its canonical text where that is known. */
export function checkObject(
  kind: Kind,
  id: string,
  value: Json,
  kept?: KeptText,
): { ok: true; checked: CheckedObject } | { ok: false; faults: ObjectFault[] } {
  const read = readAs(kind, value);
  if ("issues" in read) return { ok: false, faults: read.issues.flatMap((issue) => faultsOf(issue, { kind, id })) };
  const own = read.value.id;
  const found: ObjectFault[] =
    own === id ? [] : [{ kind, id, pointer: "/id", detail: `is "${own}" where "${id}" is expected` }];
  found.push(...meaningFaults(read).map((fault) => ({ kind, id, ...fault })));
  if (found.length > 0) return { ok: false, faults: found };
  const { hash, text } = kept ?? keptOf(value);
  return { ok: true, checked: { object: { ...read, id, hash }, text } };
}

function keptOf(value: Json): KeptText {
  const text = canonicalJson(value);
  return { hash: sha256Hex(text), text };
}

/** Reads an object back from its kept text; it was checked when it was saved. Throws ZodError for one that this version would not save. */
export function readObject(kind: Kind, id: string, kept: KeptText): ConfigObject {
  const read = readAs(kind, JSON.parse(kept.text));
  if ("issues" in read) throw new z.ZodError([...read.issues]);
  return { ...read, id, hash: kept.hash };
}

/** What a schema says of a value: the value with its defaults, or what is wrong with it. */
type Read = DistributiveOmit<ConfigObject, "id" | "hash"> | { readonly issues: readonly z.core.$ZodIssue[] };
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

function readAs(kind: Kind, value: unknown): Read {
  switch (kind) {
    case "calendars":
      return readBy(Calendar, value, (data) => ({ kind, value: data }));
    case "policies":
      return readBy(Policy, value, (data) => ({ kind, value: data }));
    case "rules":
      return readBy(Rule, value, (data) => ({ kind, value: data }));
    case "channels":
      return readBy(Channel, value, (data) => ({ kind, value: data }));
    case "templates":
      return readBy(Template, value, (data) => ({ kind, value: data }));
    case "binding":
      return readBy(Binding, value, (data) => ({ kind, value: data }));
  }
}

function readBy<T>(schema: z.ZodType<T>, value: unknown, tag: (data: T) => Read): Read {
  const parsed = schema.safeParse(value);
  return parsed.success ? tag(parsed.data) : parsed.error;
}

/** What the schema does not see: a template that does not compile, a rule that can never match. */
function meaningFaults(read: Exclude<Read, { readonly issues: unknown }>): { pointer: string; detail: string }[] {
  if (read.kind === "templates") return checkTemplate(read.value).map(({ pointer, detail }) => ({ pointer, detail }));
  return read.kind === "rules" ? matchFaults(read.value.match) : [];
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
