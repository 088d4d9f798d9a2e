import { unitsOf } from "./event-segments.ts";
import { bytes, type Connection, integer } from "./guard.ts";
import { leafPlace, placeSeq } from "./keys.ts";
import { unpackLines } from "./lines.ts";
import { Lru } from "./lru.ts";

/** A decoded segment of leaves: `first` is the sequence number of its first. */
export interface LeafSegment {
  readonly first: number;
  readonly lines: readonly string[];
}

/** Segments of leaves, decoded; those used last stay in memory, up to so many UTF-16 units of text. */
export class LeafSegments {
  private readonly kept: Lru<LeafSegment>;
  /** Ids of the segment asked for last, of its first leaf and after its last. */
  private last = { from: 0, to: 0 };

  constructor(units: number) {
    this.kept = new Lru(units);
  }

  /** The segment that holds a leaf, or undefined beyond the log's end. */
  holding(connection: Connection, log: number, seq: number): LeafSegment | undefined {
    const place = leafPlace(log, seq);
    const isLast = place >= this.last.from && place < this.last.to;
    const id = isLast ? this.last.from : this.find(connection, place);
    if (id === undefined || id < leafPlace(log, 0)) return undefined;
    const segment = this.kept.get(id) ?? this.read(connection, id);
    if (segment === undefined || seq >= segment.first + segment.lines.length) return undefined;
    this.last = { from: id, to: id + segment.lines.length };
    return segment;
  }

  /** The line of a leaf. */
  line(connection: Connection, log: number, seq: number): string | undefined {
    const segment = this.holding(connection, log, seq);
    return segment?.lines[seq - segment.first];
  }

  private find(connection: Connection, place: number): number | undefined {
    const [row] = connection.all("SELECT id FROM ledger_segment WHERE id <= ? ORDER BY id DESC LIMIT 1", [place]);
    return row === undefined ? undefined : integer(row, 0);
  }

  private read(connection: Connection, id: number): LeafSegment | undefined {
    const [row] = connection.all("SELECT z, leaves FROM ledger_segment WHERE id = ?", [id]);
    if (row === undefined) return undefined;
    const segment = { first: placeSeq(id), lines: unpackLines(integer(row, 0), bytes(row, 1)) };
    this.kept.set(id, segment, unitsOf(segment.lines));
    return segment;
  }
}
