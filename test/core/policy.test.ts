import { describe, expect, test } from "vitest";
import { checkObject } from "../../src/core/objects.ts";
import { compilePolicy, NO_POLICY, Policy } from "../../src/core/policy.ts";
import type { Json } from "../../src/core/json.ts";

const HEAD = { schema: "policy/v1", id: "default" } as const;
const policy = (fields: { readonly [name: string]: Json }): Policy => Policy.parse({ ...HEAD, ...fields });
// oxlint-disable-next-line unicorn/no-thenable -- the field is written so; nothing awaits it
const DROP = { after: "8h", then: "drop" };
const SITE = policy({
  dedupe: { window: "1h" },
  debounce: {},
  throttle: { burst: 10, per: "1m" },
  quotas: [{ count: 100, per: "1h" }],
  digest: "1h",
  itemCap: 50,
  resolutions: "rules",
  staleness: DROP,
  locale: "bg-BG",
  zone: "Europe/Sofia",
  silences: { maxLength: "7d", maxShare: 40 },
});

test("where nothing is set every gate is off, in UTC and English", () => {
  const off = {
    quotas: [],
    itemCap: 500,
    resolutions: "follow",
    locale: "en",
    zone: "UTC",
    dropImport: [],
    silences: {},
  };
  expect(NO_POLICY).toEqual(off);
  expect(compilePolicy(policy({}))).toEqual(off);
});

test("all of it, in ms", () => {
  expect(compilePolicy(SITE)).toEqual({
    dedupe: 3_600_000,
    debounce: { window: 30_000, after: 5, cooldown: 3_600_000 },
    throttle: { burst: 10, interval: 6000, tolerance: 54_000 },
    quotas: [{ count: 100, per: 3_600_000 }],
    digest: "1h",
    itemCap: 50,
    resolutions: "rules",
    staleness: { after: 28_800_000, choice: "drop" },
    locale: "bg-BG",
    zone: "Europe/Sofia",
    dropImport: [],
    silences: { maxLength: 604_800_000, maxShare: 40 },
  });
});

describe("a tenant's policy over the site's", () => {
  test("takes what it lacks from it", () => {
    expect(compilePolicy(policy({}), SITE)).toEqual(compilePolicy(SITE));
    expect(compilePolicy({}, SITE)).toEqual(compilePolicy(SITE));
  });

  test.each<[string, { readonly [name: string]: Json }, object]>([
    ["dedupe", { dedupe: { window: "5m" } }, { dedupe: 300_000 }],
    ["debounce", { debounce: { after: 2 } }, { debounce: { window: 30_000, after: 2, cooldown: 3_600_000 } }],
    ["throttle", { throttle: { burst: 1, per: "1s" } }, { throttle: { burst: 1, interval: 1000, tolerance: 0 } }],
    ["quotas", { quotas: [] }, { quotas: [] }],
    ["digest", { digest: "1d" }, { digest: "1d" }],
    ["itemCap", { itemCap: 7 }, { itemCap: 7 }],
    ["resolutions", { resolutions: "follow" }, { resolutions: "follow" }],
    ["locale", { locale: "de" }, { locale: "de" }],
    ["zone", { zone: "Asia/Kathmandu" }, { zone: "Asia/Kathmandu" }],
    ["silences, as one field", { silences: { maxShare: 90 } }, { silences: { maxShare: 90 } }],
    ["silences, without bounds", { silences: {} }, { silences: {} }],
    ["streams for the drop folder", { dropImport: ["hq/*", "hq/rules"] }, { dropImport: ["hq/*", "hq/rules"] }],
  ])("replaces %s and nothing else", (_name, own, compiled) => {
    expect(compilePolicy(policy(own), SITE)).toEqual({ ...compilePolicy(SITE), ...compiled });
  });

  test("sends at once where the site gathers", () => {
    const { digest, ...rest } = compilePolicy(SITE);
    expect(digest).toBe("1h");
    expect(compilePolicy(policy({ digest: "instant" }), SITE)).toEqual(rest);
  });
});

describe("what a tenant switches off", () => {
  test.each(["dedupe", "debounce", "throttle", "staleness"] as const)("%s, though the site has it", (field) => {
    const { [field]: _, ...rest } = compilePolicy(SITE);
    expect(compilePolicy(policy({ [field]: false }), SITE)).toEqual(rest);
    expect(compilePolicy(policy({ [field]: false }))).toEqual(NO_POLICY);
  });
});

test("of several quotas within one time the smallest holds, however the time is written", () => {
  const quotas = [
    { count: 30, per: "1h" },
    { count: 5, per: "1m" },
    { count: 20, per: "60m" },
    { count: 25, per: "3600s" },
    { count: 500, per: "1d" },
    { count: 6, per: "60000ms" },
  ];
  expect(compilePolicy(policy({ quotas })).quotas).toEqual([
    { count: 20, per: 3_600_000 },
    { count: 5, per: 60_000 },
    { count: 500, per: 86_400_000 },
  ]);
});

test.each<[{ readonly [name: string]: Json }, string]>([
  [{ redaction: {} }, ""],
  [{ zone: "Europe/Nowhere" }, "/zone"],
  [{ zone: "+02:00" }, "/zone"],
  [{ locale: "english" }, "/locale"],
  [{ itemCap: 0 }, "/itemCap"],
  [{ itemCap: 10_001 }, "/itemCap"],
  [{ digest: "1w" }, "/digest"],
  [{ resolutions: "never" }, "/resolutions"],
  [
    {
      quotas: [
        { count: 1, per: "1h" },
        { count: 0, per: "1h" },
      ],
    },
    "/quotas/1/count",
  ],
  [{ quotas: Array.from({ length: 11 }, () => ({ count: 1, per: "1h" })) }, "/quotas"],
  [{ silences: { maxShare: 0 } }, "/silences/maxShare"],
  [{ silences: { maxShare: 101 } }, "/silences/maxShare"],
  [{ silences: { maxLength: "for ever" } }, "/silences/maxLength"],
  [{ silences: { maxCount: 1 } }, "/silences"],
  [{ dedupe: { window: "0s" } }, "/dedupe/window"],
])("%j is refused at %j", (fields, pointer) => {
  const result = checkObject("policies", "default", { ...HEAD, ...fields });
  const faults = result.ok ? [] : result.faults;
  expect(faults.map((fault) => fault.pointer)).toHaveLength(1);
  expect(faults[0]?.pointer.startsWith(pointer)).toBe(true);
});

test("a tenant has one, by the name default", () => {
  expect(checkObject("policies", "other", { ...HEAD, id: "other" }).ok).toBe(false);
});
