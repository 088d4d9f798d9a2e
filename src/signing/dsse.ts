/**
 * Signatures on statements: DSSE in a Sigstore bundle v0.3. A strict profile stands before the sigstore libraries, which
 * accept more than a kit may hold.
 * @module
 */
import { createPublicKey } from "node:crypto";
import { bundleFromJSON } from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { toSignedEntity, toTrustMaterial, VerificationError, Verifier } from "@sigstore/verify";
import { z } from "zod";
import { canonicalJson } from "../core/canonical-json.ts";
import { isJsonObject, type Json } from "../core/json.ts";
import { cosignHint, keyFileId, strictBase64 } from "../core/key-id.ts";
import { issueText } from "../core/kit.ts";
import type { BundleCode } from "../core/kit-code.ts";
import { isJsonList } from "../core/kit-json.ts";
import type { CheckedBundle } from "../core/quorum.ts";
import { strictJson } from "../core/strict-json.ts";
import { keyOf, type TrustPolicy } from "../core/trust.ts";
import type { KitSigner } from "./keys.ts";

const PAYLOAD_TYPE = "application/vnd.in-toto+json";
const MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json";
const ROOT_MEDIA_TYPE = "application/vnd.dev.sigstore.trustedroot+json;version=0.1";
/** Commas and opening brackets in a bundle. Ours and cosign's hold about a dozen; what has more than this is not even parsed. */
const MAX_SIGNS = 10_000;
const COMMA = 0x2c;
const BRACKET = 0x5b;
const BRACE = 0x7b;

const Base64 = z.string().refine((text) => text !== "" && strictBase64(text) !== undefined, "no strict base64");
const Nothing = z.array(z.never()).max(0).optional();
const Profile = z.strictObject({
  mediaType: z.literal(MEDIA_TYPE),
  verificationMaterial: z.strictObject({
    publicKey: z.strictObject({ hint: z.string().min(1) }),
    timestampVerificationData: z.strictObject({ rfc3161Timestamps: Nothing }).optional(),
    tlogEntries: Nothing,
  }),
  dsseEnvelope: z.strictObject({
    payload: Base64,
    payloadType: z.string(),
    signatures: z.tuple([z.strictObject({ sig: Base64, keyid: z.string().optional() })]),
  }),
});

/** DSSE's pre-authentication encoding: the bytes that are signed. */
export function preAuthEncoding(payload: Uint8Array, payloadType: string = PAYLOAD_TYPE): Uint8Array {
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `),
    payload,
  ]);
}

/** Where a signer's bundle lies in a kit. */
export function bundlePath(keyId: string): string {
  return `attestations/${bundleFileName(keyId)}`;
}

/** `SHA256-<base64url>.sigstore.json` */
export function bundleFileName(keyId: string): string {
  return `${keyFileId(keyId)}.sigstore.json`;
}

/** Signs a statement; answers the bundle's bytes (RFC 8785). */
export async function signStatement(statement: string, signer: KitSigner): Promise<Uint8Array> {
  const payload = Buffer.from(statement, "utf8");
  const signature = await signer.sign(preAuthEncoding(payload));
  const bundle = {
    mediaType: MEDIA_TYPE,
    verificationMaterial: { publicKey: { hint: signer.keyId }, timestampVerificationData: {} },
    dsseEnvelope: {
      payload: payload.toString("base64"),
      payloadType: PAYLOAD_TYPE,
      signatures: [{ keyid: signer.keyId, sig: Buffer.from(signature).toString("base64") }],
    },
  };
  return Buffer.from(canonicalJson(bundle), "utf8");
}

/** What a bundle of sound form says; nothing of it is believed yet. */
export interface Envelope {
  readonly ok: true;
  /** Which key it names: a key id, or, as cosign writes it, the base64 SHA-256 of the SPKI. */
  readonly hint: string;
  /** Absent in cosign's form. */
  readonly keyId?: string;
  /** What was signed. */
  readonly payload: Uint8Array;
  readonly value: Json;
}

/** Why a bundle cannot count. */
export interface BundleFault {
  readonly ok: false;
  readonly code: BundleCode;
  readonly detail: string;
}

const refuse = (code: BundleCode, detail = ""): BundleFault => ({ ok: false, code, detail });

/** Judges the form of a bundle, without knowing any key: media type, count, shape, hint against keyid, payload type. */
export function readEnvelope(bytes: Uint8Array): Envelope | BundleFault {
  if (hasManyMembers(bytes)) return refuse("SIG_BUNDLE_SHAPE", "far too many members");
  const value = strictJson(bytes);
  if (!isJsonObject(value)) return refuse("SIG_BUNDLE_SHAPE", "no JSON object");
  if (value["mediaType"] !== MEDIA_TYPE) return refuse("SIG_BUNDLE_VERSION");
  const count = signatureCount(value["dsseEnvelope"]);
  if (count !== undefined && count !== 1) return refuse("SIG_COUNT", `${count}`);
  const shaped = Profile.safeParse(value);
  if (!shaped.success) return refuse("SIG_BUNDLE_SHAPE", issueText(shaped.error));
  const { verificationMaterial, dsseEnvelope } = shaped.data;
  const { hint } = verificationMaterial.publicKey;
  const keyid = dsseEnvelope.signatures[0].keyid ?? "";
  if (isMismatch(hint, keyid)) return refuse("SIG_HINT_MISMATCH");
  if (dsseEnvelope.payloadType !== PAYLOAD_TYPE) return refuse("SIG_PAYLOAD_TYPE");
  const payload = Buffer.from(dsseEnvelope.payload, "base64");
  return { ok: true, hint, ...(keyid === "" ? {} : { keyId: hint }), payload, value };
}

/**
 * Whether a bundle is a good signature by a key of the policy, and over what: its form, then key and signature. Roles,
 * validity and the statement are judged by `judgeQuorum`.
 */
export function checkBundle(name: string, bytes: Uint8Array, policy: TrustPolicy): CheckedBundle {
  const envelope = readEnvelope(bytes);
  if (!envelope.ok) return { ...envelope, name };
  const { hint, value, payload } = envelope;
  const keyId = envelope.keyId ?? idOfCosignHint(policy, hint);
  const key = keyId === undefined ? undefined : keyOf(policy, keyId);
  if (keyId === undefined || key === undefined)
    return { ok: false, name, code: "SIG_UNKNOWN_KEY", detail: hint.slice(0, 100).replaceAll(/[^\x20-\x7e]/g, "?") };
  if (!isSignedBy(value, key.spki))
    return { ok: false, name, keyId, code: "SIG_INVALID", detail: `key ${keyId} of ${key.owner}` };
  return { ok: true, name, keyId, payload };
}

/** Megabytes of tiny members would take seconds to parse and judge; nobody has signed them. */
function hasManyMembers(bytes: Uint8Array): boolean {
  let signs = 0;
  for (const byte of bytes) {
    if ((byte === COMMA || byte === BRACKET || byte === BRACE) && ++signs > MAX_SIGNS) return true;
  }
  return false;
}

/** Number of signatures, or undefined where there is no list of them (a matter of shape). */
function signatureCount(envelope: Json | undefined): number | undefined {
  const list = isJsonObject(envelope) ? envelope["signatures"] : undefined;
  return isJsonList(list) ? list.length : undefined;
}

/** Ours: hint and keyid are both the key id. cosign's: hint is the SPKI's hash, keyid empty. */
function isMismatch(hint: string, keyid: string): boolean {
  return keyid === "" ? /^(?:SHA256|SPKI256):/.test(hint) : keyid !== hint;
}

function idOfCosignHint(policy: TrustPolicy, hint: string): string | undefined {
  return Object.entries(policy.keys).find(([, { spki }]) => cosignHint(Buffer.from(spki, "base64")) === hint)?.[0];
}

/** Whether the signature of a bundle of sound form is by a key (SPKI in DER, base64). */
export function isSignedBy(bundle: Json, spki: string): boolean {
  const publicKey = createPublicKey({ key: Buffer.from(spki, "base64"), format: "der", type: "spki" });
  // `validFor` is never asked where there are no timestamps: validity is judged against what was signed, in judgeQuorum.
  const trust = toTrustMaterial(TrustedRoot.fromJSON({ mediaType: ROOT_MEDIA_TYPE }), () => ({
    publicKey,
    validFor: () => true,
  }));
  const verifier = new Verifier(trust, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 });
  try {
    verifier.verify(toSignedEntity(bundleFromJSON(bundle)));
    return true;
  } catch (error) {
    if (error instanceof VerificationError) return false;
    throw error;
  }
}
