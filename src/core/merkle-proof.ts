import { CoreError } from "./error.ts";
import { foldRight, nodeHash, type TreeHash } from "./merkle.ts";

/** Leaves [from, to). */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** A complete subtree: the leaves [index x 2^level, (index + 1) x 2^level). */
export interface TreeNode {
  readonly level: number;
  readonly index: number;
}

/** Answers the hash of a complete subtree of the tree. */
export type HashReader = (level: number, index: number) => TreeHash;

/**
 * The complete subtrees that cover leaves [from, to), from left to right: each time the largest that starts where the
 * last one ended and does not reach beyond `to`. Throws CoreError `bad-range`.
 */
export function cover({ from, to }: Range): TreeNode[] {
  checkRange(from, to);
  const nodes: TreeNode[] = [];
  let at = from;
  while (at < to) {
    let level = 0;
    let width = 1;
    while (at % (width * 2) === 0 && at + width * 2 <= to) {
      width *= 2;
      level++;
    }
    nodes.push({ level, index: at / width });
    at += width;
  }
  return nodes;
}

/** The hashes of `cover`: what `left` and `right` of an exported window hold. */
export function coverHashes(read: HashReader, range: Range): TreeHash[] {
  return cover(range).map(({ level, index }) => read(level, index));
}

/** For each hash of an inclusion proof the leaves under it, sibling of the leaf first. Throws CoreError `bad-range`. */
export function inclusionRanges(index: number, size: number): Range[] {
  checkRange(0, index);
  checkRange(index + 1, size);
  const ranges: Range[] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const middle = from + splitPoint(to - from);
    if (index < middle) {
      ranges.unshift({ from: middle, to });
      to = middle;
    } else {
      ranges.unshift({ from, to: middle });
      from = middle;
    }
  }
  return ranges;
}

/** For each hash of a consistency proof (RFC 6962) the leaves under it; none from 0 or from `size` itself. */
export function consistencyRanges(old: number, size: number): Range[] {
  checkRange(old, size);
  if (old === 0 || old === size) return [];
  const ranges: Range[] = [];
  let from = 0;
  let to = size;
  while (to > old) {
    const middle = from + splitPoint(to - from);
    if (old <= middle) {
      ranges.unshift({ from: middle, to });
      to = middle;
    } else {
      ranges.unshift({ from, to: middle });
      from = middle;
    }
  }
  if (from > 0) ranges.unshift({ from, to });
  return ranges;
}

/** The hashes that prove leaf `index` in the tree of `size` leaves, sibling of the leaf first. */
export function inclusionProof(read: HashReader, index: number, size: number): TreeHash[] {
  return inclusionRanges(index, size).map((range) => foldRight(coverHashes(read, range)));
}

/** The hashes that prove that the tree of `old` leaves is the beginning of that of `size`. */
export function consistencyProof(read: HashReader, old: number, size: number): TreeHash[] {
  return consistencyRanges(old, size).map((range) => foldRight(coverHashes(read, range)));
}

export interface Inclusion {
  readonly leaf: TreeHash;
  readonly index: number;
  readonly size: number;
  readonly root: TreeHash;
  readonly proof: readonly TreeHash[];
}

/** Whether the leaf stands at `index` in the tree of that size and root (RFC 9162, 2.1.3.2). */
export function verifyInclusion({ leaf, index, size, root, proof }: Inclusion): boolean {
  if (!isCount(index) || !isCount(size) || index >= size) return false;
  const ranges = inclusionRanges(index, size);
  if (ranges.length !== proof.length) return false;
  const top = ranges.reduce((hash, range, at) => {
    const sibling = proof[at] ?? "";
    return range.from > index ? nodeHash(hash, sibling) : nodeHash(sibling, hash);
  }, leaf);
  return top === root;
}

export interface Consistency {
  readonly oldSize: number;
  readonly oldRoot: TreeHash;
  readonly size: number;
  readonly root: TreeHash;
  readonly proof: readonly TreeHash[];
}

/** Whether the old tree is the beginning of the new one (RFC 9162, 2.1.4.2). Any tree continues the empty one. */
export function verifyConsistency({ oldSize, oldRoot, size, root, proof }: Consistency): boolean {
  if (!isCount(oldSize) || !isCount(size) || oldSize > size) return false;
  const ranges = consistencyRanges(oldSize, size);
  if (ranges.length !== proof.length) return false;
  if (oldSize === 0) return foldRight([]) === oldRoot;
  if (oldSize === size) return oldRoot === root;
  const seeded = ranges[0]?.to === oldSize;
  let below = seeded ? (proof[0] ?? "") : oldRoot;
  let above = below;
  for (const [at, range] of ranges.entries()) {
    const sibling = proof[at] ?? "";
    if (range.from >= oldSize) above = nodeHash(above, sibling);
    else if (range.to < oldSize) {
      below = nodeHash(sibling, below);
      above = nodeHash(sibling, above);
    }
  }
  return below === oldRoot && above === root;
}

export interface Window {
  readonly first: number;
  readonly size: number;
  /** Hashes of the window's leaves, in order. */
  readonly leaves: readonly TreeHash[];
  /** Hashes of `cover` of [0, first) and of [first + leaves, size). */
  readonly left: readonly TreeHash[];
  readonly right: readonly TreeHash[];
}

/** The root of the tree that a window with its two covers stands in, or undefined where their numbers do not fit. */
export function windowRoot({ first, size, leaves, left, right }: Window): TreeHash | undefined {
  const end = first + leaves.length;
  if (!isCount(first) || !isCount(size) || end > size) return undefined;
  const before = cover({ from: 0, to: first });
  const after = cover({ from: end, to: size });
  if (before.length !== left.length || after.length !== right.length) return undefined;
  const stack = new Stack();
  before.forEach((node, at) => stack.push(node, left[at] ?? ""));
  leaves.forEach((hash, at) => stack.push({ level: 0, index: first + at }, hash));
  after.forEach((node, at) => stack.push(node, right[at] ?? ""));
  return stack.root();
}

/** Complete subtrees from left to right; two siblings on top become their parent. */
class Stack {
  readonly #nodes: { level: number; index: number; hash: TreeHash }[] = [];

  push({ level, index }: TreeNode, hash: TreeHash): void {
    const top = this.#nodes.at(-1);
    if (top === undefined || top.level !== level || index % 2 === 0 || top.index !== index - 1) {
      this.#nodes.push({ level, index, hash });
      return;
    }
    this.#nodes.pop();
    this.push({ level: level + 1, index: (index - 1) / 2 }, nodeHash(top.hash, hash));
  }

  root(): TreeHash {
    return foldRight(this.#nodes.map(({ hash }) => hash));
  }
}

/** The largest power of two below `count`, which is at least 2. */
function splitPoint(count: number): number {
  let width = 1;
  while (width * 2 < count) width *= 2;
  return width;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function checkRange(from: number, to: number): void {
  if (isCount(from) && isCount(to) && from <= to) return;
  throw new CoreError("bad-range", `${from} to ${to} is no range of leaves`);
}
