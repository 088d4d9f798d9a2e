import { describe, expect, it } from "vitest";
import { recordId } from "../../../src/core/id.ts";
import { afterPrefix, cellKey, deliveryKey, leafPlace, placeSeq } from "../../../src/store/libsql/keys.ts";
import { cut, packLines, unpackLines } from "../../../src/store/libsql/lines.ts";

const hex = (key: Uint8Array | undefined): string => Buffer.from(key ?? []).toString("hex");

describe("keys", () => {
  it.each([
    ["a", "b"],
    ["tenant/_site/", "tenant/_site0"],
    ["a\u{10ffff}", "b"],
    ["a\ud7ff", "a\ue000"],
    ["\uffff", "\u{10000}"],
  ])("the least text after all that start with %j is %j", (prefix, after) => {
    expect(afterPrefix(prefix)).toBe(after);
  });

  it("there is none after the last code points", () => {
    expect(() => afterPrefix("\u{10ffff}\u{10ffff}")).toThrow(expect.objectContaining({ code: "failed" }));
  });

  it("of cells end noun and tenant by slashes", () => {
    expect(cellKey("note", "acme", "a/b")).toBe("note/acme/a/b");
  });

  it("of deliveries sort by time, and are told by the id alone", () => {
    const ms = 1_763_730_000_000;
    const early = deliveryKey(recordId("dl", ms, ["a"]));
    expect(hex(early).slice(0, 12)).toBe(ms.toString(16).padStart(12, "0"));
    const digest = deliveryKey(`digest:acme:mail:hourly:${ms + 1}`);
    expect(hex(early) < hex(digest)).toBe(true);
    expect(hex(digest)).not.toBe(hex(deliveryKey(`digest:acme:mail:hourly:${ms + 1}:1`)));
  });

  it.each(["", "dl_", "digest:a:b:c", "digest:a:b:c:x", "digest:a:b:c:1:2:3", "digest:a:b:c:123456789012345"])(
    "of deliveries there is none for %j",
    (id) => {
      expect(deliveryKey(id)).toBeUndefined();
    },
  );

  it("of leaves are safe integers for every log and sequence number", () => {
    expect(Number.isSafeInteger(leafPlace(8191, 2 ** 40 - 1))).toBe(true);
    expect(placeSeq(leafPlace(8191, 12_345))).toBe(12_345);
  });
});

function lengths(lines: readonly string[]): number[] {
  return cut(lines, (line) => line).map((one) => one.length);
}

describe("packed lines", () => {
  it.each([1, 15, 16, 256])("of %i are what they were", (count) => {
    const lines = Array.from({ length: count }, (_, n) => `{"n":${n},"é":"\u{1f600}"}`);
    const { z, body } = packLines(lines);
    expect([z, unpackLines(z, body)]).toEqual([count < 16 ? 0 : 1, lines]);
  });

  it.each([
    [1, Buffer.from("no zstd")],
    [0, Buffer.of(0xff)],
  ])("tell damage", (z, body) => {
    expect(() => unpackLines(z, body)).toThrow(expect.objectContaining({ name: "EngineError", code: "failed" }));
  });

  it("are cut by number and by size", () => {
    expect(lengths(Array<string>(600).fill("x"))).toEqual([256, 256, 88]);
    expect(lengths(Array<string>(5).fill("x".repeat(400_000)))).toEqual([2, 2, 1]);
    expect(lengths(["x".repeat(3_000_000), "y"])).toEqual([1, 1]);
    expect(lengths([])).toEqual([]);
  });
});
