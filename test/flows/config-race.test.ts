import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { CheckedObject } from "../../src/core/objects.ts";
import { applyConfig, planConfig, switchTo } from "../../src/flows/config-apply.ts";
import { createConfigurations } from "../../src/flows/configurations.ts";
import { channel, rule, template } from "../support/objects.ts";
import { gate, type Gate } from "../support/pause.ts";
import { openTestStore, type TestStore } from "../support/store.ts";

const by = { actor: "local:0" };
type Held = TestStore & { readonly gate: Gate };

/** A site with two tenants whose long work the gate may hold. */
async function openHeld(): Promise<Held> {
  const door = gate();
  const configurations = createConfigurations(door.pause);
  const made = await openTestStore({ configurations, tenants: ["_site", "default", "other"] });
  await made.configure([template()], "_site");
  for (const tenant of ["default", "other"]) await made.configure([channel()], tenant);
  return { ...made, gate: door };
}

/** Plans one more object of a tenant, and applies that. */
async function add(to: TestStore, tenant: string, object: CheckedObject): Promise<{ n: number }> {
  const { kind, id } = object.object;
  const objects = [{ kind, id, value: JSON.parse(object.text) }];
  return await applyConfig(to, await planConfig(to, { tenant, objects, prune: false }), by);
}

/** Does `slow`, holds it after so many pauses, does `quick` meanwhile; undefined where `slow` did not pause so often. */
async function race<T>(
  { gate: { hold, isHolding, open } }: Held,
  after: number,
  { slow, quick }: { readonly slow: () => Promise<T>; readonly quick: () => Promise<unknown> },
): Promise<PromiseSettledResult<T> | undefined> {
  hold(after);
  const settled = Promise.allSettled([slow()]);
  for (let turns = 0; turns < 5 && !isHolding(); turns++) await turn();
  const wasHeld = isHolding();
  if (wasHeld) await quick();
  open();
  const [result] = await settled;
  return wasHeld ? result : undefined;
}

const rules = (of: TestStore, tenant: string): string[] =>
  [...of.configurations.of(tenant).actions.values()].map((action) => action.rule).toSorted();

/** Runs `look` with a site of its own for every pause that work makes; answers how many there were. */
async function atEveryPause(look: (held: Held, after: number) => Promise<boolean>): Promise<number> {
  let after = 0;
  while (await look(await openHeld(), after)) after++;
  return after;
}

describe("a change that is still being planned or compiled aside", () => {
  test("is refused where another one of its tenant is adopted meanwhile, and leaves nothing", async () => {
    let refused = 0;
    const pauses = await atEveryPause(async (held, after) => {
      const quick = (): Promise<unknown> => add(held, "default", rule("quick"));
      const result = await race(held, after, { slow: () => add(held, "default", rule("slow")), quick });
      if (result === undefined) return false;
      // held before it looked at what is adopted, it is planned on top of that
      const isPlannedAfter = result.status === "fulfilled";
      expect(rules(held, "default")).toEqual(isPlannedAfter ? ["quick", "slow"] : ["quick"]);
      if (!isPlannedAfter) {
        refused++;
        expect(result.reason).toMatchObject({ code: "conflict" });
      }
      await add(held, "default", rule("next"));
      expect(rules(held, "default")).toContain("next");
      return true;
    });
    expect([pauses > 10, refused > 10]).toEqual([true, true]);
  });

  test("is adopted beside one of another tenant", async () => {
    await atEveryPause(async (held, after) => {
      const quick = (): Promise<unknown> => add(held, "other", rule("quick"));
      const result = await race(held, after, { slow: () => add(held, "default", rule("slow")), quick });
      if (result === undefined) return false;
      expect(result.status).toBe("fulfilled");
      expect([rules(held, "default"), rules(held, "other")]).toEqual([["slow"], ["quick"]]);
      return true;
    });
  });

  test("is adopted on top of one of the site's, and the other way round", async () => {
    await atEveryPause(async (held, after) => {
      const site = (): Promise<unknown> => add(held, "_site", template("tmpl-more"));
      const own = (): Promise<unknown> => add(held, "default", rule("own"));
      const isSiteSlow = after % 2 === 0;
      const asked = isSiteSlow ? { slow: site, quick: own } : { slow: own, quick: site };
      const result = await race(held, after, asked);
      if (result === undefined) return false;
      expect(result.status).toBe("fulfilled");
      expect(rules(held, "default")).toEqual(["own"]);
      for (const tenant of ["default", "other"])
        expect(held.configurations.of(tenant).templates.has("tmpl-more")).toBe(true);
      return true;
    });
  });

  test("of the site's is adopted on top of one that passes it when it was compiled already", async () => {
    const held = await openHeld();
    const { object, text } = template("tmpl-more");
    const objects = [{ kind: object.kind, id: object.id, value: JSON.parse(text) }];
    const {
      base,
      candidate,
      changes,
      objects: checked,
    } = await planConfig(held, {
      tenant: "_site",
      objects,
      prune: false,
    });
    await switchTo(held, { objects: checked, candidates: [{ tenant: "_site", candidate }] }, async () => {
      await add(held, "default", rule("own"));
      return await held.store.transact({
        flow: "config-switch",
        tenant: "_site",
        input: { ...by, base, candidate, changes },
      });
    });
    expect(rules(held, "default")).toEqual(["own"]);
    for (const tenant of ["default", "other"])
      expect(held.configurations.of(tenant).templates.has("tmpl-more")).toBe(true);
  });

  test("of the site's reaches a tenant that is opened meanwhile", async () => {
    await atEveryPause(async (held, after) => {
      const input = { ...by, id: "new", origin: "sealpost-test-00000000-new", key: "key", seal: "seal" };
      const quick = (): Promise<unknown> => held.store.transact({ flow: "tenant-open", tenant: "_site", input });
      const result = await race(held, after, { slow: () => add(held, "_site", template("tmpl-more")), quick });
      if (result === undefined) return false;
      expect(result.status).toBe("fulfilled");
      expect([...held.configurations.of("new").templates.keys()]).toEqual(["tmpl-event", "tmpl-more"]);
      return true;
    });
  });

  test("shows what it would be from what was adopted when it was asked for", async () => {
    const held = await openHeld();
    const { candidate } = await planConfig(held, { tenant: "default", objects: [], prune: true });
    const shown = held.configurations.preview([{ tenant: "default", candidate }], []);
    const first = shown.next(); // it has looked
    await add(held, "default", rule("quick"));
    expect((await first).value).toMatchObject({ tenant: "default", objects: [{ id: "tmpl-event" }] });
    await expect(held.configurations.preview([{ tenant: "default", candidate }], []).next()).rejects.toMatchObject({
      code: "conflict",
    });
  });
});

describe("of two changes of one tenant that were compiled from the same generation", () => {
  test("the one that is asked first is adopted, whichever was compiled first", async () => {
    const held = await openHeld();
    const [one, two] = await Promise.all(
      ["one", "two"].map((id) => {
        const { object, text } = rule(id);
        const objects = [{ kind: object.kind, id, value: JSON.parse(text) }];
        return planConfig(held, { tenant: "default", objects, prune: false });
      }),
    );
    if (one === undefined || two === undefined) throw new Error("no plans");
    const asked = (plan: typeof one, before: Promise<unknown>): Promise<unknown> =>
      switchTo(
        held,
        { objects: plan.objects, candidates: [{ tenant: "default", candidate: plan.candidate }] },
        async () => {
          await before;
          const { base, candidate, changes } = plan;
          return await held.store.transact({
            flow: "config-switch",
            tenant: "default",
            input: { ...by, base, candidate, changes },
          });
        },
      );
    const second = asked(two, Promise.resolve());
    const first = asked(one, second);
    await expect(first).rejects.toMatchObject({ code: "conflict" });
    await second;
    expect(rules(held, "default")).toEqual(["two"]);
  });

  test("one whose question failed can be asked again", async () => {
    const held = await openHeld();
    const { object, text } = rule("again");
    const objects = [{ kind: object.kind, id: object.id, value: JSON.parse(text) }];
    const plan = await planConfig(held, { tenant: "default", objects, prune: false });
    const candidates = [{ tenant: "default", candidate: plan.candidate }];
    const failed = switchTo(held, { objects: plan.objects, candidates }, () => Promise.reject(new Error("disk full")));
    await expect(failed).rejects.toThrow("disk full");
    expect(await applyConfig(held, plan, by)).toEqual({ n: 2 });
    expect(rules(held, "default")).toEqual(["again"]);
  });
});

test("a switch to what nobody staged is told to whoever follows commits, and adopts nothing", async () => {
  const held = await openHeld();
  const { own, follow } = held.configurations;
  const value = { id: "0".repeat(64), n: 9, parts: [] };
  const cells = [{ noun: "generation", tenant: "default", key: "current", value } as const];
  expect(() => follow({ cells, logs: [] })).toThrow(expect.objectContaining({ code: "missing" }));
  expect(own("default").n).toBe(1);
});
