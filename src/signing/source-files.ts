/**
 * Reads the files that a kit is built from: small ones once, kept in bounded memory until they are written; all others
 * twice, in pieces. What is written must be what was hashed.
 * @module
 */
import { createHash } from "node:crypto";
import { closeSync, constants, openSync, readFileSync, readSync } from "node:fs";
import { open } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { sha256Hex } from "../core/hash.ts";
import type { FileRole, FileRow, KitLimits } from "../core/kit.ts";
import { KitError, quoted } from "../core/kit-code.ts";
import type { ArchiveWriter, Write } from "./archive-write.ts";
import { SigningError } from "./error.ts";

/** One file to be built in: its bytes, or a file that is read. */
export type BuildFile = { readonly path: string; readonly role: FileRole } & (
  | { readonly bytes: Uint8Array }
  | { readonly file: string }
);

/** A file whose hash and size are known, and its bytes where they are kept. */
export interface MeasuredFile {
  readonly row: FileRow;
  readonly source: BuildFile;
  readonly bytes: Uint8Array | undefined;
}

/** Content up to this size is read at once. */
const SMALL = 65_536;
const SHELF = 1_048_576;
/** What is kept of small files, in shelves. */
const SHELVES = 64;
const CHUNK = 1_048_576;
/** Bytes read between two points where others may run, and for how many each file counts. */
const SLICE = 4_194_304;
const ONE = 32_768;
/** A symbolic link is never followed (where the system can be told so). */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0);

/** Hashes the files in order. Throws KitError KIT_LIMIT_ENTRY, SigningError `unreadable`. */
export async function measureFiles(files: readonly BuildFile[], limits: KitLimits): Promise<MeasuredFile[]> {
  const shelves = new Shelves();
  const all: MeasuredFile[] = [];
  let since = 0;
  for (const file of files) {
    const measured = measureSmall(file, shelves) ?? (await measureLarge(file, limits));
    all.push(measured);
    since += ONE + measured.row.size;
    if (since < SLICE) continue;
    since = 0;
    await setImmediate();
  }
  return all;
}

/** The bytes of a file that is no symbolic link. Throws SigningError `unreadable`. */
export function readPlainFile(file: string): Buffer {
  try {
    return readFileSync(file, { flag: FLAGS });
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** Writes a measured file into an archive. Throws KitError KIT_FILE_HASH where it has changed, SigningError `unreadable`. */
export function writeFileInto(archive: ArchiveWriter, { row, source, bytes }: MeasuredFile): void | Promise<void> {
  if (bytes !== undefined) return archive.entry(row.path, bytes);
  return row.size <= SMALL && "file" in source
    ? archive.entry(row.path, readAgain(source.file, row))
    : archive.stream(row, (write) => streamAgain(source, row, write));
}

function readAgain(file: string, row: FileRow): Buffer {
  const room = Buffer.allocUnsafe(row.size + 1);
  const bytes = room.subarray(0, readInto(room, file));
  if (bytes.length !== row.size || sha256Hex(bytes) !== row.sha256) throw changed(row);
  return bytes;
}

async function streamAgain(source: BuildFile, row: FileRow, write: Write): Promise<void> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of chunksOf(source)) {
    size += chunk.length;
    if (size > row.size) throw changed(row);
    hash.update(chunk);
    await write(chunk);
  }
  if (size !== row.size || hash.digest("hex") !== row.sha256) throw changed(row);
}

function changed({ path }: FileRow): KitError {
  return new KitError("KIT_FILE_HASH", `${quoted(path)} changed while it was built in`);
}

/** Undefined for a file that is not small. */
function measureSmall(source: BuildFile, shelves: Shelves): MeasuredFile | undefined {
  if ("bytes" in source) return { row: rowOf(source, source.bytes), source, bytes: source.bytes };
  const room = shelves.room();
  const length = readInto(room, source.file);
  if (length === room.length) return undefined;
  const bytes = room.subarray(0, length);
  return { row: rowOf(source, bytes), source, bytes: shelves.keep(length) ? bytes : undefined };
}

function rowOf({ path, role }: BuildFile, bytes: Uint8Array): FileRow {
  return { path, sha256: sha256Hex(bytes), size: bytes.length, role };
}

/** Reads the beginning of a file; answers how much there was, up to what fits. */
function readInto(room: Buffer, file: string): number {
  try {
    const handle = openSync(file, FLAGS);
    try {
      for (let at = 0; ; ) {
        const read = readSync(handle, room, at, room.length - at, null);
        at += read;
        if (read === 0 || at === room.length) return at;
      }
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    throw unreadable(file, error);
  }
}

async function measureLarge(source: BuildFile, limits: KitLimits): Promise<MeasuredFile> {
  const { path, role } = source;
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of chunksOf(source)) {
    size += chunk.length;
    if (size > limits.fileBytes)
      throw new KitError("KIT_LIMIT_ENTRY", `${quoted(path)} has more than ${limits.fileBytes} bytes`);
    hash.update(chunk);
  }
  return { row: { path, sha256: hash.digest("hex"), size, role }, source, bytes: undefined };
}

/** The bytes of a file in pieces, each valid until the next one. */
async function* chunksOf(source: BuildFile): AsyncGenerator<Buffer> {
  if ("bytes" in source) return;
  const unread = (error: unknown): never => {
    throw unreadable(source.file, error);
  };
  const handle = await open(source.file, FLAGS).catch(unread);
  const buffer = Buffer.allocUnsafeSlow(CHUNK);
  try {
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, CHUNK, null).catch(unread);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** The error for a file or folder of a source that the system does not let us read. */
export function unreadable(file: string, cause: unknown): SigningError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
  const next = NEXT.get(code) ?? "make it readable for this user, or take it out of the folder";
  return new SigningError("unreadable", `${file} cannot be read (${code}): ${next}`, { cause });
}

const NEXT: ReadonlyMap<string, string> = new Map([
  ["ELOOP", "it is a symbolic link; put the file itself in its place"],
  ["ENOENT", "it is not there, or has gone meanwhile; build again"],
]);

/** Memory for small files, in large pieces; when it is full, one piece is used again and again. */
class Shelves {
  #shelf: Buffer = Buffer.allocUnsafeSlow(SHELF);
  #at = 0;
  #filled = 0;

  /** Room for a small file and one byte more. */
  room(): Buffer {
    if (SHELF - this.#at <= SMALL && this.#filled < SHELVES - 1) {
      this.#shelf = Buffer.allocUnsafeSlow(SHELF);
      this.#at = 0;
      this.#filled++;
    }
    return this.#shelf.subarray(this.#at, this.#at + SMALL + 1);
  }

  /** Keeps the beginning of the last room; false where there is no memory for it. */
  keep(length: number): boolean {
    if (SHELF - this.#at - length <= SMALL && this.#filled === SHELVES - 1) return false;
    this.#at += length;
    return true;
  }
}
