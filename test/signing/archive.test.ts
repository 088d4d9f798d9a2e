import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { decodeHeader, encodeHeader } from "../../src/signing/archive-header.ts";
import { ArchiveReader } from "../../src/signing/archive-read.ts";
import type { ByteSource } from "../../src/signing/archive-source.ts";
import { writeEnd, writeEntry } from "../../src/signing/archive-write.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "archive-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Hands out bytes in chunks of one size, from one buffer that is used again and again. */
function chunked(bytes: Buffer, size: number): ByteSource {
  const buffer = Buffer.alloc(size);
  let at = 0;
  const pull = async (): Promise<Buffer | undefined> => {
    buffer.fill(0xee);
    const count = bytes.copy(buffer, 0, at, at + size);
    at += count;
    return count === 0 ? undefined : buffer.subarray(0, count);
  };
  return { pull, close: async () => undefined };
}

const ENTRIES: readonly (readonly [path: string, bytes: Buffer])[] = [
  ["empty", Buffer.alloc(0)],
  ["one block", Buffer.alloc(512, "a")],
  ["content/some.txt", Buffer.alloc(1300, "0123456789")],
  [`content/${"d".repeat(140)}/${"f".repeat(90)}`, Buffer.from("deep")],
];

async function archiveOf(entries: typeof ENTRIES): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for (const [path, bytes] of entries) await writeEntry((part) => void parts.push(part), path, bytes);
  await writeEnd((part) => void parts.push(part));
  return Buffer.concat(parts);
}

describe("an archive", () => {
  test.each([1, 7, 511, 512, 513, 1000, 100_000])("reads the same in chunks of %i bytes", async (size) => {
    const reader = new ArchiveReader(chunked(await archiveOf(ENTRIES), size));
    for (const [path, bytes] of ENTRIES) {
      expect(await reader.next()).toEqual({ kind: "entry", path, size: bytes.length });
      expect(Buffer.from(await reader.whole(bytes.length)).equals(bytes)).toBe(true);
      await reader.padding(bytes.length);
    }
    expect(await reader.next()).toEqual({ kind: "end" });
    await reader.end();
    expect(await reader.next()).toEqual({ kind: "eof" });
  });

  test("hands out content that stays when it is asked to", async () => {
    const reader = new ArchiveReader(chunked(await archiveOf(ENTRIES), 700));
    const kept: Buffer[] = [];
    for (const [, bytes] of ENTRIES) {
      await reader.next();
      kept.push(await reader.bytes(bytes.length));
    }
    expect(Buffer.concat(kept).equals(Buffer.concat(ENTRIES.map(([, bytes]) => bytes)))).toBe(true);
  });

  test("is what GNU tar writes of the same files, byte for byte", async () => {
    const files = ENTRIES.filter(([path]) => !path.includes(" "));
    for (const [path, bytes] of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), bytes);
    }
    const form = ["--format=ustar", "--owner=0", "--group=0", "--numeric-owner", "--mode=0644", "--mtime=@0", "-b1"];
    execFileSync("tar", [...form, "-cf", "gnu.tar", ...files.map(([path]) => path)], { cwd: folder });
    expect(readFileSync(join(folder, "gnu.tar")).equals(await archiveOf(files))).toBe(true);
  });
});

describe("a header", () => {
  test("of a file as large as the format holds is read back", () => {
    const entry = { path: "a", size: 8 ** 11 - 1 };
    expect(decodeHeader(encodeHeader(entry))).toEqual(entry);
  });

  test("is not made where none fits", () => {
    expect(() => encodeHeader({ path: "a", size: 8 ** 11 })).toThrow(
      expect.objectContaining({ code: "KIT_LIMIT_ENTRY" }),
    );
    expect(() => encodeHeader({ path: "a".repeat(101), size: 1 })).toThrow(
      expect.objectContaining({ code: "KIT_PATH" }),
    );
  });
});
