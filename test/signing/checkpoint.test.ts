import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { parseCheckpoint, parseNote } from "../../src/core/note.ts";
import {
  logVerifierKey,
  readNoteKey,
  sealVerifierKey,
  signCheckpoint,
  verifyEd25519,
} from "../../src/signing/checkpoint.ts";
import { keyFromSeed, KEYS, LEAVES, ORIGIN, vector } from "../support/ledger-vectors.ts";

const log = readNoteKey(KEYS.log.pkcs8Pem);

describe("a signed checkpoint", () => {
  it.each([
    ["checkpoint", `${ORIGIN}.seal 3`],
    ["checkpoint-epoch", `${ORIGIN}.seal 2`],
    ["site-checkpoint", "sealpost-plant-7-6c405ed1-_site.seal 2"],
  ])("%s has the bytes of the vectors, but for the cosignature", (name, sealName) => {
    const checkpoint = parseCheckpoint(parseNote(vector(name)).text);
    const seal = keyFromSeed(KEYS.seals[sealName] ?? "");
    const [expected] = vector(name).split("\u2014 hub.example");
    expect(signCheckpoint(checkpoint, { log, seal })).toBe(expected);
  });

  it("has the verifier keys that the genesis leaf names", () => {
    expect(logVerifierKey(ORIGIN, log.publicKey)).toBe(KEYS.log.vkey);
    expect(LEAVES[0]).toContain(sealVerifierKey(ORIGIN, keyFromSeed(KEYS.seals[`${ORIGIN}.seal 1`] ?? "").publicKey));
  });

  it("is not made for what is no checkpoint", () => {
    const wrong = { origin: "two words", size: 1, root: "" };
    expect(() => signCheckpoint(wrong, { log, seal: log })).toThrow(expect.objectContaining({ code: "bad-note" }));
  });
});

describe("a key file", () => {
  it.each([
    ["nothing", ""],
    ["no PEM", "MC4CAQAwBQYDK2VwBCIEIHqDck7dUyG/bLeh2oWY72luVVVW1KDto5Khu6GrwGhA"],
    ["another kind of key", generatePem("x25519")],
    ["a public key", KEYS.log.pkcs8Pem.replaceAll("PRIVATE", "PUBLIC")],
  ])("of %s is refused without being quoted", (_, text) => {
    expect(() => readNoteKey(text)).toThrow(expect.objectContaining({ name: "SigningError", code: "bad-key" }));
    expect(() => readNoteKey(text)).not.toThrow(/MC4C|BEGIN/);
  });

  it("of Ed25519 is read", () => {
    expect(readNoteKey(generatePem("ed25519")).publicKey).toHaveLength(32);
  });
});

describe("an Ed25519 signature", () => {
  it("is by the key, over the message, or not at all", () => {
    const { text, signatures } = parseNote(vector("checkpoint"));
    const signature = signatures[0]?.signature ?? new Uint8Array(0);
    const message = Buffer.from(text);
    expect(verifyEd25519(log.publicKey, message, signature)).toBe(true);
    expect(verifyEd25519(log.publicKey, Buffer.from(`${text} `), signature)).toBe(false);
    expect(verifyEd25519(keyFromSeed("33".repeat(32)).publicKey, message, signature)).toBe(false);
    expect(verifyEd25519(log.publicKey, message, signature.subarray(1))).toBe(false);
    expect(verifyEd25519(log.publicKey.subarray(1), message, signature)).toBe(false);
    expect(verifyEd25519(new Uint8Array(32).fill(0xff), message, signature)).toBe(false);
  });
});

function generatePem(type: "ed25519" | "x25519"): string {
  const { privateKey } = type === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("x25519");
  return privateKey.export({ format: "pem", type: "pkcs8" }).toString();
}
