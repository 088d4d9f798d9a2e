import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Delivery } from "../../../src/core/delivery.ts";
import type { AcceptedEvent, CellChange } from "../../../src/ports.ts";
import { CountSum, countKey, hourOf } from "../../../src/store/delivery-count.ts";
import type { Engine, Plan, TenantPlan } from "../../../src/store/engine.ts";
import { whole } from "../../support/pages.ts";
import { type StoreHome, storeHome } from "../../support/store-home.ts";
import { delivery, eventPlan, type SampleEvent, tenantPlan } from "../../support/store-plans.ts";

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

function applyParts(parts: Partial<TenantPlan>, cells: readonly CellChange[] = []): void {
  engine.apply({
    t: T,
    cells,
    tenants: [tenantPlan({ tenant: "default", size: engine.log("default")?.size ?? 0 }, parts)],
  });
}

function ref(key: string, tenant = "default"): { noun: "delivery"; tenant: string; key: string } {
  return { noun: "delivery", tenant, key };
}

/** An event whose log is open. */
function firstEvent(): AcceptedEvent {
  const [event] = apply([{ sourceId: "0" }]).tenants[0]?.events ?? [];
  if (event === undefined) throw new Error("no event");
  return event;
}

function cellOf(value: Delivery): CellChange {
  return { noun: "delivery", tenant: "default", key: value.id, value };
}

describe("deliveries", () => {
  it("are listed newest first, by status, channel and event", async () => {
    const plans = Array.from({ length: 30 }, (_, n) => apply([{ sourceId: `${n}`, to: ["a", "b", "c"] }], T + n));
    const event = plans[10]?.tenants[0]?.events[0]?.event.id ?? "";
    const ids = plans.flatMap(({ cells }) => cells.flatMap(({ noun, key }) => (noun === "delivery" ? [key] : [])));
    const all = await whole((cursor) =>
      engine.read.deliveries("default", { limit: 7, ...(cursor === undefined ? {} : { cursor }) }),
    );
    expect(all.map(({ id }) => id)).toEqual(ids.toSorted().toReversed());
    const sent: Delivery[] = all.slice(0, 4).map((one) => ({ ...one, status: "sent", channel: "other" }));
    applyParts(
      {},
      sent.map((value) => ({ noun: "delivery", tenant: "default", key: value.id, value })),
    );
    expect((await engine.read.deliveries("default", { limit: 9, status: "sent" })).items).toEqual(sent);
    expect((await engine.read.deliveries("default", { limit: 9, channel: "other", status: "pending" })).items).toEqual(
      [],
    );
    expect((await engine.read.deliveries("default", { limit: 9, event })).items).toHaveLength(3);
    expect(await engine.read.deliveries("none", { limit: 9 })).toEqual({ items: [] });
    await expect(engine.read.deliveries("default", { limit: 9, cursor: "x" })).rejects.toMatchObject({
      code: "bad-cursor",
    });
  });

  it("are listed in bounded steps", async () => {
    const [event] =
      eventPlan({ tenant: "default", t: T, size: 0, open: true }, [{ sourceId: "0" }]).tenants[0]?.events ?? [];
    if (event === undefined) throw new Error("no event");
    const cells = Array.from({ length: 22_000 }, (_, n): CellChange => {
      const value = delivery(event.event, "a", n);
      return { noun: "delivery", tenant: "default", key: value.id, value };
    });
    applyParts({}, cells);
    const page = await engine.read.deliveries("default", { limit: 5, status: "sent" });
    expect([page.items.length, page.cursor === undefined]).toEqual([0, false]);
    expect(
      await whole((cursor) =>
        engine.read.deliveries("default", { limit: 5, status: "sent", ...(cursor === undefined ? {} : { cursor }) }),
      ),
    ).toEqual([]);
  });

  it("due are paged by channel, so that one that waits hides no other", async () => {
    apply([{ sourceId: "1", to: Array.from({ length: 50 }, (_, n) => `p${n}`) }]);
    const [one] = (await engine.read.deliveries("default", { limit: 1 })).items;
    if (one === undefined) throw new Error("no delivery");
    const quick: Delivery = { ...one, channel: "quick", dueAt: T - 5 };
    applyParts({}, [{ noun: "delivery", tenant: "default", key: quick.id, value: quick }]);
    expect(await engine.read.dueChannels()).toEqual([
      { tenant: "default", channel: "mail-ops", due: T },
      { tenant: "default", channel: "quick", due: T - 5 },
    ]);
    const at = { tenant: "default", channel: "mail-ops", now: T, limit: 20 };
    const first = await engine.read.due(at);
    const last = first.at(-1);
    const rest = await engine.read.due({ ...at, limit: 99, after: { due: last?.dueAt ?? 0, id: last?.id ?? "" } });
    expect(new Set([...first, ...rest].map(({ id }) => id)).size).toBe(49);
    expect(await engine.read.due({ ...at, now: T - 1 })).toEqual([]);
    expect(await engine.read.due({ ...at, tenant: "none" })).toEqual([]);
    const { dueAt: _gone, ...done } = quick;
    applyParts({}, [{ noun: "delivery", tenant: "default", key: quick.id, value: done }]);
    expect(await engine.read.dueChannels()).toHaveLength(1);
  });

  it("of a window are found by its index, in bounded steps, however many others there are", async () => {
    const { event } = firstEvent();
    const put = Array.from({ length: 9000 }, (_, n): Delivery => {
      const made = delivery(event, "a", n);
      return n % 3 === 0 ? { ...made, status: "coalesced", window: n % 2 === 0 ? "w" : "v" } : made;
    });
    applyParts({}, put.map(cellOf));
    const found = await whole((cursor) =>
      engine.read.deliveries("default", { limit: 400, window: "w", ...(cursor === undefined ? {} : { cursor }) }),
    );
    const expected = put.filter(({ window }) => window === "w").map(({ id }) => id);
    expect(found.map(({ id }) => id)).toEqual(expected.toSorted().toReversed());
    const { window: _left, ...moved } = found[0] ?? put[0] ?? delivery(event, "a", 0);
    applyParts({}, [cellOf({ ...moved, window: "v" }), cellOf({ ...(found[1] ?? moved), status: "held" })]);
    const page = await engine.read.deliveries("default", { limit: 2000, window: "w" });
    expect(page.items.map(({ id }) => id)).toEqual(found.slice(1).map(({ id }) => id));
    const held = await engine.read.deliveries("default", { limit: 9, window: "w", status: "held" });
    expect(held.items).toHaveLength(1);
  });

  it("are counted exactly, whatever is put, changed and removed in whatever commits", async () => {
    const { event } = firstEvent();
    const status = fc.constantFrom(
      ...(["pending", "held", "deferred", "retrying", "sent", "dead", "coalesced"] as const),
    );
    const change = fc.record({
      n: fc.nat(90),
      status: fc.option(status, { nil: undefined }),
      rule: fc.constantFrom("a@1", "a@2", "b@1", "c@1", "d@1", "e@1", "f@1", "g@1"),
      hour: fc.nat(3),
    });
    const all = new Map<string, Delivery>();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uniqueArray(change, { selector: ({ n }) => n, maxLength: 80 }), { maxLength: 6 }),
        async (plans) => {
          for (const plan of plans) {
            const cells = plan.map(({ n, status: is, rule, hour }): CellChange => {
              const made = delivery({ ...event, receivedAt: T + (n % 7) * 1000 }, "a", n);
              const value = { ...made, rule, createdAt: T + hour * 3_600_000, status: is ?? "pending" };
              if (is === undefined) all.delete(value.id);
              else all.set(value.id, value);
              return is === undefined ? ref(value.id) : cellOf(value);
            });
            applyParts({}, cells);
          }
          for (const since of [0, T, T + 2 * 3_600_000]) {
            const sum = new CountSum(hourOf(since));
            for (const one of all.values()) sum.add(countKey(one), 1);
            expect(await engine.read.counts("default", since)).toEqual(sum.sum());
          }
          engine.close();
          engine = await home.open();
        },
      ),
      { numRuns: 30 },
    );
    expect((await engine.read.counts("none", 0)).backlog).toBe(0);
  });

  it("of more rules than a step counts are all counted", async () => {
    const { event } = firstEvent();
    const put = Array.from({ length: 6000 }, (_, n) => {
      const made = delivery(event, "a", n);
      return { ...made, rule: `r${n % 3000}@000000000000`, status: n < 3000 ? "sent" : "held" } as const;
    });
    applyParts({}, put.map(cellOf));
    const { byStatus, byRule, backlog } = await engine.read.counts("default", T);
    expect([byStatus, backlog]).toEqual([{ sent: 3000, held: 3000 }, 3000]);
    expect(new Set(byRule.map(({ byStatus: of }) => JSON.stringify(of)))).toEqual(new Set(['{"held":1,"sent":1}']));
    expect(byRule).toHaveLength(3000);
  });

  it("are loaded, listed by prefix and removed as cells; digests by their openedAt", async () => {
    apply([{ sourceId: "1", to: ["a"] }]);
    const [one] = (await engine.read.deliveries("default", { limit: 1 })).items;
    if (one === undefined) throw new Error("no delivery");
    const digest: Delivery = { ...one, id: `digest:default:mail~1234abcd:group:${T + 9}:1` };
    applyParts({}, [{ noun: "delivery", tenant: "default", key: digest.id, value: digest }]);
    expect(engine.load("delivery", [ref(digest.id), ref("x"), ref(one.id, "none"), ref(one.id)])).toEqual([
      digest,
      undefined,
      undefined,
      one,
    ]);
    expect((await engine.read.deliveries("default", { limit: 9 })).items).toEqual([digest, one]);
    expect(engine.list("delivery", "default", "digest:", 9)).toEqual([[digest.id, digest]]);
    expect(engine.list("delivery", "default", { prefix: "digest:", after: digest.id }, 9)).toEqual([]);
    expect(engine.list("delivery", "default", { prefix: "digest:", after: "digest:" }, 9)).toHaveLength(1);
    expect(engine.list("delivery", "none", "", 9)).toEqual([]);
    applyParts({}, [{ noun: "delivery", tenant: "default", key: digest.id }]);
    expect(engine.load("delivery", [ref(digest.id)])).toEqual([undefined]);
  });
});
