import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CellChange } from "../../../src/ports.ts";
import type { Engine, Plan, TenantPlan } from "../../../src/store/engine.ts";
import { testVault } from "../../support/vault.ts";
import { type StoreHome, storeHome } from "../../support/store-home.ts";
import { delivery, eventPlan, member, type SampleEvent, tenantPlan } from "../../support/store-plans.ts";

const T = 1_763_730_000_000;
let home: StoreHome;
let engine: Engine;

beforeEach(async () => {
  home = storeHome();
  engine = await home.open();
  engine.apply(planOf([{ sourceId: "first", to: ["a@example.org"] }], true));
});
afterEach(() => {
  engine.close();
  home.remove();
});

function planOf(samples: readonly SampleEvent[], open = false): Plan {
  return eventPlan({ tenant: "default", t: T, size: open ? 0 : 1, open }, samples);
}

/** A good plan, with its tenant's part changed. */
function changed(
  change: (part: TenantPlan) => Partial<TenantPlan>,
  samples: readonly SampleEvent[] = [{ sourceId: "next" }],
): Plan {
  const plan = planOf(samples);
  return { ...plan, tenants: plan.tenants.map((part) => ({ ...part, ...change(part) })) };
}

function withCell(cell: CellChange): Plan {
  const plan = planOf([{ sourceId: "next" }]);
  return { ...plan, cells: [...plan.cells, cell] };
}

const [EVENT] = planOf([{ sourceId: "first" }], true).tenants[0]?.events ?? [];
const tenantCell = (key: string): CellChange => ({
  noun: "tenant",
  tenant: "_site",
  key,
  value: { id: "x", createdAt: 1 },
});
const deliveryCell = (id: string, channel = "mail"): CellChange => {
  if (EVENT === undefined) throw new Error("no event");
  return { noun: "delivery", tenant: "default", key: id, value: { ...delivery(EVENT.event, "a", 5), id, channel } };
};
const DELIVERY = "dl_01kahg000000000000000000zz";

const REFUSED: readonly (readonly [string, Plan])[] = [
  ["U+0000 in a cell's key", withCell(tenantCell("a\u0000b"))],
  ["a lone surrogate in a cell's key", withCell(tenantCell("\ud800"))],
  ["U+0000 in a channel", withCell(deliveryCell(DELIVERY, "a\u0000"))],
  ["a delivery's id that is not one of ours", withCell(deliveryCell("nonsense"))],
  ["a due instant that is no safe integer", withCell({ ...deliveryCell(DELIVERY), ...dueAt(0.5) })],
  ["U+0000 in a timer", changed(() => ({ timersSet: [{ due: 1, flow: "f", key: "\u0000" }] }))],
  ["a lone surrogate in a window", changed(() => ({ members: [{ window: "\udfff", n: 0, body: member("1") }] }))],
  [
    "U+0000 in the name of a new tenant",
    { t: T, cells: [], tenants: [tenantPlan({ tenant: "a\u0000", size: 0, open: true }, {})] },
  ],
  [
    "a line end in a leaf",
    changed(({ leaves }) => ({ leaves: leaves.map((leaf) => ({ ...leaf, line: `${leaf.line}\n` })) })),
  ],
  [
    "a lone surrogate in a leaf",
    changed(({ leaves }) => ({ leaves: leaves.map((leaf) => ({ ...leaf, line: `${leaf.line}\ud800` })) })),
  ],
  [
    "a lone surrogate in an event's line",
    changed(({ events }) => ({ events: events.map((one) => ({ ...one, line: "\ud800" })) })),
  ],
  ["U+0000 in an event's source", planOf([{ sourceId: "next", source: "a\u0000b" }])],
  [
    "an event's id that is not that of its identity",
    changed(({ events }) => ({
      events: events.map((one) => ({ ...one, event: { ...one.event, sourceId: "other" } })),
    })),
  ],
  [
    "an event's id of another instant",
    changed(({ events }) => ({
      events: events.map((one) => ({ ...one, event: { ...one.event, receivedAt: T + 1 } })),
    })),
  ],
  [
    "a salt of the wrong size for an event",
    changed(({ leaves }) => ({ leaves: leaves.map((leaf) => ({ ...leaf, openings: { event: new Uint8Array(5) } })) })),
  ],
  [
    "a salt of the wrong size for an addressee",
    changed(({ leaves }) => ({
      leaves: leaves.map((leaf) => ({
        ...leaf,
        openings: { recipients: [{ draft: 0, value: "a", salt: new Uint8Array(5) }] },
      })),
    })),
  ],
];

const FAILED: readonly (readonly [string, Plan])[] = [
  ["a stale size", eventPlan({ tenant: "default", t: T, size: 0 }, [{ sourceId: "next" }])],
  ["a log opened twice", eventPlan({ tenant: "default", t: T, size: 0, open: true }, [{ sourceId: "next" }])],
  [
    "a log opened with leaves before it",
    { t: T, cells: [], tenants: [{ ...tenantPlan({ tenant: "new", size: 0, open: true }, {}), logSize: 3 }] },
  ],
  ["leaves for a log that is not open", eventPlan({ tenant: "new", t: T, size: 0 }, [{ sourceId: "next" }])],
  [
    "leaves out of their place",
    changed(({ leaves }) => ({ leaves: leaves.toReversed() }), [{ sourceId: "1" }, { sourceId: "2" }]),
  ],
  [
    "an event without its leaf",
    changed(({ events }) => ({ events: events.map((one) => ({ ...one, seq: one.seq + 1 })) })),
  ],
  [
    "an event with another's leaf",
    changed(
      ({ events }) => ({ events: events.map((one, at) => ({ ...one, seq: 2 - at })) }),
      [{ sourceId: "1" }, { sourceId: "2" }],
    ),
  ],
  [
    "an identity without its event",
    withCell({
      noun: "identity",
      tenant: "default",
      key: "a\u0000b",
      value: { id: "x", duplicate: false, deliveries: [] },
    }),
  ],
  [
    "a member that is there already",
    changed(() => ({
      members: [
        { window: "w", n: 0, body: member("1") },
        { window: "w", n: 0, body: member("2") },
      ],
    })),
  ],
  [
    "a tenant too many",
    { t: T, cells: [], tenants: Array.from({ length: 8192 }, (_, n) => tenantPlan({ tenant: `t${n}`, size: 0 }, {})) },
  ],
];

function dueAt(due: number): { noun: "delivery"; value: ReturnType<typeof delivery> } {
  if (EVENT === undefined) throw new Error("no event");
  return { noun: "delivery", value: { ...delivery(EVENT.event, "a", 5), dueAt: due } };
}

describe("a plan that cannot be applied", () => {
  const cases = [
    ...REFUSED.map(([what, plan]) => [what, plan, "refused-row"] as const),
    ...FAILED.map(([what, plan]) => [what, plan, "failed"] as const),
  ];

  it.each(cases)("leaves nothing behind: %s", async (_what, plan, code) => {
    const more = { ...plan, cells: [...plan.cells, tenantCell("kept?")] };
    expect(() => engine.apply(more)).toThrow(expect.objectContaining({ name: "EngineError", code }));
    expect(engine.log("default")?.size).toBe(1);
    expect([engine.log("new"), engine.log("a\u0000")]).toEqual([undefined, undefined]);
    expect(engine.list("tenant", "_site", "", 9)).toEqual([]);
    expect((await engine.read.counts("default", 0)).byStatus).toEqual({ pending: 1 });
    expect((await engine.read.events("default", { limit: 9 })).items).toHaveLength(1);
    expect(engine.load("identity", [{ noun: "identity", tenant: "default", key: "//test\u0000next" }])).toEqual([
      undefined,
    ]);
    engine.apply(planOf([{ sourceId: "next", to: ["new@example.org"] }]));
    expect((await engine.read.counts("default", 0)).byStatus).toEqual({ pending: 2 });
    expect(engine.log("default")?.size).toBe(2);
    expect(
      engine.load("identity", [{ noun: "identity", tenant: "default", key: "//test\u0000next" }])[0]?.deliveries,
    ).toHaveLength(1);
  });

  it("makes no key of a subject that the failed commit would have been first to use", async () => {
    const plan = planOf([{ sourceId: "next", to: ["new@example.org"] }]);
    const broken = { ...plan, cells: [...plan.cells, tenantCell("\u0000")] };
    expect(() => engine.apply(broken)).toThrow("U+0000");
    engine.apply(plan);
    engine.close();
    engine = await home.open();
    expect((await engine.read.openings("default", 1, 1)).map(({ value }) => value).at(-1)).toBe("new@example.org");
  });

  it("tells what a vault throws as `failed`", async () => {
    engine.close();
    const vault = {
      ...testVault(),
      seal: () => {
        throw new Error("no key");
      },
    };
    engine = await home.open({ vault });
    expect(() => engine.apply(planOf([{ sourceId: "next", to: ["a@example.org"] }]))).toThrow(
      expect.objectContaining({ code: "failed" }),
    );
    expect(engine.log("default")?.size).toBe(1);
  });
});

describe("a commit", () => {
  it("may hold several tenants, and large segments are cut", async () => {
    const data = "x".repeat(300_000);
    const samples = Array.from({ length: 9 }, (_, n) => ({ sourceId: `n${n}`, data }));
    const parts = Array.from({ length: 20 }, (_, n) =>
      eventPlan({ tenant: `t${n}`, t: T, size: 0, open: true }, n === 7 ? samples : [{ sourceId: "1" }]),
    );
    engine.apply({
      t: T,
      cells: parts.flatMap(({ cells }) => cells),
      tenants: parts.flatMap(({ tenants }) => tenants),
    });
    expect(engine.log("t19")?.size).toBe(1);
    expect(await engine.read.logs()).toHaveLength(21);
    const listed = await engine.read.events("t7", { limit: 99 });
    expect(listed.items.map(({ sourceId }) => sourceId)).toEqual(samples.map(({ sourceId }) => sourceId).toReversed());
  });

  it("remembers many addressees, within bounds", async () => {
    const to = Array.from({ length: 5000 }, (_, n) => `p${n}@example.org`);
    engine.apply(planOf([{ sourceId: "next", to }]));
    const opened = await engine.read.openings("default", 1, 50);
    expect(opened.filter(({ field }) => field === "recipient").map(({ value }) => value)).toEqual(to);
  });

  it("leaves the store usable by nobody once closed", async () => {
    const { read } = engine;
    engine.close();
    engine.close();
    expect(() => engine.apply(planOf([{ sourceId: "next" }]))).toThrow(expect.objectContaining({ code: "failed" }));
    await expect(read.logs()).rejects.toMatchObject({ code: "failed" });
  });
});
