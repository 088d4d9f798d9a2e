import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { sealName } from "../core/origin.ts";
import {
  type Checkpoint,
  checkpointText,
  ED25519,
  formatNote,
  formatVerifierKey,
  noteKeyHash,
  signatureLine,
  verifierKey,
} from "../core/note.ts";
import { SigningError } from "./error.ts";

/** An Ed25519 key pair; the private half stays inside node:crypto. */
export interface NoteKey {
  readonly privateKey: KeyObject;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}

/** What signs the notes of one log: the site's log key and the log's current seal key. */
export interface NoteKeys {
  readonly log: NoteKey;
  readonly seal: NoteKey;
}

/** SubjectPublicKeyInfo of an Ed25519 key, without the key's 32 bytes. */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** Reads an Ed25519 key from PKCS#8 PEM. Throws SigningError `bad-key` for anything else, without quoting it. */
export function readNoteKey(pem: string): NoteKey {
  const privateKey = privateKeyOf(pem);
  if (privateKey.asymmetricKeyType !== "ed25519") throw new SigningError("bad-key", "not an Ed25519 key");
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return { privateKey, publicKey: Uint8Array.from(spki.subarray(SPKI_PREFIX.length)) };
}

function privateKeyOf(pem: string): KeyObject {
  try {
    return createPrivateKey({ key: pem, format: "pem", type: "pkcs8" });
  } catch {
    throw new SigningError("bad-key", "not a private key in PKCS#8 PEM");
  }
}

/** The verifier key of a log (`<origin>+<hash>+<key>`), for policies and the genesis leaf. */
export function logVerifierKey(origin: string, publicKey: Uint8Array): string {
  return formatVerifierKey(verifierKey(origin, ED25519, publicKey));
}

/** The verifier key of a log's seal key, for genesis and seal leaves. */
export function sealVerifierKey(origin: string, publicKey: Uint8Array): string {
  return logVerifierKey(sealName(origin), publicKey);
}

/** The signed note of a checkpoint: a line by the log key, a line by the seal key. Throws CoreError `bad-note`. */
export function signCheckpoint(checkpoint: Checkpoint, keys: NoteKeys): string {
  const text = checkpointText(checkpoint);
  const { origin } = checkpoint;
  return formatNote(text, [signedLine(origin, keys.log, text), signedLine(sealName(origin), keys.seal, text)]);
}

function signedLine(name: string, key: NoteKey, text: string): string {
  return signatureLine(name, noteKeyHash(name, ED25519, key.publicKey), sign(null, Buffer.from(text), key.privateKey));
}

/** Whether an Ed25519 signature of `message` is by the raw 32-byte public key; false for a key that is none. */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32) return false;
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: "der", type: "spki" });
  return verify(null, message, key, signature);
}
