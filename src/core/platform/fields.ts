/**
 * Fields that bodies of several platform kinds have in common: bounded, and strict about what is read of them.
 * @module
 */
import { z } from "zod";
import type { Scope, Vuln } from "../event.ts";
import type { JsonObject } from "../json.ts";

/** No control characters, written so that every engine of JSON Schema can read it. */
// oxlint-disable-next-line no-control-regex -- control characters are what is refused
const ONE_LINE = /^[^\x00-\x1f\x7f-\x9f]*$/;
const FORBIDDEN = /[\p{Cs}\p{Noncharacter_Code_Point}]/u;

/** One line of 1 to `max` characters, fit for a label or a scope. */
export const Word = (max = 256): z.ZodString =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(ONE_LINE, "holds a control character")
    .refine((text) => !FORBIDDEN.test(text), "holds half a surrogate pair or a noncharacter");

/** An optional field; `null` is none. */
export const optional = <Of extends z.ZodType>(schema: Of): z.ZodOptional<z.ZodNullable<Of>> => schema.nullish();

export const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, "must be sha256: and 64 digits of 0-9 and a-f");

export const Count = z.int().min(0);

/** CVE-2024-3094, GHSA-..., RHSA-2024:1234. */
export const VulnId = z
  .string()
  .max(64)
  .regex(/^[A-Za-z][A-Za-z0-9]*-[A-Za-z0-9:._-]+$/, "must be an id such as CVE-2024-3094");

export const Purl = z
  .string()
  .max(800)
  .regex(/^pkg:[A-Za-z][A-Za-z0-9.+-]*\/[!-~]+$/, "must be a package URL such as pkg:deb/debian/xz-utils@5.6.1");

/** The four statuses of VEX. */
export const VexStatus = z.enum(["affected", "not_affected", "fixed", "under_investigation"]);

/** What an image is called. */
export const Image = z.looseObject({
  repository: optional(Word(1024)),
  tag: optional(Word(128)),
  digest: optional(Digest),
});

/** Members that a body of any type may have; they are checked for every event. */
export const STATED: JsonObject = {
  labels: {
    description: "Labels of the event; one that the body implies gives way to the same one here.",
    type: ["object", "null"],
    maxProperties: 100,
    additionalProperties: { type: "string", maxLength: 4096 },
  },
  scope: {
    description: "What the event is about; each member goes before what the body implies.",
    type: ["object", "null"],
    properties: Object.fromEntries(
      ["namespace", "repo", "digest", "resource"].map((name) => [
        name,
        { type: ["string", "null"], minLength: 1, maxLength: 1024 },
      ]),
    ),
  },
  summary: { description: "A text: the title of messages that tell of the event." },
};

type Given<T> = { readonly [Key in keyof T]?: T[Key] | null | undefined };

/** The members that are there. */
export function present<T>(values: Readonly<Record<string, T | null | undefined>>): Readonly<Record<string, T>> {
  const found: Record<string, T> = {};
  for (const [name, value] of Object.entries(values)) if (value !== null && value !== undefined) found[name] = value;
  return found;
}

/** Labels without those that are not there. */
export function labelsOf(
  values: Readonly<Record<string, string | null | undefined>>,
): Readonly<Record<string, string>> {
  return present(values);
}

/** A scope without the members that are not there. */
export function scopeOf(given: Given<Scope>): Scope {
  return present({ ...given });
}

/** What is known of vulnerabilities, without what is not there; no member where nothing is. */
export function vulnOf({ kev, verdict, vex, delta }: Given<Vuln>): { readonly vuln?: Vuln } {
  const vuln: { -readonly [Key in keyof Vuln]: Vuln[Key] } = {};
  if (typeof kev === "boolean") vuln.kev = kev;
  if (typeof verdict === "string") vuln.verdict = verdict;
  if (vex !== null && vex !== undefined) vuln.vex = vex;
  if (delta !== null && delta !== undefined) vuln.delta = delta;
  return Object.keys(vuln).length === 0 ? {} : { vuln };
}

/** VEX status and justification. */
export function vexOf(given: Given<NonNullable<Vuln["vex"]>>): NonNullable<Vuln["vex"]> {
  return present({ ...given });
}
