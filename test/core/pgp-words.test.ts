import { describe, expect, test } from "vitest";
import { sha256Hex } from "../../src/core/hash.ts";
import { fingerprintWords, pgpWords, wordFault } from "../../src/core/pgp-words.ts";

const PUBLISHED =
  "topmost Istanbul Pluto vagabond treadmill Pacific brackish dictator goldfish Medusa " +
  "afflict bravado chatter revolver Dupont midsummer stopwatch whimsical cowbell bottomless";

describe("words for the telephone", () => {
  test("are those of the published example", () => {
    const bytes = Buffer.from("E58294F2E9A227486E8B061B31CC528FD7FA3F19", "hex");
    expect(pgpWords(bytes).join(" ")).toBe(PUBLISHED);
    expect(pgpWords(Buffer.from("00000101fefeffff", "hex"))).toEqual(
      "aardvark adroitness absurd adviser woodlark yesteryear Zulu Yucatan".split(" "),
    );
  });

  test("are the 512 of the list, none twice", () => {
    const all = Array.from({ length: 256 }, (_, byte) => pgpWords(Buffer.from([byte, byte])));
    const words = all.flat();
    expect(new Set(words).size).toBe(512);
    expect(words.every((word) => /^[A-Za-z]{4,11}$/.test(word))).toBe(true);
    expect(sha256Hex(words.join("\n"))).toBe("55c9067321ccd946013bfda1ba480ffa09d3b97e119eddc72ba9598a28ef70d3");
  });

  test("of a fingerprint are those of its 32 bytes", () => {
    const bytes = Uint8Array.from({ length: 32 }, (_, at) => (at * 37 + 11) % 256);
    const base64 = Buffer.from(bytes).toString("base64").replace("=", "");
    expect(fingerprintWords(`SHA256:${base64}`)).toEqual(pgpWords(bytes));
    expect(fingerprintWords(`SPKI256:${base64}`)).toEqual(pgpWords(bytes));
    expect(fingerprintWords(`SHA256:${base64}`)).toHaveLength(32);
  });

  test.each([
    "",
    "SHA256:",
    `MD5:${"A".repeat(43)}`,
    `SHA256:${"A".repeat(42)}`,
    `SHA256:${"A".repeat(43)}=`,
    `SHA256:${"A".repeat(42)}B`, // spare bits
    `SHA256:${"A".repeat(42)}-`,
    `sha256:${"A".repeat(43)}`,
  ])("are refused for what is no fingerprint: %j", (text) => {
    expect(() => fingerprintWords(text)).toThrow(expect.objectContaining({ name: "CoreError", code: "bad-key" }));
  });
});

describe("words that somebody has heard", () => {
  const good = pgpWords(Uint8Array.from({ length: 32 }, (_, at) => (at * 37 + 11) % 256));
  const without = (at: number): string[] => good.toSpliced(at, 1);
  const swapped = (at: number): string[] => good.toSpliced(at, 2, good[at + 1] ?? "", good[at] ?? "");

  test("are as they may be, whatever their capitals", () => {
    expect(wordFault(good)).toBeUndefined();
    expect(wordFault(good.map((word) => word.toUpperCase()))).toBeUndefined();
  });

  test.each<[name: string, words: string[], says: string]>([
    ["outside the list", good.with(6, "jawbon"), 'word 7 "jawbon" is not in the list'],
    ["that change places", swapped(1), "words 2 and 3 may be swapped"],
    ["that change places at the end", swapped(30), "words 31 and 32 may be swapped"],
    [
      "from the other list",
      good.with(8, good[7] ?? ""),
      "word 9 cannot stand there; have the words read from word 9 on again",
    ],
    [
      "of which one is missing",
      without(9),
      "here are 31 of 32 words; word 10 cannot stand there; have the words read from word 10 on again",
    ],
    ["of which the last is missing", without(31), "here are 31 of 32 words"],
    [
      "of which one is told twice",
      good.toSpliced(4, 0, good[4] ?? ""),
      "here are 33 of 32 words; word 6 cannot stand there; have the words read from word 6 on again",
    ],
    [
      "too few, and outside the list",
      ["three", "little", "words"],
      'here are 3 of 32 words; word 1 "three" is not in the list',
    ],
    ["none", [], "here are 0 of 32 words"],
  ])("%s", (_name, words, says) => {
    expect(wordFault(words)).toBe(says);
  });
});
