import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { forgeKit, type Recipe, testKey } from "../support/kit-forge.ts";
import { bundlePath } from "../../src/signing/dsse.ts";
import { buildOutsiderKit, SIGNERS, unpack } from "../support/outsider-kit.ts";
import { offline, type Said } from "../support/outsiders.ts";

/** Lists a kit and packs what lies unpacked beside it again; `cmp` then says whether the two archives are the same bytes. */
const REBUILD = `tar -tf "$KIT" > ../names &&
  tar --format=ustar --owner=0 --group=0 --numeric-owner --mode=0644 --mtime=@0 --no-recursion -b1 -T ../names -cf ../again.tar &&
  cmp "$KIT" ../again.tar`;

let folder = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "outsider-"));
  await buildOutsiderKit(join(folder, "good.tar"));
  unpack(join(folder, "good.tar"), join(folder, "good"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const rebuild = (kit: string, unpacked: string): Said =>
  offline(["sh", "-c", REBUILD], { cwd: join(folder, unpacked), env: { KIT: join(folder, kit) } });

test("GNU tar lists a kit in its order and packs its files into the same bytes again", () => {
  expect(rebuild("good.tar", "good")).toEqual({ status: 0, text: "" });
  const names = readFileSync(join(folder, "names"), "utf8").trimEnd().split("\n");
  const sums = readFileSync(join(folder, "good/SHA256SUMS"), "utf8").trimEnd().split("\n");
  expect(names).toEqual([
    "offline-kit.json",
    ...SIGNERS.map((name) => bundlePath(testKey(name).keyId)).toSorted(),
    "SHA256SUMS",
    ...sums.map((line) => line.slice(66)),
  ]);
});

test("a kit with one byte of content changed is not what GNU tar packs of the files", () => {
  const bytes = readFileSync(join(folder, "good.tar"));
  const at = bytes.indexOf("What is new");
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  writeFileSync(join(folder, "changed.tar"), bytes);
  expect(rebuild("changed.tar", "good")).toEqual({ status: 1, text: expect.stringMatching(/differ: (?:byte|char) /) });
});

const onLast = (header: (block: Buffer) => void): Recipe => ({
  entries: (entries) => entries.map((entry, at) => (at === entries.length - 1 ? { ...entry, header } : entry)),
});
const written = (text: string, at: number): Recipe => onLast((block) => void block.write(text, at, "latin1"));

test.each<[string, Recipe]>([
  ["another mode", written("0000600", 100)],
  ["an owner", written("0001750", 108)],
  ["a group", written("0001750", 116)],
  ["a time", written("00000000001", 136)],
  ["the old type of a regular file", onLast((block) => void block.fill(0, 156, 157))],
  ["an owner's name", written("root", 265)],
  ["numbers as another tar writes them", written("000644 ", 100)],
  ["no zero blocks at its end", { archive: (bytes) => bytes.subarray(0, bytes.length - 1024) }],
  ["zero blocks more at its end", { archive: (bytes) => Buffer.concat([bytes, Buffer.alloc(512)]) }],
  [
    "bytes in its padding",
    { entries: (entries) => entries.map((entry) => ({ ...entry, padding: (zeros) => void zeros.fill(1) })) },
  ],
])("an archive of the same files with %s is not what GNU tar packs", async (name, recipe) => {
  const kit = `${name}.tar`;
  writeFileSync(join(folder, kit), await forgeKit(recipe));
  writeFileSync(join(folder, "plain.tar"), await forgeKit());
  unpack(join(folder, "plain.tar"), join(folder, name));
  expect(rebuild("plain.tar", name)).toEqual({ status: 0, text: "" });
  expect(rebuild(kit, name)).toEqual({ status: 1, text: expect.stringMatching(/differ: (?:byte|char) |EOF on/) });
});

test("sha256sum -c finds every file that SHA256SUMS lists, and says which one is not as listed", () => {
  const check = (): Said => offline(["sha256sum", "-c", "SHA256SUMS"], { cwd: join(folder, "good") });
  const { status, text } = check();
  const sums = readFileSync(join(folder, "good/SHA256SUMS"), "utf8").trimEnd().split("\n");
  expect(text.trimEnd().split("\n")).toEqual(sums.map((line) => `${line.slice(66)}: OK`));
  expect(status).toBe(0);
  const file = join(folder, "good/content/empty.txt");
  writeFileSync(file, "no longer empty");
  expect(check()).toEqual({ status: 1, text: expect.stringContaining("content/empty.txt: FAILED\n") });
  writeFileSync(file, "");
});
