import { sha256 } from "../../core/hash.ts";
import { recordKey, recordMs } from "../../core/id.ts";
import { EngineError } from "../engine.ts";

/** Logs have numbers up to MAX_TENANTS, so that log * 2^40 + seq is a safe integer. */
const SEQS = 2 ** 40;
const LAST_CODE_POINT = 0x10ffff;
const SURROGATES = 0xd800;
const AFTER_SURROGATES = 0xe000;
const DIGEST = /^digest:[^:]+:[^:]+:[^:]+:(\d{1,14})(?::\d+)?$/;

/** Key of a mutable row in `cell`. Nouns and tenants hold no slash, so the first two end them. */
export function cellKey(noun: string, tenant: string, key: string): string {
  return `${cellPrefix(noun)}${tenant}/${key}`;
}

/** With what all keys of a noun start, and those of no other. */
export function cellPrefix(noun: string): string {
  return `${noun}/`;
}

/** The least text that is greater (by UTF-8 bytes) than every text that starts with `prefix`, which is not empty. */
export function afterPrefix(prefix: string): string {
  const points = Array.from(prefix);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const point = (last.codePointAt(0) ?? 0) + 1;
    if (point > LAST_CODE_POINT) continue;
    return points.join("") + String.fromCodePoint(point === SURROGATES ? AFTER_SURROGATES : point);
  }
  throw new EngineError("failed", "no text is greater than this prefix");
}

/** Place of a leaf among all logs: the id of the segment that starts with it. */
export function leafPlace(log: number, seq: number): number {
  return log * SEQS + seq;
}

/** The sequence number in `leafPlace`. */
export function placeSeq(place: number): number {
  return place % SEQS;
}

/**
 * 16 bytes that order deliveries by time: ms and 10 bytes of hash, from the id; a digest's (`digest:<tenant>:<action>:
 * <window>:<openedAt>`) from openedAt and SHA-256 of the id. Undefined for another text.
 */
export function deliveryKey(id: string): Uint8Array | undefined {
  const ms = recordMs(id);
  if (ms !== undefined) return recordKey(id, ms);
  const openedAt = DIGEST.exec(id)?.[1];
  if (openedAt === undefined) return undefined;
  const key = Buffer.alloc(16);
  key.writeUIntBE(Number(openedAt), 0, 6);
  key.set(sha256(id).subarray(0, 10), 6);
  return key;
}
