import { CoreError } from "./error.ts";
import { sha256 } from "./hash.ts";
import { hashFromBase64, hashToBase64, type TreeHash } from "./merkle.ts";

/** Signature types of C2SP signed-note. */
export const ED25519 = 0x01;
export const COSIGNATURE_V1 = 0x04;

/** A public key of notes: its name, 4-byte key hash, type byte and raw key. */
export interface VerifierKey {
  readonly name: string;
  /** 8 lower-case hex digits. */
  readonly hash: string;
  readonly type: number;
  readonly publicKey: Uint8Array;
}

/** One line of signatures. `signature` is what follows the 4 bytes of the key's hash. */
export interface NoteSignature {
  readonly name: string;
  /** 8 lower-case hex digits. */
  readonly keyHash: string;
  readonly signature: Uint8Array;
}

/** A signed note: `text` ends in a newline and is what was signed. */
export interface Note {
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** What a checkpoint says. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: TreeHash;
}

const MAX_NOTE_LENGTH = 1_000_000;
const MAX_SIGNATURES = 100;
const SIGNATURE_LINE = /^\u2014 ([^ ]+) ([A-Za-z0-9+/]+={0,2})$/;
const KEY = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/;
/** What the names of keys must not hold. */
const SPACE = /\p{White_Space}/u;
// oxlint-disable-next-line eslint/no-control-regex -- notes hold no control characters but the newline
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/;

/** The key hash of C2SP signed-note, 8 hex digits: of the name, a newline, the type byte and the raw key. */
export function noteKeyHash(name: string, type: number, publicKey: Uint8Array): string {
  const bytes = Buffer.concat([Buffer.from(`${name}\n`), Uint8Array.of(type), publicKey]);
  return Buffer.from(sha256(bytes).subarray(0, 4)).toString("hex");
}

/** A verifier key for a name and a raw key. Throws CoreError `bad-key` for a name that cannot stand in a note. */
export function verifierKey(name: string, type: number, publicKey: Uint8Array): VerifierKey {
  checkName(name);
  return { name, type, publicKey, hash: noteKeyHash(name, type, publicKey) };
}

/** `<name>+<hash>+<base64 of type and key>`. */
export function formatVerifierKey({ name, hash, type, publicKey }: VerifierKey): string {
  return `${name}+${hash}+${Buffer.concat([Uint8Array.of(type), publicKey]).toString("base64")}`;
}

/** Reads a verifier key strictly: its hash must be right, a key of type Ed25519 has 32 bytes. Throws CoreError `bad-key`. */
export function parseVerifierKey(text: string): VerifierKey {
  const [, name = "", hash = "", base64 = ""] = KEY.exec(text) ?? [];
  checkName(name);
  const bytes = decodeBase64(base64);
  const [type] = bytes ?? [];
  if (bytes === undefined || type === undefined) throw new CoreError("bad-key", "not a verifier key");
  const publicKey = Uint8Array.from(bytes.subarray(1));
  const isKnown = type === ED25519 || type === COSIGNATURE_V1;
  if (isKnown && publicKey.length !== 32) throw new CoreError("bad-key", "a key that is not 32 bytes long");
  if (noteKeyHash(name, type, publicKey) !== hash) throw new CoreError("bad-key", "the hash is not that of the key");
  return { name, hash, type, publicKey };
}

/** A line of a note's signatures, its newline included. */
export function signatureLine(name: string, keyHash: string, signature: Uint8Array): string {
  checkName(name);
  return `\u2014 ${name} ${Buffer.concat([Buffer.from(keyHash, "hex"), signature]).toString("base64")}\n`;
}

/** A note from its text, which ends in a newline, and its lines of signatures. */
export function formatNote(text: string, lines: readonly string[]): string {
  return `${text}\n${lines.join("")}`;
}

/** Reads a signed note strictly: 1 to 100 lines of signatures in canonical base64. Throws CoreError `bad-note`. */
export function parseNote(note: string): Note {
  if (note.length > MAX_NOTE_LENGTH || CONTROL.test(note) || !note.isWellFormed()) {
    throw new CoreError("bad-note", "too long, or with characters that no note holds");
  }
  const split = note.lastIndexOf("\n\n");
  if (split < 0 || !note.endsWith("\n")) throw new CoreError("bad-note", "no text, empty line and signatures");
  const lines = note.slice(split + 2, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) throw new CoreError("bad-note", `${lines.length} signatures`);
  return { text: note.slice(0, split + 1), signatures: lines.map(parseSignature) };
}

function parseSignature(line: string): NoteSignature {
  const [, name = "", base64 = ""] = SIGNATURE_LINE.exec(line) ?? [];
  const bytes = decodeBase64(base64);
  if (!isName(name) || bytes === undefined || bytes.length < 5)
    throw new CoreError("bad-note", "not a line of a signature");
  return { name, keyHash: bytes.toString("hex", 0, 4), signature: Uint8Array.from(bytes.subarray(4)) };
}

/** The text of a C2SP checkpoint: origin, size, root, each on a line. Throws CoreError `bad-note`. */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  if (!isName(origin) || !Number.isSafeInteger(size) || size < 0) throw new CoreError("bad-note", "not a checkpoint");
  return `${origin}\n${size}\n${hashToBase64(root)}\n`;
}

/** Reads a checkpoint's text strictly: three lines and nothing else (we know no extension lines). Throws CoreError `bad-note`. */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = "", size = "", hash = "", end, ...more] = text.split("\n");
  const root = hashFromBase64(hash);
  const isSize = /^(?:0|[1-9][0-9]{0,15})$/.test(size) && Number.isSafeInteger(Number(size));
  if (end !== "" || more.length > 0 || !isName(origin) || !isSize || root === undefined) {
    throw new CoreError("bad-note", "not the text of a checkpoint");
  }
  return { origin, size: Number(size), root };
}

function isName(name: string): boolean {
  return name !== "" && !name.includes("+") && !SPACE.test(name) && name.isWellFormed();
}

function checkName(name: string): void {
  if (!isName(name)) throw new CoreError("bad-key", "not a name of a key");
}

/** The bytes of canonical standard base64, or undefined. */
function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : undefined;
}
