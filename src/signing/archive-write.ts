/**
 * Writes the archive of a kit: the same entries are the same bytes, everywhere.
 * @module
 */
import { BLOCK, encodeHeader, paddingOf } from "./archive-header.ts";

/** Where the bytes of an archive go. */
export type Write = (bytes: Uint8Array) => void | Promise<void>;

/** Writes an entry whose content is at hand. Throws KitError KIT_PATH. */
export async function writeEntry(write: Write, path: string, bytes: Uint8Array): Promise<void> {
  await write(encodeHeader({ path, size: bytes.length }));
  await write(bytes);
  await write(Buffer.alloc(paddingOf(bytes.length)));
}

/** Writes an entry whose content is streamed by `content`, which must hand out exactly `size` bytes. */
export async function writeStream(
  write: Write,
  entry: { path: string; size: number },
  content: (write: Write) => Promise<void>,
): Promise<void> {
  await write(encodeHeader(entry));
  await content(write);
  await write(Buffer.alloc(paddingOf(entry.size)));
}

/** Writes the end marker. */
export async function writeEnd(write: Write): Promise<void> {
  await write(Buffer.alloc(2 * BLOCK));
}
