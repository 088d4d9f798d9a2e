import { describe, expect, it } from "vitest";
import type { MaintenanceRecord, SilenceRecord, SuppressionRecord } from "../../src/core/cells.ts";
import { muteEdit, muteFaults, type MutePut } from "../../src/core/mute-edit.ts";
import { FOREVER } from "../../src/core/mute.ts";

const NOW = Date.UTC(2026, 5, 1, 10);
const HOUR = 3_600_000;
const STATED = { startsAt: NOW - HOUR, endsAt: NOW + HOUR, author: "ana", comment: "noise" };
const SILENCE = { ...STATED, matchers: ['service="db"', 'env=~"prod.*"'] };
const BEFORE: SilenceRecord = { ...SILENCE, id: "s", updatedAt: NOW - HOUR };

function put(more: Partial<SilenceRecord> = {}): MutePut {
  return { kind: "silences", put: { ...SILENCE, id: "s", ...more } };
}

describe("a put", () => {
  it.each([
    ["begins when it says", NOW + 5, NOW + 5],
    ["does not begin in the past", NOW - 5, NOW],
  ])("of a new one %s", (_, startsAt, expected) => {
    expect(muteEdit(put({ startsAt }), undefined, NOW)).toEqual({ how: "new", startsAt: expected });
  });

  const pending = { ...BEFORE, startsAt: NOW + 5 };
  it.each<[string, SilenceRecord, Partial<SilenceRecord>, string, number]>([
    ["active: a later end", BEFORE, { endsAt: NOW + 9 * HOUR }, "edit", NOW - HOUR],
    ["active: an earlier end", BEFORE, { endsAt: NOW + 1 }, "edit", NOW - HOUR],
    ["active: another comment", BEFORE, { comment: "still" }, "edit", NOW - HOUR],
    ["active: the same start but for ms", BEFORE, { startsAt: NOW - HOUR + 999 }, "edit", NOW - HOUR],
    ["active: another start", BEFORE, { startsAt: NOW - HOUR + 1000 }, "replace", NOW],
    ["active: a start to come", BEFORE, { startsAt: NOW + 7 }, "replace", NOW + 7],
    ["active: other matchers", BEFORE, { matchers: ['service="db"'] }, "replace", NOW],
    ["active: its matchers in other words", BEFORE, { matchers: ["env =~ prod.*", "service=db"] }, "edit", NOW - HOUR],
    ["pending: a later start", pending, { startsAt: NOW + 8 }, "edit", NOW + 8],
    ["pending: a start just now", pending, { startsAt: NOW }, "edit", NOW],
    ["pending: a start in the past", pending, { startsAt: NOW - 1 }, "replace", NOW],
    ["pending: other matchers", pending, { startsAt: NOW + 5, matchers: ['a="b"'] }, "replace", NOW + 5],
    ["ended: nothing changed", { ...BEFORE, endsAt: NOW }, {}, "replace", NOW],
  ])("on one that is %s", (_, before, more, how, startsAt) => {
    expect(muteEdit(put(more), before, NOW)).toEqual({ how, startsAt });
  });

  const weekly = { zone: "UTC", weekly: [{ days: ["mon" as const], from: "10:00", to: "11:00" }] };
  const window: MaintenanceRecord = { ...BEFORE, weekly };
  it.each<[string, MaintenanceRecord, string]>([
    ["the same weekly times", { ...window }, "edit"],
    ["another zone", { ...window, weekly: { ...weekly, zone: "Europe/Berlin" } }, "replace"],
    ["no weekly times", { ...BEFORE }, "replace"],
  ])("on a maintenance window with %s", (_, wanted, how) => {
    expect(muteEdit({ kind: "maintenance", put: wanted }, window, NOW).how).toBe(how);
  });

  const suppression: SuppressionRecord = { ...STATED, id: "s", rule: "disks", updatedAt: 0 };
  it.each([
    ["the same rule", "disks", "edit"],
    ["another rule", "hosts", "replace"],
  ])("on a suppression of %s", (_, rule, how) => {
    expect(muteEdit({ kind: "suppressions", put: { ...suppression, rule } }, suppression, NOW).how).toBe(how);
  });
});

const end = (detail: string): object => ({ pointer: "/endsAt", detail });

describe("what is refused", () => {
  const at = { startsAt: NOW, now: NOW };
  const EMPTY = { pointer: "/matchers", detail: "at least one matcher must not match the empty text" };
  it.each<[string, MutePut, object[]]>([
    ["a sound silence", put(), []],
    ["no matcher", put({ matchers: [] }), [EMPTY]],
    ["matchers of nothing", put({ matchers: ['a=""', 'b=~".*"'] }), [EMPTY]],
    ["one that says something", put({ matchers: ['a=""', 'b=~".+"'] }), []],
    ["negative matchers, as Alertmanager", put({ matchers: ['a!="b"'] }), []],
    ["an end at its start", put({ startsAt: NOW + 1, endsAt: NOW + 1 }), [end("must be later than startsAt")]],
    ["an end that is over", put({ endsAt: NOW }), [end("is over already")]],
    ["an end beyond all leaves", put({ endsAt: FOREVER + 1 }), [end("lies too far ahead")]],
    ["maintenance of everything", { kind: "maintenance", put: { ...STATED, matchers: [] } }, []],
    ["two faults", put({ matchers: [], endsAt: NOW }), [EMPTY, end("is over already")]],
  ])("%s", (_, mute, faults) => {
    expect(muteFaults(mute, at, {})).toEqual(faults);
  });

  const suppression: MutePut = { kind: "suppressions", put: { ...STATED, rule: "disks" } };
  it.each<[string, MutePut, number]>([
    ["a silence", put(), 1],
    ["a suppression", suppression, 1],
    ["maintenance", { kind: "maintenance", put: SILENCE }, 0],
  ])("%s that is longer than the policy allows", (_, mute, count) => {
    expect(muteFaults(mute, at, { maxLength: HOUR - 1 })).toHaveLength(count);
    expect(muteFaults(mute, at, { maxLength: HOUR })).toEqual([]);
  });
});
