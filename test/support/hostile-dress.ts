/**
 * Hostile compression around an archive: transport only, undone once, under ceilings.
 * @module
 */
import { gzipSync, zstdCompressSync } from "node:zlib";
import { type HostileRow, rowsOf } from "./hostile-row.ts";

/** Kits whose dress is hostile, and what they must not be confused with. */
export const HOSTILE_DRESS: readonly HostileRow[] = rowsOf([
  ["a gzip bomb", "KIT_BOMB", { archive: () => gzipSync(Buffer.alloc(4_000_000)) }],
  ["a zstd bomb", "KIT_BOMB", { archive: () => zstdCompressSync(Buffer.alloc(4_000_000)) }],
  ["gzip", "OK", { archive: (archive) => gzipSync(archive) }],
  ["zstd", "OK", { archive: (archive) => zstdCompressSync(archive) }],
  ["gzip in gzip", "KIT_TAR_CHECKSUM", { archive: (archive) => gzipSync(gzipSync(archive)) }],
  ["zstd in gzip", "KIT_TAR_CHECKSUM", { archive: (archive) => gzipSync(zstdCompressSync(archive)) }],
  [
    "a dress that is not known",
    "KIT_TAR_CHECKSUM",
    { archive: (archive) => Buffer.concat([Buffer.from("BZh91AY&SY"), archive]) },
  ],
  ["the magic of gzip and nothing more", "KIT_WRAPPER", { archive: () => Buffer.from("1f8b", "hex") }],
  ["gzip of nothing", "KIT_TRUNCATED", { archive: () => gzipSync("") }],
  ["a text", "KIT_TRUNCATED", { archive: () => Buffer.from("sealpost") }],
  ["damaged gzip", "KIT_WRAPPER", { archive: (archive) => gzipSync(archive).fill(0xff, 400, 420) }],
  ["cut gzip", "KIT_WRAPPER", { archive: (archive) => gzipSync(archive).subarray(0, -6) }],
  [
    "junk behind gzip",
    "KIT_WRAPPER",
    { archive: (archive) => Buffer.concat([gzipSync(archive), Buffer.from("junk")]) },
  ],
  ["zeros behind gzip", "KIT_WRAPPER", { archive: (archive) => Buffer.concat([gzipSync(archive), Buffer.alloc(600)]) }],
  ["cut zstd", "KIT_WRAPPER", { archive: (archive) => zstdCompressSync(archive).subarray(0, -6) }],
  [
    "two zstd frames",
    "KIT_WRAPPER",
    { archive: (archive) => Buffer.concat([zstdCompressSync(archive), zstdCompressSync(archive)]) },
  ],
  [
    "junk behind zstd",
    "KIT_WRAPPER",
    { archive: (archive) => Buffer.concat([zstdCompressSync(archive), Buffer.from("junk")]) },
  ],
  ["over the byte limit", "KIT_LIMIT_BYTES", {}, { limits: { kitBytes: 4096 } }],
  [
    "over the byte limit when undressed",
    "KIT_LIMIT_BYTES",
    { archive: (archive) => gzipSync(archive) },
    { limits: { kitBytes: 4096 } },
  ],
]);
