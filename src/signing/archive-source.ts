/**
 * The bytes of a kit file, undressed: gzip and zstd around the archive are transport only and come off once, under a
 * byte ceiling and a ratio ceiling. Memory is bounded by one chunk.
 * @module
 */
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { pipeline } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import type { KitLimits } from "../core/kit.ts";
import { KitError } from "../core/kit-code.ts";

/** Small enough to stay in the processor's cache until it has been hashed. */
const CHUNK = 262_144;
const GZIP = Buffer.from("1f8b", "hex");
const ZSTD = Buffer.from("28b52ffd", "hex");

/** Bytes in order; a chunk is valid until the next pull. Undefined at the end. */
export interface ByteSource {
  readonly pull: () => Promise<Buffer | undefined>;
  readonly close: () => Promise<void>;
}

export type Dress = "none" | "gzip" | "zstd";
type Ceilings = Pick<KitLimits, "kitBytes" | "ratio">;

/** How a file is dressed, by its first bytes. Errors of the file system pass through, here and below. */
export async function dressOf(file: string): Promise<Dress> {
  const handle = await open(file, "r");
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    const magic = buffer.subarray(0, bytesRead);
    if (magic.equals(ZSTD)) return "zstd";
    return magic.subarray(0, GZIP.length).equals(GZIP) ? "gzip" : "none";
  } finally {
    await handle.close();
  }
}

/**
 * Step 1: counts what the file undresses to and answers how it is dressed. Throws KitError KIT_LIMIT_BYTES, KIT_BOMB,
 * KIT_WRAPPER.
 */
export async function countUndressed(file: string, limits: Ceilings): Promise<Dress> {
  const dress = await dressOf(file);
  if (dress === "none") {
    const size = await sizeOf(file);
    if (size > limits.kitBytes) throw new KitError("KIT_LIMIT_BYTES", `${size} of at most ${limits.kitBytes} bytes`);
    return dress;
  }
  const source = await openSource(file, dress, limits);
  try {
    while ((await source.pull()) !== undefined);
  } finally {
    await source.close();
  }
  return dress;
}

/** Opens the undressed bytes of a file; the ceilings hold here too, should the file change. */
export async function openSource(file: string, dress: Dress, limits: Ceilings): Promise<ByteSource> {
  return dress === "none" ? plainSource(file, limits) : dressedSource(file, dress, limits);
}

/** While one chunk is worked on, the next one is read. */
async function plainSource(file: string, limits: Ceilings): Promise<ByteSource> {
  const handle = await open(file, "r");
  let [ahead, spare] = [Buffer.allocUnsafeSlow(CHUNK), Buffer.allocUnsafeSlow(CHUNK)];
  let total = 0;
  const read = (buffer: Buffer): Promise<number> => {
    const reading = handle.read(buffer, 0, CHUNK, total).then(({ bytesRead }) => bytesRead);
    reading.catch(() => undefined); // met by the next pull, if there is one
    return reading;
  };
  let reading = read(ahead);
  const pull = async (): Promise<Buffer | undefined> => {
    const bytesRead = await reading;
    total += bytesRead;
    if (total > limits.kitBytes) throw new KitError("KIT_LIMIT_BYTES", `more than ${limits.kitBytes} bytes`);
    if (bytesRead === 0) return undefined;
    const chunk = ahead.subarray(0, bytesRead);
    [ahead, spare] = [spare, ahead];
    reading = read(ahead);
    return chunk;
  };
  const close = async (): Promise<void> => {
    await reading.catch(() => undefined);
    await handle.close();
  };
  return { pull, close };
}

async function dressedSource(file: string, dress: "gzip" | "zstd", limits: Ceilings): Promise<ByteSource> {
  const dressed = await sizeOf(file);
  const input = createReadStream(file, { highWaterMark: CHUNK });
  const options = { chunkSize: CHUNK };
  const undress = dress === "gzip" ? createGunzip(options) : createZstdDecompress(options);
  // An error of either ends both and is met by the next pull.
  pipeline(input, undress, () => undefined);
  const chunks: AsyncIterator<unknown> = undress[Symbol.asyncIterator]();
  let total = 0;
  const pull = async (): Promise<Buffer | undefined> => {
    const next = await chunks.next().catch((error: unknown) => {
      throw isUndressError(error) ? new KitError("KIT_WRAPPER", dress, { cause: error }) : error;
    });
    if (!Buffer.isBuffer(next.value)) {
      if (undress.bytesWritten !== dressed)
        throw new KitError("KIT_WRAPPER", `bytes behind the end of the ${dress} data`);
      return undefined;
    }
    total += next.value.length;
    checkCeilings(total, dressed, limits);
    return next.value;
  };
  const close = async (): Promise<void> => {
    input.destroy();
    undress.destroy();
  };
  return { pull, close };
}

/** The lower ceiling is the one that was met first. */
function checkCeilings(total: number, dressed: number, { kitBytes, ratio }: Ceilings): void {
  const bomb = dressed * ratio;
  if (total > bomb && bomb <= kitBytes) throw new KitError("KIT_BOMB", `${dressed} bytes undress to more than ${bomb}`);
  if (total > kitBytes) throw new KitError("KIT_LIMIT_BYTES", `more than ${kitBytes} bytes undressed`);
}

function isUndressError(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^(?:Z_|ZSTD_|ERR_ZLIB|ERR_ZSTD)/.test(String(error.code));
}

async function sizeOf(file: string): Promise<number> {
  const { size } = await stat(file);
  return size;
}
