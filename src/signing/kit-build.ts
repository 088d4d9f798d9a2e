/**
 * Builds and signs kits: the same content is the same bytes (but for P-256 signatures), wherever and whenever it is built.
 * @module
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { sha256Hex } from "../core/hash.ts";
import {
  type FileRole,
  type FileRow,
  KIT_LIMITS,
  type KitLimits,
  kitId,
  type Manifest,
  manifestBytes,
  parseManifest,
} from "../core/kit.ts";
import { KitError, quoted } from "../core/kit-code.ts";
import { carriedFiles, kitStatement, stateRootOf, sumsOf } from "../core/kit-derive.ts";
import type { KitSpec } from "../core/kit-spec.ts";
import { type Write, writeEnd, writeEntry, writeStream } from "./archive-write.ts";
import { bundlePath, signStatement } from "./dsse.ts";
import type { KitSigner } from "./keys.ts";
import { type KitBundle, openKit } from "./kit-open.ts";

/** One file to be built in: its bytes, or a file that is streamed. */
export type BuildFile = { readonly path: string; readonly role: FileRole } & (
  | { readonly bytes: Uint8Array }
  | { readonly file: string }
);

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

/** Builds a kit into `out` (written aside, then renamed). Throws KitError where readers would refuse its manifest. */
export async function buildKit(input: KitInput, out: string, limits: KitLimits = KIT_LIMITS): Promise<BuiltKit> {
  const sources = new Map(input.files.map((file) => [file.path, file]));
  const manifest = await manifestOf(input, limits);
  const bytes = manifestBytes(manifest);
  const carried = carriedFiles(manifest);
  const sums = sumsOf(carried);
  const kit = kitId(bytes);
  const statement = kitStatement(manifest, { kit, sums });
  const bundles = await signAll(statement, input.signers);
  await writeAside(out, async (write) => {
    await writeEntry(write, "offline-kit.json", bytes);
    for (const { name, bytes: bundle } of bundles) await writeEntry(write, name, bundle);
    await writeEntry(write, "SHA256SUMS", sums);
    for (const row of carried) await writeContent(write, row, sources.get(row.path));
    await writeEnd(write);
  });
  return { kit, manifest, statement };
}

async function manifestOf(input: KitInput, limits: KitLimits): Promise<Manifest> {
  const files: FileRow[] = [];
  for (const file of input.files) files.push({ path: file.path, role: file.role, ...(await measure(file)) });
  files.sort((left, right) => (left.path < right.path ? -1 : 1));
  const manifest: Manifest = {
    ...input.spec,
    stream: input.stream,
    audience: [...input.audience],
    createdAt: input.createdAt,
    epoch: input.epoch ?? input.spec.epoch,
    sequence: input.sequence ?? input.spec.sequence,
    prev: input.prev ?? null,
    heads: input.heads ?? {},
    files,
    omitted: [...(input.omitted ?? [])].toSorted(),
    state: { root: stateRootOf(files), count: files.length },
  };
  return parseManifest(manifestBytes(manifest), limits);
}

async function measure(file: BuildFile): Promise<{ sha256: string; size: number }> {
  if ("bytes" in file) return { sha256: sha256Hex(file.bytes), size: file.bytes.length };
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of chunksOf(file.file)) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { sha256: hash.digest("hex"), size };
}

async function signAll(statement: string, signers: readonly KitSigner[]): Promise<KitBundle[]> {
  const bundles: KitBundle[] = [];
  for (const signer of signers) {
    bundles.push({ name: bundlePath(signer.keyId), bytes: await signStatement(statement, signer) });
  }
  return sorted(bundles);
}

function sorted(bundles: readonly KitBundle[]): KitBundle[] {
  return bundles.toSorted((left, right) => (left.name < right.name ? -1 : 1));
}

async function writeContent(write: Write, row: FileRow, source: BuildFile | undefined): Promise<void> {
  if (source === undefined) throw new KitError("KIT_MISSING_FILE", quoted(row.path));
  if ("bytes" in source) return writeEntry(write, row.path, source.bytes);
  const hash = createHash("sha256");
  let size = 0;
  await writeStream(write, row, async (inner) => {
    for await (const chunk of chunksOf(source.file)) {
      hash.update(chunk);
      size += chunk.length;
      await inner(chunk);
    }
  });
  if (size !== row.size || hash.digest("hex") !== row.sha256)
    throw new KitError("KIT_FILE_HASH", `${quoted(row.path)} changed while it was built in`);
}

async function* chunksOf(file: string): AsyncGenerator<Buffer> {
  for await (const chunk of createReadStream(file, { highWaterMark: 262_144 })) {
    if (Buffer.isBuffer(chunk)) yield chunk;
  }
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
    await writeAside(out, async (write) => {
      await writeEntry(write, "offline-kit.json", source.manifestBytes);
      for (const { name, bytes } of sorted([...all.values()])) await writeEntry(write, name, bytes);
      await source.copyRest(write);
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

const BUFFERED = 1_048_576;

/** Writes `<out>.part`, syncs it and renames it; a failure leaves nothing behind. */
async function writeAside(out: string, content: (write: Write) => Promise<void>): Promise<void> {
  const part = `${out}.part`;
  const handle = await open(part, "w", 0o644);
  try {
    const buffered = bufferedWrite(handle);
    await content(buffered.write);
    await buffered.flush();
    await handle.sync();
    await handle.close();
    await rename(part, out);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(part, { force: true });
    throw error;
  }
}

function bufferedWrite(handle: FileHandle): { write: Write; flush: () => Promise<void> } {
  let parts: Uint8Array[] = [];
  let held = 0;
  const flush = async (): Promise<void> => {
    const bytes = Buffer.concat(parts);
    parts = [];
    held = 0;
    await handle.writeFile(bytes);
  };
  const write = (bytes: Uint8Array): void | Promise<void> => {
    parts.push(bytes);
    held += bytes.length;
    return held >= BUFFERED ? flush() : undefined;
  };
  return { write, flush };
}
