/**
 * Writes the archive of a kit: the same entries are the same bytes, everywhere.
 * @module
 */
import { BLOCK, type EntryHeader, encodeHeader, paddingOf, writeHeader } from "./archive-header.ts";

/** Where bytes go; they may change once the promise is kept. */
export type Write = (bytes: Uint8Array) => void | Promise<void>;

const ROOM = 1_048_576;
const END = 2 * BLOCK;

/** Bytes of an archive whose entries have these sizes. */
export function archiveSize(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + entrySize(size), END);
}

function entrySize(size: number): number {
  return BLOCK + size + paddingOf(size);
}

/**
 * Takes entries one after the other and hands them on in blocks of 1 MiB; while one block is written, the next is filled.
 * What a call promises must be kept before the next call. A write that fails shows at a later call, `flush` at the latest.
 */
export class ArchiveWriter {
  readonly #write: (bytes: Uint8Array) => Promise<void>;
  #block: Buffer = Buffer.allocUnsafeSlow(ROOM);
  #spare: Buffer = Buffer.allocUnsafeSlow(ROOM);
  #held = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(write: (bytes: Uint8Array) => Promise<void>) {
    this.#write = write;
  }

  /** An entry whose content is at hand. Throws KitError KIT_PATH. */
  entry(path: string, bytes: Uint8Array): void | Promise<void> {
    const whole = entrySize(bytes.length);
    if (whole > ROOM) return this.stream({ path, size: bytes.length }, (write) => write(bytes));
    if (whole > ROOM - this.#held) return this.#turn().then(() => this.#put(path, bytes));
    return this.#put(path, bytes);
  }

  /** An entry whose content is handed out by `content`, exactly `size` bytes. Throws KitError KIT_PATH, KIT_LIMIT_ENTRY. */
  async stream(entry: EntryHeader, content: (write: Write) => void | Promise<void>): Promise<void> {
    await this.bytes(encodeHeader(entry));
    await content((bytes) => this.bytes(bytes));
    await this.bytes(Buffer.alloc(paddingOf(entry.size)));
  }

  /** The end marker. */
  end(): Promise<void> {
    return this.bytes(Buffer.alloc(END));
  }

  /** Bytes as they are. */
  async bytes(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      if (this.#held === ROOM) await this.#turn();
      const piece = bytes.subarray(at, at + ROOM - this.#held);
      this.#block.set(piece, this.#held);
      this.#held += piece.length;
      at += piece.length;
    }
  }

  /** Waits until all is written. */
  async flush(): Promise<void> {
    await this.#turn();
    await this.#writing;
  }

  #put(path: string, bytes: Uint8Array): void {
    writeHeader(this.#block, this.#held, { path, size: bytes.length });
    const from = this.#held + BLOCK;
    const end = from + bytes.length;
    this.#held = end + paddingOf(bytes.length);
    this.#block.set(bytes, from);
    this.#block.fill(0, end, this.#held);
  }

  async #turn(): Promise<void> {
    await this.#writing;
    const full = this.#block.subarray(0, this.#held);
    [this.#block, this.#spare] = [this.#spare, this.#block];
    this.#held = 0;
    this.#writing = this.#write(full);
    this.#writing.catch(() => undefined); // met by the next turn
  }
}
