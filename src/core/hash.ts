import { createHash, hash } from "node:crypto";
import { CoreError } from "./error.ts";

/** SHA-256 as 64 lower-case hex digits; a string is hashed as its UTF-8 bytes. */
export function sha256Hex(data: string | Uint8Array): string {
  return hash("sha256", data, "hex");
}

/** SHA-256 as 32 bytes; a string is hashed as its UTF-8 bytes. */
export function sha256(data: string | Uint8Array): Uint8Array {
  return Buffer.from(hash("sha256", data, "binary"), "latin1"); // asking for a buffer costs three times as much
}

/** SHA-256 in standard base64 with padding; a string is hashed as its UTF-8 bytes. */
export function sha256Base64(data: string | Uint8Array): string {
  return hash("sha256", data, "base64");
}

/** SHA-256 as a string of 32 characters U+0000 to U+00FF, one a byte: the cheapest form to keep inside a tree. */
export function sha256Binary(data: string | Uint8Array): string {
  return hash("sha256", data, "binary");
}

/** SHA-256 of a text that comes piece by piece. */
export function sha256Pieces(): { readonly write: (piece: string) => void; readonly hex: () => string } {
  const sum = createHash("sha256");
  return { write: (piece) => void sum.update(piece), hex: () => sum.digest("hex") };
}

const BLOCK = 64;
const IPAD = 0x36;
const OPAD = 0x5c;

/** HMAC under one key: its two blocks, each with room for what follows. Written over at every use. */
interface Hmac {
  readonly key: Uint8Array;
  readonly inner: Buffer;
  readonly outer: Buffer;
}

const DIGEST = 32;
/** What an `info` of ours never exceeds; a longer one has a buffer of its own. */
const INFO_ROOM = 448;

/** All salts of one question come in a row, so the extracted key of the last one is remembered. */
let last: Hmac | undefined;

/**
 * 32 bytes of HKDF-SHA256 (RFC 5869) with an empty salt: a question's own 32 secure bytes and what the salt is for.
 * Throws CoreError `bad-salt` for other than 32 bytes.
 */
export function hkdfSalt(question32: Uint8Array, info: string): Uint8Array {
  if (question32.length !== DIGEST) throw new CoreError("bad-salt", `${question32.length} bytes where 32 are due`);
  if (last === undefined || !sameBytes(last.key, question32)) last = extract(question32);
  return Buffer.from(hmac(last, `${info}\u0001`), "latin1");
}

function extract(question32: Uint8Array): Hmac {
  const empty = hmacOf(new Uint8Array(0));
  const inner = hash("sha256", Buffer.concat([empty.inner.subarray(0, BLOCK), question32]), "binary");
  empty.outer.write(inner, BLOCK, "latin1");
  return { ...hmacOf(sha256(empty.outer)), key: Uint8Array.from(question32) };
}

function hmacOf(key: Uint8Array): Hmac {
  const inner = Buffer.alloc(BLOCK + INFO_ROOM, IPAD);
  const outer = Buffer.alloc(BLOCK + DIGEST, OPAD);
  key.forEach((byte, at) => {
    inner[at] = byte ^ IPAD;
    outer[at] = byte ^ OPAD;
  });
  return { key, inner, outer };
}

/** HMAC-SHA256 of a text (UTF-8), one character a byte. */
function hmac({ inner, outer }: Hmac, text: string): string {
  const fits = text.length * 3 <= INFO_ROOM;
  const message = fits
    ? inner.subarray(0, BLOCK + inner.write(text, BLOCK))
    : Buffer.concat([inner.subarray(0, BLOCK), Buffer.from(text, "utf8")]);
  outer.write(hash("sha256", message, "binary"), BLOCK, "latin1");
  return hash("sha256", outer, "binary");
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}
