import { expect, test } from "vitest";
import type { Json } from "../../src/core/json.ts";
import { cellsOf } from "../../src/core/decide-cells.ts";
import type { EventInput } from "../../src/core/event.ts";
import { claimKey, flapKey } from "../../src/core/key-parts.ts";
import { matchRules } from "../../src/core/match.ts";
import { checked, compiledOf, input, rule } from "../support/objects.ts";

type Fields = { readonly [name: string]: Json };

const NOW = Date.UTC(2026, 5, 1, 10, 17);
const ABOUT: Partial<EventInput> = { scope: { resource: "db" } };

/** Nouns of the cells that an event of one action will probably touch, under a policy. */
function nounsOf(fields: Fields, policy: Fields, event: Partial<EventInput> = ABOUT): string[] {
  const objects = [
    rule("hosts", { actions: [{ id: "ops", channel: "ops-mail", ...fields }] }),
    checked("policies", { schema: "policy/v1", id: "default", ...policy }),
  ];
  const index = compiledOf(objects);
  const given = input("1", event);
  const cells = cellsOf(given, matchRules(index.rules, given, NOW), { index, tenant: "acme", now: NOW });
  const action = index.actions.get("ops");
  if (action === undefined) throw new Error("no action");
  const at = { tenant: "acme", now: NOW, span: action.dedupe ?? 1 };
  const keys = { announced: given.correlationId, claim: claimKey(given, action, at).key, flap: flapKey(given, action) };
  return cells.map(({ noun, tenant, key }) => {
    expect({ noun, tenant, key }).toEqual({
      noun,
      tenant: "acme",
      key: new Map<string, string>(Object.entries(keys)).get(noun),
    });
    return noun;
  });
}

const BOTH = { dedupe: { window: "1h" }, debounce: {} };

test.each<[string, Fields, Fields, Partial<EventInput>, readonly string[]]>([
  ["no gates", {}, {}, ABOUT, []],
  ["an alert", {}, {}, { alertState: "firing" }, ["announced"]],
  ["a repeat", { dedupe: { window: "1h" } }, {}, {}, ["claim"]],
  ["the tenant's gates, of a resource", {}, BOTH, ABOUT, ["claim", "flap"]],
  ["the tenant's gates, of no resource", {}, BOTH, {}, ["claim"]],
  ["an own debounce, of no resource", { debounce: {} }, {}, {}, ["flap"]],
  ["what is gathered is not debounced", { digest: "1h", debounce: {} }, BOTH, ABOUT, ["claim"]],
  ["all of it", BOTH, {}, { ...ABOUT, alertState: "resolved" }, ["announced", "claim", "flap"]],
])("%s", (_name, fields, policy, event, nouns) => {
  expect(nounsOf(fields, policy, event)).toEqual(nouns);
});

test("an action that the configuration does not have any more names none", () => {
  const index = compiledOf([rule("hosts")]);
  const given = input("1");
  const matched = matchRules(
    compiledOf([rule("gone", { actions: [{ id: "gone", channel: "c", dedupe: { window: "1h" } }] })]).rules,
    given,
    NOW,
  );
  expect(matched.rules).toHaveLength(1);
  expect(cellsOf(given, matched, { index, tenant: "acme", now: NOW })).toEqual([]);
});
