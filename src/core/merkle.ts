import { CoreError } from "./error.ts";
import { sha256Binary } from "./hash.ts";

/**
 * A hash of the tree: 32 characters U+0000 to U+00FF, one a byte. Strings are twice as fast inside the tree as byte
 * arrays; `hashToBytes` and `hashToBase64` are the ways out.
 */
export type TreeHash = string;

/** RFC 6962 root of no leaves. */
export const EMPTY_ROOT: TreeHash = sha256Binary("");

const HASH_BYTES = 32;
/** 0x01 and two children. */
const node = Buffer.alloc(1 + 2 * HASH_BYTES, 1);

/** RFC 6962 hash of a leaf: of 0x00 and the UTF-8 bytes of its line (without line end). */
export function leafHash(line: string): TreeHash {
  return sha256Binary(`\0${line}`);
}

/** RFC 6962 hash of an inner node: of 0x01 and its children. */
export function nodeHash(left: TreeHash, right: TreeHash): TreeHash {
  node.write(left, 1, "latin1");
  node.write(right, 1 + HASH_BYTES, "latin1");
  return sha256Binary(node);
}

/** RFC 6962 root over leaf hashes. */
export function rootOf(hashes: Iterable<TreeHash>): TreeHash {
  const frontier = new Frontier();
  for (const hash of hashes) frontier.append(hash);
  return frontier.root();
}

/** The one hash above complete subtrees that lie side by side, the largest first: folded from the right. */
export function foldRight(hashes: readonly TreeHash[]): TreeHash {
  if (hashes.length === 0) return EMPTY_ROOT;
  return hashes.reduceRight((right, left) => nodeHash(left, right));
}

/** The 32 bytes of a hash. */
export function hashToBytes(hash: TreeHash): Uint8Array {
  return Buffer.from(hash, "latin1");
}

/** A hash from its 32 bytes. Throws CoreError `bad-hash` for another number of them. */
export function hashFromBytes(bytes: Uint8Array): TreeHash {
  if (bytes.length !== HASH_BYTES) throw new CoreError("bad-hash", `${bytes.length} bytes are no hash`);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

/** Standard base64 with padding. */
export function hashToBase64(hash: TreeHash): string {
  return Buffer.from(hash, "latin1").toString("base64");
}

/** A hash from canonical standard base64, or undefined for any other text. */
export function hashFromBase64(text: string): TreeHash | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.length === HASH_BYTES && bytes.toString("base64") === text ? bytes.toString("latin1") : undefined;
}

/** Hashes one after the other, 32 bytes each: a tile's bytes. */
export function joinHashes(hashes: readonly TreeHash[]): Uint8Array {
  return Buffer.from(hashes.join(""), "latin1");
}

/** The hashes that `joinHashes` joined. Throws CoreError `bad-hash` where the bytes are no whole number of hashes. */
export function splitHashes(bytes: Uint8Array): TreeHash[] {
  if (bytes.length % HASH_BYTES !== 0) throw new CoreError("bad-hash", `${bytes.length} bytes are no list of hashes`);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  return Array.from({ length: bytes.length / HASH_BYTES }, (_, at) =>
    text.slice(at * HASH_BYTES, (at + 1) * HASH_BYTES),
  );
}

/**
 * The right edge of a growing tree: its size and the roots of its complete subtrees, the largest first. That is all
 * that appending and the root need; 32 bytes for each bit that is set in the size.
 */
export class Frontier {
  #size = 0;
  #peaks: TreeHash[] = [];

  /** The number of leaves. */
  get size(): number {
    return this.#size;
  }

  /** Roots of the complete subtrees, the largest first; what a window's `left` holds for [0, size). */
  get peaks(): readonly TreeHash[] {
    return this.#peaks;
  }

  /** Adds the hash of the next leaf. */
  append(hash: TreeHash): void {
    let joined = hash;
    for (let left = this.#size; left % 2 === 1; left = (left - 1) / 2) {
      joined = nodeHash(this.#peaks.pop() ?? "", joined);
    }
    this.#peaks.push(joined);
    this.#size++;
  }

  /** RFC 6962 root at this size. */
  root(): TreeHash {
    return foldRight(this.#peaks);
  }

  /** A copy that grows on its own: what a transaction works on until it is committed. */
  clone(): Frontier {
    const copy = new Frontier();
    copy.#size = this.#size;
    copy.#peaks = this.#peaks.slice();
    return copy;
  }

  /** 8 bytes of the size, big-endian, then the peaks. */
  serialise(): Uint8Array {
    const bytes = Buffer.alloc(8 + HASH_BYTES * this.#peaks.length);
    bytes.writeBigUInt64BE(BigInt(this.#size));
    bytes.write(this.#peaks.join(""), 8, "latin1");
    return bytes;
  }

  /** The frontier that `serialise` wrote. Throws CoreError `bad-frontier`. */
  static parse(bytes: Uint8Array): Frontier {
    if (bytes.length < 8) throw new CoreError("bad-frontier", "shorter than a size");
    const size = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0));
    if (!Number.isSafeInteger(size) || bytes.length !== 8 + HASH_BYTES * ones(size)) {
      throw new CoreError("bad-frontier", `${bytes.length} bytes for a tree of ${size}`);
    }
    const frontier = new Frontier();
    frontier.#size = size;
    frontier.#peaks = splitHashes(bytes.subarray(8));
    return frontier;
  }
}

/** How many bits are set. */
function ones(size: number): number {
  let count = 0;
  for (let left = size; left > 0; left = Math.floor(left / 2)) count += left % 2;
  return count;
}
