import { describe, expect, test } from "vitest";
import type { z } from "zod";
import {
  Burst,
  bucketOf,
  DebounceSpan,
  debounceOf,
  DedupeSpan,
  DigestChoice,
  Limit,
  rateOf,
  Staleness,
  staleAfter,
} from "../../src/core/gate.ts";

function stale<T extends string>(after: string, then: T): { readonly after: string; readonly then: T } {
  return { after, then }; // oxlint-disable-line unicorn/no-thenable -- the field is written so; nothing awaits it
}

describe("buckets: whole ms, rounded so that the rate is never exceeded", () => {
  test.each([
    [
      { burst: 1, per: "1h" },
      { burst: 1, interval: 3_600_000, tolerance: 0 },
    ],
    [
      { burst: 10, per: "1m" },
      { burst: 10, interval: 6000, tolerance: 54_000 },
    ],
    [
      { burst: 3, per: "1s" },
      { burst: 3, interval: 334, tolerance: 668 },
    ],
    [
      { burst: 7, per: "1d" },
      { burst: 7, interval: 12_342_858, tolerance: 74_057_148 },
    ],
    [
      { burst: 5, per: "2ms" },
      { burst: 5, interval: 1, tolerance: 4 },
    ],
    [
      { burst: 1_000_000, per: "365d" },
      { burst: 1_000_000, interval: 31_536, tolerance: 31_535_968_464 },
    ],
  ] as const)("%j is %j", (given, bucket) => {
    expect(bucketOf(given)).toEqual(bucket);
  });
});

test("rates, debounce and staleness are ms", () => {
  expect(rateOf({ count: 3, per: "15m" })).toEqual({ count: 3, per: 900_000 });
  expect(debounceOf({ window: "500ms", after: 2, cooldown: "2d" })).toEqual({
    window: 500,
    after: 2,
    cooldown: 172_800_000,
  });
  // oxlint-disable-next-line unicorn/no-thenable -- the field is written so; nothing awaits it
  for (const choice of ["send", "fold", "drop"] as const)
    expect(staleAfter(stale("8h", choice))).toEqual({ after: 28_800_000, choice });
});

test("debounce has the settings of the contract where it says nothing", () => {
  expect(DebounceSpan.parse({})).toEqual({ window: "30s", after: 5, cooldown: "1h" });
  expect(debounceOf(DebounceSpan.parse({ after: 1 }))).toEqual({ window: 30_000, after: 1, cooldown: 3_600_000 });
});

describe("what is refused at save, with its place", () => {
  const CASES: readonly (readonly [string, z.ZodType, unknown, string])[] = [
    ["no token", Burst, { burst: 0, per: "1s" }, "burst"],
    ["half a token", Burst, { burst: 1.5, per: "1s" }, "burst"],
    ["too many tokens", Burst, { burst: 1_000_001, per: "1s" }, "burst"],
    ["no time", Burst, { burst: 1 }, "per"],
    ["a time of nothing", Burst, { burst: 1, per: "0s" }, "per"],
    ["a time without a unit", Limit, { count: 1, per: "10" }, "per"],
    ["a time with two units", Limit, { count: 1, per: "1h30m" }, "per"],
    ["an unknown unit", Limit, { count: 1, per: "1w" }, "per"],
    ["a fraction of a time", Limit, { count: 1, per: "1.5h" }, "per"],
    ["nothing at all", Limit, { count: 0, per: "1h" }, "count"],
    ["more than is kept", Limit, { count: 10_001, per: "1h" }, "count"],
    ["a dedupe without a window", DedupeSpan, {}, "window"],
    ["a dedupe with more", DedupeSpan, { window: "1h", key: "x" }, ""],
    ["a debounce of none", DebounceSpan, { after: 0 }, "after"],
    ["a debounce of too many", DebounceSpan, { after: 1001 }, "after"],
    ["another cadence", DigestChoice, "2h", ""],
    ["an unknown end of what is stale", Staleness, stale("1h", "keep"), "then"],
    ["a staleness without its end", Staleness, { after: "1h" }, "then"],
  ];
  test.each(CASES)("%s", (_name, schema, value, place) => {
    expect(schema.safeParse(value).error?.issues.map(({ path }) => path.join("/"))).toEqual([place]);
  });
});
