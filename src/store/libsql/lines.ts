import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { EngineError } from "../engine.ts";

/** At most this many lines stand in one segment, and about this many UTF-16 units. */
export const SEGMENT_LINES = 256;
const SEGMENT_UNITS = 2 ** 20;
/** Fewer lines do not shrink enough to pay. */
const COMPRESS_FROM = 16;
const LF = 10;
/** A UTF-16 unit takes at most this many bytes of UTF-8. */
const UNIT_BYTES = 3;
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
const ENCODER = new TextEncoder();
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Lines as a segment keeps them: joined by LF; `z` is 1 where compressed by zstd. */
export interface PackedLines {
  readonly z: 0 | 1;
  readonly body: Uint8Array;
}

/** Packs lines. Throws EngineError `refused-row` for a line that holds LF or a lone surrogate. */
export function packLines(lines: readonly string[]): PackedLines {
  const body = encode(lines, Buffer.allocUnsafe(checkedUnits(lines)));
  return lines.length < COMPRESS_FROM ? { z: 0, body } : { z: 1, body: zstdCompressSync(body, LEVEL) };
}

/** UTF-16 units of lines with their ends. Throws EngineError `refused-row` for a line that cannot stand in a segment. */
function checkedUnits(lines: readonly string[]): number {
  let units = 0;
  for (const line of lines) {
    if (line.includes("\n")) throw new EngineError("refused-row", "a line holds a line end");
    if (!line.isWellFormed()) throw new EngineError("refused-row", "a line holds a lone surrogate");
    units += line.length + 1;
  }
  return units;
}

/**
 * The UTF-8 bytes of lines, joined by LF, each written in place: to join them first costs several times as much. The
 * room is for ASCII, which most lines are; lines that need more are written again into what suffices for any text.
 */
function encode(lines: readonly string[], room: Buffer): Uint8Array {
  let at = 0;
  for (const line of lines) {
    const { read, written } = ENCODER.encodeInto(line, room.subarray(at));
    at += written;
    if (read < line.length || at === room.length) return encode(lines, Buffer.allocUnsafe(room.length * UNIT_BYTES));
    room[at++] = LF;
  }
  return room.subarray(0, Math.max(0, at - 1));
}

/** The lines of a segment. Throws EngineError `failed` where they are damaged. */
export function unpackLines(z: number, body: Uint8Array): string[] {
  try {
    return UTF8.decode(z === 1 ? zstdDecompressSync(body) : body).split("\n");
  } catch (cause) {
    throw new EngineError("failed", "a segment is damaged", cause);
  }
}

/** Cuts a list into segments; `line` gives the text that counts, `fits` may end a segment earlier. */
export function cut<T>(
  items: readonly T[],
  line: (item: T) => string,
  fits: (first: T, item: T) => boolean = () => true,
): readonly (readonly T[])[] {
  const segments: T[][] = [];
  let current: T[] = [];
  let units = 0;
  for (const item of items) {
    const [first] = current;
    const isFull = current.length === SEGMENT_LINES || units + line(item).length > SEGMENT_UNITS;
    if (first === undefined || isFull || !fits(first, item)) {
      current = [];
      segments.push(current);
      units = 0;
    }
    current.push(item);
    units += line(item).length;
  }
  return segments;
}
