import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  consistencyProof,
  consistencyRanges,
  cover,
  coverHashes,
  type HashReader,
  inclusionProof,
  inclusionRanges,
  verifyConsistency,
  verifyInclusion,
  windowRoot,
} from "../../src/core/merkle-proof.ts";
import { EMPTY_ROOT, hashToBase64, leafHash, rootOf, type TreeHash } from "../../src/core/merkle.ts";
import { subtreeRoot } from "../../src/core/tile.ts";
import { CONSISTENCY, hashOf, LEAVES, RANGE, ROOTS, vector } from "../support/ledger-vectors.ts";

const MANY: readonly TreeHash[] = Array.from({ length: 300 }, (_, n) => leafHash(`leaf ${n}`));

/** Reads complete subtrees straight out of the leaves. */
function reader(leaves: readonly TreeHash[]): HashReader {
  return (level, index) => subtreeRoot(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level));
}

const size = fc.integer({ min: 1, max: 300 });
const place = size.chain((whole) => fc.record({ whole: fc.constant(whole), index: fc.nat(whole - 1) }));
const growth = size.chain((whole) => fc.record({ whole: fc.constant(whole), old: fc.nat(whole) }));

/** Each way to alter a list of hashes a little. */
function* spoilt(proof: readonly TreeHash[]): Generator<readonly TreeHash[]> {
  yield [...proof, EMPTY_ROOT];
  for (const [at, hash] of proof.entries()) {
    yield proof.toSpliced(at, 1);
    yield proof.with(at, String.fromCharCode(hash.charCodeAt(0) ^ 1) + hash.slice(1));
    if (at > 0) yield proof.with(at, proof[at - 1] ?? "").with(at - 1, hash);
  }
}

describe("an inclusion proof", () => {
  it("holds for every leaf of every tree, and for nothing else", () => {
    fc.assert(
      fc.property(place, ({ whole, index }) => {
        const leaves = MANY.slice(0, whole);
        const proof = inclusionProof(reader(leaves), index, whole);
        const claim = { leaf: leaves[index] ?? "", index, size: whole, root: rootOf(leaves), proof };
        expect(verifyInclusion(claim)).toBe(true);
        for (const other of spoilt(proof)) expect(verifyInclusion({ ...claim, proof: other })).toBe(false);
        expect(verifyInclusion({ ...claim, leaf: leafHash("another") })).toBe(false);
        expect(verifyInclusion({ ...claim, root: EMPTY_ROOT })).toBe(false);
        for (const near of [index - 1, index + 1]) expect(verifyInclusion({ ...claim, index: near })).toBe(false);
      }),
    );
  });

  it("of leaf 169 of 300 is the receipt's", () => {
    const proof = inclusionProof(reader(LEAVES.map(leafHash)), 169, 300).map(hashToBase64);
    expect(
      vector("receipt-169.tlog-proof")
        .split("\n")
        .slice(3, 3 + proof.length),
    ).toEqual(proof);
  });

  it.each([
    [0, 0],
    [3, 3],
    [-1, 3],
    [0.5, 3],
    [0, 2 ** 53],
  ])("there is none of leaf %d in a tree of %d", (index, whole) => {
    expect(verifyInclusion({ leaf: EMPTY_ROOT, index, size: whole, root: EMPTY_ROOT, proof: [] })).toBe(false);
    expect(() => inclusionRanges(index, whole)).toThrow(expect.objectContaining({ code: "bad-range" }));
  });

  it("works on trees that no 32 bits count", () => {
    expect(inclusionRanges(2 ** 40 + 1, 2 ** 41)).toHaveLength(41);
    expect(cover({ from: 0, to: 2 ** 40 + 3 })).toEqual([
      { level: 40, index: 0 },
      { level: 1, index: 2 ** 39 },
      { level: 0, index: 2 ** 40 + 2 },
    ]);
  });
});

describe("a consistency proof", () => {
  it.each(CONSISTENCY)("from $old to $new is that of the vectors", (claim) => {
    expect(consistencyProof(reader(LEAVES.map(leafHash)), claim.old, claim.new).map(hashToBase64)).toEqual(claim.proof);
    const sides = { oldSize: claim.old, oldRoot: hashOf(claim.oldRoot), size: claim.new, root: hashOf(claim.newRoot) };
    expect(verifyConsistency({ ...sides, proof: claim.proof.map(hashOf) })).toBe(true);
  });

  it("holds for every two sizes, and for nothing else", () => {
    fc.assert(
      fc.property(growth, ({ whole, old }) => {
        const leaves = MANY.slice(0, whole);
        const proof = consistencyProof(reader(leaves), old, whole);
        const claim = { oldSize: old, oldRoot: rootOf(leaves.slice(0, old)), size: whole, root: rootOf(leaves), proof };
        expect(verifyConsistency(claim)).toBe(true);
        for (const other of spoilt(proof)) expect(verifyConsistency({ ...claim, proof: other })).toBe(false);
        expect(verifyConsistency({ ...claim, oldRoot: leafHash("x") })).toBe(false);
        if (old > 0) expect(verifyConsistency({ ...claim, root: leafHash("x") })).toBe(false);
      }),
    );
  });

  it("there is none backwards", () => {
    expect(verifyConsistency({ oldSize: 4, oldRoot: EMPTY_ROOT, size: 3, root: EMPTY_ROOT, proof: [] })).toBe(false);
    expect(verifyConsistency({ oldSize: -1, oldRoot: EMPTY_ROOT, size: 3, root: EMPTY_ROOT, proof: [] })).toBe(false);
    expect(() => consistencyRanges(4, 3)).toThrow(expect.objectContaining({ code: "bad-range" }));
  });
});

describe("a window between two covers", () => {
  const window = fc
    .tuple(fc.nat(300), fc.nat(300), fc.nat(300))
    .map((marks) => marks.toSorted((a, b) => a - b))
    .map(([first = 0, end = 0, whole = 0]) => ({ first, end, whole }));

  it("has the root of the whole tree, whatever is cut", () => {
    fc.assert(
      fc.property(window, ({ first, end, whole }) => {
        const leaves = MANY.slice(0, whole);
        const left = coverHashes(reader(leaves), { from: 0, to: first });
        const right = coverHashes(reader(leaves), { from: end, to: whole });
        const cut = { first, size: whole, leaves: leaves.slice(first, end), left, right };
        expect(windowRoot(cut)).toBe(rootOf(leaves));
        for (const other of spoilt(left)) expect(windowRoot({ ...cut, left: other })).not.toBe(rootOf(leaves));
        for (const other of spoilt(right)) expect(windowRoot({ ...cut, right: other })).not.toBe(rootOf(leaves));
        for (const other of spoilt(cut.leaves.slice(0, 2))) {
          const altered = [...other, ...cut.leaves.slice(2)];
          expect(windowRoot({ ...cut, leaves: altered })).not.toBe(rootOf(leaves));
        }
      }),
      { numRuns: 40 },
    );
  });

  it("is covered as the exported vector says", () => {
    const hashes = LEAVES.map(leafHash);
    const end = RANGE.first + RANGE.count;
    expect(coverHashes(reader(hashes), { from: 0, to: RANGE.first }).map(hashToBase64)).toEqual(RANGE.left);
    expect(coverHashes(reader(hashes), { from: end, to: RANGE.size }).map(hashToBase64)).toEqual(RANGE.right);
    const [left, right] = [RANGE.left.map(hashOf), RANGE.right.map(hashOf)];
    const leaves = hashes.slice(RANGE.first, end);
    expect(hashToBase64(windowRoot({ first: RANGE.first, size: RANGE.size, leaves, left, right }) ?? "")).toBe(
      ROOTS.roots["300"],
    );
  });

  it("does not reach beyond its tree", () => {
    expect(windowRoot({ first: 2, size: 2, leaves: [EMPTY_ROOT], left: [], right: [] })).toBeUndefined();
    expect(windowRoot({ first: -1, size: 2, leaves: [], left: [], right: [] })).toBeUndefined();
  });
});
