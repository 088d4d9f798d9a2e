import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InstantText, instantMs, instantText } from "../../src/core/instant.ts";

const NOON = Date.UTC(2026, 5, 1, 12);

describe("date-times of RFC 3339", () => {
  test.each([
    ["1970-01-01T00:00:00Z", 0],
    ["2026-06-01T12:00:00Z", NOON],
    ["2026-06-01t12:00:00z", NOON],
    ["2026-06-01T14:00:00+02:00", NOON],
    ["2026-06-01T06:30:00-05:30", NOON],
    ["2026-06-02T11:59:00+23:59", NOON],
    ["2026-06-01T12:00:00-00:00", NOON],
    ["2026-06-01T12:00:00.1Z", NOON + 100],
    ["2026-06-01T12:00:00.07Z", NOON + 70],
    ["2026-06-01T12:00:00.123456789Z", NOON + 123],
    ["2026-06-01T12:00:00.999999999Z", NOON + 999],
    ["2026-06-01T14:00:00.250+02:00", NOON + 250],
    ["1969-12-31T23:59:59.5Z", -500],
    ["2024-02-29T00:00:00Z", Date.UTC(2024, 1, 29)],
    ["2024-03-01T00:30:00+01:00", Date.UTC(2024, 1, 29, 23, 30)],
    ["0000-01-01T00:00:00Z", Date.parse("0000-01-01T00:00:00Z")],
    ["9999-12-31T23:59:59.999Z", Date.UTC(9999, 11, 31, 23, 59, 59, 999)],
  ])("%s is %i", (text, ms) => {
    expect(instantMs(text)).toBe(ms);
    expect(InstantText.parse(text)).toBe(text);
  });

  test.each([
    "",
    "now",
    "2026-06-01",
    "2026-06-01T12:00Z",
    "2026-06-01T12:00:00",
    "2026-06-01 12:00:00Z",
    "2026-6-1T12:00:00Z",
    "2026-06-01T12:00:00.Z",
    "2026-06-01T12:00:00,5Z",
    "2026-06-01T12:00:00.1234567890Z",
    "2026-06-01T12:00:00+2:00",
    "2026-06-01T12:00:00+0200",
    "2026-06-01T12:00:00+02",
    "2026-06-01T12:00:00+24:00",
    "2026-06-01T12:00:00+00:60",
    "2026-06-01T12:00:00\u221202:00",
    "2026-06-01T12:00:60Z",
    "2026-06-01T24:00:00Z",
    "2026-06-01T12:60:00Z",
    "2025-02-29T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-06-31T00:00:00Z",
    "2026-06-00T00:00:00Z",
    "2026-06-01T12:00:00Z\n",
    " 2026-06-01T12:00:00Z",
    "\uff12026-06-01T12:00:00Z",
    "+002026-06-01T12:00:00Z",
  ])("%j is none", (text) => {
    expect(instantMs(text)).toBeUndefined();
    expect(InstantText.safeParse(text).error?.issues.map(({ message }) => message)).toContain(
      "a date-time such as 2026-06-01T10:00:00Z",
    );
  });

  test("one offset is another instant's other offset", () => {
    const minutes = fc.integer({ min: -1439, max: 1439 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), minutes, (ms, offset) => {
        const [hours, rest] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
        const zone = `${offset < 0 ? "-" : "+"}${[hours, rest].map((part) => String(part).padStart(2, "0")).join(":")}`;
        const local = new Date(ms + offset * 60_000).toISOString().replace("Z", zone);
        expect(instantMs(local)).toBe(ms);
      }),
    );
  });
});

describe("instants as text", () => {
  test.each([
    [0, "1970-01-01T00:00:00Z"],
    [NOON, "2026-06-01T12:00:00Z"],
    [NOON + 7, "2026-06-01T12:00:00.007Z"],
    [-1, "1969-12-31T23:59:59.999Z"],
    [-1000, "1969-12-31T23:59:59Z"],
    [-1500, "1969-12-31T23:59:58.500Z"],
  ])("%i is %s", (ms, text) => expect(instantText(ms)).toBe(text));

  test("read back as what they were", () => {
    const instant = fc.integer({ min: Date.UTC(1000, 0), max: Date.UTC(9999, 11, 31) });
    fc.assert(
      fc.property(instant, (ms) => {
        expect(instantMs(instantText(ms))).toBe(ms);
        expect(Date.parse(instantText(ms))).toBe(ms);
      }),
    );
  });
});
