import { describe, expect, it } from "vitest";
import { joinHashes, leafHash, rootOf } from "../../src/core/merkle.ts";
import { completedTiles, subtreeRoot } from "../../src/core/tile.ts";
import { EMPTY_LOG, type FullTile, growLog, type LogGrowth, resumeLog } from "../../src/store/ledger.ts";

const LEVEL_1 = 65_536;
const lines = Array.from({ length: LEVEL_1 + 300 }, (_, at) => `leaf ${at}`);
const hashes = lines.map(leafHash);

/** Grows a log over the given sizes. */
function grown(sizes: readonly number[]): { growth: LogGrowth; tiles: readonly FullTile[] } {
  let growth = EMPTY_LOG;
  const tiles: FullTile[] = [];
  for (const size of sizes) {
    const step = growLog(growth, lines.slice(growth.frontier.size, size));
    growth = step.growth;
    tiles.push(...step.tiles);
  }
  return { growth, tiles };
}

describe("a log that grows", () => {
  it.each([[[]], [[1]], [[255]], [[256]], [[100, 256, 257]], [[3, 700, 1024]]])(
    "has the root of its leaves (%j)",
    (sizes) => {
      const { growth, tiles } = grown(sizes);
      const size = sizes.at(-1) ?? 0;
      expect(growth.frontier.size).toBe(size);
      expect(growth.frontier.root()).toBe(rootOf(hashes.slice(0, size)));
      expect(tiles.map(({ level, index }) => ({ level, index, width: 256 }))).toEqual(completedTiles(0, size));
      for (const { index, data } of tiles)
        expect(data).toEqual(joinHashes(hashes.slice(index * 256, (index + 1) * 256)));
    },
  );

  it("leaves the value that it grew from as it was", () => {
    const { growth } = grown([255]);
    const root = growth.frontier.root();
    growLog(growth, lines.slice(255, 600));
    expect(growth.frontier.root()).toBe(root);
    expect(growth.tails).toEqual([hashes.slice(0, 255)]);
  });

  it("fills tiles of the level above with the roots of those below", () => {
    const { tiles } = grown([LEVEL_1 - 1, LEVEL_1 + 300]);
    const upper = tiles.filter(({ level }) => level > 0);
    const roots = Array.from({ length: 256 }, (_, at) => subtreeRoot(hashes.slice(at * 256, (at + 1) * 256)));
    expect(upper).toEqual([{ level: 1, index: 0, data: joinHashes(roots) }]);
    expect(tiles.filter(({ level }) => level === 0)).toHaveLength(257);
  });

  it.each([0, 1, 255, 256, 700, LEVEL_1 - 1, LEVEL_1, LEVEL_1 + 300])("can be resumed at %d leaves", (size) => {
    const { growth, tiles } = grown([size]);
    const byPlace = new Map(tiles.map(({ level, index, data }) => [`${level}/${index}`, data]));
    const read: number[] = [];
    const resumed = resumeLog(
      growth.frontier,
      (from) => {
        read.push(from);
        return lines.slice(from, size);
      },
      (level, index) => byPlace.get(`${level}/${index}`) ?? new Uint8Array(1),
    );
    expect(resumed.tails.filter((tail) => tail.length > 0)).toEqual(growth.tails.filter((tail) => tail.length > 0));
    expect(read).toEqual(size === 0 ? [] : [size - (size % 256)]);
    const next = growLog(resumed, ["one more"]);
    expect(next.growth.frontier.root()).toBe(rootOf([...hashes.slice(0, size), leafHash("one more")]));
    expect(next.tiles).toEqual(growLog(growth, ["one more"]).tiles);
  });

  it("cannot be resumed over bytes that are no tile", () => {
    const { growth } = grown([700]);
    expect(() =>
      resumeLog(
        growth.frontier,
        () => [],
        () => new Uint8Array(31),
      ),
    ).toThrow(expect.objectContaining({ code: "bad-hash" }));
  });
});
