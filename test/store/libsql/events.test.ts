import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Engine, Plan } from "../../../src/store/engine.ts";
import { whole } from "../../support/pages.ts";
import { type StoreHome, storeHome } from "../../support/store-home.ts";
import { eventPlan, type SampleEvent, tenantPlan } from "../../support/store-plans.ts";

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

function apply(samples: readonly SampleEvent[], t = T, tenant = "default"): Plan {
  const log = engine.log(tenant);
  const plan = eventPlan({ tenant, t, size: log?.size ?? 0, open: log === undefined }, samples);
  engine.apply(plan);
  return plan;
}

const numbered = (count: number, from = 0): SampleEvent[] =>
  Array.from({ length: count }, (_, at) => ({
    sourceId: `${from + at}`,
    type: (from + at) % 100 === 0 ? "rare" : "common",
    source: `s${(from + at) % 2}`,
    severity: (from + at) % 50 === 0 ? "critical" : "info",
  }));

describe("events", () => {
  it("are found by id with their stored line and the place of their leaf", async () => {
    const plans = [apply(numbered(300)), apply(numbered(3, 300)), apply(numbered(20, 400), T + 5000)];
    for (const accepted of plans.flatMap((plan) => plan.tenants[0]?.events ?? [])) {
      expect(await engine.read.event("default", accepted.event.id)).toEqual(accepted);
    }
    const [first] = plans[0]?.tenants[0]?.events ?? [];
    expect(await engine.read.event("other", first?.event.id ?? "")).toBeUndefined();
    expect(await engine.read.event("default", "ev_00000000000000000000000000")).toBeUndefined();
    expect(await engine.read.event("default", "nonsense")).toBeUndefined();
  });

  it("of several instants in one commit are found too", async () => {
    const plan = eventPlan({ tenant: "default", t: T, size: 0, open: true }, numbered(2));
    const late = eventPlan({ tenant: "default", t: T + 400, size: 2 }, numbered(2, 2));
    const later = eventPlan({ tenant: "default", t: T - 90_000, size: 4 }, numbered(1, 4));
    const parts = [plan, late, later].flatMap(({ tenants }) => tenants);
    const merged = {
      ...parts[0],
      leaves: parts.flatMap(({ leaves }) => leaves),
      events: parts.flatMap(({ events }) => events),
    };
    engine.apply({
      t: T,
      cells: [plan, late, later].flatMap(({ cells }) => cells),
      tenants: [tenantPlan({ tenant: "default", size: 0, open: true }, merged)],
    });
    for (const accepted of merged.events)
      expect(await engine.read.event("default", accepted.event.id)).toEqual(accepted);
  });

  it.each([
    [{}, (): boolean => true],
    [{ type: "rare" }, (n: number): boolean => n % 100 === 0],
    [{ source: "s1" }, (n: number): boolean => n % 2 === 1],
    [{ severity: "critical" }, (n: number): boolean => n % 50 === 0],
    [{ severity: "critical", type: "common" }, (n: number): boolean => n % 50 === 0 && n % 100 !== 0],
    [{ severity: "unheard" }, (): boolean => false],
    [{ type: "none" }, (): boolean => false],
  ])("are listed newest first by %o, page after page", async (filter, isWanted) => {
    for (let n = 0; n < 90; n++) apply(numbered(3, n * 3), T + n);
    apply(numbered(300, 270), T + 100);
    apply(numbered(2), T, "other");
    const wanted = Array.from({ length: 570 }, (_, n) => 569 - n).filter(isWanted);
    for (const limit of [1, 7, 1000]) {
      const listed = await whole((cursor) =>
        engine.read.events("default", { limit, ...filter, ...(cursor === undefined ? {} : { cursor }) }),
      );
      expect(listed.map(({ sourceId }) => Number(sourceId))).toEqual(wanted);
    }
  });

  it("are listed in order of acceptance, whatever the clock did", async () => {
    apply(numbered(2), T);
    apply(numbered(2, 2), T - 900_000);
    apply(numbered(2, 4), T - 400_000);
    const listed = await whole((cursor) =>
      engine.read.events("default", { limit: 1, ...(cursor === undefined ? {} : { cursor }) }),
    );
    expect(listed.map(({ sourceId }) => sourceId)).toEqual(["5", "4", "3", "2", "1", "0"]);
  });

  it("end without a cursor exactly at the last one, and give short pages rather than long work", async () => {
    apply(numbered(10));
    expect(await engine.read.events("default", { limit: 10 })).not.toHaveProperty("cursor");
    expect((await engine.read.events("default", { limit: 9 })).cursor).toBeDefined();
    for (let n = 1; n <= 25; n++) apply(numbered(1000, n * 1000), T + n);
    const page = await engine.read.events("default", { limit: 500, severity: "critical", source: "s1" });
    expect([page.items, page.cursor === undefined]).toEqual([[], false]);
    const rest = await whole((cursor) =>
      engine.read.events("default", {
        limit: 500,
        severity: "critical",
        source: "s1",
        ...(cursor === undefined ? {} : { cursor }),
      }),
    );
    expect(rest).toEqual([]);
  });

  it.each(["", "1", "1-2-3", "a-b", "1-99999999999999999", "-1-2"])("refuse the cursor %j", async (cursor) => {
    await expect(engine.read.events("default", { limit: 1, cursor })).rejects.toMatchObject({
      name: "StoreError",
      code: "bad-cursor",
    });
  });
});
