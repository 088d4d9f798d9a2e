/**
 * The one form of a ustar header that a kit may have, as `tar --format=ustar --owner=0 --group=0 --mode=0644 --mtime=@0`
 * writes it. What is read is compared with what we would have written: every odd field fails in one comparison.
 * @module
 */
import { KitError, quoted } from "../core/kit-code.ts";
import { splitUstar } from "../core/kit-path.ts";

export const BLOCK = 512;
const SIZE = { at: 124, digits: 11 };
const CHECKSUM = { at: 148, length: 8 };
const TYPE_AT = 156;
const PREFIX = { at: 345, length: 155 };
const NAME_LENGTH = 100;
const FILE_TYPE = 0x30;
const SPACE = 0x20;
const ZERO_DIGIT = 0x30;
const LOW_BITS = 30;
const ZERO_BLOCK = Buffer.alloc(BLOCK);

export interface EntryHeader {
  /** One byte a character (latin1), so that nothing is lost in decoding. */
  readonly path: string;
  readonly size: number;
}

/** A header of 512 bytes for a path that fits one (`splitUstar`). Throws KitError KIT_PATH or KIT_LIMIT_ENTRY. */
export function encodeHeader(entry: EntryHeader): Buffer {
  const header = Buffer.allocUnsafe(BLOCK);
  writeHeader(header, 0, entry);
  return header;
}

/** Writes a header into `target` from `at` on. Throws as `encodeHeader`. */
export function writeHeader(target: Buffer, at: number, { path, size }: EntryHeader): void {
  const split = splitUstar(path);
  if (split === undefined) throw new KitError("KIT_PATH", `${quoted(path)} fits no ustar header`);
  if (size >= 8 ** SIZE.digits) throw new KitError("KIT_LIMIT_ENTRY", `${size} bytes fit no ustar header`);
  target.set(COMMON, at);
  const sum =
    COMMON_SUM +
    writeLatin1(target, at, split.name) +
    writeLatin1(target, at + PREFIX.at, split.prefix) +
    writeOctal(target, at + SIZE.at, { value: size, digits: SIZE.digits });
  writeOctal(target, at + CHECKSUM.at, { value: sum, digits: 6 });
  target[at + CHECKSUM.at + 6] = 0;
}

/** What all headers share; the checksum field holds spaces, name, prefix and size nothing. */
const COMMON = commonHeader();
const COMMON_SUM = checksumOf(COMMON);

function commonHeader(): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write("0000644\x000000000\x000000000\0", 100, "latin1");
  header.write("00000000000", 136, "latin1");
  header.write(" ".repeat(CHECKSUM.length), CHECKSUM.at, "latin1");
  header.write("0", TYPE_AT, "latin1");
  header.write("ustar\x0000", 257, "latin1");
  header.write("0000000\x000000000\0", 329, "latin1");
  return header;
}

/** Writes a text, one byte a character; answers the sum of its bytes. */
function writeLatin1(target: Buffer, at: number, text: string): number {
  let sum = 0;
  for (let index = 0; index < text.length; index++) {
    const byte = text.charCodeAt(index) & 0xff;
    target[at + index] = byte;
    sum += byte;
  }
  return sum;
}

/** Writes octal digits; answers the sum of their bytes. */
function writeOctal(target: Buffer, at: number, { value, digits }: { value: number; digits: number }): number {
  let sum = 0;
  let left = value % 2 ** LOW_BITS; // whole numbers of 32 bits are much faster than larger ones
  for (let index = digits - 1; index >= 0; index--) {
    const byte = ZERO_DIGIT + (left & 7);
    left = index === digits - LOW_BITS / 3 ? Math.floor(value / 2 ** LOW_BITS) : left >>> 3;
    target[at + index] = byte;
    sum += byte;
  }
  return sum;
}

const expected = Buffer.alloc(BLOCK);

/** Whether the 512 bytes of `bytes` from `at` on are what we would have written for this path and size. */
export function isHeaderOf(bytes: Buffer, at: number, entry: EntryHeader): boolean {
  if (splitUstar(entry.path) === undefined) return false;
  writeHeader(expected, 0, entry);
  return expected.compare(bytes, at, at + BLOCK) === 0;
}

/** Whether the bytes from `at` on, at most 512, are all zero. */
export function isZero(bytes: Buffer, at: number, length: number): boolean {
  return length === 0 || ZERO_BLOCK.compare(bytes, at, at + length, 0, length) === 0;
}

/**
 * The path and size of a header that is exactly what we would have written. Else the first of: checksum, type, size, any other field; throws
 * KitError KIT_TAR_CHECKSUM, KIT_TAR_TYPE, KIT_TAR_SIZE, KIT_TAR_HEADER.
 */
export function decodeHeader(header: Buffer): EntryHeader {
  const path = pathOf(header);
  const digits = /^([0-7]{11})\0$/.exec(header.toString("latin1", SIZE.at, SIZE.at + SIZE.digits + 1))?.[1];
  const entry = digits === undefined ? undefined : { path, size: Number.parseInt(digits, 8) };
  if (entry !== undefined && isHeaderOf(header, 0, entry)) return entry;
  if (!isChecksumGood(header)) throw new KitError("KIT_TAR_CHECKSUM", "");
  if (header[TYPE_AT] !== FILE_TYPE) throw new KitError("KIT_TAR_TYPE", quoted(path));
  throw new KitError(entry === undefined ? "KIT_TAR_SIZE" : "KIT_TAR_HEADER", quoted(path));
}

/** Read as leniently as tar programs do: only the sum is judged here, its form is the business of equality. */
function isChecksumGood(header: Buffer): boolean {
  const claimed = header.toString("latin1", CHECKSUM.at, CHECKSUM.at + CHECKSUM.length);
  const digits = /^ *([0-7]+)[\0 ]*$/.exec(claimed)?.[1];
  return digits !== undefined && Number.parseInt(digits, 8) === checksumOf(header);
}

/** Whether a block holds nothing: half of an end marker. */
export function isZeroBlock(block: Buffer): boolean {
  return ZERO_BLOCK.equals(block);
}

/** Bytes of padding behind `size` bytes of content. */
export function paddingOf(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

/** The sum of all bytes of a header, its checksum field read as spaces. */
function checksumOf(header: Buffer): number {
  let sum = 0;
  for (let at = 0; at < BLOCK; at++) sum += header[at] ?? 0;
  for (let at = CHECKSUM.at; at < CHECKSUM.at + CHECKSUM.length; at++) sum += SPACE - (header[at] ?? 0);
  return sum;
}

function pathOf(header: Buffer): string {
  const name = textOf(header, 0, NAME_LENGTH);
  const prefix = textOf(header, PREFIX.at, PREFIX.length);
  return prefix === "" ? name : `${prefix}/${name}`;
}

function textOf(header: Buffer, at: number, length: number): string {
  const text = header.toString("latin1", at, at + length);
  const end = text.indexOf("\0");
  return end === -1 ? text : text.slice(0, end);
}
