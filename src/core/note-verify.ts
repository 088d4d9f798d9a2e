import { keyFingerprint8, sealName } from "./origin.ts";
import { type Checkpoint, ED25519, type Note, type VerifierKey } from "./note.ts";

/** Whether an Ed25519 signature of `message` is by the raw 32-byte key. */
export type VerifySignature = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

/**
 * Why a note is not signed by that key, or undefined where it is. Lines of other keys are passed over; of this key
 * every line must be right.
 */
export function unsignedBy(note: Note, key: VerifierKey, verify: VerifySignature): string | undefined {
  const lines = note.signatures.filter(({ name, keyHash }) => name === key.name && keyHash === key.hash);
  if (lines.length === 0) return `the checkpoint is not signed by ${key.name}+${key.hash}`;
  const message = Buffer.from(note.text);
  const isRight = lines.every(({ signature }) => signature.length === 64 && verify(key.publicKey, message, signature));
  return isRight ? undefined : `the signature of ${key.name}+${key.hash} is wrong`;
}

/** Why a checkpoint is not this log key's, or undefined: the origin is the key's name and names its fingerprint. */
export function foreignOrigin({ origin }: Checkpoint, key: VerifierKey): string | undefined {
  if (key.type !== ED25519) return "the log key is not an Ed25519 key";
  if (origin !== key.name) return `the checkpoint is of ${origin}, the key of ${key.name}`;
  return origin.includes(`-${keyFingerprint8(key.publicKey)}-`) ? undefined : "the origin does not name the log key";
}

/** A judge of notes by a log key, and by a seal key where one is known. */
export function judgeByKeys(
  keys: { readonly log: VerifierKey; readonly seal?: VerifierKey },
  verify: VerifySignature,
): (note: Note, checkpoint: Checkpoint) => string | undefined {
  return (note, checkpoint) =>
    foreignOrigin(checkpoint, keys.log) ??
    unsignedBy(note, keys.log, verify) ??
    (keys.seal === undefined ? undefined : (foreignSeal(checkpoint, keys.seal) ?? unsignedBy(note, keys.seal, verify)));
}

/** Why a key cannot be the seal key of a checkpoint's log, or undefined. */
export function foreignSeal({ origin }: Checkpoint, key: VerifierKey): string | undefined {
  return key.type === ED25519 && key.name === sealName(origin) ? undefined : `${key.name} is no seal key of ${origin}`;
}
