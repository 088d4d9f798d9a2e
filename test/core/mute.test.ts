import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MaintenanceRecord, Mutes, SilenceRecord, SuppressionRecord } from "../../src/core/cells.ts";
import { matcherMatches, parseMatchers } from "../../src/core/label-matcher.ts";
import {
  type CompiledMutes,
  compileMutes,
  FOREVER,
  muteState,
  NO_MUTES,
  silencedBy,
  suppressedBy,
} from "../../src/core/mute.ts";

const NOW = Date.UTC(2026, 5, 1, 10);
const HOUR = 3_600_000;
const STATED = { startsAt: NOW, endsAt: NOW + HOUR, author: "ana", comment: "noise", updatedAt: NOW };

function silence(id: string, matchers: readonly string[], more: Partial<SilenceRecord> = {}): SilenceRecord {
  return { ...STATED, id, matchers, ...more };
}
function maintenance(id: string, more: Partial<MaintenanceRecord> = {}): MaintenanceRecord {
  return { ...STATED, id, matchers: [], ...more };
}
function suppression(id: string, rule: string, more: Partial<SuppressionRecord> = {}): SuppressionRecord {
  return { ...STATED, id, rule, ...more };
}
function compiled(mutes: Partial<Mutes>): CompiledMutes {
  return compileMutes({ ...NO_MUTES, ...mutes });
}

describe("a silence", () => {
  it.each([
    ["meets all matchers", { service: "db", env: "prod-eu" }, NOW, "s"],
    ["meets one of two", { service: "db", env: "stage" }, NOW, undefined],
    ["lacks a label", { service: "db" }, NOW, undefined],
    ["is before its time", { service: "db", env: "prod" }, NOW - 1, undefined],
    ["is at its last ms", { service: "db", env: "prod" }, NOW + HOUR - 1, "s"],
    ["is at its end", { service: "db", env: "prod" }, NOW + HOUR, undefined],
  ])("of an event that %s", (_, labels, now, by) => {
    const found = silencedBy(labels, compiled({ silences: [silence("s", ['service="db"', 'env=~"prod.*"'])] }), now);
    expect(found).toEqual(by === undefined ? undefined : { id: by, until: NOW + HOUR });
  });

  it.each([
    ['team=""', {}, true],
    ['team=""', { team: "net" }, false],
    ['team!="net"', {}, true],
    ['team!="net"', { team: "net" }, false],
    ['team=~"net|"', {}, true],
    ['team=~"net|ops"', {}, false],
    ['team=~"net|ops"', { team: "ops" }, true],
    ['team=~"net|ops"', { team: "ops2" }, false],
    ['team=~"net-.+"', { team: "net-7" }, true],
    ['team=~".*-7"', { team: "net-7" }, true],
    ['team!~"net.*"', { team: "ops" }, true],
    ['team!~"net.*|"', {}, false],
    ['constructor!=""', {}, false],
    ['constructor="x"', { constructor: "x" }, true],
  ])("%s and the labels %j: %j", (matcher, labels, isMuted) => {
    expect(silencedBy(labels, compiled({ silences: [silence("s", [matcher])] }), NOW) !== undefined).toBe(isMuted);
  });

  it("decides by the lowest id of those that mute, wherever they are found", () => {
    const silences = [
      silence("a", ['x="1"'], { startsAt: NOW + 1 }),
      silence("b", ['x="2"']),
      silence("c", ['y!="0"']),
      silence("d", ['x="1"']),
      silence("e", ['x=~".+"']),
    ];
    const by = (list: readonly SilenceRecord[]): string | undefined =>
      silencedBy({ x: "1" }, compiled({ silences: list }), NOW)?.id;
    expect(by(silences)).toBe("c");
    expect(by(silences.filter(({ id }) => id !== "c"))).toBe("d");
    expect(by(silences.filter(({ id }) => id > "d"))).toBe("e");
  });
});

describe("maintenance and suppressions", () => {
  const mutes = compiled({
    maintenance: [maintenance("m-1", { matchers: ['hall="2"'] }), maintenance("m-2", { startsAt: NOW + HOUR / 2 })],
    suppressions: [suppression("s-1", "disks", { startsAt: NOW + 1 }), suppression("s-2", "disks")],
  });
  it.each([
    [{ labels: { hall: "2" }, rule: "disks" }, NOW, { code: "maintenance", id: "m-1", until: NOW + HOUR }],
    [{ labels: {}, rule: "disks" }, NOW, { code: "rule-suppressed", id: "s-2", until: NOW + HOUR }],
    [{ labels: {}, rule: "disks" }, NOW + 1, { code: "rule-suppressed", id: "s-1", until: NOW + HOUR }],
    [{ labels: {}, rule: "others" }, NOW, undefined],
    [{ labels: {}, rule: "others" }, NOW + HOUR / 2, { code: "maintenance", id: "m-2", until: NOW + HOUR }],
    [{ labels: { hall: "2" }, rule: "disks" }, NOW + HOUR, undefined],
  ])("of %j at %i", (draft, now, expected) => {
    expect(suppressedBy(draft, mutes, now)).toEqual(expected);
  });

  it("come back every week by the wall clock of their zone, and end with it", () => {
    const weekly = { zone: "Europe/Berlin", weekly: [{ days: ["mon" as const], from: "12:00", to: "13:00" }] };
    const one = (endsAt: number): CompiledMutes =>
      compiled({ maintenance: [maintenance("m", { startsAt: 0, endsAt, weekly })] });
    const asked = { labels: {}, rule: "r" };
    // 2026-06-01 is a Monday; noon in Berlin is 10:00 UTC.
    expect(suppressedBy(asked, one(FOREVER), NOW)).toMatchObject({ until: NOW + HOUR });
    expect(suppressedBy(asked, one(FOREVER), NOW - 1)).toBeUndefined();
    expect(suppressedBy(asked, one(FOREVER), NOW + HOUR)).toBeUndefined();
    expect(suppressedBy(asked, one(FOREVER), NOW + 7 * 24 * HOUR)).toMatchObject({ until: NOW + 169 * HOUR });
    expect(suppressedBy(asked, one(NOW + 60_000), NOW)).toMatchObject({ until: NOW + 60_000 });
  });
});

describe("the state of a record", () => {
  const weekly = { zone: "UTC", weekly: [{ days: ["mon" as const], from: "10:00", to: "11:00" }] };
  it.each([
    ["silence", silence("s", ['a="b"'], { startsAt: NOW + 1 }), "pending"],
    ["silence", silence("s", ['a="b"']), "active"],
    ["silence", silence("s", ['a="b"'], { endsAt: NOW }), "expired"],
    ["silence that never began", silence("s", ['a="b"'], { startsAt: NOW, endsAt: NOW }), "expired"],
    ["suppression", suppression("s", "r"), "active"],
    ["weekly window", maintenance("m", { weekly, startsAt: 0, endsAt: FOREVER }), "active"],
    ["weekly window", maintenance("m", { weekly: { ...weekly, zone: "Europe/Berlin" }, endsAt: FOREVER }), "pending"],
  ])("of a %s", (_, record, state) => {
    expect(muteState(record, NOW)).toBe(state);
  });
});

it("compiles what mutes once for each state of a tenant", () => {
  const mutes: Mutes = { ...NO_MUTES, silences: [silence("s", ['a="b"'])] };
  expect(compileMutes(mutes)).toBe(compileMutes(mutes));
  expect(silencedBy({ a: "b" }, compileMutes(NO_MUTES), NOW)).toBeUndefined();
});

describe("the index", () => {
  const NAMES = ["a", "b", "c"];
  const VALUES = ["", "x", "xy", "xz", "y"];
  const PATTERNS = ["x|y", "x.*", "xy?", "(x|y)z", "|x", ".*", ".+", "(?i)X", "[xy]"];
  const matcher = fc.oneof(
    fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom("=", "!="), fc.constantFrom(...VALUES)),
    fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom("=~", "!~"), fc.constantFrom(...PATTERNS)),
  );
  const silences = fc.array(
    fc.record({
      matchers: fc.array(matcher, { minLength: 1, maxLength: 3 }),
      startsAt: fc.integer({ min: NOW - 2, max: NOW + 1 }),
      length: fc.integer({ min: 1, max: 3 }),
    }),
    { maxLength: 12 },
  );
  const labels = fc.dictionary(fc.constantFrom(...NAMES, "d"), fc.constantFrom(...VALUES));

  it("finds what asking each finds", () => {
    fc.assert(
      fc.property(silences, fc.array(labels, { minLength: 1, maxLength: 5 }), (given, events) => {
        const records = given.map(({ matchers, startsAt, length }, at) =>
          silence(
            `s-${at.toString(36)}`,
            matchers.map(([name, op, value]) => `${name}${op}"${value}"`),
            { startsAt, endsAt: startsAt + length },
          ),
        );
        const index = compiled({ silences: records });
        for (const event of events) {
          const first = records.find(
            (one) =>
              one.startsAt <= NOW &&
              NOW < one.endsAt &&
              parseMatchers(one.matchers).every((each) => matcherMatches(each, event)),
          );
          expect(silencedBy(event, index, NOW)).toEqual(first && { id: first.id, until: first.endsAt });
        }
      }),
      { numRuns: 2000 },
    );
  });
});
