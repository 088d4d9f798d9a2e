import { CoreError } from "./error.ts";
import { cover, type HashReader, type Range } from "./merkle-proof.ts";
import { leafHash, nodeHash, splitHashes, type TreeHash } from "./merkle.ts";

/** C2SP tlog-tiles: a tile is 256 hashes wide and 8 levels of the tree high. */
export const TILE_WIDTH = 256;
const TILE_HEIGHT = 8;

/** One tile; `width` below 256 is a partial one. */
export interface Tile {
  readonly level: number;
  readonly index: number;
  readonly width: number;
}

/** What a path under the log's prefix asks for. */
export type TilePath =
  | ({ readonly kind: "tile" } & Tile)
  | { readonly kind: "entries"; readonly index: number; readonly width: number };

/** `tile/<level>/<index>[.p/<width>]`, the index in groups of three digits, all but the last with an `x` in front. */
export function tilePath({ level, index, width }: Tile): string {
  return `tile/${level}/${indexPath(index)}${width === TILE_WIDTH ? "" : `.p/${width}`}`;
}

/** `tile/entries/<index>[.p/<width>]`: the path of the leaves under a level-0 tile. */
export function entriesPath(index: number, width: number): string {
  return `tile/entries/${indexPath(index)}${width === TILE_WIDTH ? "" : `.p/${width}`}`;
}

const PATH = /^tile\/(entries|0|[1-9][0-9]?)\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;

/** What a path names, or undefined where it is not exactly as `tilePath` or `entriesPath` write it. */
export function parseTilePath(path: string): TilePath | undefined {
  const [, noun = "", digits = "", partial] = PATH.exec(path) ?? [];
  if (noun === "") return undefined;
  const index = Number(digits.replaceAll(/[x/]/g, ""));
  const width = partial === undefined ? TILE_WIDTH : Number(partial);
  if (!Number.isSafeInteger(index) || (partial !== undefined && width >= TILE_WIDTH)) return undefined;
  const parsed =
    noun === "entries"
      ? { kind: "entries" as const, index, width }
      : { kind: "tile" as const, level: Number(noun), index, width };
  const written = parsed.kind === "entries" ? entriesPath(index, width) : tilePath(parsed);
  if (written !== path || (parsed.kind === "tile" && parsed.level > 63)) return undefined;
  return parsed;
}

function indexPath(index: number): string {
  const groups =
    String(index)
      .padStart(Math.ceil(String(index).length / 3) * 3, "0")
      .match(/[0-9]{3}/g) ?? [];
  return groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join("/");
}

/** The tiles that become full when a log grows from one size to another, lowest level first, then by index. */
export function completedTiles(from: number, to: number): Tile[] {
  const tiles: Tile[] = [];
  let before = from;
  let after = to;
  for (let level = 0; after >= TILE_WIDTH; level++) {
    before = Math.floor(before / TILE_WIDTH);
    after = Math.floor(after / TILE_WIDTH);
    for (let index = before; index < after; index++) tiles.push({ level, index, width: TILE_WIDTH });
  }
  return tiles;
}

/** All tiles of a log of that size, the partial ones at its right edge included. */
export function tilesOf(size: number): Tile[] {
  const tiles: Tile[] = [];
  for (let level = 0, hashes = size; hashes > 0; level++, hashes = Math.floor(hashes / TILE_WIDTH)) {
    for (let index = 0; index * TILE_WIDTH < hashes; index++) {
      tiles.push({ level, index, width: Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH) });
    }
  }
  return tiles;
}

/** How wide that tile is in a log of `size` leaves: 0 where there is none yet. */
export function tileWidth(level: number, index: number, size: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** level);
  return Math.max(0, Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH));
}

/** The tiles of a log of `size` leaves that the proof over these ranges reads, each once. */
export function tilesFor(ranges: readonly Range[], size: number): Tile[] {
  const tiles = new Map<string, Tile>();
  for (const node of ranges.flatMap(cover)) {
    const { level, index } = tileOf(node.level, node.index);
    const tile = { level, index, width: tileWidth(level, index, size) };
    tiles.set(tilePath(tile), tile);
  }
  return [...tiles.values()];
}

/** Reads hashes of complete subtrees out of tiles: `read` answers a tile's bytes. Throws CoreError `bad-tile` for a short one. */
export function tileHashReader(read: (level: number, index: number) => Uint8Array): HashReader {
  return (level, index) => {
    const tile = tileOf(level, index);
    const span = 2 ** (level % TILE_HEIGHT);
    const first = (index * span) % TILE_WIDTH;
    const hashes = splitHashes(read(tile.level, tile.index)).slice(first, first + span);
    if (hashes.length !== span) throw new CoreError("bad-tile", `tile ${tile.level}/${tile.index} is too short`);
    return subtreeRoot(hashes);
  };
}

/** The root over a power of two of hashes: of a full tile, the hash that stands for it one tile level up. */
export function subtreeRoot(hashes: readonly TreeHash[]): TreeHash {
  if (!Number.isInteger(Math.log2(hashes.length)))
    throw new CoreError("bad-tile", `${hashes.length} is no power of two`);
  let row = hashes;
  while (row.length > 1) {
    const lower = row;
    row = Array.from({ length: lower.length / 2 }, (_, at) => nodeHash(lower[2 * at] ?? "", lower[2 * at + 1] ?? ""));
  }
  return row[0] ?? "";
}

function tileOf(level: number, index: number): { readonly level: number; readonly index: number } {
  const span = 2 ** (level % TILE_HEIGHT);
  return { level: Math.floor(level / TILE_HEIGHT), index: Math.floor((index * span) / TILE_WIDTH) };
}

/** An entry bundle: for each leaf its length as two bytes, big-endian, then its bytes. */
export function entryBundle(lines: readonly string[]): Uint8Array {
  return Buffer.concat(lines.flatMap((line) => [lengthOf(Buffer.byteLength(line)), Buffer.from(line)]));
}

/** The leaves of an entry bundle. Throws CoreError `bad-tile` where it is cut off or not UTF-8. */
export function parseEntryBundle(bytes: Uint8Array): string[] {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    const end = at + 2 + length;
    if (end > bytes.length) throw new CoreError("bad-tile", "an entry bundle is cut off");
    try {
      lines.push(text.decode(bytes.subarray(at + 2, end)));
    } catch (cause) {
      throw new CoreError("bad-tile", "an entry is not UTF-8", { cause });
    }
    at = end;
  }
  return lines;
}

/** The hashes of an entry bundle's leaves: what its level-0 tile must hold. */
export function bundleHashes(bytes: Uint8Array): TreeHash[] {
  return parseEntryBundle(bytes).map(leafHash);
}

function lengthOf(bytes: number): Uint8Array {
  if (bytes > 0xffff) throw new CoreError("bad-tile", `an entry of ${bytes} bytes`);
  return Uint8Array.of(bytes >> 8, bytes & 0xff);
}
