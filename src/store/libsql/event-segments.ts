import { bytes, type Connection, integer } from "./guard.ts";
import { unpackLines } from "./lines.ts";
import { Lru } from "./lru.ts";

/** In `h`: 10 bytes of the id's hash, then 6 of the sequence number of the decision leaf. */
export const H_BYTES = 16;
export const HASH_BYTES = 10;

/** A decoded segment of events: `lines` and `h` in the order of acceptance. */
export interface EventSegment {
  readonly log: number;
  readonly h: Buffer;
  readonly lines: readonly string[];
}

/** Segments of events, decoded; those used last stay in memory, up to so many UTF-16 units of text. */
export class EventSegments {
  private readonly kept: Lru<EventSegment>;

  constructor(units: number) {
    this.kept = new Lru(units);
  }

  /** The segment of that id, or undefined where none of that log was committed. */
  get(connection: Connection, log: number, id: number): EventSegment | undefined {
    const known = this.kept.get(id);
    if (known === undefined) return this.read(connection, log, id);
    return known.log === log ? known : undefined;
  }

  private read(connection: Connection, log: number, id: number): EventSegment | undefined {
    const [row] = connection.all(
      "SELECT h, z, body FROM segment JOIN segment_body USING (id) WHERE log = ? AND id = ?",
      [log, id],
    );
    if (row === undefined) return undefined;
    const lines = unpackLines(integer(row, 1), bytes(row, 2));
    const segment = { log, h: bytes(row, 0), lines };
    this.kept.set(id, segment, unitsOf(lines));
    return segment;
  }
}

/** Memory that decoded lines take, roughly. */
export function unitsOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length, 0);
}

/** Index of the last event in `h` whose id holds those 10 bytes, or -1. */
export function indexOfHash(h: Buffer, hash: Uint8Array): number {
  for (let at = h.lastIndexOf(hash); at >= 0; at = at === 0 ? -1 : h.lastIndexOf(hash, at - 1)) {
    if (at % H_BYTES === 0) return at / H_BYTES;
  }
  return -1;
}

/** The sequence number in `h` of the event at that index. */
export function seqAt(h: Buffer, index: number): number {
  return h.readUIntBE(index * H_BYTES + HASH_BYTES, H_BYTES - HASH_BYTES);
}
