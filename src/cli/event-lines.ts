/**
 * Events one a line, in batches that a server takes; or one document, whole.
 * @module
 */
import { isJsonObject } from "../core/json.ts";
import { decodeUtf8, parseStrictJson } from "../core/strict-json.ts";

const MAX_DEPTH = 64;
/** Of one batch: events, and bytes with what stands between them. */
const MAX_EVENTS = 1000;
const MAX_BYTES = 2 ** 20 - 1024;
/** A longer line without an end is no line of events. */
const NEWLINE = 0x0a;

/** Lines that are sent at once. */
export interface LineBatch {
  readonly kind: "lines";
  /** Each one JSON object. */
  readonly events: readonly Uint8Array[];
  /** The number (from 1) of each one's line. */
  readonly lines: readonly number[];
  /** It is all there is: one event. */
  readonly isOnly: boolean;
  /** Bytes that were read so far. */
  readonly read: number;
  /** What is wrong with the line after these; nothing comes after it. */
  readonly fault?: string;
}
export type EventPart = LineBatch | { readonly kind: "document"; readonly bytes: Uint8Array };

/** Reads lines where the first one is a JSON object by itself, else all of it as one document. */
export async function* batchesOf(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<EventPart, void, undefined> {
  const lines = linesOf(chunks);
  const head = await firstLine(lines);
  if (head.first === undefined || !isObject(head.first.bytes)) {
    const rest: Uint8Array[] = [...head.skipped, ...(head.first === undefined ? [] : [head.first.bytes])];
    for await (const { bytes } of lines) rest.push(bytes);
    yield { kind: "document", bytes: joined(rest) };
    return;
  }
  yield* batches(file, head.first, lines);
}

interface NumberedLine {
  readonly bytes: Uint8Array;
  readonly n: number;
  /** Bytes that were read up to its end. */
  readonly read: number;
}

/** The first line that is not blank, and those before it. */
async function firstLine(
  lines: AsyncGenerator<NumberedLine, void, undefined>,
): Promise<{ readonly first: NumberedLine | undefined; readonly skipped: readonly Uint8Array[] }> {
  const skipped: Uint8Array[] = [];
  for (;;) {
    const step = await lines.next();
    if (step.done === true) return { first: undefined, skipped };
    if (!isBlank(step.value.bytes)) return { first: step.value, skipped };
    skipped.push(step.value.bytes);
  }
}

async function* batches(
  file: string,
  first: NumberedLine,
  rest: AsyncGenerator<NumberedLine, void, undefined>,
): AsyncGenerator<LineBatch, void, undefined> {
  let events: Uint8Array[] = [];
  let numbers: number[] = [];
  let size = 0;
  let read = 0;
  let yielded = false;
  const batch = (more: Partial<LineBatch> = {}): LineBatch => {
    const made: LineBatch = { kind: "lines", events, lines: numbers, isOnly: false, read, ...more };
    yielded = true;
    events = [];
    numbers = [];
    size = 0;
    return made;
  };
  for await (const line of chained(first, rest)) {
    if (isBlank(line.bytes)) continue;
    const fault = faultOf(file, line);
    if (fault !== undefined) {
      yield batch({ fault });
      return;
    }
    if (events.length > 0 && (events.length >= MAX_EVENTS || size + line.bytes.length + 1 > MAX_BYTES)) yield batch();
    events.push(line.bytes);
    numbers.push(line.n);
    size += line.bytes.length + 1;
    read = line.read;
  }
  if (events.length > 0) yield batch({ isOnly: events.length === 1 && !yielded });
}

async function* chained(
  first: NumberedLine,
  rest: AsyncGenerator<NumberedLine, void, undefined>,
): AsyncGenerator<NumberedLine, void, undefined> {
  yield first;
  yield* rest;
}

/** What is wrong with a line, named by its number. */
function faultOf(file: string, { bytes, n }: NumberedLine): string | undefined {
  const at = `${file}: line ${n}`;
  const text = decodeUtf8(bytes);
  if (text === undefined) return `${at} is not UTF-8`;
  const parsed = parseStrictJson(text, { depth: MAX_DEPTH });
  if (!parsed.ok)
    return `${at}: ${parsed.fault.pointer === "" ? "" : `${parsed.fault.pointer}: `}${parsed.fault.detail}`;
  return isJsonObject(parsed.value) ? undefined : `${at} is no event: an event is a JSON object`;
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<NumberedLine, void, undefined> {
  let begun: Uint8Array[] = [];
  let n = 0;
  let read = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      begun.push(chunk.subarray(from, end));
      read += end + 1 - from;
      yield { bytes: whole(begun), n: ++n, read };
      begun = [];
      from = end + 1;
    }
    if (from < chunk.length) begun.push(chunk.subarray(from));
    read += chunk.length - from;
  }
  if (begun.length > 0) yield { bytes: whole(begun), n: ++n, read };
}

function whole(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces;
  return pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces);
}

function joined(lines: readonly Uint8Array[]): Uint8Array {
  const end = Buffer.from("\n");
  return Buffer.concat(lines.flatMap((line, at) => (at === 0 ? [line] : [end, line])));
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

/** Whether a line begins and ends like an object: then it is meant as one. */
function isObject(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes).toString("latin1").trim();
  return text.startsWith("{") && text.endsWith("}");
}
