import { describe, expect, test } from "vitest";
import { type CompiledAction, isInstant } from "../../src/core/action.ts";
import type { Json } from "../../src/core/json.ts";
import { checkObject } from "../../src/core/objects.ts";
import { checked, compiledOf, rule } from "../support/objects.ts";

type Fields = { readonly [name: string]: Json };

const NIGHTS = checked("calendars", {
  schema: "calendar/v1",
  id: "nights",
  weekly: [{ days: ["mon"], from: "22:00", to: "07:00" }],
});
// oxlint-disable-next-line unicorn/no-thenable -- the field is written so; nothing awaits it
const STALE = { after: "1h", then: "fold" };
// oxlint-disable-next-line unicorn/no-thenable -- the field is written so; nothing awaits it
const OWN_STALE = { after: "1d", then: "drop" };
const DEFAULTS: Fields = {
  dedupe: { window: "1h" },
  debounce: {},
  throttle: { burst: 10, per: "1m" },
  digest: "1h",
  staleness: STALE,
  zone: "Europe/Sofia",
};

/** The one action of a rule, under a policy. */
function compiled(fields: Fields, policy: Fields = {}, ofRule: Fields = {}): CompiledAction {
  const made = compiledOf([
    rule("disks", { actions: [{ id: "disk-mail", channel: "ops-mail", ...fields }], ...ofRule }),
    checked("policies", { schema: "policy/v1", id: "default", ...policy }),
    NIGHTS,
  ]);
  const found = made.actions.get("disk-mail");
  if (found === undefined) throw new Error("it was not compiled");
  return found;
}

test("an action of which nothing is said, where nothing is set, is sent at once and through no gate", () => {
  const action = compiled({});
  expect(action).toMatchObject({ id: "disk-mail", rule: "disks", ref: expect.stringMatching(/^disks@[0-9a-f]{12}$/) });
  expect(isInstant(action)).toBe(true);
  for (const gate of ["limit", "dedupe", "debounce", "throttle", "digest", "group", "calendar", "staleness"] as const)
    expect(action[gate]).toBeUndefined();
  expect(action.bypassRank).toBe(Number.POSITIVE_INFINITY);
});

test("what it does not say is its tenant's", () => {
  const action = compiled({}, DEFAULTS);
  expect(action).toMatchObject({
    dedupe: 3_600_000,
    debounce: { window: 30_000, after: 5, cooldown: 3_600_000 },
    isDebounceForResources: true,
    throttle: { burst: 10, interval: 6000 },
    digest: "1h",
    staleness: { after: 3_600_000, choice: "fold" },
  });
  expect(isInstant(action)).toBe(false);
});

describe("what it says holds", () => {
  test.each<[Fields, Partial<CompiledAction>]>([
    [{ dedupe: { window: "1d" } }, { dedupe: 86_400_000 }],
    [{ throttle: { burst: 1, per: "1s" } }, { throttle: { burst: 1, interval: 1000, tolerance: 0 } }],
    [{ digest: "5m" }, { digest: "5m" }],
    [{ staleness: OWN_STALE }, { staleness: { after: 86_400_000, choice: "drop" } }],
    [
      { debounce: { after: 2 } },
      { debounce: { window: 30_000, after: 2, cooldown: 3_600_000 }, isDebounceForResources: false },
    ],
    [{ bypassFrom: "info" }, { bypassRank: 0 }],
    [{ bypassFrom: "critical" }, { bypassRank: 4 }],
  ])("%j", (fields, expected) => expect(compiled(fields, DEFAULTS)).toMatchObject(expected));

  test("no debounce, of what its tenant debounces", () => {
    const action = compiled({ debounce: false }, DEFAULTS);
    expect(action.debounce).toBeUndefined();
  });

  test("at once, of what its tenant gathers", () => {
    const action = compiled({ digest: "instant" }, DEFAULTS);
    expect(action.digest).toBeUndefined();
    expect(isInstant(action)).toBe(true);
  });

  test("a group, with the times of the contract, and no digest beside it", () => {
    const action = compiled({ group: { by: ["service", "host"] } }, DEFAULTS);
    expect(action.group).toEqual({ by: ["service", "host"], wait: 30_000, interval: 300_000 });
    expect(action.digest).toBeUndefined();
    expect(isInstant(action)).toBe(false);
    expect(compiled({ group: { by: [], wait: "1ms", interval: "2d" } }).group).toEqual({
      by: [],
      wait: 1,
      interval: 172_800_000,
    });
  });

  test("the limit of its rule", () => {
    expect(compiled({}, {}, { limit: { count: 3, per: "1h" } }).limit).toEqual({ count: 3, per: 3_600_000 });
  });
});

test("its calendar is its tenant's, of its tenant's zone where it has none; one that is gone holds nothing", () => {
  expect(compiled({ calendar: "nights" }, DEFAULTS).calendar).toMatchObject({ id: "nights", zone: "Europe/Sofia" });
  expect(compiled({ calendar: "nights" }).calendar).toMatchObject({ id: "nights", zone: "UTC" });
  expect(compiled({ calendar: "gone" }, DEFAULTS).calendar).toBeUndefined();
});

test("digest and group together are refused at save", () => {
  const action = { id: "a", channel: "c", digest: "1h", group: { by: [] } };
  const result = checkObject("rules", "r", { schema: "rule/v1", id: "r", actions: [action] });
  expect(result.ok ? [] : result.faults.map(({ pointer, detail }) => [pointer, detail])).toEqual([
    ["/actions/0/group", "an action has digest or group, not both"],
  ]);
});
