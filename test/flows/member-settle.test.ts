import { describe, expect, test } from "vitest";
import type { EventReceipt } from "../../src/core/delivery.ts";
import { createMemoryEngine } from "../../src/store/memory/engine.ts";
import { EngineError, type Engine } from "../../src/store/engine.ts";
import { ACTOR, moving, type Moving, restarted } from "../support/moving.ts";
import { type Fields, acting, channel, checked, input, rule, template } from "../support/objects.ts";

const NIGHT = Date.parse("2026-06-01T22:00:00Z");
const MORNING = Date.parse("2026-06-02T06:00:00Z");
const HOUR = 3_600_000;
const NIGHTS = checked("calendars", {
  schema: "calendar/v1",
  id: "nights",
  weekly: [{ days: ["mon"], from: "22:00", to: "06:00" }],
});
const QUIET = `digest:default:ops:quiet:${NIGHT}`;

const objects = (fields: Fields = {}): Parameters<Moving["configure"]>[0] => [
  channel(),
  template(),
  NIGHTS,
  acting({ calendar: "nights", ...fields }),
];

/** A site at the beginning of the night. */
async function atNight(fields: Fields = {}): Promise<Moving> {
  const site = await moving();
  await site.configure(objects(fields));
  await site.at(NIGHT);
  return site;
}

async function post(site: Moving, count: number, name = "e"): Promise<readonly EventReceipt[]> {
  return await site.post(Array.from({ length: count }, (_, n) => input(`${name}-${n}`)));
}

/** How many deliveries have each status and reason. */
async function countsOf(site: Moving, receipts: readonly EventReceipt[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const fate of await site.fates(receipts)) counts[fate] = (counts[fate] ?? 0) + 1;
  return counts;
}

const COALESCED = `coalesced coalesced ${QUIET}`;
const STALE = `dropped stale ${QUIET}`;

describe("held deliveries of a released window", () => {
  test("become part of its message, however many they are, in steps and without leaves", async () => {
    const site = await atNight();
    const receipts = await post(site, 450);
    expect(await countsOf(site, receipts)).toEqual({ "held quiet-hours nights": 450 });
    const before = (await site.lines()).length;
    await site.at(MORNING);
    expect(await countsOf(site, receipts)).toEqual({ [COALESCED]: 450 });
    expect(await site.window(QUIET)).toMatchObject({ state: "flushed", status: "pending", count: 450 });
    expect(await site.delivery(QUIET)).toMatchObject({ status: "pending", dueAt: MORNING });
    expect(await site.lines()).toHaveLength(before + 1);
    expect(site.timers().filter(({ flow }) => flow === "member-settle")).toEqual([]);
  });

  test.each([1, 199, 200, 201, 400])("%i of them leave no one behind", async (count) => {
    const site = await atNight();
    const receipts = await post(site, count);
    await site.at(MORNING);
    expect(await countsOf(site, receipts)).toEqual({ [COALESCED]: count });
    expect(site.timers()).toEqual([]);
  });

  test("keep their leaf, link to the message and hold all addressees", async () => {
    const site = await atNight({ to: ["a@plant.example", "b@plant.example"] });
    const [receipt] = await post(site, 1);
    const ids = receipt?.deliveries.map(({ id }) => id) ?? [];
    const before = await Promise.all(ids.map(async (id) => await site.delivery(id)));
    await site.at(MORNING);
    for (const [n, id] of ids.entries()) {
      const { leaves, createdAt } = before[n] ?? { leaves: [], createdAt: 0 };
      expect(await site.delivery(id)).toMatchObject({ status: "coalesced", window: QUIET, leaves, createdAt });
    }
    expect(await site.window(QUIET)).toMatchObject({ deliveries: [`${QUIET}:0`, `${QUIET}:1`], count: 1 });
  });

  test("whatever became of the message: throttled, or deleted by a person", async () => {
    const site = await atNight({ throttle: { burst: 1, per: "1d" } });
    await site.configure([
      ...objects({ throttle: { burst: 1, per: "1d" } }).slice(0, 3),
      rule("hosts", {
        actions: [
          {
            id: "ops",
            channel: "ops-mail",
            calendar: "nights",
            bypassFrom: "critical",
            throttle: { burst: 1, per: "1d" },
          },
        ],
      }),
    ]);
    await site.post([input("now", { severity: "critical" })]);
    const throttled = await post(site, 250, "night");
    await site.at(MORNING);
    expect(await site.delivery(QUIET)).toMatchObject({ status: "throttled" });
    expect(await countsOf(site, throttled)).toEqual({ [COALESCED]: 250 });

    const other = await atNight();
    const dropped = await post(other, 250);
    await other.command({ command: "drop", actionKey: "ops", window: "quiet" });
    expect(await other.delivery(QUIET)).toMatchObject({ status: "dropped", reason: { by: ACTOR } });
    await other.at(NIGHT);
    expect(await countsOf(other, dropped)).toEqual({ [COALESCED]: 250 });
  });

  test("that are told otherwise by then are left as they are", async () => {
    const site = await atNight();
    const receipts = await post(site, 3);
    const delivery = receipts[1]?.deliveries[0]?.id ?? "";
    const tries = [
      {
        kind: "ended",
        delivery,
        channel: "ops-mail",
        status: "dropped",
        reason: { code: "channel-missing", by: "ops-mail" },
      } as const,
    ];
    await site.store.transact({ flow: "attempt", tenant: "default", input: { tries } });
    await site.at(MORNING);
    expect(await countsOf(site, receipts)).toEqual({ [COALESCED]: 2, "dropped channel-missing ops-mail": 1 });
  });
});

describe("a restart between two steps", () => {
  test.each([0, 1, 2])("after %i of them loses none, nor the message", async (steps) => {
    const real = createMemoryEngine();
    let left = Number.POSITIVE_INFINITY;
    const apply: Engine["apply"] = (plan) => {
      if (left-- <= 0) throw new EngineError("disk-full", "the disk is full");
      real.apply(plan);
    };
    const site = await moving({ engine: { ...real, apply }, limits: { timers: 1 } });
    await site.configure(objects());
    await site.at(NIGHT);
    const receipts = await post(site, 450);
    left = 1 + steps; // the release, and so many steps
    await expect(site.at(MORNING)).rejects.toMatchObject({ code: "disk-full" });
    const settled = steps * 200;
    expect((await countsOf(site, receipts))[COALESCED] ?? 0).toBe(settled);
    const again = await restarted(site, { engine: real });
    await again.at(MORNING + HOUR);
    expect(await countsOf(again, receipts)).toEqual({ [COALESCED]: 450 });
    expect(await again.window(QUIET)).toMatchObject({ state: "flushed", count: 450, endedAt: MORNING });
    expect((await again.lines()).filter((line) => line.includes('"digest.flush"'))).toHaveLength(1);
    expect(again.timers()).toEqual([]);
  });
});

// oxlint-disable-next-line unicorn/no-thenable -- the field is written so; nothing awaits it
const staleness = (then: string): Fields => ({ staleness: { after: "4h", then } });

async function twice(
  fields: Fields,
): Promise<{ site: Moving; old: readonly EventReceipt[]; fresh: readonly EventReceipt[] }> {
  const site = await atNight(fields);
  const old = await post(site, 230, "old");
  await site.at(MORNING - 4 * HOUR);
  const fresh = await post(site, 220, "fresh");
  await site.at(MORNING);
  return { site, old, fresh };
}

describe("what is too old to be told", () => {
  test("is dropped with a record, and the rest is told; exactly as old as allowed is not too old", async () => {
    const { site, old, fresh } = await twice(staleness("drop"));
    expect(await countsOf(site, old)).toEqual({ [STALE]: 230 });
    expect(await countsOf(site, fresh)).toEqual({ [COALESCED]: 220 });
    expect(await site.window(QUIET)).toMatchObject({ count: 450, stale: 230, status: "pending" });
  });

  test("all of it: the message is dropped too", async () => {
    const site = await atNight(staleness("drop"));
    const old = await post(site, 450);
    await site.at(MORNING);
    expect(await countsOf(site, old)).toEqual({ [STALE]: 450 });
    expect(await site.delivery(QUIET)).toMatchObject({ status: "dropped", reason: { code: "stale", by: "ops" } });
  });

  test.each(["send", "fold"])("is told with the rest where it is to %s", async (then) => {
    const { site, old, fresh } = await twice(staleness(then));
    expect(await countsOf(site, [...old, ...fresh])).toEqual({ [COALESCED]: 450 });
    expect(await site.window(QUIET)).not.toHaveProperty("stale");
  });
});
