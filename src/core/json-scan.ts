const QUOTE = 0x22;
const COMMA = 0x2c;
const NINE = 0x39;
const BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const BRACKET_END = 0x5d;
const LOWER_E = 0x65;
const LOWER_U = 0x75;
const BRACE = 0x7b;
const BRACE_END = 0x7d;
const LOWER_CASE = 0x20;

/** Objects of more keys than this are left to the exact reading: comparing all pairs would be quadratic. */
const MAX_KEYS = 48;
/** A number of more characters than this may be too large for a double. */
const MAX_DIGITS = 300;
const MAX_LEVELS = 1024;
/** Longer texts are left to the exact reading, in UTF-16 units; bodies end at 1 MiB. */
const MAX_LENGTH = 2 ** 21;

/** Hashes of the keys of all open objects, innermost last. */
const hashes = new Int32Array(MAX_LEVELS * MAX_KEYS);
/** For each open level where the keys of the level around it begin in `hashes`; -1 for an array. */
const outer = new Int32Array(MAX_LEVELS);
/** The text is copied here, because reading units of an array is twice as fast as of a string. Grows on demand. */
let copy = Buffer.alloc(2 ** 16);
let units = new Uint16Array(copy.buffer, copy.byteOffset, copy.length / 2);

const PROTO_HASH = hashOf("__proto__");

/**
 * Whether a text that JSON.parse accepts may hold what strict JSON refuses. `false` is certain; `true` asks for the
 * exact reading. One pass: keys are compared by hash within their object; keys with an escape, numbers with an
 * exponent and other rare things are not judged here but answered `true`.
 */
export function mayHaveFault(text: string, maxDepth: number): boolean {
  if (text.length >= MAX_LENGTH || !text.isWellFormed()) return true;
  load(text);
  const levels = Math.min(maxDepth, MAX_LEVELS - 1);
  const end = text.length;
  let at = 0;
  let level = 0;
  let start = -1;
  let top = 0;
  let keyNext = false;
  while (at < end) {
    const unit = units[at++] ?? 0;
    if (unit === QUOTE) {
      if (keyNext) {
        at = afterKey(at, top);
        if (at < 0 || isSuspect(start, top++)) return true;
        keyNext = false;
      } else {
        at = afterString(at);
        if (at < 0) return true;
      }
    } else if (unit === COMMA) {
      keyNext = start >= 0;
    } else if (unit === BRACE || unit === BRACKET) {
      if (++level > levels) return true;
      outer[level] = start;
      keyNext = unit === BRACE;
      start = keyNext ? top : -1;
    } else if (unit === BRACE_END || unit === BRACKET_END) {
      if (start >= 0) top = start;
      start = outer[level--] ?? -1;
      keyNext = false;
    } else if (unit > COMMA && unit <= NINE) {
      at = afterNumber(at);
      if (at < 0) return true;
    }
  }
  return false;
}

function load(text: string): void {
  const bytes = text.length * 2 + 2;
  if (bytes > copy.length) {
    copy = Buffer.alloc(2 ** Math.ceil(Math.log2(bytes)));
    units = new Uint16Array(copy.buffer, copy.byteOffset, copy.length / 2);
  }
  copy.write(text, 0, "utf16le");
  units[text.length] = QUOTE;
}

/** The position after the key that begins at `at`, its hash being put into slot `slot`; -1 for a key with an escape. */
function afterKey(at: number, slot: number): number {
  let hash = 0;
  for (let unit = units[at++] ?? QUOTE; unit !== QUOTE; unit = units[at++] ?? QUOTE) {
    if (unit === BACKSLASH) return -1;
    hash = (Math.imul(hash, 31) + unit) | 0;
  }
  hashes[slot] = hash;
  return at;
}

/** Whether the key in slot `top` may be a prototype key or repeat one from `start` on, or is one too many to tell. */
function isSuspect(start: number, top: number): boolean {
  const hash = hashes[top];
  if (hash === PROTO_HASH || top - start >= MAX_KEYS) return true;
  for (let other = start; other < top; other++) if (hashes[other] === hash) return true;
  return false;
}

/** The position after the string that begins at `at`; -1 for one with a surrogate escape that is not half of a pair. */
function afterString(at: number): number {
  for (let unit = units[at++] ?? QUOTE; unit !== QUOTE; unit = units[at++] ?? QUOTE) {
    if (unit !== BACKSLASH) continue;
    if (units[at++] !== LOWER_U) continue;
    at = afterEscape(at);
    if (at < 0) return at;
  }
  return at;
}

/** The position after the four digits at `at`, or after the whole pair; -1 for half a pair. */
function afterEscape(at: number): number {
  const unit = escaped(at);
  if (unit < 0xd800 || unit > 0xdfff) return at + 4;
  if (unit > 0xdbff || units[at + 4] !== BACKSLASH || units[at + 5] !== LOWER_U) return -1;
  const low = escaped(at + 6);
  return low >= 0xdc00 && low <= 0xdfff ? at + 10 : -1;
}

function escaped(at: number): number {
  return Number.parseInt(String.fromCharCode(...units.subarray(at, at + 4)), 16);
}

/** The position after the number whose second character is at `at`; -1 for one that may be too large. */
function afterNumber(at: number): number {
  const first = at;
  let unit = units[at] ?? 0;
  while (unit > COMMA && unit <= NINE) unit = units[++at] ?? 0;
  return (unit | LOWER_CASE) === LOWER_E || at - first > MAX_DIGITS ? -1 : at;
}

function hashOf(key: string): number {
  let hash = 0;
  for (let at = 0; at < key.length; at++) hash = (Math.imul(hash, 31) + key.charCodeAt(at)) | 0;
  return hash;
}
