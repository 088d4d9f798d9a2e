import { createHash, hkdfSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hkdfSalt, sha256, sha256Base64, sha256Binary, sha256Hex } from "../../src/core/hash.ts";

const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

describe("SHA-256", () => {
  it("agrees with FIPS 180-2 in every form", () => {
    expect(sha256Hex("abc")).toBe(ABC);
    expect(Buffer.from(sha256("abc")).toString("hex")).toBe(ABC);
    expect(Buffer.from(sha256Base64("abc"), "base64").toString("hex")).toBe(ABC);
    expect(Buffer.from(sha256Binary("abc"), "latin1").toString("hex")).toBe(ABC);
  });

  it("takes a string as its UTF-8 bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const expected = createHash("sha256").update(text, "utf8").digest("hex");
        expect(sha256Hex(text)).toBe(expected);
        expect(sha256Hex(Buffer.from(text, "utf8"))).toBe(expected);
      }),
    );
  });
});

describe("the salt of a commitment", () => {
  it("is HKDF-SHA256 of the question's bytes, whatever the order of questions", () => {
    const question = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const asked = fc.tuple(
      question,
      question,
      fc.array(fc.tuple(fc.boolean(), fc.string({ unit: "binary" })), { maxLength: 6 }),
    );
    fc.assert(
      fc.property(asked, ([one, other, infos]) => {
        for (const [first, info] of infos) {
          const key = first ? one : other;
          const expected = Buffer.from(hkdfSync("sha256", key, new Uint8Array(0), Buffer.from(info, "utf8"), 32));
          expect(Buffer.from(hkdfSalt(key, info))).toEqual(expected);
        }
      }),
    );
  });

  it("is that of the bytes as they are now, not as they were", () => {
    const key = new Uint8Array(32);
    const before = hkdfSalt(key, "0");
    key[0] = 1;
    expect(hkdfSalt(key, "0")).not.toEqual(before);
  });

  it.each([0, 31, 33])("is refused from %i bytes", (length) => {
    expect(() => hkdfSalt(new Uint8Array(length), "")).toThrow(expect.objectContaining({ code: "bad-salt" }));
  });
});
