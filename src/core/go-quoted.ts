/**
 * Double-quoted text as Go writes it (`strconv.Unquote`), because Alertmanager's matchers are read by it.
 * @module
 */
import { decodeUtf8 } from "./strict-json.ts";

const SINGLE: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  "\\": 92,
  '"': 34,
};
const ESCAPE = /\\(?:([abfnrtv\\"])|x([0-9A-Fa-f]{2})|([0-7]{3})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))/y;

/**
 * The text inside the quotes with its escapes read; undefined where an escape is none of Go's, a line feed stands in it,
 * or bytes written as `\x..` or `\ooo` do not add up to UTF-8. `inner` is well-formed.
 */
export function readGoQuoted(inner: string): string | undefined {
  if (inner.includes("\n")) return undefined;
  if (!inner.includes("\\")) return inner;
  const encoder = new TextEncoder();
  const bytes: number[] = [];
  for (let at = 0; at < inner.length; ) {
    const next = inner.indexOf("\\", at);
    const end = next < 0 ? inner.length : next;
    bytes.push(...encoder.encode(inner.slice(at, end)));
    if (next < 0) break;
    const escape = readEscape(inner, next);
    if (escape === undefined) return undefined;
    bytes.push(...(escape.byte === undefined ? encoder.encode(escape.text) : [escape.byte]));
    at = next + escape.length;
  }
  return decodeUtf8(Uint8Array.from(bytes));
}

interface Escape {
  readonly length: number;
  readonly text: string;
  /** Set where the escape is one byte, not a character. */
  readonly byte?: number;
}

function readEscape(inner: string, at: number): Escape | undefined {
  ESCAPE.lastIndex = at;
  const [all = "", single, hex, octal, short, long] = ESCAPE.exec(inner) ?? [];
  const { length } = all;
  if (single !== undefined) return { length, text: "", byte: SINGLE[single] ?? 0 };
  if (hex !== undefined) return { length, text: "", byte: Number.parseInt(hex, 16) };
  if (octal !== undefined) {
    const byte = Number.parseInt(octal, 8);
    return byte > 255 ? undefined : { length, text: "", byte };
  }
  if (short === undefined && long === undefined) return undefined;
  const point = Number.parseInt(short ?? long ?? "", 16);
  if (point > 0x10_ff_ff || (point >= 0xd8_00 && point <= 0xdf_ff)) return undefined;
  return { length, text: String.fromCodePoint(point) };
}
