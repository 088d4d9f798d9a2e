import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Delivery } from "../../../src/core/delivery.ts";
import type { CellChange } from "../../../src/ports.ts";
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
    expect(engine.list("delivery", "none", "", 9)).toEqual([]);
    applyParts({}, [{ noun: "delivery", tenant: "default", key: digest.id }]);
    expect(engine.load("delivery", [ref(digest.id)])).toEqual([undefined]);
  });
});
