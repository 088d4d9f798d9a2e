import type { Json } from "./json.ts";
import { findJsonFault } from "./json-fault.ts";
import { mayHaveFault } from "./json-scan.ts";

/** What is wrong with a JSON text and where: an RFC 6901 pointer and words that quote nothing of the text. */
export interface JsonFault {
  readonly code: "empty" | "syntax" | "depth" | "duplicate-key" | "prototype-key" | "lone-surrogate";
  readonly pointer: string;
  readonly detail: string;
}

export type StrictJson =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly fault: JsonFault };

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The value of a JSON text (RFC 8259) that holds no duplicate or prototype key, no lone surrogate, no number that is
 * too large for a double (`syntax`) and at most `limits.depth` levels of arrays and objects; else its first fault.
 */
export function parseStrictJson(text: string, limits: { readonly depth: number }): StrictJson {
  const value = parse(text);
  if (value !== undefined && !mayHaveFault(text, limits.depth)) return { ok: true, value };
  if (isBlank(text)) return { ok: false, fault: { code: "empty", pointer: "", detail: "the text is empty" } };
  const fault = findJsonFault(text, limits.depth);
  if (fault !== undefined) return { ok: false, fault };
  if (value !== undefined) return { ok: true, value };
  return { ok: false, fault: { code: "syntax", pointer: "", detail: "not JSON" } };
}

/** As deep as what kits and their signatures hold may be nested. */
const KIT_DEPTH = 32;

/** The value of a JSON text or its UTF-8 bytes, as `parseStrictJson` reads it; undefined for whatever is none. */
export function strictJson(given: Uint8Array | string | undefined, depth: number = KIT_DEPTH): Json | undefined {
  const text = typeof given === "object" ? decodeUtf8(given) : given;
  const parsed = text === undefined ? undefined : parseStrictJson(text, { depth });
  return parsed?.ok === true ? parsed.value : undefined;
}

/** The text of UTF-8 bytes, or undefined where they are not UTF-8. A byte order mark stays (and is no JSON). */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** What JSON.parse reads; undefined where it throws. */
function parse(text: string): Json | undefined {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-return -- `any` that is Json by the contract of JSON.parse
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isBlank(text: string): boolean {
  return /^[ \t\n\r]*$/.test(text);
}
