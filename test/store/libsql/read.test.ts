import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hashToBytes, leafHash, rootOf } from "../../../src/core/merkle.ts";
import type { CellChange } from "../../../src/ports.ts";
import type { Engine, Plan, TenantPlan } from "../../../src/store/engine.ts";
import { type StoreHome, storeHome } from "../../support/store-home.ts";
import { eventPlan, member, ORIGIN_PREFIX, type SampleEvent, tenantPlan } from "../../support/store-plans.ts";
import { countTurns } from "../../support/turns.ts";

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

const numbered = (count: number, from = 0): SampleEvent[] =>
  Array.from({ length: count }, (_, at) => ({
    sourceId: `${from + at}`,
    type: (from + at) % 100 === 0 ? "rare" : "common",
    source: `s${(from + at) % 2}`,
    severity: (from + at) % 50 === 0 ? "critical" : "info",
  }));

function tenantCell(key: string, createdAt?: number): CellChange {
  if (createdAt === undefined) return { noun: "tenant", tenant: "_site", key };
  return { noun: "tenant", tenant: "_site", key, value: { id: key, createdAt } };
}

describe("cells, timers, members, objects", () => {
  it("put, replace, remove and list cells in order of their keys", async () => {
    applyParts({}, [
      tenantCell("b", 1),
      tenantCell("a/1", 1),
      tenantCell("a", 1),
      tenantCell("ä", 1),
      tenantCell("\u{1f600}", 1),
      tenantCell("\uffee", 1),
    ]);
    applyParts({}, [tenantCell("b", 2), tenantCell("a")]);
    expect(
      engine.load("tenant", [
        { noun: "tenant", tenant: "_site", key: "b" },
        { noun: "tenant", tenant: "_site", key: "a" },
      ]),
    ).toEqual([{ id: "b", createdAt: 2 }, undefined]);
    expect((await engine.read.cells("tenant", "_site", "", 9)).map(([key]) => key)).toEqual([
      "a/1",
      "b",
      "ä",
      "\uffee",
      "\u{1f600}",
    ]);
    expect(engine.list("tenant", "_site", "a", 9).map(([key]) => key)).toEqual(["a/1"]);
    expect(engine.list("tenant", "_site", "", 1)).toHaveLength(1);
    expect(engine.list("tenant", "_sit", "", 9)).toEqual([]);
    expect(() => engine.list("identity", "_site", "", 9)).toThrow("not listed");
  });

  it("are many: the process does other things while they are read, and changes them", async () => {
    const keys = Array.from({ length: 1700 }, (_, n) => `${10_000 + n}`);
    const members = keys.map((_, n) => ({ window: "w", n, body: member(`${n}`) }));
    applyParts(
      { members },
      keys.map((key) => tenantCell(key, 1)),
    );
    const turns = [countTurns(), countTurns()] as const;
    const asked = engine.read.cells("tenant", "_site", "1", 1650);
    applyParts({}, [tenantCell("10000"), tenantCell("10499"), tenantCell("10500"), tenantCell("2", 1)]);
    const left = keys.filter((key) => key !== "10500").slice(0, 1650);
    expect((await asked).map(([key]) => key)).toEqual(left);
    expect(turns[0]()).toBeGreaterThanOrEqual(3);
    expect(await engine.read.cells("tenant", "_site", "", 500)).toHaveLength(500);
    expect(await engine.read.cells("tenant", "_site", "", 0)).toEqual([]);
    expect(await engine.read.members("default", "w", 100, 1550)).toEqual(
      members.slice(100, 1650).map(({ body }) => body),
    );
    expect(turns[1]()).toBeGreaterThanOrEqual(6);
  });

  it("keep timers in (due, flow, key) order, and the earliest of each tenant", () => {
    const timers = [
      [5, "b", "1"],
      [5, "a", "2"],
      [1, "z", "9"],
      [5, "a", "1"],
    ] as const;
    applyParts({ timersSet: timers.map(([due, flow, key]) => ({ due, flow, key })) });
    applyParts({
      timersSet: [{ due: 5, flow: "b", key: "1" }],
      timersCleared: [
        { due: 1, flow: "z", key: "9" },
        { due: 2, flow: "n", key: "n" },
      ],
    });
    expect(engine.timers("default", 5, 9).map(({ flow, key }) => flow + key)).toEqual(["a1", "a2", "b1"]);
    expect(engine.timers("default", 5, 1)).toHaveLength(1);
    expect([engine.timers("default", 4, 9), engine.timers("none", 9, 9)]).toEqual([[], []]);
    expect(engine.earliestTimers()).toEqual([{ tenant: "default", due: 5 }]);
  });

  it("append members of windows", async () => {
    const members = Array.from({ length: 20 }, (_, n) => ({ window: "w", n, body: member(`${n}`) }));
    applyParts({ members });
    expect(await engine.read.members("default", "w", 17, 9)).toEqual(["17", "18", "19"].map(member));
    expect(await engine.read.members("default", "w", 0, 2)).toEqual(["0", "1"].map(member));
    expect(engine.members("default", "w", 18, 9)).toEqual(members.slice(18));
    expect([engine.members("default", "v", 0, 2), engine.members("none", "w", 0, 2)]).toEqual([[], []]);
    expect([await engine.read.members("default", "v", 0, 2), await engine.read.members("none", "w", 0, 2)]).toEqual([
      [],
      [],
    ]);
  });

  it("keep objects by hash, many at once, each once", async () => {
    const objects = Array.from({ length: 600 }, (_, n) => ({
      hash: `h${n}`,
      text: JSON.stringify({ n, text: "é\u0000" }),
    }));
    await engine.stage(objects);
    await engine.stage(objects.slice(0, 2));
    const asked = ["h599", "none", "h0", "h300"];
    expect(await engine.read.objects(asked)).toEqual(
      ["h599", "h0", "h300"].map((hash) => objects.find((one) => one.hash === hash)),
    );
    expect(await engine.read.objects(objects.map(({ hash }) => hash))).toHaveLength(600);
  });
});

describe("the ledger", () => {
  it("keeps leaves in order, a head with the RFC 6962 root, and tiles once they are full", async () => {
    for (const count of [1, 15, 16, 300, 700, 66_000 - 1032])
      apply(numbered(count, engine.log("default")?.size ?? 0).map(({ sourceId }) => ({ sourceId })));
    engine.close();
    engine = await home.open();
    apply(numbered(1, 66_000));
    const lines = await engine.read.leaves("default", 0, 100_000);
    expect(lines).toHaveLength(66_001);
    expect(await engine.read.leaves("default", 250, 3)).toEqual(lines.slice(250, 253));
    expect([await engine.read.leaves("default", 66_001, 3), await engine.read.leaves("none", 0, 3)]).toEqual([[], []]);
    const head = await engine.read.log("default");
    expect(head).toEqual({
      tenant: "default",
      origin: `${ORIGIN_PREFIX}default`,
      size: 66_001,
      root: hashToBytes(rootOf(lines.map(leafHash))),
    });
    expect(await engine.read.logs()).toEqual([head]);
    const tile = (first: number): Buffer =>
      Buffer.from(
        lines
          .slice(first, first + 256)
          .map(leafHash)
          .join(""),
        "latin1",
      );
    expect(await engine.read.tile("default", 0, 256)).toEqual(tile(65_536));
    const upper = Array.from({ length: 256 }, (_, at) => rootOf(lines.slice(at * 256, (at + 1) * 256).map(leafHash)));
    expect(await engine.read.tile("default", 1, 0)).toEqual(Buffer.from(upper.join(""), "latin1"));
    expect([
      await engine.read.tile("default", 0, 257),
      await engine.read.tile("default", 2, 0),
      await engine.read.tile("none", 0, 0),
    ]).toEqual([undefined, undefined, undefined]);
    expect([await engine.read.log("none"), engine.log("none")]).toEqual([undefined, undefined]);
  }, 60_000);

  it("opens what leaves commit to: the stored bytes of events, and the addressees", async () => {
    const plan = apply([
      { sourceId: "0" },
      { sourceId: "1", to: ["a@example.org", "", "b@example.org"], perLeaf: 2 },
      ...numbered(20, 9),
    ]);
    apply([{ sourceId: "1", to: ["a@example.org"] }], T, "other");
    const [part] = plan.tenants;
    const all = await engine.read.openings("default", 0, 100);
    const expected = (part?.leaves ?? []).flatMap(({ seq, openings }) => [
      ...(openings?.event === undefined
        ? []
        : [
            {
              seq,
              field: "event",
              salt: Buffer.from(openings.event),
              value: part?.events.find((one) => one.seq === seq)?.line,
            },
          ]),
      ...(openings?.recipients ?? []).map(({ draft, salt, value }) => ({
        seq,
        draft,
        field: "recipient",
        salt: Buffer.from(salt),
        value,
      })),
    ]);
    expect(all).toEqual(expected);
    expect(await engine.read.openings("default", 2, 1)).toEqual(expected.filter(({ seq }) => seq === 2));
    expect([await engine.read.openings("default", 99, 9), await engine.read.openings("none", 0, 9)]).toEqual([[], []]);
    expect((await engine.read.openings("other", 0, 9)).map(({ value }) => value).at(-1)).toBe("a@example.org");
  });
});
