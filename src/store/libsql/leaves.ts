import type { PlacedLeaf } from "../engine.ts";
import type { Access } from "./access.ts";
import { runBulk } from "./bulk.ts";
import type { Connection, SqlValue } from "./guard.ts";
import { leafPlace } from "./keys.ts";
import { cut, packLines } from "./lines.ts";
import { type OpeningsPlace, packOpenings } from "./openings.ts";

const SEGMENT = {
  head: "INSERT INTO ledger_segment(id, n, z, leaves, salts, sealed) VALUES",
  width: 6,
  tail: "",
};

/** Rows of a log's new leaves and of what opens them, sealed. */
export function leafRows(leaves: readonly PlacedLeaf[], place: OpeningsPlace): (readonly SqlValue[])[] {
  return cut(leaves, lineOf).map((segment) => {
    const { z, body } = packLines(segment.map(lineOf));
    const { salts, sealed } = packOpenings(place, segment);
    return [leafPlace(place.log, segment[0]?.seq ?? 0), segment.length, z, body, salts, sealed];
  });
}

export function writeLeaves(connection: Connection, rows: readonly (readonly SqlValue[])[]): void {
  runBulk(connection, SEGMENT, rows);
}

function lineOf({ line }: PlacedLeaf): string {
  return line;
}

/** Lines of leaves [from, from + count) in order, a segment at a time; fewer at the end of the log. */
export function* leafLines(access: Access, log: number, from: number, count: number): Generator<readonly string[]> {
  for (let seq = from; seq < from + count; ) {
    const segment = access.leaves.holding(access.connection, log, seq);
    if (segment === undefined) return;
    const lines = segment.lines.slice(seq - segment.first, from + count - segment.first);
    yield lines;
    seq += lines.length;
  }
}
