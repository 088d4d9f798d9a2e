/**
 * Bundles that come from elsewhere, before a trust policy is at hand: their form is judged by the same profile as in
 * verification, what they say of themselves is read, and nothing is believed.
 * @module
 */
import { z } from "zod";
import { canonicalJson } from "../core/canonical-json.ts";
import { cosignHint, strictBase64 } from "../core/key-id.ts";
import type { Json } from "../core/json.ts";
import type { BundleCode } from "../core/kit-code.ts";
import { KIT_PREDICATE, STATEMENT_TYPE } from "../core/kit-derive.ts";
import { decodeUtf8, parseStrictJson } from "../core/strict-json.ts";
import type { TrustPolicy } from "../core/trust.ts";
import { bundlePath, checkBundle } from "./dsse.ts";
import type { PublicKey } from "./keys.ts";

const MAX_DEPTH = 32;
const KEY_ID = /^(?:SHA256|SPKI256):[A-Za-z0-9+/]{43}$/;
const HASH_BYTES = 32;
/** The one instant at which a key is valid here does not matter: only the signature is checked. */
const INSTANT = "1970-01-01T00:00:00Z";

/** What a bundle of sound form says of itself. */
export interface BundleContent {
  readonly ok: true;
  /** Which key it names: a key id, or, as cosign writes it, the base64 SHA-256 of the SPKI. */
  readonly hint: string;
  /** Absent in cosign's form, which does not tell it. */
  readonly keyId?: string;
  /** What was signed. */
  readonly payload: Uint8Array;
  /** Path in a kit: after the key's id, in cosign's form after the hint. */
  readonly path: string;
  /** The bundle in its canonical form. */
  readonly bytes: Uint8Array;
}

/** Why a bundle cannot count. */
export interface BundleFault {
  readonly ok: false;
  readonly code: BundleCode;
  readonly detail: string;
}

const Read = z.looseObject({
  verificationMaterial: z.looseObject({ publicKey: z.looseObject({ hint: z.string() }) }),
  dsseEnvelope: z.looseObject({
    payload: z.string(),
    signatures: z.tuple([z.looseObject({ keyid: z.string().optional() })]),
  }),
});
const KitStatement = z.looseObject({
  _type: z.literal(STATEMENT_TYPE),
  predicateType: z.literal(KIT_PREDICATE),
  predicate: z.looseObject({ manifest: z.string().regex(/^[0-9a-f]{64}$/) }),
});

/** Reads a bundle in our form or cosign's, without knowing any key. */
export function readBundle(bytes: Uint8Array): BundleContent | BundleFault {
  const checked = checkBundle("", bytes, policyOf({}));
  // A bundle of sound form is told from others by the one fault that is left: nobody here knows its key.
  if (!checked.ok && checked.code !== "SIG_UNKNOWN_KEY") return fault(checked.code, checked.detail);
  const value = jsonOf(bytes) ?? null;
  const { verificationMaterial, dsseEnvelope } = Read.parse(value);
  const { hint } = verificationMaterial.publicKey;
  const payload = Buffer.from(dsseEnvelope.payload, "base64");
  const found = { ok: true, hint, payload, bytes: Buffer.from(canonicalJson(value), "utf8") } as const;
  if ((dsseEnvelope.signatures[0].keyid ?? "") !== "")
    return KEY_ID.test(hint)
      ? { ...found, keyId: hint, path: bundlePath(hint) }
      : fault("SIG_BUNDLE_SHAPE", "no key id");
  if (strictBase64(hint)?.length !== HASH_BYTES) return fault("SIG_BUNDLE_SHAPE", "the hint is no base64 of a SHA-256");
  return { ...found, path: bundlePath(`SHA256:${hint.replace(/=+$/, "")}`) };
}

/** Why what was signed is not a kit's statement; undefined where it says the same. */
export function statementFault(
  payload: Uint8Array,
  kit: { readonly kit: string; readonly statement: string },
): "SIG_STATEMENT" | "SIG_OTHER_KIT" | undefined {
  const value = jsonOf(payload);
  if (value !== undefined && canonicalJson(value) === kit.statement) return undefined;
  const said = KitStatement.safeParse(value);
  return said.success && said.data.predicate.manifest !== kit.kit ? "SIG_OTHER_KIT" : "SIG_STATEMENT";
}

/** Why a bundle of sound form is no signature by this key; undefined where it is one. */
export function signatureFault(bytes: Uint8Array, { keyId, spki, algorithm }: PublicKey): BundleFault | undefined {
  const key = {
    spki: Buffer.from(spki).toString("base64"),
    alg: algorithm,
    owner: "its owner",
    notBefore: INSTANT,
    notAfter: null,
  };
  const checked = checkBundle("", bytes, policyOf({ [keyId]: key }));
  if (checked.ok) return undefined;
  return fault(checked.code, checked.code === "SIG_INVALID" ? `key ${keyId}` : checked.detail); // whose it is nobody knows here
}

/** Whether a bundle's content names this key, in either form. */
export function namesKey({ hint }: BundleContent, { keyId, spki }: PublicKey): boolean {
  return hint === keyId || hint === cosignHint(spki);
}

function fault(code: BundleCode, detail: string): BundleFault {
  return { ok: false, code, detail };
}

/** A policy that knows these keys and lets nobody do anything: for the check of signatures alone. */
function policyOf(keys: TrustPolicy["keys"]): TrustPolicy {
  return {
    schema: "trust-policy/v1",
    version: 1,
    createdAt: INSTANT,
    expiresAt: null,
    keys,
    roles: {},
    delegations: [],
    revoked: {},
    floors: {},
    maxSequenceJump: 1,
    maxClockSkewSeconds: 0,
    onExpired: "refuse",
  };
}

function jsonOf(bytes: Uint8Array): Json | undefined {
  const text = decodeUtf8(bytes);
  const parsed = text === undefined ? undefined : parseStrictJson(text, { depth: MAX_DEPTH });
  return parsed?.ok === true ? parsed.value : undefined;
}
