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

const KitPlace = { epoch: z.number(), sequence: z.number(), manifest: z.string() };
const KitHead = { stream: z.string(), ...KitPlace, createdAt: z.iso.datetime() };
const Signers = z.array(z.looseObject({ keyId: z.string(), owner: z.string() }));

/** What stands in a stream. */
export const KitStreamRow = z.looseObject({
  ...KitHead,
  expiresAt: z.iso.datetime().nullable(),
  importedAt: z.iso.datetime().optional(),
  signers: Signers.optional(),
  objects: z.number().optional(),
  files: z.number().optional(),
});

export const KitList = z.looseObject({
  items: z.array(KitStreamRow),
  /** Of streams that kits told of. */
  known: z.array(z.looseObject({ stream: z.string(), ...KitPlace })),
  /** Of streams that the site itself has built. */
  issued: z.array(z.looseObject(KitHead)),
});

/** What stands in a stream, with the table of its files. */
export const HeldKit = KitStreamRow.extend({
  kinds: z.array(z.string()),
  tenants: z.array(z.string()),
  table: z.array(z.looseObject({ path: z.string(), sha256: z.string(), size: z.number(), role: z.string() })),
});

export const PlannedKit = z.looseObject({
  ...KitHead,
  plan: z.string().nullable(),
  repeated: z.boolean(),
  expiresAt: z.iso.datetime().nullable(),
  before: z.looseObject(KitPlace).optional(),
  signers: Signers,
  trust: z.looseObject({ from: z.number(), to: z.number(), fingerprint: z.string() }).optional(),
  changes: z.array(
    z.looseObject({
      tenant: z.string(),
      kind: z.string(),
      id: z.string(),
      change: z.enum(["added", "changed", "removed"]),
      fields: z
        .array(z.looseObject({ pointer: z.string(), before: z.json().optional(), after: z.json().optional() }))
        .optional(),
    }),
  ),
  count: z.number(),
  left: z.array(z.looseObject({ tenant: z.string(), kind: z.string(), id: z.string() })),
  unknownTenants: z.array(z.string()),
  files: z.number(),
});
export type PlannedKit = z.infer<typeof PlannedKit>;

const PolicyAnswer = z.looseObject({
  fingerprint: z.string(),
  version: z.number(),
  words: z.array(z.string()),
  policy: z.json(),
});

export const TrustAnswer = z.looseObject({
  site: z.string(),
  groups: z.array(z.string()),
  local: PolicyAnswer.optional(),
  upstream: PolicyAnswer.optional(),
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
