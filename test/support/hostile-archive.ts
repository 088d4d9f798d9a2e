/**
 * Hostile archives: what is wrong with them stands in the tar, or around it.
 * @module
 */
import { deflateRawSync } from "node:zlib";
import { type HostileRow, rowsOf } from "./hostile-row.ts";
import type { ForgedEntry, Recipe } from "./kit-forge.ts";

const TYPE_AT = 156;

/** Changes the last entry (a content file). */
function last(change: Partial<ForgedEntry>): Recipe {
  return {
    entries: (entries) => entries.map((entry, at) => (at === entries.length - 1 ? { ...entry, ...change } : entry)),
  };
}

function header(at: number, text: string): Recipe {
  return last({ header: (block) => block.write(text, at, "latin1") });
}

function moved(from: number, to: number): Recipe {
  return {
    entries: (entries) => {
      const rest = entries.filter((_, at) => at !== from);
      return [...rest.slice(0, to), ...entries.slice(from, from + 1), ...rest.slice(to)];
    },
  };
}

/** Entries: 0 manifest, 1 bundle, 2 sums, 3 and 4 content. */
function added(at: number, ...more: ForgedEntry[]): Recipe {
  return { entries: (entries) => [...entries.slice(0, at), ...more, ...entries.slice(at)] };
}

const STRAY: ForgedEntry = { path: "content/rules/acme/a.json", bytes: Buffer.from("{}") };
const bundle = (name: string, size = 2): ForgedEntry => ({
  path: `attestations/${name}`,
  bytes: Buffer.alloc(size, "{}"),
});
/** The entry claims 8 GiB. */
const endless = (which: number): Recipe => ({
  entries: (entries) =>
    entries.map((entry, at) =>
      at === which ? { ...entry, header: (block) => block.write("77777777777", 124, "latin1") } : entry,
    ),
});
const TWIN_PATHS = ["content/rules/acme/a.json", "content/rules/acme/b.json"] as const;
const TWINS = { [TWIN_PATHS[0]]: "{}", [TWIN_PATHS[1]]: "{}" };
const LONG_PATH = ["content", "a".repeat(60), "b".repeat(60), "c.txt"];
/** Prefix and name are cut where other programs would cut them: at the first slash that will do. */
const LONG: Recipe = {
  content: { [LONG_PATH.join("/")]: "c" },
  ...last({
    header: (block) => {
      block.fill(0, 0, 100).fill(0, 345, 500);
      block.write(LONG_PATH.slice(2).join("/"));
      block.write(LONG_PATH.slice(0, 2).join("/"), 345);
    },
  }),
};
const cut = (by: number): Recipe => ({ archive: (archive) => archive.subarray(0, archive.length - by) });

/** Kits whose archive is hostile, and what they must not be confused with. */
export const HOSTILE_ARCHIVES: readonly HostileRow[] = rowsOf([
  ["good as it is", "OK", {}],
  ["an entry that climbs", "KIT_LAYOUT", last({ path: "../../etc/passwd" })],
  ["an absolute entry", "KIT_LAYOUT", last({ path: "/etc/passwd" })],
  ["an entry with a drive letter", "KIT_LAYOUT", last({ path: "C:/x" })],
  ["a hard link", "KIT_TAR_TYPE", header(TYPE_AT, "1")],
  ["a symbolic link", "KIT_TAR_TYPE", header(TYPE_AT, "2")],
  ["a character device", "KIT_TAR_TYPE", header(TYPE_AT, "3")],
  ["a block device", "KIT_TAR_TYPE", header(TYPE_AT, "4")],
  ["a directory", "KIT_TAR_TYPE", header(TYPE_AT, "5")],
  ["a fifo", "KIT_TAR_TYPE", header(TYPE_AT, "6")],
  ["a contiguous file", "KIT_TAR_TYPE", header(TYPE_AT, "7")],
  ["a pax rename", "KIT_TAR_TYPE", header(TYPE_AT, "x")],
  ["a pax global header", "KIT_TAR_TYPE", header(TYPE_AT, "g")],
  ["a GNU long name", "KIT_TAR_TYPE", header(TYPE_AT, "L")],
  ["a sparse file", "KIT_TAR_TYPE", header(TYPE_AT, "S")],
  ["type NUL", "KIT_TAR_TYPE", header(TYPE_AT, "\0")],
  ["setuid", "KIT_TAR_HEADER", header(100, "0004644")],
  ["an executable", "KIT_TAR_HEADER", header(100, "0000755")],
  ["a foreign owner", "KIT_TAR_HEADER", header(108, "0001750")],
  ["a foreign group", "KIT_TAR_HEADER", header(116, "0001750")],
  ["a modification time", "KIT_TAR_HEADER", header(136, "00000000001")],
  ["a link name on a file", "KIT_TAR_HEADER", header(157, "x")],
  ["an owner's name", "KIT_TAR_HEADER", header(265, "root")],
  ["a group's name", "KIT_TAR_HEADER", header(297, "root")],
  ["GNU magic", "KIT_TAR_HEADER", header(257, "ustar  \0")],
  ["a device number on a file", "KIT_TAR_HEADER", header(329, "0000001")],
  ["another version of ustar", "KIT_TAR_HEADER", header(263, "  ")],
  ["a minor device number", "KIT_TAR_HEADER", header(337, "0000001")],
  ["a mode as other tools write it", "KIT_TAR_HEADER", header(100, "000644 ")],
  ["a time in base 256", "KIT_TAR_HEADER", header(136, "\x80\0\0\0\0\0\0\0\0\0\0\0")],
  ["bytes after NUL in the prefix", "KIT_TAR_HEADER", header(400, "hidden")],
  ["a long path that is split at another slash", "KIT_TAR_HEADER", LONG],
  ["an entry whose name steers a terminal", "KIT_LAYOUT", last({ path: "content/\u001b[2J\r\n" })],
  ["bytes after NUL in the name", "KIT_TAR_HEADER", header(60, "hidden")],
  ["bytes behind the prefix", "KIT_TAR_HEADER", header(500, "hidden")],
  [
    "a split of a short path",
    "KIT_TAR_HEADER",
    last({
      header: (block) =>
        void (block.fill(0, 0, 100), block.write("disk-full.json"), block.write("content/rules/acme", 345)),
    }),
  ],
  [
    "an empty name under a prefix",
    "KIT_TAR_HEADER",
    last({ header: (block) => void (block.fill(0, 0, 100), block.write("content", 345)) }),
  ],
  [
    "a checksum in another form",
    "KIT_TAR_HEADER",
    last({ rawHeader: (block) => block.write(` ${block.toString("latin1", 149, 154)}\0 `, 148, "latin1") }),
  ],
  ["a size in base 256", "KIT_TAR_SIZE", header(124, "\x80\0\0\0\0\0\0\0\0\0\0\x44")],
  ["a negative size", "KIT_TAR_SIZE", header(124, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xbc")],
  ["a size with spaces", "KIT_TAR_SIZE", header(124, "        104 ")],
  ["a size in hex", "KIT_TAR_SIZE", header(124, "0000000006a\0")],
  ["a size without an end", "KIT_TAR_SIZE", header(124, "000000000152")],
  ["a wrong checksum", "KIT_TAR_CHECKSUM", last({ rawHeader: (block) => block.write("0000000", 148, "latin1") })],
  [
    "a checksum that is no number",
    "KIT_TAR_CHECKSUM",
    last({ rawHeader: (block) => block.write("abcdefg", 148, "latin1") }),
  ],
  ["bytes in the padding of a file", "KIT_TAR_PADDING", last({ padding: (padding) => padding.write("x", 40) })],
  [
    "bytes in the padding of the manifest",
    "KIT_TAR_PADDING",
    {
      entries: ([first, ...rest]) =>
        first === undefined ? [] : [{ ...first, padding: (padding) => padding.fill(1) }, ...rest],
    },
  ],
  [
    "a second archive behind the first",
    "KIT_TRAILING_DATA",
    { archive: (archive) => Buffer.concat([archive, archive]) },
  ],
  ["zeros behind the end", "KIT_TRAILING_DATA", { archive: (archive) => Buffer.concat([archive, Buffer.alloc(512)]) }],
  [
    "one byte behind the end",
    "KIT_TRAILING_DATA",
    { archive: (archive) => Buffer.concat([archive, Buffer.from("x")]) },
  ],
  ["a dirty end block", "KIT_TAR_END", { archive: (archive) => archive.fill(1, archive.length - 1) }],
  ["half an end marker", "KIT_TAR_END", cut(512)],
  ["no end marker", "KIT_TAR_END", cut(1024)],
  ["cut in the end marker", "KIT_TRUNCATED", cut(1)],
  ["cut in the padding", "KIT_TRUNCATED", cut(1025)],
  ["cut in a file", "KIT_TRUNCATED", cut(1024 + 500)],
  ["cut in a header", "KIT_TRUNCATED", cut(1024 + 512 + 100)],
  ["cut before the last file", "KIT_TRUNCATED", cut(1024 + 1024)],
  ["cut in the manifest", "KIT_TRUNCATED", { archive: (archive) => archive.subarray(0, 700) }],
  ["an empty file", "KIT_TRUNCATED", { archive: () => Buffer.alloc(0) }],
  ["zeros only", "KIT_MISSING_FILE", { archive: () => Buffer.alloc(1024) }],
  [
    "a zip",
    "KIT_TAR_CHECKSUM",
    { archive: (archive) => Buffer.concat([Buffer.from("PK\x03\x04"), deflateRawSync(archive), Buffer.alloc(600, 1)]) },
  ],
  ["the last file twice", "KIT_EXTRA_FILE", { entries: (entries) => [...entries, ...entries.slice(-1)] }],
  ["a file twice", "KIT_LAYOUT", { entries: (entries) => [...entries.slice(0, 4), ...entries.slice(3)] }],
  ["two manifests", "KIT_LAYOUT", { entries: (entries) => [...entries.slice(0, 1), ...entries] }],
  [
    "a second manifest behind the bundles",
    "KIT_LAYOUT",
    { entries: (entries) => [...entries.slice(0, 2), ...entries.slice(0, 1), ...entries.slice(2)] },
  ],
  ["the manifest not first", "KIT_LAYOUT", moved(0, 1)],
  ["SHA256SUMS before the bundles", "SIG_NONE", moved(2, 1)],
  ["content before SHA256SUMS", "KIT_LAYOUT", moved(3, 2)],
  ["two files in the wrong order", "KIT_LAYOUT", moved(3, 4)],
  ["no SHA256SUMS", "KIT_LAYOUT", { entries: (entries) => entries.filter(({ path }) => path !== "SHA256SUMS") }],
  ["a stray file in the middle", "KIT_LAYOUT", added(3, STRAY)],
  ["a stray file at the end", "KIT_EXTRA_FILE", added(5, STRAY)],
  ["a missing file in the middle", "KIT_LAYOUT", { entries: (entries) => entries.toSpliced(3, 1) }],
  ["a missing last file", "KIT_MISSING_FILE", { entries: (entries) => entries.slice(0, -1) }],
  ["nothing but a manifest", "KIT_MISSING_FILE", { entries: (entries) => entries.slice(0, 1) }],
  [
    "a changed byte",
    "KIT_FILE_HASH",
    {
      entries: (entries) =>
        entries.map((entry, at) => (at === 4 ? { ...entry, bytes: Buffer.from(entry.bytes).fill("!", 3, 4) } : entry)),
    },
  ],
  [
    "a longer file",
    "KIT_FILE_SIZE",
    {
      entries: (entries) =>
        entries.map((entry, at) =>
          at === 4 ? { ...entry, bytes: Buffer.concat([entry.bytes, Buffer.from(" ")]) } : entry,
        ),
    },
  ],
  [
    "a shorter file",
    "KIT_FILE_SIZE",
    {
      entries: (entries) =>
        entries.map((entry, at) => (at === 3 ? { ...entry, bytes: entry.bytes.subarray(1) } : entry)),
    },
  ],
  [
    "two files swapped",
    "KIT_FILE_HASH",
    {
      content: { "content/rules/acme/a.json": "{}", "content/rules/acme/b.json": "[]" },
      entries: ([a, b, c, d, e]) =>
        [a, b, c, d && e && { ...d, bytes: e.bytes }, d && e && { ...e, bytes: d.bytes }].filter(
          (entry) => entry !== undefined,
        ),
    },
  ],
  ["SHA256SUMS altered", "KIT_SUMS", { sums: (sums) => sums.replace(/^./, (digit) => (digit === "0" ? "1" : "0")) }],
  [
    "SHA256SUMS in another order",
    "KIT_SUMS",
    { sums: (sums) => `${sums.trim().split("\n").toReversed().join("\n")}\n` },
  ],
  ["SHA256SUMS with a mark for binary files", "KIT_SUMS", { sums: (sums) => sums.replaceAll("  ", " *") }],
  [
    "SHA256SUMS with hashes in capitals",
    "KIT_SUMS",
    { sums: (sums) => sums.replace(/[0-9a-f]{64}/, (hex) => hex.toUpperCase()) },
  ],
  ["SHA256SUMS without a line", "KIT_SUMS", { sums: (sums) => sums.slice(sums.indexOf("\n") + 1) }],
  ["SHA256SUMS empty", "KIT_SUMS", { sums: () => "" }],
  [
    "one content carried twice",
    "KIT_EXTRA_FILE",
    { content: TWINS, entries: (entries) => [...entries, { path: TWIN_PATHS[1], bytes: Buffer.from("{}") }] },
  ],
  [
    "one content carried at its second path",
    "KIT_LAYOUT",
    {
      content: TWINS,
      entries: (entries) =>
        entries.map((entry) => (entry.path === TWIN_PATHS[0] ? { ...entry, path: TWIN_PATHS[1] } : entry)),
    },
  ],
  ["SHA256SUMS longer", "KIT_SUMS", { sums: (sums) => `${sums}\n` }],
  ["an endless manifest", "KIT_LIMIT_ENTRY", endless(0)],
  [
    "an endless bundle",
    "KIT_LIMIT_ENTRY",
    added(1, { ...bundle("AAA.sigstore.json"), header: (block) => block.write("00100000000", 124, "latin1") }),
  ],
  [
    "endless bundles",
    "KIT_LIMIT_BUNDLES",
    added(2, ...Array.from({ length: 17 }, (_, at) => bundle(`Z${String.fromCharCode(65 + at)}.sigstore.json`))),
  ],
  ["an endless SHA256SUMS", "KIT_SUMS", endless(2)],
  ["an endless file", "KIT_FILE_SIZE", endless(3)],
  ["a bundle name that steers a terminal", "KIT_LAYOUT", added(1, bundle("A\u001b[2J.sigstore.json"))],
  ["a bundle name that climbs", "KIT_LAYOUT", added(1, bundle("../A.sigstore.json"))],
  ["a bundle name with a space", "KIT_LAYOUT", added(1, bundle("A A.sigstore.json"))],
  ["a bundle in a folder", "KIT_LAYOUT", added(1, bundle("A/A.sigstore.json"))],
  ["a bundle with another ending", "KIT_LAYOUT", added(1, bundle("A.json"))],
  ["bundles out of order", "KIT_LAYOUT", added(2, bundle("A.sigstore.json"))],
  ["a bundle name twice", "KIT_LAYOUT", { entries: (entries) => [...entries.slice(0, 2), ...entries.slice(1)] }],
]);
