/**
 * Bundles that come from elsewhere, before a trust policy is at hand: what they say of themselves is read, and nothing is
 * believed.
 * @module
 */
import { canonicalJson } from "../core/canonical-json.ts";
import { cosignHint, strictBase64 } from "../core/key-id.ts";
import { type BundleFault, bundlePath, type Envelope, isSignedBy, readEnvelope } from "./dsse.ts";
import type { PublicKey } from "./keys.ts";

const KEY_ID = /^(?:SHA256|SPKI256):[A-Za-z0-9+/]{43}$/;
const HASH_BYTES = 32;

/** A bundle that may be put into a kit. */
export interface BundleContent extends Envelope {
  /** Path in a kit: after the key's id, in cosign's form after the hint. */
  readonly path: string;
  /** The bundle in its canonical form. */
  readonly bytes: Uint8Array;
}

/** Reads a bundle in our form or cosign's, without knowing any key. */
export function readBundle(bytes: Uint8Array): BundleContent | BundleFault {
  const envelope = readEnvelope(bytes);
  if (!envelope.ok) return envelope;
  const { hint, keyId, value } = envelope;
  const found = { ...envelope, bytes: Buffer.from(canonicalJson(value), "utf8") };
  if (keyId !== undefined) return KEY_ID.test(keyId) ? { ...found, path: bundlePath(keyId) } : shapeFault("no key id");
  if (strictBase64(hint)?.length !== HASH_BYTES) return shapeFault("the hint is no base64 of a SHA-256");
  return { ...found, path: bundlePath(`SHA256:${hint.replace(/=+$/, "")}`) };
}

/** Why a bundle is no signature by this key; undefined where it is one. */
export function signatureFault(content: BundleContent, key: PublicKey): BundleFault | undefined {
  if (!namesKey(content, key)) return { ok: false, code: "SIG_UNKNOWN_KEY", detail: content.hint };
  const isGood = isSignedBy(content.value, Buffer.from(key.spki).toString("base64"));
  return isGood ? undefined : { ok: false, code: "SIG_INVALID", detail: `key ${key.keyId}` };
}

/** Whether a bundle names this key, in either form. */
export function namesKey({ hint }: Pick<Envelope, "hint">, { keyId, spki }: PublicKey): boolean {
  return hint === keyId || hint === cosignHint(spki);
}

function shapeFault(detail: string): BundleFault {
  return { ok: false, code: "SIG_BUNDLE_SHAPE", detail };
}
