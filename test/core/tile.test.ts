import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { consistencyProof, consistencyRanges, inclusionProof, inclusionRanges } from "../../src/core/merkle-proof.ts";
import { joinHashes, leafHash, type TreeHash } from "../../src/core/merkle.ts";
import {
  bundleHashes,
  completedTiles,
  entriesPath,
  entryBundle,
  parseEntryBundle,
  parseTilePath,
  subtreeRoot,
  tileHashReader,
  tilePath,
  tilesFor,
  tilesOf,
  tileWidth,
} from "../../src/core/tile.ts";
import { LEAVES, TILES } from "../support/ledger-vectors.ts";

/** The bytes of one tile, computed from all leaves. */
function tileBytes(leaves: readonly TreeHash[], tile: { level: number; index: number; width: number }): Uint8Array {
  const span = 256 ** tile.level;
  const hashes = Array.from({ length: tile.width }, (_, at) => {
    const first = (tile.index * 256 + at) * span;
    return subtreeRoot(leaves.slice(first, first + span));
  });
  return joinHashes(hashes);
}

const HASHES = LEAVES.map(leafHash);
const MANY = Array.from({ length: 70_000 }, (_, n) => leafHash(String(n)));

describe("the tiles of a log", () => {
  it.each(Object.keys(TILES))("%s has the bytes of the vectors", (path) => {
    const tile = parseTilePath(path);
    if (tile?.kind !== "tile") throw new Error(`${path} is no tile`);
    expect(Buffer.from(tileBytes(HASHES, tile)).toString("hex")).toBe(TILES[path]);
  });

  it("are all of the vectors at the sizes 256 and 300", () => {
    const paths = [...tilesOf(256), ...tilesOf(300)].map(tilePath);
    expect(new Set(paths)).toEqual(new Set(Object.keys(TILES)));
  });

  it("become full exactly once, in whatever steps the log grows", () => {
    const steps = fc
      .array(fc.nat(70_000), { minLength: 1, maxLength: 6 })
      .map((sizes) => [0, ...sizes.toSorted((a, b) => a - b)]);
    fc.assert(
      fc.property(steps, (sizes) => {
        const grown = sizes.slice(1).flatMap((size, at) => completedTiles(sizes[at] ?? 0, size));
        const full = tilesOf(sizes.at(-1) ?? 0).filter(({ width }) => width === 256);
        expect(new Set(grown.map(tilePath))).toEqual(new Set(full.map(tilePath)));
        expect(grown).toHaveLength(full.length);
      }),
    );
  });

  it("are as wide as the log made them", () => {
    for (const tile of tilesOf(70_000)) expect(tileWidth(tile.level, tile.index, 70_000)).toBe(tile.width);
    expect([
      tileWidth(0, 274, 70_000),
      tileWidth(1, 2, 70_000),
      tileWidth(2, 0, 70_000),
      tileWidth(3, 0, 70_000),
    ]).toEqual([0, 0, 1, 0]);
  });

  it("are enough for every proof", () => {
    const sizes = fc
      .tuple(fc.integer({ min: 1, max: 70_000 }), fc.nat())
      .map(([size, at]) => ({ size, index: at % size }));
    fc.assert(
      fc.property(sizes, ({ size, index }) => {
        const leaves = MANY.slice(0, size);
        const straight = (level: number, at: number): TreeHash =>
          subtreeRoot(leaves.slice(at * 2 ** level, (at + 1) * 2 ** level));
        const ranges = [...inclusionRanges(index, size), ...consistencyRanges(index, size)];
        const tiles = new Map(
          tilesFor(ranges, size).map((tile) => [`${tile.level}/${tile.index}`, tileBytes(leaves, tile)]),
        );
        const read = tileHashReader((level, at) => tiles.get(`${level}/${at}`) ?? new Uint8Array(0));
        expect(inclusionProof(read, index, size)).toEqual(inclusionProof(straight, index, size));
        expect(consistencyProof(read, index, size)).toEqual(consistencyProof(straight, index, size));
      }),
      { numRuns: 12 },
    );
  });

  it("that are too short prove nothing", () => {
    const read = tileHashReader(() => joinHashes(HASHES.slice(0, 3)));
    expect(() => read(2, 0)).toThrow(expect.objectContaining({ code: "bad-tile" }));
    expect(() => subtreeRoot(HASHES.slice(0, 3))).toThrow(expect.objectContaining({ code: "bad-tile" }));
    expect(() => subtreeRoot([])).toThrow(expect.objectContaining({ code: "bad-tile" }));
  });
});

describe("a path", () => {
  it.each([
    [{ level: 0, index: 0, width: 256 }, "tile/0/000"],
    [{ level: 0, index: 0, width: 1 }, "tile/0/000.p/1"],
    [{ level: 1, index: 999, width: 256 }, "tile/1/999"],
    [{ level: 0, index: 1234067, width: 8 }, "tile/0/x001/x234/067.p/8"],
    [{ level: 63, index: 1000, width: 255 }, "tile/63/x001/000.p/255"],
  ])("of %j is %s", (tile, path) => {
    expect(tilePath(tile)).toBe(path);
    expect(parseTilePath(path)).toEqual({ kind: "tile", ...tile });
  });

  it("of entries has no level", () => {
    expect(entriesPath(1234, 256)).toBe("tile/entries/x001/234");
    expect(parseTilePath("tile/entries/x001/234.p/7")).toEqual({ kind: "entries", index: 1234, width: 7 });
  });

  it.each([
    "",
    "tile/0/0",
    "tile/00/000",
    "tile/0/000/",
    "tile/0/x000/000",
    "tile/0/001/000",
    "tile/0/x001",
    "tile/0/000.p/0",
    "tile/0/000.p/01",
    "tile/0/000.p/256",
    "tile/64/000",
    "tile/-1/000",
    "tile/0/../000",
    "tile/0/x999/x999/x999/x999/x999/x999/999",
    "tile/data/000",
  ])("is not read from %j", (path) => {
    expect(parseTilePath(path)).toBeUndefined();
  });
});

describe("an entry bundle", () => {
  it("is each leaf behind its length in two bytes, big-endian", () => {
    expect(Buffer.from(entryBundle(["{}", "é", "x".repeat(300)])).toString("latin1")).toBe(
      `\0\x02{}\0\x02\xc3\xa9\x01\x2c${"x".repeat(300)}`,
    );
  });

  it("holds the leaves and gives their hashes", () => {
    const bundle = entryBundle(LEAVES.slice(0, 256));
    expect(parseEntryBundle(bundle)).toEqual(LEAVES.slice(0, 256));
    expect(bundleHashes(bundle)).toEqual(HASHES.slice(0, 256));
    expect(entryBundle([])).toHaveLength(0);
  });

  it.each([
    ["cut off", Uint8Array.of(0, 3, 65, 66)],
    ["without a whole length", Uint8Array.of(1)],
    ["of bytes that are no UTF-8", Uint8Array.of(0, 1, 0xff)],
  ])("is not read when %s", (_, bytes) => {
    expect(() => parseEntryBundle(bytes)).toThrow(expect.objectContaining({ code: "bad-tile" }));
  });

  it("has no room for an entry of 64 KiB", () => {
    expect(() => entryBundle(["x".repeat(65_536)])).toThrow(expect.objectContaining({ code: "bad-tile" }));
  });
});
