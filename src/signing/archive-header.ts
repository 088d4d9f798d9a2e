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
const ZERO_BLOCK = Buffer.alloc(BLOCK);

export interface EntryHeader {
  /** One byte a character (latin1), so that nothing is lost in decoding. */
  readonly path: string;
  readonly size: number;
}

/** A header of 512 bytes for a path that fits one (`splitUstar`). Throws KitError KIT_PATH or KIT_LIMIT_ENTRY. */
export function encodeHeader({ path, size }: EntryHeader): Buffer {
  const split = splitUstar(path);
  if (split === undefined) throw new KitError("KIT_PATH", `${quoted(path)} fits no ustar header`);
  if (size >= 8 ** SIZE.digits) throw new KitError("KIT_LIMIT_ENTRY", `${size} bytes fit no ustar header`);
  const header = Buffer.alloc(BLOCK);
  header.write(split.name, 0, "latin1");
  header.write("0000644\x000000000\x000000000\0", 100, "latin1");
  header.write(octal(size, SIZE.digits), SIZE.at, "latin1");
  header.write("00000000000", 136, "latin1");
  header.write("0", TYPE_AT, "latin1");
  header.write("ustar\x0000", 257, "latin1");
  header.write("0000000\x000000000\0", 329, "latin1");
  header.write(split.prefix, PREFIX.at, "latin1");
  header.write(`${octal(checksumOf(header), 6)}\0 `, CHECKSUM.at, "latin1");
  return header;
}

/**
 * The path and size of a header that is exactly what we would have written. Else the first of: checksum, type, size, any other field; throws
 * KitError KIT_TAR_CHECKSUM, KIT_TAR_TYPE, KIT_TAR_SIZE, KIT_TAR_HEADER.
 */
export function decodeHeader(header: Buffer): EntryHeader {
  const path = pathOf(header);
  const digits = /^([0-7]{11})\0$/.exec(header.toString("latin1", SIZE.at, SIZE.at + SIZE.digits + 1))?.[1];
  const entry = digits === undefined ? undefined : { path, size: Number.parseInt(digits, 8) };
  if (entry !== undefined && splitUstar(path) !== undefined && encodeHeader(entry).equals(header)) return entry;
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

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}
