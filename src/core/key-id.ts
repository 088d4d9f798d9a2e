/**
 * Names of public keys: the OpenSSH fingerprint for Ed25519 and P-256, SHA-256 of the SPKI for ML-DSA-65.
 * @module
 */
import { sha256Base64 } from "./hash.ts";

export const KEY_ALGORITHMS = ["ed25519", "ecdsa-p256", "ml-dsa-65"] as const;
export type KeyAlgorithm = (typeof KEY_ALGORITHMS)[number];

interface Form {
  /** DER before the key's own bytes. */
  readonly prefix: Buffer;
  /** Of the key's own bytes. */
  readonly length: number;
}
const FORMS: Readonly<Record<KeyAlgorithm, Form>> = {
  ed25519: { prefix: Buffer.from("302a300506032b6570032100", "hex"), length: 32 },
  "ecdsa-p256": { prefix: Buffer.from("3059301306072a8648ce3d020106082a8648ce3d030107034200", "hex"), length: 65 },
  "ml-dsa-65": { prefix: Buffer.from("308207b2300b0609608648016503040312038207a100", "hex"), length: 1952 },
};
const UNCOMPRESSED_POINT = 4;

/** The algorithm of a public key in SPKI DER, or undefined where it is none of ours in the one form accepted. */
export function algorithmOf(spki: Uint8Array): KeyAlgorithm | undefined {
  return KEY_ALGORITHMS.find((algorithm) => rawKey(spki, algorithm) !== undefined);
}

/** The key's own bytes inside SPKI DER, or undefined where it is no key of the algorithm in the one form accepted. */
export function rawKey(spki: Uint8Array, algorithm: KeyAlgorithm): Uint8Array | undefined {
  const { prefix, length } = FORMS[algorithm];
  if (spki.length !== prefix.length + length || !prefix.equals(spki.subarray(0, prefix.length))) return undefined;
  const raw = spki.subarray(prefix.length);
  return algorithm === "ecdsa-p256" && !isP256Point(raw) ? undefined : raw;
}

const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/** Whether 65 bytes are an uncompressed point of P-256 (SEC 1): y^2 = x^3 - 3x + b mod p. */
function isP256Point(raw: Uint8Array): boolean {
  const x = integer(raw.subarray(1, 33));
  const y = integer(raw.subarray(33));
  return raw[0] === UNCOMPRESSED_POINT && x < P && y < P && (y * y - x * (x * x - 3n) - B) % P === 0n;
}

function integer(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

/** The public key as OpenSSH encodes it (RFC 4253, 5656, 8709), or undefined where OpenSSH has no form for it. */
export function opensshBlob(spki: Uint8Array): Uint8Array | undefined {
  const ed25519 = rawKey(spki, "ed25519");
  if (ed25519 !== undefined) return Buffer.concat([field("ssh-ed25519"), field(ed25519)]);
  const p256 = rawKey(spki, "ecdsa-p256");
  if (p256 === undefined) return undefined;
  return Buffer.concat([field("ecdsa-sha2-nistp256"), field("nistp256"), field(p256)]);
}

/** The id of a public key in SPKI DER: `SHA256:<base64>` as `ssh-keygen -lf` prints it, `SPKI256:<base64>` for ML-DSA-65. */
export function keyIdOf(spki: Uint8Array): string {
  const blob = opensshBlob(spki);
  return blob === undefined ? `SPKI256:${unpadded(sha256Base64(spki))}` : `SHA256:${unpadded(sha256Base64(blob))}`;
}

/** The hint that cosign writes: base64 SHA-256 of the SPKI, padded. */
export function cosignHint(spki: Uint8Array): string {
  return sha256Base64(spki);
}

/** A key id for file names: `SHA256-<base64url>`. */
export function keyFileId(keyId: string): string {
  return keyId.replace(":", "-").replaceAll("+", "-").replaceAll("/", "_");
}

/** The first 8 characters of the base64url fingerprint: for file names and talk. */
export function shortKeyId(keyId: string): string {
  const id = keyFileId(keyId);
  return id.slice(id.indexOf("-") + 1).slice(0, 8);
}

/** Bytes of strict standard base64 (padded, no junk, no spare bits), or undefined. */
export function strictBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : undefined;
}

function unpadded(base64: string): string {
  return base64.replace(/=+$/, "");
}

function field(content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
