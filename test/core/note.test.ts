import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgeByKeys, unsignedBy } from "../../src/core/note-verify.ts";
import {
  checkpointText,
  ED25519,
  formatNote,
  formatVerifierKey,
  noteKeyHash,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  signatureLine,
  verifierKey,
} from "../../src/core/note.ts";
import { keyFingerprint8, logOrigin, sealName } from "../../src/core/origin.ts";
import { verifyEd25519 } from "../../src/signing/checkpoint.ts";
import { hashOf, keyFromSeed, KEYS, ORIGIN, ROOTS, vector } from "../support/ledger-vectors.ts";

const NOTE = vector("checkpoint");
const LOG_KEY = parseVerifierKey(KEYS.log.vkey);
/** The example key of Go's sumdb/note. */
const PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

function judge(text: string, keys: Parameters<typeof judgeByKeys>[0]): string | undefined {
  const note = parseNote(text);
  return judgeByKeys(keys, verifyEd25519)(note, parseCheckpoint(note.text));
}

describe("a verifier key", () => {
  it.each([PETER, KEYS.log.vkey, KEYS.siteLog.vkey, KEYS.witness.vkey])("%s is read and written", (text) => {
    const key = parseVerifierKey(text);
    expect(formatVerifierKey(key)).toBe(text);
    expect(noteKeyHash(key.name, key.type, key.publicKey)).toBe(key.hash);
    expect(key.publicKey).toHaveLength(32);
  });

  it.each([
    "",
    PETER.replace("c74f20a3", "c74f20a4"),
    PETER.replace("c74f20a3", "C74F20A3"),
    PETER.replace("Peter", "Paul"),
    PETER.replace("Peter", "Pe ter"),
    PETER.replace("Peter", "Pe\u2003ter"),
    PETER.replace("TW", "TX"),
    PETER.slice(0, -4),
    `${PETER}=`,
    "a+00000000+",
    PETER.slice(PETER.indexOf("+")),
  ])("%j is none", (text) => {
    expect(() => parseVerifierKey(text)).toThrow(expect.objectContaining({ name: "CoreError", code: "bad-key" }));
  });

  it("is not made for a name that no note can hold", () => {
    for (const name of ["", "a b", "a+b", "a\n", "\u0085", "\ud800"]) {
      expect(() => verifierKey(name, ED25519, new Uint8Array(32))).toThrow(
        expect.objectContaining({ code: "bad-key" }),
      );
    }
  });

  it("of a type that we do not know is kept as it is", () => {
    const key = verifierKey("pq", 0x06, new Uint8Array(1312).fill(7));
    expect(parseVerifierKey(formatVerifierKey(key))).toEqual(key);
  });
});

describe("the example note of Go's sumdb/note", () => {
  it("is signed by its key", () => {
    const signature = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";
    const text =
      "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    const note = parseNote(`${text}\n\u2014 PeterNeumann ${signature}\n`);
    expect(note.text).toBe(text);
    expect(unsignedBy(note, parseVerifierKey(PETER), verifyEd25519)).toBeUndefined();
  });
});

describe("the origin of a log", () => {
  it("names site, key and tenant", () => {
    const fp8 = keyFingerprint8(LOG_KEY.publicKey);
    expect(logOrigin({ site: "plant-7", fp8, tenant: "acme" })).toBe(ORIGIN);
    expect(sealName(ORIGIN)).toBe(`${ORIGIN}.seal`);
  });
});

describe("a note", () => {
  it.each(["checkpoint", "checkpoint-epoch", "site-checkpoint"])(
    "%s of the vectors is read and written as it is",
    (name) => {
      const note = parseNote(vector(name));
      const lines = note.signatures.map((one) => signatureLine(one.name, one.keyHash, one.signature));
      expect(formatNote(note.text, lines)).toBe(vector(name));
      expect(checkpointText(parseCheckpoint(note.text))).toBe(note.text);
    },
  );

  it("says origin, size and root", () => {
    const root = hashOf(ROOTS.roots["300"] ?? "");
    expect(parseCheckpoint(parseNote(NOTE).text)).toEqual({ origin: ORIGIN, size: 300, root });
  });

  it.each([
    ["no signature", NOTE.slice(0, NOTE.indexOf("\n\n") + 2)],
    ["no empty line", NOTE.replace("\n\n", "\n")],
    ["no end of the last line", NOTE.slice(0, -1)],
    ["an empty line at the end", `${NOTE}\n`],
    ["another dash", NOTE.replace("\u2014", "-")],
    ["a carriage return", NOTE.replaceAll("\n", "\r\n")],
    ["a control character", NOTE.replace("300", "30\u00000")],
    ["a lone surrogate", NOTE.replace("acme", "\ud800")],
    ["loose base64", NOTE.replace("AU=\n", "AV=\n")],
    ["a signature of no bytes", `a\n\n\u2014 a ${Buffer.from("abcd").toString("base64")}\n`],
    ["a key with a plus", `a\n\n\u2014 a+b ${Buffer.from("abcde").toString("base64")}\n`],
    ["101 signatures", `a\n\n${`\u2014 a ${Buffer.from("abcde").toString("base64")}\n`.repeat(101)}`],
    ["a million characters", "x".repeat(1_000_001)],
    ["nothing", ""],
  ])("with %s is none", (_, text) => {
    expect(() => parseNote(text)).toThrow(expect.objectContaining({ code: "bad-note" }));
  });

  const hash = ROOTS.roots["300"] ?? "";
  it.each([
    "",
    `${ORIGIN}\n300\n${hash}`,
    `${ORIGIN}\n300\n${hash}\n\n`,
    `${ORIGIN}\n300\n${hash}\nmore\n`,
    `${ORIGIN}\n0300\n${hash}\n`,
    `${ORIGIN}\n-1\n${hash}\n`,
    `${ORIGIN}\n9999999999999999\n${hash}\n`,
    `\n300\n${hash}\n`,
    `a b\n300\n${hash}\n`,
    `${ORIGIN}\n300\n${hash.replace("=", "")}\n`,
    `${ORIGIN}\n300\n${hash.slice(0, -2)}1=\n`,
  ])("text %j is no checkpoint", (text) => {
    expect(() => parseCheckpoint(text)).toThrow(expect.objectContaining({ code: "bad-note" }));
  });

  it.each([
    { origin: "a b", size: 1 },
    { origin: "a", size: -1 },
    { origin: "a", size: 0.5 },
  ])("is not written for %j", (wrong) => {
    expect(() => checkpointText({ ...wrong, root: hashOf(hash) })).toThrow(
      expect.objectContaining({ code: "bad-note" }),
    );
  });
});

describe("the judge of a note", () => {
  const seal = verifierKey(`${ORIGIN}.seal`, ED25519, keyFromSeed(KEYS.seals[`${ORIGIN}.seal 2`] ?? "").publicKey);
  const seal3 = verifierKey(`${ORIGIN}.seal`, ED25519, keyFromSeed(KEYS.seals[`${ORIGIN}.seal 3`] ?? "").publicKey);

  it("accepts the vectors by their log key, and by the seal key of their time", () => {
    expect(judge(NOTE, { log: LOG_KEY })).toBeUndefined();
    expect(judge(NOTE, { log: LOG_KEY, seal: seal3 })).toBeUndefined();
    expect(judge(vector("checkpoint-epoch"), { log: LOG_KEY, seal })).toBeUndefined();
    expect(judge(vector("site-checkpoint"), { log: parseVerifierKey(KEYS.siteLog.vkey) })).toBeUndefined();
  });

  it("refuses another key, origin, seal and type", () => {
    const other = verifierKey(ORIGIN, ED25519, seal.publicKey);
    expect(judge(NOTE, { log: other })).toBe("the origin does not name the log key");
    expect(judge(NOTE, { log: parseVerifierKey(KEYS.siteLog.vkey) })).toMatch(/^the checkpoint is of/);
    expect(judge(NOTE, { log: LOG_KEY, seal })).toMatch(/is not signed by/);
    expect(judge(NOTE, { log: LOG_KEY, seal: LOG_KEY })).toMatch(/is no seal key of/);
    expect(judge(NOTE, { log: { ...LOG_KEY, type: 0x06 } })).toBe("the log key is not an Ed25519 key");
  });

  it("refuses a wrong second line of a key whose first is right", () => {
    const [first] = parseNote(NOTE).signatures;
    const line = signatureLine(ORIGIN, LOG_KEY.hash, new Uint8Array(64));
    expect(first?.name).toBe(ORIGIN);
    expect(unsignedBy(parseNote(NOTE + line), LOG_KEY, verifyEd25519)).toMatch(/is wrong$/);
    expect(
      unsignedBy(parseNote(NOTE + signatureLine(ORIGIN, LOG_KEY.hash, new Uint8Array(3))), LOG_KEY, () => true),
    ).toMatch(/is wrong$/);
  });

  it("refuses the note with any one bit of it changed", () => {
    const bytes = Buffer.from(NOTE);
    const upToSeal = NOTE.indexOf("\u2014 hub");
    fc.assert(
      fc.property(fc.nat(Buffer.byteLength(NOTE.slice(0, upToSeal)) - 1), fc.nat(6), (at, bit) => {
        const changed = Buffer.from(bytes);
        changed[at] = (bytes[at] ?? 0) ^ (1 << bit);
        expect(refuses(changed.toString("utf8"))).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  function refuses(text: string): boolean {
    try {
      return judge(text, { log: LOG_KEY, seal: seal3 }) !== undefined;
    } catch {
      return true;
    }
  }
});
