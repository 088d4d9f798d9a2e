import { createHmac, hkdfSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createVault } from "../../src/signing/vault.ts";
import { systemRandom } from "../../src/system/random.ts";

const masterKey = new Uint8Array(32).fill(7);
const vault = createVault({ masterKey, random: systemRandom });
const plain = Buffer.from("ops@plant.example");
const AAD = "sealpost-plant-7-6c405ed1-acme/4/1/recipient";

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

describe("sealing and opening", () => {
  test("what a key sealed, it opens under the same AAD", () => {
    const key = vault.newKey();
    const sealed = vault.seal(key, AAD, plain);
    expect(Buffer.from(vault.open(key, AAD, sealed))).toEqual(plain);
    expect(Buffer.from(sealed).includes(plain)).toBe(false);
  });

  test("an empty text is sealed like any other", () => {
    const key = vault.newKey();
    expect(vault.open(key, "", vault.seal(key, "", new Uint8Array(0)))).toHaveLength(0);
  });

  test("another vault under the same master key opens it: nothing is kept in memory alone", () => {
    const key = vault.newKey();
    const sealed = vault.seal(key, AAD, plain);
    const other = createVault({ masterKey, random: systemRandom });
    expect(Buffer.from(other.open(key, AAD, sealed))).toEqual(plain);
  });

  test("no two sealings of one text are alike", () => {
    const key = vault.newKey();
    const seen = new Set(Array.from({ length: 500 }, () => Buffer.from(vault.seal(key, AAD, plain)).toString("hex")));
    expect(seen.size).toBe(500);
  });

  test("nonces and keys come from the Random port: 12 bytes a sealing", () => {
    const asked: number[] = [];
    const random = { bytes: (count: number) => (asked.push(count), new Uint8Array(count).fill(asked.length)) };
    const fixed = createVault({ masterKey, random });
    const key = fixed.newKey();
    const sealed = fixed.seal(key, AAD, plain);
    expect(asked).toEqual([12, 32, 12]);
    expect([...sealed.subarray(1, 13)]).toEqual(Array.from({ length: 12 }, () => 3));
  });
});

describe("what was tampered with is not opened", () => {
  const key = vault.newKey();
  const sealed = vault.seal(key, AAD, plain);

  test("every byte of a sealed text counts", () => {
    for (let at = 0; at < sealed.length; at++) {
      expect(() => vault.open(key, AAD, flipped(sealed, at)), `byte ${at}`).toThrow(
        expect.objectContaining({ code: "not-opened" }),
      );
    }
  });

  test("every byte of a wrapped key counts", () => {
    for (let at = 0; at < key.length; at++) {
      expect(() => vault.open(flipped(key, at), AAD, sealed), `byte ${at}`).toThrow(
        expect.objectContaining({ code: "bad-key" }),
      );
    }
  });

  test.each([
    ["another AAD", (): unknown => vault.open(key, `${AAD}x`, sealed)],
    ["no AAD", (): unknown => vault.open(key, "", sealed)],
    ["another subject's key", (): unknown => vault.open(vault.newKey(), AAD, sealed)],
    ["a text that was cut", (): unknown => vault.open(key, AAD, sealed.subarray(0, sealed.length - 1))],
    ["a text of a few bytes", (): unknown => vault.open(key, AAD, sealed.subarray(0, 10))],
    ["nothing", (): unknown => vault.open(key, AAD, new Uint8Array(0))],
  ])("not with %s", (_what, open) => {
    expect(open).toThrow(expect.objectContaining({ name: "SigningError", code: "not-opened" }));
  });

  test("a sealed text is no wrapped key, and another master key opens nothing", () => {
    const other = createVault({ masterKey: new Uint8Array(32).fill(8), random: systemRandom });
    expect(() => vault.open(sealed, AAD, sealed)).toThrow(expect.objectContaining({ code: "bad-key" }));
    expect(() => other.open(key, AAD, sealed)).toThrow(expect.objectContaining({ code: "bad-key" }));
  });

  test("errors quote neither key nor text", () => {
    const error: unknown = (() => {
      try {
        return vault.open(flipped(key, 20), AAD, sealed);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(String(error)).toBe("SigningError: not a key that this master key wrapped");
  });
});

describe("subjects", () => {
  test("a subject is a keyed hash of tenant and addressee, 32 hex digits", () => {
    const naming = Buffer.from(hkdfSync("sha256", masterKey, "", "sealpost/vault/subject/v1", 32));
    const expected = createHmac("sha256", naming).update('["acme","ops@plant.example"]').digest("hex").slice(0, 32);
    expect(vault.subject("acme", "ops@plant.example")).toBe(expected);
  });

  test("it differs by tenant, addressee and master key, and parts cannot flow into each other", () => {
    const other = createVault({ masterKey: new Uint8Array(32).fill(8), random: systemRandom });
    const subjects = [
      vault.subject("acme", "a@b"),
      vault.subject("acme2", "a@b"),
      vault.subject("acm", "ea@b"),
      vault.subject("acme", "b@b"),
      other.subject("acme", "a@b"),
    ];
    expect(new Set(subjects).size).toBe(subjects.length);
  });
});

test("keys that no longer fit into memory are unwrapped again", () => {
  const first = vault.newKey();
  const sealed = vault.seal(first, AAD, plain);
  for (let count = 0; count < 4200; count++) vault.seal(vault.newKey(), AAD, plain);
  expect(Buffer.from(vault.open(first, AAD, sealed))).toEqual(plain);
});

test.each([0, 16, 31, 33])("a master key of %d bytes is refused", (length) => {
  const make = (): unknown => createVault({ masterKey: new Uint8Array(length), random: systemRandom });
  expect(make).toThrow(expect.objectContaining({ code: "bad-master-key" }));
});
