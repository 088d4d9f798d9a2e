import { describe, expect, test } from "vitest";
import type { CompiledAction } from "../../src/core/action.ts";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import type { EventInput } from "../../src/core/event.ts";
import { sha256Hex } from "../../src/core/hash.ts";
import type { Json } from "../../src/core/json.ts";
import { claimKey, flapKey, shareKeys } from "../../src/core/key-parts.ts";
import { compiledOf, input, rule } from "../support/objects.ts";

const NOW = Date.UTC(2026, 5, 1, 10, 17, 3, 5);
const HOUR = 3_600_000;
const AT = { tenant: "plant-7", now: NOW, span: HOUR };
const ACTION = actionOf("disks", "disk-mail");

function actionOf(ofRule: string, id: string): CompiledAction {
  const found = compiledOf([rule(ofRule, { actions: [{ id, channel: "ops-mail" }] })]).actions.get(id);
  if (found === undefined) throw new Error("it was not compiled");
  return found;
}
const event = (fields: Partial<EventInput> = {}): EventInput => input("1", fields);

/** The key as the contract writes it. */
function claimOf(scope: Json, type: string, fields: { readonly [name: string]: Json } = {}): string {
  const windowStart = Math.floor(NOW / HOUR) * HOUR;
  const windowEnd = windowStart + HOUR;
  const of = { action: "disk-mail", rule: "disks", scope, tenant: "plant-7", type, windowEnd, windowStart, ...fields };
  return `${windowEnd}:${sha256Hex(canonicalJson(of))}`;
}
const labelsHash = (labels: Record<string, string>): string => sha256Hex(canonicalJson(labels));

describe("a claim's key is SHA-256 of RFC 8785 of what the contract names, after the end of its window", () => {
  const scope = { resource: 'dü\u2028"b', repo: "acme/web", digest: "sha256:aa" };
  test.each<[string, Partial<EventInput>, string]>([
    ["scope", { scope }, claimOf(scope, "backup.failed")],
    [
      "scope, whatever its labels and subject",
      { scope, labels: { a: "1" }, subject: "s" },
      claimOf(scope, "backup.failed"),
    ],
    [
      "labels without a scope",
      { labels: { b: "2", a: "1" } },
      claimOf({ labels: labelsHash({ a: "1", b: "2" }) }, "backup.failed"),
    ],
    [
      "subject and labels without a scope",
      { subject: "db-01", labels: {} },
      claimOf({ labels: labelsHash({}), subject: "db-01" }, "backup.failed"),
    ],
    [
      "the correlation key of an alert",
      { alertState: "firing", correlationId: 'k\u00e9"1', scope, labels: { a: "1" } },
      claimOf('k\u00e9"1', ""),
    ],
    ["a type that needs escapes", { type: 'a"b\\c\u0001' }, claimOf({ labels: labelsHash({}) }, 'a"b\\c\u0001')],
  ])("%s", (_name, fields, key) => {
    expect(claimKey(event(fields), ACTION, AT)).toMatchObject({ key, end: Math.floor(NOW / HOUR) * HOUR + HOUR });
  });

  test("a firing, its repeat and its resolution have one key; another type and scope too", () => {
    const firing = event({ alertState: "firing", correlationId: "k" });
    const resolved = event({ alertState: "resolved", correlationId: "k", type: "other", scope: { resource: "r" } });
    expect(claimKey(resolved, ACTION, AT)).toEqual(claimKey(firing, ACTION, AT));
    expect(flapKey(resolved, ACTION)).toBe(flapKey(firing, ACTION));
  });

  test("a window is [start, end), cut from the epoch", () => {
    const one = event();
    const ends = [0, 1, HOUR - 1, HOUR].map((now) => claimKey(one, ACTION, { ...AT, now }).end);
    expect(ends).toEqual([HOUR, HOUR, HOUR, 2 * HOUR]);
    expect(claimKey(one, ACTION, { ...AT, now: 0, span: 7000 }).end).toBe(7000);
  });
});

test("the key of what is debounced names rule, action, type and scope, and no time", () => {
  const scope = { resource: "db-01" };
  const of = { action: "disk-mail", rule: "disks", scope, type: "backup.failed" };
  const one = event({ scope });
  const hash = sha256Hex(canonicalJson(of));
  expect(flapKey(one, ACTION)).toBe(`${hash.slice(0, 1)}:${hash}`); // the group that it is cleared away with
  expect(flapKey(one, ACTION)).toBe(flapKey(event({ scope }), ACTION));
  expect(flapKey(one, actionOf("disks", "other"))).not.toBe(flapKey(one, ACTION));
});

describe("an event that is asked about again", () => {
  test("has the same keys, its own for each action and window", () => {
    const one = event();
    const other = actionOf("disks", "other");
    const keys = [
      claimKey(one, ACTION, AT),
      claimKey(one, other, AT),
      claimKey(one, ACTION, { ...AT, now: NOW + HOUR }),
      claimKey(one, ACTION, { ...AT, now: NOW + HOUR, span: 2 * HOUR }),
    ];
    expect(new Set(keys.map(({ key }) => key)).size).toBe(4);
    expect(claimKey(one, ACTION, AT)).toEqual(keys[0]);
  });

  test("has other keys once its action is edited: of another rule, or of another span that ends alike", () => {
    const one = event();
    const before = claimKey(one, ACTION, { ...AT, now: HOUR, span: HOUR });
    const moved = actionOf("moved", "disk-mail");
    expect(flapKey(one, ACTION)).not.toBe(flapKey(one, moved));
    expect(claimKey(one, moved, { ...AT, now: HOUR, span: HOUR }).key).not.toBe(before.key);
    const longer = actionOf("disks", "disk-mail");
    expect(claimKey(one, longer, { ...AT, now: HOUR, span: 2 * HOUR })).toEqual(
      claimKey(event(), longer, { ...AT, now: HOUR, span: 2 * HOUR }),
    );
  });

  test("hands its keys on to what it was accepted as", () => {
    const given = event({ scope: { resource: "db-01" } });
    const key = flapKey(given, ACTION);
    const accepted = { ...given };
    shareKeys(accepted, given);
    expect(flapKey(accepted, ACTION)).toBe(key);
    const fresh = { ...given, type: "other" };
    shareKeys(fresh, { ...given });
    expect(flapKey(fresh, ACTION)).not.toBe(key);
  });
});
