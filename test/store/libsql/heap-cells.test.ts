import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CellChange, CellRef } from "../../../src/ports.ts";
import type { Engine } from "../../../src/store/engine.ts";
import { HashIds } from "../../../src/store/libsql/hash-ids.ts";
import { type StoreHome, storeHome } from "../../support/store-home.ts";
import { tenantPlan } from "../../support/store-plans.ts";

let home: StoreHome;
let engine: Engine;

beforeEach(async () => {
  home = storeHome();
  engine = await home.open();
});
afterEach(() => {
  engine.close();
  home.remove();
});

const ref = (key: string): CellRef<"announced"> => ({ noun: "announced", tenant: "default", key });

function put(key: string, until: number): CellChange {
  return { ...ref(key), value: { until, timer: until, entries: [] } };
}

function apply(cells: readonly CellChange[]): void {
  engine.apply({ t: 1, cells, tenants: [] });
}

describe("cells whose keys scatter", () => {
  it("are what was put and not removed, over commits and restarts, by key and by prefix", async () => {
    const change = fc.record({ key: fc.nat(40), until: fc.option(fc.nat(1000), { nil: undefined }) });
    const plans = fc.array(fc.uniqueArray(change, { selector: ({ key }) => key }), { maxLength: 8 });
    const all = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(plans, async (made) => {
        for (const plan of made) {
          apply(plan.map(({ key, until }) => (until === undefined ? ref(`k${key}`) : put(`k${key}`, until))));
          for (const { key, until } of plan)
            if (until === undefined) all.delete(`k${key}`);
            else all.set(`k${key}`, until);
        }
        const keys = Array.from({ length: 41 }, (_, key) => `k${key}`);
        for (let opened = 0; opened < 2; opened++) {
          expect(engine.load("announced", keys.map(ref)).map((value) => value?.until)).toEqual(
            keys.map((key) => all.get(key)),
          );
          const listed = engine.list("announced", "default", "k1", 99).map(([key, { until }]) => [key, until]);
          expect(listed).toEqual([...all].filter(([key]) => key.startsWith("k1")));
          engine.close();
          engine = await home.open();
        }
      }),
      { numRuns: 25 },
    );
    expect(await engine.read.cell("announced", "other", "k1")).toBeUndefined();
    expect(await engine.read.cell("flap", "default", "k1")).toBeUndefined();
  });

  it("of a plan that fails leave nothing, and those of the next are found", async () => {
    apply([put("a", 1)]);
    const broken = { t: 1, cells: [put("b", 2), ref("a")], tenants: [tenantPlan({ tenant: "x", size: 7 }, {})] };
    const stale = { ...broken, tenants: broken.tenants.map((part) => ({ ...part, leaves: [{ seq: 7, line: "{}" }] })) };
    expect(() => engine.apply(stale)).toThrow(expect.objectContaining({ name: "EngineError" }));
    const nothing = { ...broken, cells: [...broken.cells, put("\u0000", 1)], tenants: [] };
    expect(() => engine.apply(nothing)).toThrow(expect.objectContaining({ code: "refused-row" }));
    apply([put("c", 3), put("d", 4)]);
    expect(engine.load("announced", ["a", "b", "c", "d"].map(ref)).map((value) => value?.until)).toEqual([
      1,
      undefined,
      3,
      4,
    ]);
  });

  it("are many at the start, too", async () => {
    apply(Array.from({ length: 25_000 }, (_, n) => put(`${n}`, n)));
    apply(Array.from({ length: 12_000 }, (_, n) => ref(`${n * 2}`)));
    engine.close();
    engine = await home.open();
    const asked = [0, 1, 23_998, 23_999, 24_998, 24_999, 25_000];
    expect(
      engine
        .load(
          "announced",
          asked.map((n) => ref(`${n}`)),
        )
        .map((value) => value?.until),
    ).toEqual([undefined, 1, undefined, 23_999, 24_998, 24_999, undefined]);
  });
});

/** Spreads numbers over 32 bits. */
function spread(n: number): number {
  return (n * 2_654_435_761) % 2 ** 32;
}

describe("ids by hash", () => {
  it("are found by their hashes after any adding and removing, also where hashes meet", () => {
    const step = fc.record({ hash: fc.nat(12), id: fc.integer({ min: 1, max: 30 }), removes: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const ids = new HashIds();
        const model = new Set<string>();
        for (const { hash, id, removes } of steps) {
          // Neighbours at the end of the table, so that chains run over it.
          const place = (2 ** 32 - 6 + (hash % 6) * (hash > 5 ? 1024 : 1)) >>> 0;
          const name = `${place}/${id}`;
          if (removes) ids.remove(place, id);
          else if (!model.has(name)) ids.add(place, id);
          if (removes) model.delete(name);
          else model.add(name);
          const expected = [...model]
            .filter((one) => one.startsWith(`${place}/`))
            .map((one) => Number(one.split("/")[1]));
          expect([...ids.find(place)].toSorted((a, b) => a - b)).toEqual(expected.toSorted((a, b) => a - b));
        }
        expect(ids.size).toBe(model.size);
      }),
    );
  });

  it("grow and shrink with what they hold", () => {
    const ids = new HashIds();
    for (let n = 1; n <= 50_000; n++) ids.add(spread(n), n + 2 ** 33);
    for (let n = 1; n <= 50_000; n++) if (n % 100 > 0) ids.remove(spread(n), n + 2 ** 33);
    expect(ids.size).toBe(500);
    for (let n = 1; n <= 50_000; n++) expect(ids.find(spread(n))).toEqual(n % 100 > 0 ? [] : [n + 2 ** 33]);
  });
});
