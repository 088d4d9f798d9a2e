/**
 * How a log grows: from its right edge and new lines to the next edge and the tiles that became full. Values only.
 * @module
 */
import { subtreeRoot, TILE_WIDTH } from "../core/tile.ts";
import { foldRight, Frontier, joinHashes, leafHash, splitHashes, type TreeHash } from "../core/merkle.ts";

const TILE_HEIGHT = 8;

/** The right edge of a log; never changed, replaced when a commit succeeded. */
export interface LogGrowth {
  readonly frontier: Frontier;
  /** By tile level, the hashes of the partial tile there (fewer than 256), lowest first. */
  readonly tails: readonly (readonly TreeHash[])[];
}

/** A full tile: 256 hashes, 32 bytes each. */
export interface FullTile {
  readonly level: number;
  readonly index: number;
  readonly data: Uint8Array;
}

/** The log without leaves. */
export const EMPTY_LOG: LogGrowth = { frontier: new Frontier(), tails: [] };

/**
 * The edge of a stored log. `leaves(from)` answers the lines from a sequence number (a multiple of 256) to the end,
 * `tile(level, index)` the bytes of a full tile. Throws CoreError `bad-hash` or `bad-tile` for bytes that are no tile.
 */
export function resumeLog(
  frontier: Frontier,
  leaves: (from: number) => readonly string[],
  tile: (level: number, index: number) => Uint8Array,
): LogGrowth {
  const tails: TreeHash[][] = [];
  const full = Math.floor(frontier.size / TILE_WIDTH);
  if (frontier.size > 0) tails.push(leaves(full * TILE_WIDTH).map(leafHash));
  for (let level = 1, hashes = full; hashes > 0; level++, hashes = Math.floor(hashes / TILE_WIDTH)) {
    const first = Math.floor(hashes / TILE_WIDTH) * TILE_WIDTH;
    const below = Array.from({ length: hashes - first }, (_, at) => tile(level - 1, first + at));
    tails.push(below.map((data) => subtreeRoot(splitHashes(data))));
  }
  return { frontier, tails };
}

/** The edge after `lines` were appended, and the tiles that became full, in the order in which they did. */
export function growLog(
  growth: LogGrowth,
  lines: readonly string[],
): { readonly growth: LogGrowth; readonly tiles: readonly FullTile[] } {
  const frontier = growth.frontier.clone();
  const tails = growth.tails.map((tail) => [...tail]);
  const tiles: FullTile[] = [];
  for (const line of lines) {
    const hash = leafHash(line);
    push({ tails, tiles }, hash, frontier);
    frontier.append(hash);
  }
  return { growth: { frontier, tails }, tiles };
}

/** Adds a leaf's hash to the lowest partial tile; a tile that becomes full gives its root to the level above. */
function push(
  { tails, tiles }: { readonly tails: TreeHash[][]; readonly tiles: FullTile[] },
  leaf: TreeHash,
  before: Frontier,
): void {
  const size = before.size + 1;
  let rising = leaf;
  for (let level = 0, width = TILE_WIDTH; ; level++, width *= TILE_WIDTH) {
    const tail = tails[level] ?? [];
    tails[level] = tail;
    tail.push(rising);
    if (tail.length < TILE_WIDTH) return;
    tiles.push({ level, index: size / width - 1, data: joinHashes(tail) });
    tail.length = 0;
    // The leaf completes a subtree of `width` leaves; the frontier holds all of it but the leaf, one peak a tree level.
    rising = foldRight([...before.peaks.slice(-TILE_HEIGHT * (level + 1)), leaf]);
  }
}
