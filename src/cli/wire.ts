/**
 * What commands read of the API's answers: only the fields that they use.
 * @module
 */
import { z } from "zod";
import type { Json } from "../core/json.ts";
import { type Answer, demand } from "./client.ts";
import { CliError } from "./error.ts";

const Reason = z.looseObject({ code: z.string(), text: z.string().optional(), by: z.string().optional() });

export const DeliveryRow = z.looseObject({
  id: z.string(),
  status: z.string(),
  channel: z.string(),
  event: z.string().optional(),
  severity: z.string(),
  attempts: z.number(),
  createdAt: z.string(),
  reason: Reason.optional(),
});

export const EventRow = z.looseObject({
  id: z.string(),
  receivedAt: z.string(),
  severity: z.string(),
  type: z.string(),
  source: z.string(),
  subject: z.string().optional(),
});

export const AttemptRow = z.looseObject({
  n: z.number(),
  at: z.string(),
  status: z.string(),
  out: z.looseObject({ code: z.string().optional(), st: z.string().optional(), ms: z.number().optional() }).optional(),
  reason: Reason.optional(),
});

export const Accepted = z.looseObject({
  accepted: z.number(),
  duplicates: z.number(),
  events: z.array(
    z.looseObject({
      id: z.string(),
      duplicate: z.boolean(),
      deliveries: z.array(z.looseObject({ id: z.string(), status: z.string(), reason: Reason.optional() })),
    }),
  ),
});
export type Accepted = z.infer<typeof Accepted>;

export const MailRow = z.looseObject({
  id: z.string(),
  at: z.string(),
  from: z.string(),
  to: z.array(z.string()),
  subject: z.string(),
});

export const Mail = MailRow.extend({
  headers: z.array(z.looseObject({ name: z.string(), value: z.string() })),
  text: z.string().optional(),
  html: z.string().optional(),
});

export const ConfigPlanAnswer = z.looseObject({
  base: z.string(),
  n: z.number(),
  changes: z.array(
    z.looseObject({ kind: z.string(), id: z.string(), change: z.enum(["added", "changed", "removed"]) }),
  ),
  left: z.array(z.looseObject({ kind: z.string(), id: z.string() })),
  /** Pointers into the request's body. */
  errors: z.array(z.looseObject({ pointer: z.string(), detail: z.string() })),
});
export type ConfigPlanAnswer = z.infer<typeof ConfigPlanAnswer>;

export const ConfigAnswer = z.looseObject({
  n: z.number(),
  cfg: z.string(),
  objects: z.array(
    z.looseObject({
      kind: z.string(),
      id: z.string(),
      hash: z.string(),
      isGlobal: z.boolean(),
      stream: z.string().optional(),
      /** Absent where the caller may use the object but not read it. */
      value: z.json().optional(),
    }),
  ),
});
export type ConfigAnswer = z.infer<typeof ConfigAnswer>;

const KitPlace = { stream: z.string(), epoch: z.number(), sequence: z.number(), manifest: z.string() };
const KitHead = { ...KitPlace, createdAt: z.iso.datetime() };

export const KitList = z.looseObject({
  items: z.array(z.looseObject(KitHead)),
  /** Of streams that kits told of. */
  known: z.array(z.looseObject(KitPlace)),
});

export const ImportedKit = z.looseObject({
  ...KitHead,
  changes: z.array(
    z.looseObject({
      tenant: z.string(),
      kind: z.string(),
      id: z.string(),
      change: z.enum(["added", "changed", "removed"]),
    }),
  ),
});

/** A page of a list. */
export function pageOf<T>(row: z.ZodType<T>): z.ZodType<{ items: T[]; cursor?: string | undefined }> {
  return z.looseObject({ items: z.array(row), cursor: z.string().optional() });
}

/** The body of a good answer as `schema` reads it. Throws CliError `problem` or `unexpected-answer`. */
export function read<T>(schema: z.ZodType<T>, answer: Answer): { value: T; document: Json } {
  const document = demand(answer).json();
  const parsed = schema.safeParse(document);
  if (parsed.success) return { value: parsed.data, document };
  const [issue] = parsed.error.issues;
  throw new CliError(
    "unexpected-answer",
    `the server's answer is not understood: ${issue?.path.join(".")}: ${issue?.message}`,
  );
}
