import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareText } from "../../src/store/key-order.ts";
import { compareFirsts, compareTimers } from "../../src/store/timer-order.ts";

const text = fc.string({
  unit: fc.constantFrom("a", "b", "\u00e4", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "\u{10ffff}"),
});

describe("order", () => {
  it("of texts is that of their UTF-8 bytes", () => {
    fc.assert(
      fc.property(text, text, (left, right) => {
        expect(Math.sign(compareText(left, right))).toBe(Buffer.compare(Buffer.from(left), Buffer.from(right)));
      }),
    );
  });

  it("of timers is due, flow, key; over tenants the site comes last of an instant", () => {
    const timers = [
      { due: 1, flow: "b", key: "b" },
      { due: 1, flow: "b", key: "a" },
      { due: 2, flow: "a", key: "a" },
      { due: 1, flow: "a", key: "c" },
    ];
    expect(timers.toSorted(compareTimers).map(({ due, flow, key }) => `${due}${flow}${key}`)).toEqual([
      "1ac",
      "1ba",
      "1bb",
      "2aa",
    ]);
    const all = ["zeta", "_site", "alpha", "0"].flatMap((tenant) =>
      timers.slice(2).map(({ due }) => ({ tenant, due })),
    );
    expect(all.toSorted(compareFirsts).map(({ tenant, due }) => `${tenant}/${due}`)).toEqual([
      "0/1",
      "alpha/1",
      "zeta/1",
      "_site/1",
      "0/2",
      "alpha/2",
      "zeta/2",
      "_site/2",
    ]);
  });
});
