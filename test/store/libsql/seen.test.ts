import { describe, expect, it } from "vitest";
import { type Forgotten, Seen, SEEN_LIMITS } from "../../../src/store/libsql/seen.ts";

const limits = { slots: 16, cap: 33, horizon: 1000 };

function seenOf(options: Partial<typeof limits> = {}): { seen: Seen; forgotten: Forgotten[] } {
  const forgotten: Forgotten[] = [];
  return { seen: new Seen({ ...limits, ...options }, (one) => forgotten.push(one)), forgotten };
}

/** Identities whose places collide on purpose: 16 slots, neighbouring numbers. */
function entries(from: number, count: number): { hi: number; lo: number; segment: number }[] {
  return Array.from({ length: count }, (_, at) => ({ hi: from + at, lo: (from + at) % 5, segment: 100 + from + at }));
}

function same(segment: number): { hi: number; lo: number; segment: number } {
  return { hi: 7, lo: 7, segment };
}

describe("tables of seen identities", () => {
  it("find what was added, and nothing else", () => {
    const { seen } = seenOf();
    seen.add(entries(0, 30), 5);
    expect(seen.size).toBe(30);
    for (const { hi, lo, segment } of entries(0, 30)) expect(seen.candidates(hi, lo)).toEqual([segment]);
    expect(seen.candidates(99, 1)).toEqual([]);
    expect(seen.candidates(2, 3)).toEqual([]);
  });

  it("name every segment of a colliding hash, newest first, each once", () => {
    const { seen } = seenOf();
    seen.add([same(1), same(1), same(2), ...entries(50, 11), same(200)], 5);
    expect(seen.candidates(7, 7)).toEqual([200, 2, 1]);
  });

  it("know segments beyond 32 bits", () => {
    const { seen } = seenOf();
    const segment = 2 ** 40;
    seen.add(
      [
        { hi: 1, lo: 1, segment },
        { hi: 2, lo: 1, segment: segment + 1 },
      ],
      5,
    );
    expect([seen.candidates(1, 1), seen.candidates(2, 1)]).toEqual([[segment], [segment + 1]]);
  });

  it("drop the oldest table early when there are too many, and say so", () => {
    const { seen, forgotten } = seenOf();
    seen.add(entries(0, 36), 5);
    expect(forgotten).toEqual([]);
    seen.add(entries(36, 1), 6);
    expect(forgotten).toEqual([{ upto: 111, t: 5, early: true }]);
    expect(seen.size).toBe(25);
    expect(seen.candidates(0, 0)).toEqual([]);
    expect(seen.candidates(12, 2)).toEqual([112]);
  });

  it("drop tables past the horizon, but only when a table begins", () => {
    const { seen, forgotten } = seenOf();
    seen.add(entries(0, 12), 5);
    seen.add(entries(12, 11), 5000);
    expect(forgotten).toEqual([{ upto: 111, t: 5, early: false }]);
    expect(seen.size).toBe(11);
    seen.add(entries(23, 1), 900_000);
    expect(seen.size).toBe(12);
  });

  it("are not older by what the clock was set forward", () => {
    const { seen, forgotten } = seenOf();
    seen.add(entries(0, 12), 5);
    seen.shift(10_000);
    seen.add(entries(12, 11), 10_900);
    expect(forgotten).toEqual([]);
    seen.add(entries(23, 11), 11_006);
    expect(forgotten).toEqual([{ upto: 111, t: 10_005, early: false }]);
  });

  it("never drop the table that is being filled", () => {
    const { seen, forgotten } = seenOf({ cap: 1 });
    seen.add(entries(0, 12), 5);
    seen.add(entries(12, 1), 5);
    expect([seen.size, forgotten.length]).toEqual([1, 1]);
  });

  it("hold five million identities by default", () => {
    expect(Math.ceil(SEEN_LIMITS.cap / (SEEN_LIMITS.slots * 0.7)) * SEEN_LIMITS.slots * 8).toBeLessThan(64 * 2 ** 20);
  });
});
