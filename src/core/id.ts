import { CoreError } from "./error.ts";
import { sha256Binary } from "./hash.ts";

/** Events, deliveries, incidents. */
export type IdPrefix = "ev" | "dl" | "in";

const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";
const PAIRS: readonly string[] = Array.from({ length: 1024 }, (_, bits) => digit(bits >> 5) + digit(bits & 31));
const SHAPE = /^(?:ev|dl|in)_[0-7][0-9a-hjkmnp-tv-z]{25}$/;
const MAX_MS = 2 ** 48 - 1;
const PREFIX_LENGTH = 3;
const TIME_LENGTH = 10;

/**
 * The id of what is recorded at `ms` (epoch ms) and belongs to `parts`: prefix, `_` and 26 Crockford base32 digits of
 * 48 bits of `ms` and 80 bits of SHA-256 over RFC 8785 of the array of parts. Ids sort by time.
 * Throws CoreError `bad-id` (ms out of range) or `lone-surrogate`.
 */
export function recordId(prefix: IdPrefix, ms: number, parts: readonly string[]): string {
  for (const part of parts) {
    if (!part.isWellFormed()) throw new CoreError("lone-surrogate", "a part of an id holds a lone surrogate");
  }
  return hashedId(prefix, ms, sha256Binary(JSON.stringify(parts)));
}

/**
 * The id that `recordId` gives for parts of that SHA-256, of which the first 10 bytes count; one character a byte, as
 * `sha256Binary` answers. Throws CoreError `bad-id`.
 */
export function hashedId(prefix: IdPrefix, ms: number, hash: string): string {
  return `${prefix}_${timeDigits(ms)}${digits40(hash, 0)}${digits40(hash, 5)}`;
}

/** The recorded epoch ms of an id that `recordId` made, or undefined for any other string. */
export function recordMs(id: string): number | undefined {
  if (!SHAPE.test(id)) return undefined;
  let ms = 0;
  for (let at = PREFIX_LENGTH; at < PREFIX_LENGTH + TIME_LENGTH; at++) ms = ms * 32 + DIGITS.indexOf(id.charAt(at));
  return ms;
}

/** 16 bytes that sort like ids: 6 of `ms` (epoch ms), then the 10 of the id's hash. Throws CoreError `bad-id`. */
export function recordKey(id: string, ms: number): Uint8Array {
  if (!SHAPE.test(id)) throw new CoreError("bad-id", "not an id of an event, delivery or incident");
  const key = new Uint8Array(16);
  writeTime(key, ms);
  let bits = 0;
  let held = 0;
  let to = 6;
  for (let at = PREFIX_LENGTH + TIME_LENGTH; at < id.length; at++) {
    bits = ((bits << 5) | DIGITS.indexOf(id.charAt(at))) & 0xfff;
    held += 5;
    if (held < 8) continue;
    held -= 8;
    key[to++] = bits >> held;
  }
  return key;
}

function digit(value: number): string {
  return DIGITS.charAt(value);
}

function pair(bits: number): string {
  return PAIRS[bits & 1023] ?? "";
}

function checkTime(ms: number): void {
  if (!Number.isSafeInteger(ms) || ms < 0 || ms > MAX_MS)
    throw new CoreError("bad-id", `${ms} is no instant in epoch ms`);
}

/** 10 digits of 48 bits, two zero bits in front. */
function timeDigits(ms: number): string {
  checkTime(ms);
  const high = Math.floor(ms / 2 ** 20);
  const low = ms % 2 ** 20;
  return pair(high >> 20) + pair(high >> 10) + pair(high) + pair(low >> 10) + pair(low);
}

/** 8 digits of the five bytes from `at`, one character a byte. */
function digits40(hash: string, at: number): string {
  const b = hash.charCodeAt(at + 1);
  const c = hash.charCodeAt(at + 2);
  const d = hash.charCodeAt(at + 3);
  const high = pair((hash.charCodeAt(at) << 2) | (b >> 6)) + pair((b << 4) | (c >> 4));
  return high + pair((c << 6) | (d >> 2)) + pair((d << 8) | hash.charCodeAt(at + 4));
}

function writeTime(key: Uint8Array, ms: number): void {
  checkTime(ms);
  const view = new DataView(key.buffer, key.byteOffset);
  view.setUint16(0, Math.floor(ms / 2 ** 32));
  view.setUint32(2, ms % 2 ** 32);
}
