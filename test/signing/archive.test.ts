import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { decodeHeader, encodeHeader, type EntryHeader } from "../../src/signing/archive-header.ts";
import { ArchiveReader } from "../../src/signing/archive-read.ts";
import type { ByteSource } from "../../src/signing/archive-source.ts";
import { archiveSize, ArchiveWriter } from "../../src/signing/archive-write.ts";

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
  const archive = new ArchiveWriter(async (part) => void parts.push(Buffer.from(part)));
  for (const [path, bytes] of entries) await archive.entry(path, bytes);
  await archive.end();
  await archive.flush();
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

  test.each([700, 4096, 100_000])(
    "is read quickly where an entry is at hand, else as ever (chunks of %i bytes)",
    async (size) => {
      const reader = new ArchiveReader(chunked(await archiveOf(ENTRIES), size));
      let quick = 0;
      for (const [path, bytes] of ENTRIES) {
        const content = reader.quick({ path, size: bytes.length });
        if (content !== undefined) quick++;
        else expect(await reader.next()).toEqual({ kind: "entry", path, size: bytes.length });
        expect((content ?? (await reader.bytes(bytes.length))).equals(bytes)).toBe(true);
      }
      expect(quick > 0).toBe(size > 700);
      expect(await reader.next()).toEqual({ kind: "end" });
    },
  );

  test.each<[string, EntryHeader, number | undefined]>([
    ["another path", { path: "other", size: 4 }, undefined],
    ["a path that no header holds", { path: "o".repeat(101), size: 4 }, undefined],
    ["another size", { path: "b", size: 5 }, undefined],
    ["a header with one odd bit", { path: "b", size: 4 }, 1024 + 300],
    ["something behind the content", { path: "b", size: 4 }, 1024 + 512 + 4],
    ["something at the end of the padding", { path: "b", size: 4 }, 1024 + 1023],
  ])("is left to the exact reading with %s", async (_name, entry, odd) => {
    const archive = await archiveOf([
      ["a", Buffer.from("1")],
      ["b", Buffer.from("1234")],
    ]);
    if (odd !== undefined) archive[odd] = 1;
    const reader = new ArchiveReader(chunked(archive, 100_000));
    await reader.next();
    await reader.bytes(1);
    expect(reader.quick(entry)).toBeUndefined();
    if (odd === undefined) expect(await reader.next()).toEqual({ kind: "entry", path: "b", size: 4 });
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

const full = (): ArchiveWriter => new ArchiveWriter(() => Promise.reject(new Error("ENOSPC")));

describe("an archive that is written", () => {
  const large = Buffer.alloc(2_500_000, "0123456789");

  test("is the same in one piece and in many, and as large as was foretold", async () => {
    const parts: Buffer[] = [];
    const archive = new ArchiveWriter(async (part) => void parts.push(Buffer.from(part)));
    const entries = [...ENTRIES, ["large", large], ["again", large.subarray(0, 1_048_000)]] as const;
    for (const [path, bytes] of entries)
      await archive.stream({ path, size: bytes.length }, async (write) => {
        for (let at = 0; at < bytes.length; at += 70_001) await write(bytes.subarray(at, at + 70_001));
      });
    await archive.end();
    await archive.flush();
    const written = Buffer.concat(parts);
    expect(written.equals(await archiveOf(entries))).toBe(true);
    expect(written.length).toBe(archiveSize(entries.map(([, bytes]) => bytes.length)));
  });

  test("tells of a write that failed, at the latest when all should be written", async () => {
    const small = full();
    await small.entry("a", Buffer.from("a"));
    await expect(small.flush()).rejects.toThrow("ENOSPC");
    await expect(full().stream({ path: "large", size: large.length }, (write) => write(large))).rejects.toThrow(
      "ENOSPC",
    );
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
