/**
 * The archive of a kit, read whole, written from the format page alone: nothing here comes from the product.
 * @module
 */
/** The one code with which a kit is refused. */
export class Refused extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

const BLOCK = 512;

/** A ustar header, field by field as the page lists them; undefined for what fits none. */
export function headerOf(path: string, size: number): Buffer | undefined {
  const long = path.length > 100;
  const cut = long ? path.lastIndexOf("/", 155) : -1;
  const name = path.slice(cut + 1);
  if (size > 0o77777777777 || name.length > 100 || (long && (cut < 1 || name === ""))) return undefined;
  const before = `${field(name, 100)}0000644\x000000000\x000000000\0${octal(size, 11)}\x00${octal(0, 11)}\0`;
  const prefix = long ? path.slice(0, cut) : "";
  const after = `0${field("", 100)}ustar\x0000${field("", 64)}0000000\x000000000\0${field(prefix, 155)}${field("", 12)}`;
  const sum = Buffer.from(`${before}        ${after}`, "latin1").reduce((total, byte) => total + byte, 0);
  return Buffer.from(`${before}${octal(sum, 6)}\0 ${after}`, "latin1");
}

function field(text: string, length: number): string {
  return text.padEnd(length, "\0");
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}

export interface Entry {
  readonly path: string;
  readonly size: number;
}
export type Next = Entry | "end" | "eof";

/** Reads an archive in order; throws Refused. */
export class Tape {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  next(): Next {
    if (this.#at === this.#bytes.length) return "eof";
    const block = this.take(BLOCK);
    return block.every((byte) => byte === 0) ? "end" : entryOf(block);
  }

  take(size: number): Buffer {
    if (this.#at + size > this.#bytes.length) throw new Refused("KIT_TRUNCATED");
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }

  padding(size: number): void {
    if (this.take((BLOCK - (size % BLOCK)) % BLOCK).some((byte) => byte !== 0)) throw new Refused("KIT_TAR_PADDING");
  }

  content(size: number): Buffer {
    const content = this.take(size);
    this.padding(size);
    return content;
  }

  /** What must follow the first block of the end. */
  end(): void {
    if (this.#at === this.#bytes.length || this.take(BLOCK).some((byte) => byte !== 0))
      throw new Refused("KIT_TAR_END");
    if (this.#at < this.#bytes.length) throw new Refused("KIT_TRAILING_DATA");
  }
}

function entryOf(block: Buffer): Entry {
  const text = (at: number, length: number): string => block.toString("latin1", at, at + length).split("\0")[0] ?? "";
  const prefix = text(345, 155);
  const path = prefix === "" ? text(0, 100) : `${prefix}/${text(0, 100)}`;
  const digits = /^([0-7]{11})\0$/.exec(block.toString("latin1", 124, 136))?.[1];
  const size = Number.parseInt(digits ?? "0", 8);
  const sum = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  const claimed = /^ *([0-7]+)[\0 ]*$/.exec(block.toString("latin1", 148, 156))?.[1];
  if (claimed === undefined || Number.parseInt(claimed, 8) !== sum) throw new Refused("KIT_TAR_CHECKSUM");
  if (block[156] !== 0x30) throw new Refused("KIT_TAR_TYPE");
  if (digits === undefined) throw new Refused("KIT_TAR_SIZE");
  if (headerOf(path, size)?.equals(block) !== true) throw new Refused("KIT_TAR_HEADER");
  return { path, size };
}

/** The entry that must stand here. */
export function needed(next: Next): Entry {
  if (next === "end") throw new Refused("KIT_MISSING_FILE");
  if (next === "eof") throw new Refused("KIT_TRUNCATED");
  return next;
}
