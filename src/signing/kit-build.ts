/**
 * Builds and signs kits: the same content is the same bytes (but for P-256 signatures), wherever and whenever it is built.
 * @module
 */
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import {
  completeManifest,
  type FileRow,
  KIT_LIMITS,
  type KitLimits,
  kitId,
  type Manifest,
  manifestBytes,
} from "../core/kit.ts";
import { KitError } from "../core/kit-code.ts";
import { carriedFiles, kitStatement, sumsOf } from "../core/kit-derive.ts";
import type { KitSpec } from "../core/kit-spec.ts";
import { ArchiveWriter, archiveSize } from "./archive-write.ts";
import { bundlePath, signStatement } from "./dsse.ts";
import type { KitSigner } from "./keys.ts";
import { inSlices, type KitBundle, openKit } from "./kit-open.ts";
import { type BuildFile, type MeasuredFile, measureFiles, writeFileInto } from "./source-files.ts";

export type { BuildFile } from "./source-files.ts";

export interface KitInput {
  readonly spec: KitSpec;
  readonly files: readonly BuildFile[];
  readonly stream: string;
  readonly audience: readonly string[];
  /** `YYYY-MM-DDTHH:MM:SSZ` */
  readonly createdAt: string;
  /** Default: those of `spec`. */
  readonly epoch?: number;
  readonly sequence?: number;
  /** Manifest of the predecessor in the stream; default: none. */
  readonly prev?: string | null;
  readonly heads?: Manifest["heads"];
  /** SHA-256 of blobs that are left out, because every reader holds them. */
  readonly omitted?: readonly string[];
  /** None: a kit to be signed elsewhere; nobody accepts it before. */
  readonly signers: readonly KitSigner[];
}

export interface BuiltKit {
  readonly kit: string;
  readonly manifest: Manifest;
  /** What each further signer must sign. */
  readonly statement: string;
}

/**
 * Builds a kit into `out` (written aside, then renamed). Throws KitError where readers would refuse it, KIT_FILE_HASH where
 * a file changes meanwhile, SigningError `unreadable`.
 */
export async function buildKit(input: KitInput, out: string, limits: KitLimits = KIT_LIMITS): Promise<BuiltKit> {
  if (input.files.length > limits.files)
    throw new KitError("KIT_LIMIT_FILES", `${input.files.length} of at most ${limits.files}`);
  const files = await measureFiles(inOrder(input.files), limits);
  const manifest = await inSlices(completeManifest(partsOf(input, files), limits));
  const bytes = manifestBytes(manifest);
  const carried = carriedFiles(manifest);
  const sums = sumsOf(carried);
  const kit = kitId(bytes);
  const statement = kitStatement(manifest, { kit, sums });
  const bundles = await signAll(statement, input.signers);
  checkSizes({ bytes, bundles, sums, carried }, limits);
  await writeAside(out, async (archive) => {
    await archive.entry("offline-kit.json", bytes);
    for (const { name, bytes: bundle } of bundles) await archive.entry(name, bundle);
    await archive.entry("SHA256SUMS", sums);
    await writeContents(archive, carried, files);
    await archive.end();
  });
  return { kit, manifest, statement };
}

interface Parts {
  readonly bytes: Uint8Array;
  readonly bundles: readonly KitBundle[];
  readonly sums: Uint8Array;
  readonly carried: readonly FileRow[];
}

/** Ceilings of readers on the archive; those on the table are the manifest's. */
function checkSizes({ bytes, bundles, sums, carried }: Parts, limits: KitLimits): void {
  if (bytes.length > limits.manifestBytes)
    throw new KitError("KIT_LIMIT_ENTRY", `the manifest has ${bytes.length} of at most ${limits.manifestBytes} bytes`);
  if (bundles.length > limits.bundles) throw new KitError("KIT_LIMIT_BUNDLES", `more than ${limits.bundles}`);
  const sizes = [bytes.length, ...bundles.map((bundle) => bundle.bytes.length), sums.length];
  const total = archiveSize([...sizes, ...carried.map(({ size }) => size)]);
  if (total > limits.kitBytes) throw new KitError("KIT_LIMIT_BYTES", `${total} of at most ${limits.kitBytes} bytes`);
}

function inOrder(files: readonly BuildFile[]): BuildFile[] {
  return files.toSorted((left, right) => (left.path < right.path ? -1 : 1));
}

function partsOf(input: KitInput, files: readonly MeasuredFile[]): Omit<Manifest, "state"> {
  return {
    ...input.spec,
    stream: input.stream,
    audience: [...input.audience],
    createdAt: input.createdAt,
    epoch: input.epoch ?? input.spec.epoch,
    sequence: input.sequence ?? input.spec.sequence,
    prev: input.prev ?? null,
    heads: input.heads ?? {},
    files: files.map(({ row }) => row),
    omitted: [...(input.omitted ?? [])].toSorted(),
  };
}

/** Writes the carried ones of the files; both are in the order of their paths. */
async function writeContents(
  archive: ArchiveWriter,
  carried: readonly FileRow[],
  files: readonly MeasuredFile[],
): Promise<void> {
  let next = 0;
  for (const file of files) {
    if (file.row !== carried[next]) continue;
    next++;
    const written = writeFileInto(archive, file);
    if (written !== undefined) await written;
  }
}

async function signAll(statement: string, signers: readonly KitSigner[]): Promise<KitBundle[]> {
  const bundles = new Map<string, KitBundle>();
  for (const signer of signers) {
    const name = bundlePath(signer.keyId);
    bundles.set(name, { name, bytes: await signStatement(statement, signer) });
  }
  return sorted([...bundles.values()]);
}

function sorted(bundles: readonly KitBundle[]): KitBundle[] {
  return bundles.toSorted((left, right) => (left.name < right.name ? -1 : 1));
}

/**
 * Adds signatures to a kit, into `out` (which may be the same file); its id stays. A bundle replaces one of its name.
 * Throws KitError for a kit whose manifest or contents are not sound, or that would have too many bundles.
 */
export async function attachBundles(
  kit: { readonly file: string; readonly out: string; readonly limits?: KitLimits },
  bundles: readonly KitBundle[],
): Promise<void> {
  const { file, out, limits = KIT_LIMITS } = kit;
  await checkContents(file, limits);
  const source = await openKit(file, limits, { unsigned: true });
  try {
    const all = new Map([...source.bundles, ...bundles].map((bundle) => [bundle.name, bundle]));
    if (all.size > limits.bundles) throw new KitError("KIT_LIMIT_BUNDLES", `more than ${limits.bundles}`);
    await writeAside(out, async (archive) => {
      await archive.entry("offline-kit.json", source.manifestBytes);
      for (const { name, bytes } of sorted([...all.values()])) await archive.entry(name, bytes);
      await source.copyRest((bytes) => archive.bytes(bytes));
    });
  } finally {
    await source.close();
  }
}

/** Signs a kit as one more signer, into `out` (which may be the same file). Throws as `attachBundles`. */
export async function signKit(
  kit: { readonly file: string; readonly out: string; readonly limits?: KitLimits },
  signer: KitSigner,
): Promise<void> {
  const source = await openKit(kit.file, kit.limits, { unsigned: true });
  await source.close();
  await attachBundles(kit, [{ name: bundlePath(signer.keyId), bytes: await signStatement(source.statement, signer) }]);
}

/** Nobody should sign what is damaged. */
async function checkContents(file: string, limits: KitLimits): Promise<void> {
  const source = await openKit(file, limits, { unsigned: true });
  try {
    await source.contents();
  } finally {
    await source.close();
  }
}

/** Writes `<out>.part`, syncs it and renames it; a failure leaves nothing behind. */
async function writeAside(out: string, content: (archive: ArchiveWriter) => Promise<void>): Promise<void> {
  const part = `${out}.part`;
  await rm(part, { force: true });
  const handle = await open(part, "wx", 0o644);
  try {
    const archive = new ArchiveWriter((bytes) => writeAll(handle, bytes));
    await content(archive);
    await archive.flush();
    await handle.sync();
    await handle.close();
    await rename(part, out);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(part, { force: true });
    throw error;
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at);
    at += bytesWritten;
  }
}
