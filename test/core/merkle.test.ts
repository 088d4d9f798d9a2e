import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  EMPTY_ROOT,
  Frontier,
  foldRight,
  hashFromBase64,
  hashFromBytes,
  hashToBase64,
  hashToBytes,
  joinHashes,
  leafHash,
  nodeHash,
  rootOf,
  splitHashes,
  type TreeHash,
} from "../../src/core/merkle.ts";
import { LEAVES, ROOTS } from "../support/ledger-vectors.ts";

function sha(...parts: readonly Uint8Array[]): Buffer {
  return createHash("sha256").update(Buffer.concat(parts)).digest();
}

/** RFC 6962, 2.1, as it is written there: recursive, over byte arrays. */
function treeHead(leaves: readonly string[]): Buffer {
  const [only] = leaves;
  if (only === undefined) return sha();
  if (leaves.length === 1) return sha(Uint8Array.of(0), Buffer.from(only));
  const k = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  return sha(Uint8Array.of(1), treeHead(leaves.slice(0, k)), treeHead(leaves.slice(k)));
}

const manyLeaves = fc.array(fc.string({ unit: "grapheme", maxLength: 8 }), { maxLength: 70 });

describe("the tree agrees with the vectors", () => {
  it("in every leaf hash", () => {
    expect(LEAVES.map((line) => hashToBase64(leafHash(line)))).toEqual(ROOTS.leafHashes);
  });

  it.each(Object.entries(ROOTS.roots))("in the root at size %s", (size, root) => {
    expect(hashToBase64(rootOf(LEAVES.slice(0, Number(size)).map(leafHash)))).toBe(root);
  });
});

describe("the frontier of a growing tree", () => {
  it("has the root of RFC 6962 at every size, and no leaf is no leaf", () => {
    expect(new Frontier().root()).toBe(EMPTY_ROOT);
    expect(Buffer.from(hashToBytes(foldRight([]))).toString("hex")).toBe(createHash("sha256").digest("hex"));
    fc.assert(
      fc.property(manyLeaves, (leaves) => {
        expect(Buffer.from(hashToBytes(rootOf(leaves.map(leafHash))))).toEqual(treeHead(leaves));
      }),
    );
  });

  it("grows on after it was written and read", () => {
    fc.assert(
      fc.property(manyLeaves, manyLeaves, (before, after) => {
        const whole = new Frontier();
        for (const leaf of before) whole.append(leafHash(leaf));
        const read = Frontier.parse(whole.serialise());
        for (const leaf of after) {
          whole.append(leafHash(leaf));
          read.append(leafHash(leaf));
        }
        expect([read.size, read.root(), read.peaks]).toEqual([whole.size, whole.root(), whole.peaks]);
      }),
    );
  });

  it("has copies that grow on their own", () => {
    const one = new Frontier();
    for (const leaf of ["a", "b", "c"]) one.append(leafHash(leaf));
    const before = one.root();
    const copy = one.clone();
    copy.append(leafHash("d"));
    expect([one.size, one.root(), copy.size]).toEqual([3, before, 4]);
    expect(copy.root()).toBe(rootOf(["a", "b", "c", "d"].map(leafHash)));
  });

  it("is 8 bytes and 32 for each bit of its size", () => {
    const frontier = new Frontier();
    for (let n = 0; n < 7; n++) frontier.append(leafHash(String(n)));
    const bytes = frontier.serialise();
    expect([bytes.length, Buffer.from(bytes).subarray(0, 8).toString("hex")]).toEqual([8 + 3 * 32, "0000000000000007"]);
    expect(Frontier.parse(new Frontier().serialise()).size).toBe(0);
  });

  it.each([
    ["nothing", new Uint8Array(0)],
    ["a size without its peaks", Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 3)],
    ["a peak too many", Buffer.concat([new Uint8Array(8), new Uint8Array(32)])],
    ["a size that no number holds", new Uint8Array(8).fill(0xff)],
  ])("is not read from %s", (_, bytes) => {
    expect(() => Frontier.parse(bytes)).toThrow(expect.objectContaining({ code: "bad-frontier" }));
  });
});

describe("a hash", () => {
  const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });

  it("goes out as bytes and base64 and comes back", () => {
    fc.assert(
      fc.property(fc.array(hash, { maxLength: 5 }), (all) => {
        const inside: TreeHash[] = all.map(hashFromBytes);
        expect(inside.map(hashToBytes).map((bytes) => Uint8Array.from(bytes))).toEqual(all);
        expect(inside.map(hashToBase64).map(hashFromBase64)).toEqual(inside);
        expect(splitHashes(joinHashes(inside))).toEqual(inside);
      }),
    );
  });

  it.each([
    "",
    "AAAA",
    hashToBase64(EMPTY_ROOT).replace("=", ""),
    `${hashToBase64(EMPTY_ROOT)}\n`,
    hashToBase64(EMPTY_ROOT).replace("U=", "V="),
  ])("is not read from %j", (text) => {
    expect(hashFromBase64(text)).toBeUndefined();
  });

  it("has 32 bytes, no more and no less", () => {
    expect(() => hashFromBytes(new Uint8Array(31))).toThrow(expect.objectContaining({ code: "bad-hash" }));
    expect(() => splitHashes(new Uint8Array(33))).toThrow(expect.objectContaining({ code: "bad-hash" }));
  });

  it("of a node is not that of its children swapped, nor of a leaf with their bytes", () => {
    const [a, b] = [leafHash("a"), leafHash("b")];
    expect(nodeHash(a, b)).not.toBe(nodeHash(b, a));
    expect(nodeHash(a, b)).not.toBe(leafHash(a + b));
  });
});
