import { z } from "zod";
import { CoreError } from "./error.ts";
import type { Json } from "./json.ts";
import { LEAF_TYPES, missingField } from "./leaf-type.ts";
import { MAX_LEAF_BYTES, MAX_LEAF_TIME } from "./leaf.ts";
import { parseStrictJson } from "./strict-json.ts";

const MAX_DEPTH = 32;

const text = z.string();
const optionalText = z.exactOptional(text);
const count = z.int().nonnegative();
const instant = z.int().min(0).max(MAX_LEAF_TIME);
const hexHash = z.string().regex(/^[0-9a-f]{64}$/, "not 64 lower-case hex digits");
const treeHash = z.string().regex(/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/, "not the base64 of 32 bytes");
const commitments = z.exactOptional(z.record(text, hexHash));
const reason = z.exactOptional(z.strictObject({ code: text, by: optionalText }));

/** Anything of JSON whose numbers are integers. */
const integerJson: z.ZodType<Json> = z.lazy(() =>
  z.union([z.null(), z.boolean(), z.int(), text, z.array(integerJson), z.record(text, integerJson)]),
);

const draft = z.strictObject({
  delivery: text,
  channel: text,
  status: text,
  rule: optionalText,
  action: optionalText,
  reason,
  payload: z.exactOptional(hexHash),
  sd: commitments,
});

const leaf = z.strictObject({
  v: z.literal(1),
  type: z.enum(LEAF_TYPES),
  log: text,
  seq: count,
  t: instant,
  boot: text,
  mono: count,
  actor: text,
  id: optionalText,
  ref: z.exactOptional(
    z.strictObject({
      event: optionalText,
      rule: optionalText,
      template: optionalText,
      incident: optionalText,
      digest: optionalText,
      approval: optionalText,
      kit: optionalText,
      object: optionalText,
    }),
  ),
  cfg: z.exactOptional(z.string().regex(/^[0-9a-f]{16}$/, "not 16 lower-case hex digits")),
  drafts: z.exactOptional(z.array(draft)),
  delivery: optionalText,
  n: z.exactOptional(count),
  status: optionalText,
  due: z.exactOptional(instant),
  out: z.exactOptional(z.strictObject({ code: optionalText, st: optionalText, ms: z.exactOptional(count) })),
  reason,
  payload: z.exactOptional(hexHash),
  sd: commitments,
  body: z.exactOptional(z.record(text, integerJson)),
});

/** A leaf as verifiers read it. */
export type Leaf = z.infer<typeof leaf>;

/** Bodies that verifiers read. */
const GENESIS = z.strictObject({ key: text, seal: text });
const SEAL = z.strictObject({ seal: text });
const EPOCH = z.strictObject({ root: treeHash, size: count });
const TENANT = z.strictObject({ origin: text, root: treeHash, size: count });
const PRUNE = z.strictObject({ from: count, hashes: z.array(treeHash), to: count });
const ERASURE = z.strictObject({ count });

/** What a leaf tells the verifier of its log; `plain` for all that only has to stand there. */
export type LedgerFact =
  | ({ readonly kind: "genesis" } & Readonly<z.infer<typeof GENESIS>>)
  | ({ readonly kind: "seal" } & Readonly<z.infer<typeof SEAL>>)
  | ({ readonly kind: "epoch" } & Readonly<z.infer<typeof EPOCH>>)
  | ({ readonly kind: "tenant" } & Readonly<z.infer<typeof TENANT>>)
  | ({ readonly kind: "prune" } & Readonly<z.infer<typeof PRUNE>>)
  | { readonly kind: "plain" };

/**
 * Reads one line of a log strictly: known type, known fields, the required ones, integers, no key twice. It does not
 * ask whether the line is canonical: verifiers hash bytes. Throws CoreError `bad-leaf` with the reason in words.
 */
export function parseLeaf(line: string): Leaf {
  if (Buffer.byteLength(line) > MAX_LEAF_BYTES) throw new CoreError("bad-leaf", `longer than ${MAX_LEAF_BYTES} bytes`);
  const json = parseStrictJson(line, { depth: MAX_DEPTH });
  if (!json.ok) throw new CoreError("bad-leaf", `${json.fault.code} ${json.fault.pointer}: ${json.fault.detail}`);
  const read = check(leaf, json.value);
  const missing = missingField(read);
  if (missing !== undefined) throw new CoreError("bad-leaf", `a ${read.type} leaf lacks ${missing}`);
  return read;
}

/** Reads the body of a leaf, where it is one that verifiers read. Throws CoreError `bad-leaf`. */
export function ledgerFact({ type, body }: Leaf): LedgerFact {
  if (type === "ledger.genesis") return { kind: "genesis", ...check(GENESIS, body) };
  if (type === "ledger.seal") return { kind: "seal", ...check(SEAL, body) };
  if (type === "ledger.epoch") return { kind: "epoch", ...check(EPOCH, body) };
  if (type === "ledger.tenant") return { kind: "tenant", ...check(TENANT, body) };
  if (type === "ledger.prune") return { kind: "prune", ...check(PRUNE, body) };
  if (type === "privacy.erasure") check(ERASURE, body);
  return { kind: "plain" };
}

function check<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new CoreError("bad-leaf", `${issue?.path.join(".") || "the leaf"}: ${issue?.message}`);
}
