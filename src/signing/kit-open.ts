/**
 * Opens a kit: steps 1 to 3 of an import (undress, manifest and bundles, judgement of the manifest) and, when its quorum
 * stands, steps 6 to 8 (sums, contents, clean end). Trusts nothing.
 * @module
 */
import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { sha256Hex } from "../core/hash.ts";
import {
  type FileRole,
  type FileRow,
  KIT_LIMITS,
  type KitLimits,
  kitId,
  type Manifest,
  manifestSteps,
} from "../core/kit.ts";
import { KitError, quoted } from "../core/kit-code.ts";
import { carriedFiles, kitStatement, sumsOf } from "../core/kit-derive.ts";
import { encodeHeader } from "./archive-header.ts";
import { ArchiveReader, needEntry, type NextEntry } from "./archive-read.ts";
import { type ByteSource, countUndressed, openSource } from "./archive-source.ts";
import type { Write } from "./archive-write.ts";

const MANIFEST = "offline-kit.json";
const SUMS = "SHA256SUMS";
const ATTESTATION = /^attestations\/[A-Za-z0-9_-]{1,90}\.sigstore\.json$/;
/** Content up to this size is hashed in one call. */
const SMALL = 65_536;

/** A signature as it lies in the archive. */
export interface KitBundle {
  /** Path in the archive. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Takes the bytes of one file; a chunk is valid for one call. `end` comes after the last one, when the hash was right. */
export interface FileSink {
  readonly write: (chunk: Uint8Array) => void | Promise<void>;
  readonly end: () => void | Promise<void>;
}

/** A content that the archive carries: at its first path, with the roles of all its paths. */
export interface CarriedFile extends FileRow {
  readonly roles: readonly FileRole[];
}

/** Chooses what to keep of the carried files; one without a sink is only hashed. */
export type Staging = (file: CarriedFile) => FileSink | undefined | Promise<FileSink | undefined>;

/** A kit whose manifest is sound. Its contents can be read once. */
export interface OpenKit {
  readonly manifest: Manifest;
  /** Kit id: SHA-256 of the manifest's bytes, hex. */
  readonly kit: string;
  readonly manifestBytes: Uint8Array;
  readonly bundles: readonly KitBundle[];
  /** The text that each signer must have signed. */
  readonly statement: string;
  /** Steps 6 to 8. Throws KitError; what went into sinks before counts for nothing then. */
  readonly contents: (staging?: Staging) => Promise<void>;
  /** Instead of `contents`: what stands behind the bundles, unjudged. */
  readonly copyRest: (write: Write) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Opens a kit file; `unsigned` lets one through that is still to be signed. Throws KitError for a kit, the file system's error for a file that is none; then nothing stays open. */
export async function openKit(
  file: string,
  limits: KitLimits = KIT_LIMITS,
  allow: { unsigned?: boolean } = {},
): Promise<OpenKit> {
  const dress = await countUndressed(file, limits);
  const source = await openSource(file, dress, limits);
  try {
    return await readHead(source, limits, allow.unsigned === true);
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function readHead(source: ByteSource, limits: KitLimits, unsigned: boolean): Promise<OpenKit> {
  const reader = new ArchiveReader(source);
  const manifestBytes = await readManifest(reader, limits);
  const { bundles, next } = await readBundles(reader, limits);
  if (bundles.length === 0 && !unsigned) throw new KitError("SIG_NONE", "");
  const manifest = await inSlices(manifestSteps(manifestBytes, limits));
  const kit = kitId(manifestBytes);
  const carried = carriedFiles(manifest);
  const sums = sumsOf(carried);
  return {
    manifest,
    kit,
    manifestBytes,
    bundles,
    statement: kitStatement(manifest, { kit, sums }),
    contents: (staging) =>
      readContents(reader, {
        next,
        sums,
        carried,
        staging: staging === undefined ? undefined : withRoles(staging, carried, manifest),
      }),
    copyRest: async (write) => {
      const { path, size } = needEntry(next, SUMS);
      await write(encodeHeader({ path, size }));
      await reader.rest(write);
    },
    close: source.close,
  };
}

type StageRow = (row: FileRow) => ReturnType<Staging>;

/** Tells a staging the roles of all paths of a content. */
function withRoles(staging: Staging, carried: readonly FileRow[], { files }: Manifest): StageRow {
  if (carried.length === files.length) return (row) => staging({ ...row, roles: [row.role] });
  const roles = new Map<string, FileRole[]>();
  for (const { sha256, role } of files) {
    const known = roles.get(sha256);
    if (known === undefined) roles.set(sha256, [role]);
    else if (!known.includes(role)) known.push(role);
  }
  return (row) => staging({ ...row, roles: roles.get(row.sha256) ?? [row.role] });
}

/** Runs a judgement that lets others run where it yields. */
export async function inSlices<T>(steps: Generator<void, T>): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await setImmediate();
  }
}

async function readManifest(reader: ArchiveReader, limits: KitLimits): Promise<Buffer> {
  const { path, size } = needEntry(await reader.next(), MANIFEST);
  if (path !== MANIFEST) throw new KitError("KIT_LAYOUT", `${quoted(path)} where ${MANIFEST} must be`);
  if (size > limits.manifestBytes) throw new KitError("KIT_LIMIT_ENTRY", `${MANIFEST} has ${size} bytes`);
  return reader.bytes(size);
}

async function readBundles(
  reader: ArchiveReader,
  limits: KitLimits,
): Promise<{ bundles: KitBundle[]; next: NextEntry }> {
  const bundles: KitBundle[] = [];
  for (;;) {
    const next = await reader.next();
    const { path, size } = needEntry(next, SUMS);
    if (!path.startsWith("attestations/")) {
      if (path !== SUMS) throw new KitError("KIT_LAYOUT", `${quoted(path)} where ${SUMS} must be`);
      return { bundles, next };
    }
    const before = bundles.at(-1)?.name ?? "";
    if (!ATTESTATION.test(path) || path <= before) throw new KitError("KIT_LAYOUT", quoted(path));
    if (bundles.length === limits.bundles) throw new KitError("KIT_LIMIT_BUNDLES", `more than ${limits.bundles}`);
    if (size > limits.bundleBytes) throw new KitError("KIT_LIMIT_ENTRY", `${quoted(path)} has ${size} bytes`);
    bundles.push({ name: path, bytes: await reader.bytes(size) });
  }
}

interface Expected {
  readonly next: NextEntry;
  readonly sums: Uint8Array;
  readonly carried: readonly FileRow[];
  readonly staging: StageRow | undefined;
}

async function readContents(reader: ArchiveReader, { next, sums, carried, staging }: Expected): Promise<void> {
  const found = needEntry(next, SUMS);
  if (found.size !== sums.length) throw new KitError("KIT_SUMS", `${found.size} bytes where ${sums.length} are due`);
  if (!(await reader.bytes(found.size)).equals(sums)) throw new KitError("KIT_SUMS", "");
  for (const file of carried) {
    const content = file.size <= SMALL ? reader.quick(file) : undefined;
    const staged = content === undefined ? readFile(reader, file, staging) : takeFile(content, file, staging);
    if (staged !== undefined) await staged;
  }
  const last = await reader.next();
  if (last.kind === "eof") throw new KitError("KIT_TAR_END", "the end marker is missing");
  if (last.kind === "entry") throw new KitError("KIT_EXTRA_FILE", quoted(last.path));
  await reader.end();
}

/** Judges a content that is at hand; answers a promise only where somebody keeps it. */
function takeFile(content: Buffer, file: FileRow, staging: StageRow | undefined): Promise<void> | undefined {
  if (sha256Hex(content) !== file.sha256) throw new KitError("KIT_FILE_HASH", quoted(file.path));
  const sink = staging?.(file);
  return sink === undefined ? undefined : keep(content, sink);
}

async function keep(content: Buffer, staged: NonNullable<ReturnType<StageRow>>): Promise<void> {
  const sink = await staged;
  await sink?.write(content);
  await sink?.end();
}

async function readFile(reader: ArchiveReader, file: FileRow, staging: StageRow | undefined): Promise<void> {
  const { path, size } = needEntry(await reader.next(), file.path);
  if (path !== file.path) throw new KitError("KIT_LAYOUT", `${quoted(path)} where ${quoted(file.path)} must be`);
  if (size !== file.size)
    throw new KitError("KIT_FILE_SIZE", `${quoted(path)} has ${size} bytes, ${file.size} were signed`);
  const sink = await staging?.(file);
  const sha256 = size <= SMALL ? await hashSmall(reader, size, sink) : await hashLarge(reader, size, sink);
  if (sha256 !== file.sha256) throw new KitError("KIT_FILE_HASH", quoted(path));
  await reader.padding(size);
  await sink?.end();
}

async function hashSmall(reader: ArchiveReader, size: number, sink: FileSink | undefined): Promise<string> {
  const bytes = await reader.whole(size);
  const sha256 = sha256Hex(bytes);
  await sink?.write(bytes);
  return sha256;
}

async function hashLarge(reader: ArchiveReader, size: number, sink: FileSink | undefined): Promise<string> {
  const hash = createHash("sha256");
  await reader.stream(size, (chunk) => {
    hash.update(chunk);
    return sink?.write(chunk);
  });
  return hash.digest("hex");
}
