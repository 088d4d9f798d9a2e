import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packLines, SEGMENT_LINES, unpackLines } from "../../../src/store/libsql/lines.ts";

const line = fc
  .oneof(fc.string({ unit: "binary" }), fc.string({ unit: "binary-ascii" }))
  .map((text) => text.replaceAll("\n", " "));

describe("lines of a segment", () => {
  it("come back as they were, whatever they hold", () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: SEGMENT_LINES }), (lines) => {
        const { z, body } = packLines(lines);
        expect(unpackLines(z, body)).toEqual(lines);
      }),
    );
  });

  it.each([
    ["ASCII", ["a", "", "b"]],
    ["one character that takes more bytes than room", ["é"]],
    ["the last character alone beyond ASCII", ["a", "b€"]],
    ["only empty lines after what fills the room", ["€", "", ""]],
    ["characters of four bytes", ["😀😀", "x"]],
  ])("are joined UTF-8 where they are few: %s", (_name, lines) => {
    const { z, body } = packLines(lines);
    expect(z).toBe(0);
    expect(Buffer.from(body)).toEqual(Buffer.from(lines.join("\n")));
  });

  it.each([
    ["a line end", "a\nb"],
    ["half a surrogate pair", "a\ud800"],
  ])("are refused with %s", (_name, bad) => {
    expect(() => packLines(["x", bad])).toThrow(expect.objectContaining({ code: "refused-row" }));
  });
});
