/**
 * What a platform kind is: a type of event whose body is known, checked, and read for what rules ask about.
 * @module
 */
import { z } from "zod";
import type { Scope, Severity, Vuln } from "../event.ts";
import type { Json, JsonObject } from "../json.ts";
import { pointerOf } from "../pointer.ts";
import type { Fault } from "../source.ts";
import { STATED } from "./fields.ts";

/** What a body says of its event. What the sender states itself (severity, labels, scope) goes before it. */
export interface Extracted {
  /** What the event is about, never how that stands: all events of one run or approval have the same. */
  readonly labels: Readonly<Record<string, string>>;
  readonly scope: Scope;
  readonly severity: Severity;
  readonly vuln?: Vuln;
}

/** What stands in a body, or what is wrong with it: pointers into `data`. */
export type Extraction =
  | { readonly ok: true; readonly found: Extracted }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** A CloudEvent as a platform sends it. */
interface Sample {
  readonly specversion: "1.0";
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: "application/json";
  readonly data: JsonObject;
}

/** A type of event, or a family of types, with everything that is known of it. */
export interface PlatformKind {
  /** Name of its schema and its sample. */
  readonly name: string;
  /** The type, or `prefix.*` for each type of a family that has no kind of its own. */
  readonly type: string;
  /** The event's kind where the sender names none; without it the type. */
  readonly kind?: string;
  /** JSON Schema (2020-12) of `data`. */
  readonly jsonSchema: () => JsonObject;
  /** A CloudEvent of this type. */
  readonly sample: Sample;
  /** Checks `data` and reads it; never throws. */
  readonly extract: (data: Json | undefined) => Extraction;
}

interface Definition<Body> {
  /** Default: the type. */
  readonly name?: string;
  readonly type: string;
  readonly kind?: string;
  readonly title: string;
  readonly schema: z.ZodType<Body>;
  /** Its type: this one, unless it names one of the family. */
  readonly sample: Pick<Sample, "source" | "subject" | "data"> & { readonly type?: string };
  readonly derive: (body: Body) => Extracted;
}

const SAMPLE_TIME = "2026-11-20T07:10:00Z";

/** A kind out of its schema and what its body means. */
export function definePlatformKind<Body>(definition: Definition<Body>): PlatformKind {
  const { type, name = type, kind, title, schema, sample, derive } = definition;
  return {
    name,
    type,
    ...(kind === undefined ? {} : { kind }),
    jsonSchema: () => jsonSchema(schema, { name, title }),
    sample: {
      specversion: "1.0",
      id: `sample-${name}`,
      source: sample.source,
      type: sample.type ?? type,
      subject: sample.subject,
      time: SAMPLE_TIME,
      datacontenttype: "application/json",
      data: sample.data,
    },
    extract: (data) => {
      const parsed = schema.safeParse(data);
      if (parsed.success) return { ok: true, found: derive(parsed.data) };
      return { ok: false, faults: parsed.error.issues.map(faultOf) };
    },
  };
}

const JsonSchema = z.object({ $schema: z.string(), properties: z.record(z.string(), z.json()) }).catchall(z.json());

/** The schema of a body; `labels` and `scope`, which any event may have, are told too. */
function jsonSchema(schema: z.ZodType, { name, title }: { name: string; title: string }): JsonObject {
  const { $schema, properties, ...rest } = JsonSchema.parse(z.toJSONSchema(schema, { io: "input" }));
  return { $schema, $id: `urn:sealpost:event:${name}`, title, ...rest, properties: { ...STATED, ...properties } };
}

/** A fault with its own pointer: of a value that may have several forms, the form that it is closest to. */
function faultOf(issue: z.core.$ZodIssue): Fault {
  const { path, message } = closest(issue, []);
  return { pointer: pointerOf(path), detail: message };
}

function closest(issue: z.core.$ZodIssue, parent: readonly PropertyKey[]): { path: PropertyKey[]; message: string } {
  const path = [...parent, ...issue.path];
  if (issue.code !== "invalid_union") return { path, message: issue.message };
  const inner = issue.errors.flat().find((one) => one.path.length > 0);
  return inner === undefined ? { path, message: "has none of the forms that it may have" } : closest(inner, path);
}
