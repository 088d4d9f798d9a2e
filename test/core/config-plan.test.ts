import { describe, expect, test } from "vitest";
import { checkReferences, difference, planChange, splitKey } from "../../src/core/config-plan.ts";
import { EMPTY_GENERATION } from "../../src/core/generation.ts";
import { channel, checked, rule, template } from "../support/objects.ts";

const byPerson = (objects: readonly ReturnType<typeof rule>[], prune = false) => ({ objects, prune });
const byKit = (stream: string, objects: readonly ReturnType<typeof rule>[]) => ({ objects, prune: true, stream });

describe("a change by a person", () => {
  test("adds, changes and removes, and names each", () => {
    const first = planChange(EMPTY_GENERATION, byPerson([rule("a"), rule("b")]));
    expect(first.changes.map(({ id, change }) => [id, change])).toEqual([
      ["a", "added"],
      ["b", "added"],
    ]);
    const second = planChange(first.candidate, byPerson([rule("a", { priority: 5 }), rule("c")], true));
    expect(second.changes.map(({ id, change }) => [id, change])).toEqual([
      ["a", "changed"],
      ["b", "removed"],
      ["c", "added"],
    ]);
    expect(second.base).toBe(first.candidate.id);
    expect(second.candidate.n).toBe(2);
  });

  test("without prune keeps what it does not name", () => {
    const { candidate } = planChange(EMPTY_GENERATION, byPerson([rule("a")]));
    expect(Object.keys(planChange(candidate, byPerson([rule("b")])).candidate.objects)).toEqual(["rules/a", "rules/b"]);
  });

  test("that changes nothing has the base as its candidate", () => {
    const { candidate } = planChange(EMPTY_GENERATION, byPerson([rule("a")]));
    const again = planChange(candidate, byPerson([rule("a")], true));
    expect([again.candidate, again.changes]).toEqual([candidate, []]);
  });

  test("never prunes what a stream brought, nor a binding", () => {
    const kit = planChange(EMPTY_GENERATION, byKit("hq/rules", [rule("from-kit")]));
    const bound = planChange(
      kit.candidate,
      byPerson([checked("binding", { schema: "binding/v1", id: "ops-mail", values: { host: "r" } })]),
    );
    const { candidate } = planChange(bound.candidate, byPerson([rule("own")], true));
    expect(Object.keys(candidate.objects).toSorted()).toEqual(["binding/ops-mail", "rules/from-kit", "rules/own"]);
  });

  test("of a starter object detaches it", () => {
    const starter = planChange(EMPTY_GENERATION, byKit("plant/starter", [rule("a")]));
    const edited = planChange(starter.candidate, byPerson([rule("a", { priority: 1 })]));
    expect([edited.faults, edited.candidate.streams]).toEqual([[], {}]);
  });

  test("of another stream's object is a fault that says why", () => {
    const kit = planChange(EMPTY_GENERATION, byKit("hq/rules", [rule("a")]));
    expect(planChange(kit.candidate, byPerson([rule("a", { priority: 1 })])).faults).toEqual([
      { kind: "rules", id: "a", pointer: "", detail: expect.stringContaining("belongs to stream hq/rules") },
    ]);
  });
});

describe("a change by a kit", () => {
  test("removes what its stream no longer carries", () => {
    const one = planChange(EMPTY_GENERATION, byKit("hq/rules", [rule("a"), rule("b")]));
    const two = planChange(one.candidate, byKit("hq/rules", [rule("b")]));
    expect(two.changes.map(({ id, change }) => [id, change])).toEqual([["a", "removed"]]);
    expect(two.candidate.streams).toEqual({ "rules/b": "hq/rules" });
  });

  test("leaves a detached object alone and reports it", () => {
    const own = planChange(EMPTY_GENERATION, byPerson([rule("a", { priority: 1 })]));
    const kit = planChange(own.candidate, byKit("plant/starter", [rule("a"), rule("b")]));
    expect(kit.left).toEqual([{ kind: "rules", id: "a" }]);
    expect(kit.candidate.objects["rules/a"]).toBe(own.candidate.objects["rules/a"]);
  });

  test("of an object of another stream is a fault", () => {
    const one = planChange(EMPTY_GENERATION, byKit("hq/rules", [rule("a")]));
    expect(planChange(one.candidate, byKit("hq/base", [rule("a", { priority: 9 })])).faults[0]?.detail).toBe(
      "belongs to stream hq/rules",
    );
  });

  test("that carries what is there already changes its owner alone in no way", () => {
    const one = planChange(EMPTY_GENERATION, byKit("hq/rules", [rule("a")]));
    expect(planChange(one.candidate, byKit("hq/rules", [rule("a")])).candidate).toBe(one.candidate);
  });
});

test("references to what is not there are faults, and so is an action id in two rules", () => {
  const objects = [
    channel(),
    template(),
    rule("good", { actions: [{ id: "x", channel: "ops-mail", template: "tmpl-event" }] }),
    rule("bad", { actions: [{ id: "x", channel: "pager", template: "gone" }] }),
  ];
  expect(checkReferences(objects.map(({ object }) => object)).map(({ id, pointer }) => [id, pointer])).toEqual([
    ["bad", "/actions/0/channel"],
    ["bad", "/actions/0/template"],
    ["bad", "/actions/0/id"],
  ]);
});

test("keys of kinds that are not known are no objects", () => {
  expect(splitKey("schedules/x")).toBeUndefined();
  expect(difference({ "schedules/x": "1" }, { "rules/a": "2" })).toEqual([
    { kind: "rules", id: "a", change: "added", after: "2" },
  ]);
});
