/**
 * Reads the archive of a kit in order, entry by entry, within bounded memory; accepts one form only.
 * @module
 */
import { KitError, quoted } from "../core/kit-code.ts";
import { BLOCK, decodeHeader, type EntryHeader, isHeaderOf, isZero, isZeroBlock, paddingOf } from "./archive-header.ts";
import type { ByteSource } from "./archive-source.ts";

/** What stands next: an entry, the first block of the end marker, or nothing at all. */
export type NextEntry =
  | (EntryHeader & { readonly kind: "entry" })
  | { readonly kind: "end" }
  | { readonly kind: "eof" };

/** One pass over an archive. After an entry its content must be read before the next one. */
export class ArchiveReader {
  readonly #source: ByteSource;
  #chunk: Buffer = Buffer.alloc(0);
  /** How much of the chunk has been read. */
  #at = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** The next entry's judged header. Throws KitError KIT_TAR_*, KIT_TRUNCATED. */
  async next(): Promise<NextEntry> {
    const block = await this.#block();
    if (block === undefined) return { kind: "eof" };
    return isZeroBlock(block) ? { kind: "end" } : { kind: "entry", ...decodeHeader(block) };
  }

  /**
   * The content of an entry, valid until the next read, where all of it is at hand: its header exactly the expected one,
   * its padding empty. Undefined where it is not; then nothing has been read.
   */
  quick(entry: EntryHeader): Buffer | undefined {
    const from = this.#at + BLOCK;
    const end = from + entry.size;
    const padding = paddingOf(entry.size);
    if (end + padding > this.#chunk.length) return undefined;
    if (!isHeaderOf(this.#chunk, this.#at, entry) || !isZero(this.#chunk, end, padding)) return undefined;
    this.#at = end + padding;
    return this.#chunk.subarray(from, end);
  }

  /** Content of `size` bytes, whole, in memory of its own, and its padding. Throws KitError KIT_TRUNCATED, KIT_TAR_PADDING. */
  async bytes(size: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafeSlow(size);
    await this.#fill(bytes);
    await this.padding(size);
    return bytes;
  }

  /** Content of `size` bytes, whole, without padding; valid until the next read. Throws KitError KIT_TRUNCATED. */
  async whole(size: number): Promise<Buffer> {
    const part = size <= this.#chunk.length - this.#at ? await this.#part(size) : undefined;
    if (part?.length === size) return part;
    const bytes = Buffer.allocUnsafe(size);
    await this.#fill(bytes);
    return bytes;
  }

  /** Hands out content of `size` bytes chunk by chunk, each valid for one call. Throws KitError KIT_TRUNCATED. */
  async stream(size: number, write: (chunk: Buffer) => void | Promise<void>): Promise<void> {
    for (let left = size; left > 0; ) {
      const part = await this.#part(left);
      if (part === undefined) throw new KitError("KIT_TRUNCATED", `${left} bytes of a file are missing`);
      left -= part.length;
      const written = write(part);
      if (written !== undefined) await written;
    }
  }

  /** Reads the padding behind content of `size` bytes. Throws KitError KIT_TRUNCATED, KIT_TAR_PADDING. */
  async padding(size: number): Promise<void> {
    const padding = await this.whole(paddingOf(size));
    if (!isZero(padding, 0, padding.length)) throw new KitError("KIT_TAR_PADDING", "");
  }

  /** After the first block of the end marker: the second one, and nothing more. Throws KitError KIT_TAR_END, KIT_TRUNCATED, KIT_TRAILING_DATA. */
  async end(): Promise<void> {
    const block = await this.#block();
    if (block === undefined) throw new KitError("KIT_TAR_END", "half of the end marker is missing");
    if (!isZeroBlock(block)) throw new KitError("KIT_TAR_END", "the end marker is not empty");
    if ((await this.#part(1)) !== undefined) throw new KitError("KIT_TRAILING_DATA", "");
  }

  /** The rest, unjudged, chunk by chunk: for copies. */
  async rest(write: (chunk: Buffer) => void | Promise<void>): Promise<void> {
    for (;;) {
      const part = await this.#part(Number.POSITIVE_INFINITY);
      if (part === undefined) return;
      await write(part);
    }
  }

  async #block(): Promise<Buffer | undefined> {
    const first = await this.#part(BLOCK);
    if (first === undefined || first.length === BLOCK) return first;
    const block = Buffer.alloc(BLOCK);
    const had = first.copy(block);
    await this.#fill(block.subarray(had));
    return block;
  }

  async #fill(bytes: Buffer): Promise<void> {
    let at = 0;
    await this.stream(bytes.length, (chunk) => {
      at += chunk.copy(bytes, at);
    });
  }

  /** At most `most` bytes of what is there; undefined at the end of the file. */
  async #part(most: number): Promise<Buffer | undefined> {
    while (this.#at === this.#chunk.length) {
      const pulled = await this.#source.pull();
      if (pulled === undefined) return undefined;
      this.#chunk = pulled;
      this.#at = 0;
    }
    const part = this.#chunk.subarray(this.#at, this.#at + most);
    this.#at += part.length;
    return part;
  }
}

/** The entry where an archive must have one. Throws KitError KIT_MISSING_FILE at its end, KIT_TRUNCATED at that of the file. */
export function needEntry(next: NextEntry, expected: string): EntryHeader {
  if (next.kind === "entry") return next;
  if (next.kind === "end") throw new KitError("KIT_MISSING_FILE", quoted(expected));
  throw new KitError("KIT_TRUNCATED", `${quoted(expected)} is missing`);
}
