import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import { recordId, recordKey, recordMs } from "../../src/core/id.ts";

const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";
const ms = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const parts = fc.array(fc.string({ unit: "grapheme" }), { maxLength: 4 });

/** The slow way: one big number, digit by digit. */
function crockford(bytes: Uint8Array): string {
  let left = BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
  let text = "";
  for (let n = 0; n < 26; n++) {
    text = `${DIGITS[Number(left % 32n)]}${text}`;
    left /= 32n;
  }
  return text;
}

function expectedKey(at: number, of: readonly string[]): Buffer {
  const time = Buffer.from(at.toString(16).padStart(12, "0"), "hex");
  return Buffer.concat([time, createHash("sha256").update(canonicalJson(of)).digest().subarray(0, 10)]);
}

describe("the id of a record", () => {
  it("is its instant and the hash of what it belongs to, in Crockford's base32", () => {
    fc.assert(
      fc.property(fc.constantFrom("ev", "dl", "in"), ms, parts, (prefix, at, of) => {
        const id = recordId(prefix, at, of);
        expect(id).toBe(`${prefix}_${crockford(expectedKey(at, of))}`);
        expect(recordMs(id)).toBe(at);
        expect(Buffer.from(recordKey(id, at))).toEqual(expectedKey(at, of));
      }),
    );
  });

  it("is fixed for good", () => {
    expect(recordId("ev", 1774736100000, ["default", "urn:x", "1"])).toBe("ev_01kmv87jn0ck8njwwmqv3thwn2");
  });

  it("sorts by time", () => {
    fc.assert(
      fc.property(ms, ms, (one, other) => {
        fc.pre(one < other);
        expect(recordId("dl", one, ["b"]) < recordId("dl", other, ["a"])).toBe(true);
      }),
    );
  });

  it("keeps its hash under another instant, as its key", () => {
    const id = recordId("ev", 5, ["a"]);
    expect(Buffer.from(recordKey(id, 7))).toEqual(expectedKey(7, ["a"]));
  });

  it.each([
    "",
    "ev_",
    "xx_01kmtx3c90000000000000000a",
    "ev_81kmtx3c90000000000000000a",
    "ev_01kmtx3c90000000000000000u",
    "ev_01KMTX3C90000000000000000A",
    `${recordId("ev", 1, [])}0`,
  ])("%j is none", (text) => {
    expect(recordMs(text)).toBeUndefined();
    expect(() => recordKey(text, 1)).toThrow(expect.objectContaining({ code: "bad-id" }));
  });

  it.each([-1, 1.5, 2 ** 48, Number.NaN])("has no instant %d", (at) => {
    expect(() => recordId("ev", at, [])).toThrow(expect.objectContaining({ code: "bad-id" }));
    expect(() => recordKey(recordId("ev", 1, []), at)).toThrow(expect.objectContaining({ code: "bad-id" }));
  });

  it("refuses a lone surrogate, which has no canonical form", () => {
    expect(() => recordId("ev", 1, ["\ud800"])).toThrow(expect.objectContaining({ code: "lone-surrogate" }));
  });
});
