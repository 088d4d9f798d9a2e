import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CellRef } from "../../../src/ports.ts";
import type { Engine, Plan } from "../../../src/store/engine.ts";
import { type StoreHome, storeHome } from "../../support/store-home.ts";
import { eventPlan, type SampleEvent } from "../../support/store-plans.ts";

const T = 1_763_730_000_000;
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

function apply(samples: readonly SampleEvent[], tenant = "default", t = T): Plan {
  const log = engine.log(tenant);
  const plan = eventPlan({ tenant, t, size: log?.size ?? 0, open: log === undefined }, samples);
  engine.apply(plan);
  return plan;
}

function identities(plan: Plan): CellRef<"identity">[] {
  return plan.cells.flatMap(({ noun, tenant, key }) => (noun === "identity" ? [{ noun, tenant, key }] : []));
}

function receipts(plan: Plan): unknown[] {
  return plan.cells.flatMap(({ noun, value }) => (noun === "identity" ? [value] : []));
}

const many = (count: number, from = 0): SampleEvent[] =>
  Array.from({ length: count }, (_, at) => ({
    sourceId: `id-${from + at}`,
    to: at % 3 === 0 ? ["a@example.org", "b@example.org"] : [],
  }));

function ref(tenant: string, key: string): CellRef<"identity"> {
  return { noun: "identity", tenant, key };
}

function some<T>(all: readonly T[]): T[] {
  return all.filter((_, at) => at % 100 === 0);
}

describe("identities", () => {
  it("are answered with the receipt of the first event, in any order, by both connections", async () => {
    const plan = apply(many(600));
    expect(engine.load("identity", identities(plan).toReversed())).toEqual(receipts(plan).toReversed());
    const [first] = identities(plan);
    expect(await engine.read.cell("identity", "default", first?.key ?? "")).toEqual(receipts(plan)[0]);
  });

  it("are answered as often as they are asked, in calls of any order, whatever memory there is", async () => {
    const plans = [apply(many(300)), apply(many(300, 300)), apply(many(1, 600), "other")];
    for (const cacheUnits of [0, 1000, 2 ** 25]) {
      engine.close();
      engine = await home.open({ cacheUnits });
      for (let round = 0; round < 3; round++) {
        for (const plan of plans) expect(engine.load("identity", identities(plan))).toEqual(receipts(plan));
        expect(engine.load("identity", [ref("other", "//test\u00001"), ref("default", "//test\u0000600")])).toEqual([
          undefined,
          undefined,
        ]);
      }
    }
  });

  it("are told apart by tenant, source and source id", () => {
    apply([{ sourceId: "1", source: "a" }]);
    apply([{ sourceId: "2", source: "a" }], "other");
    const asked = [
      ref("default", "a\u00001"),
      ref("default", "a\u00002"),
      ref("other", "a\u00001"),
      ref("none", "a\u00001"),
      ref("default", ""),
    ];
    expect(engine.load("identity", asked).map((receipt) => receipt !== undefined)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it("answer all parts of a decision that took several leaves", () => {
    const to = Array.from({ length: 7 }, (_, at) => `p${at}@example.org`);
    const plan = apply([
      { sourceId: "1", to, perLeaf: 3 },
      { sourceId: "2", to, perLeaf: 3 },
    ]);
    expect(plan.tenants[0]?.leaves).toHaveLength(6);
    expect(engine.load("identity", identities(plan))).toEqual(receipts(plan));
  });

  it("answer the newest event where an identity was accepted again", () => {
    apply([{ sourceId: "1" }]);
    const again = apply([{ sourceId: "1" }], "default", T + 1000);
    expect(engine.load("identity", identities(again))).toEqual(receipts(again));
  });

  it("are known after a restart, from packs and from what no pack holds yet", async () => {
    const plans = [apply(many(5000)), apply(many(1, 5000)), apply(many(300, 6000))];
    engine.close();
    engine = await home.open({ cacheUnits: 1000 });
    for (const plan of plans) expect(engine.load("identity", identities(plan))).toEqual(receipts(plan));
    expect(engine.load("identity", [{ noun: "identity", tenant: "default", key: "//test\u0000other" }])).toEqual([
      undefined,
    ]);
    const more = apply(many(5000, 7000));
    engine.close();
    engine = await home.open();
    expect(engine.load("identity", identities(more))).toEqual(receipts(more));
  });

  it("are as old as they were when the clock is set forward, in packs and in what no pack holds", async () => {
    const DAY = 86_400_000;
    const limits = { seen: { slots: 8192 } };
    const check = (plan: Plan, isKnown: boolean): void => {
      const expected = some(receipts(plan)).map((receipt) => (isKnown ? receipt : undefined));
      expect(engine.load("identity", some(identities(plan)))).toEqual(expected);
    };
    engine.close();
    engine = await home.open(limits);
    const oldest = apply(many(5735)); // as much as a table takes
    const plans = [oldest, apply(many(1, 5735))];
    engine.apply({ t: T + 365 * DAY, sweeps: [{ sweep: "shift-due", by: 365 * DAY }], cells: [], tenants: [] });
    for (const days of [366, 371]) {
      plans.push(apply(many(5735, 10_000 * days), "default", T + days * DAY));
      for (const plan of plans) check(plan, true);
      engine.close();
      engine = await home.open(limits);
    }
    for (const plan of plans) check(plan, true);
    apply(many(5735), "other", T + 374 * DAY);
    check(oldest, false);
  });

  it("are exact under one forced 64-bit hash, before and after a restart", async () => {
    engine.close();
    engine = await home.open({ identityHash: () => 0xfeedfacecafebeefn });
    const first = apply([{ sourceId: "1" }]);
    const second = apply([{ sourceId: "2" }, { sourceId: "3" }]);
    const foreign = apply([{ sourceId: "1" }], "other");
    const check = (): void => {
      for (const plan of [first, second, foreign])
        expect(engine.load("identity", identities(plan))).toEqual(receipts(plan));
      expect(engine.load("identity", [ref("default", "//test\u00004")])).toEqual([undefined]);
    };
    for (let round = 0; round < 3; round++) check();
    engine.close();
    engine = await home.open({ identityHash: () => 0xfeedfacecafebeefn });
    check();
  });

  it("are forgotten by whole tables beyond the cap, with their packs, and the log is told", async () => {
    engine.close();
    const warnings: unknown[] = [];
    const log = {
      info: () => undefined,
      error: () => undefined,
      warn: (...said: readonly unknown[]) => void warnings.push(said),
    };
    const seen = { slots: 8192, cap: 6000 };
    engine = await home.open({ seen, log });
    const old = apply(many(5735));
    const kept = [apply(many(5735, 10_000)), apply(many(1, 20_000))];
    apply(many(1, 20_001));
    expect(engine.load("identity", identities(old).slice(0, 1))).toEqual([undefined]);
    for (const plan of kept) expect(engine.load("identity", identities(plan))).toEqual(receipts(plan));
    expect(warnings).toHaveLength(1);
    engine.close();
    engine = await home.open({ seen, log });
    expect(engine.load("identity", identities(old).slice(0, 1))).toEqual([undefined]);
  });
});
