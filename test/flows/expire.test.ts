import { describe, expect, test } from "vitest";
import type { EventInput } from "../../src/core/event.ts";
import { flapKey } from "../../src/core/key-parts.ts";
import type { CellChange } from "../../src/ports.ts";
import { type Engine, EngineError } from "../../src/store/engine.ts";
import { createMemoryEngine } from "../../src/store/memory/engine.ts";
import { type moving, type Moving, movingAt, restarted } from "../support/moving.ts";
import { type Fields, acting, channel, checked, input, rule, template } from "../support/objects.ts";

type Kept = "announced" | "claim" | "flap" | "group";

const T = Date.parse("2026-06-01T10:05:00Z");
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MANY = 100_000;

/** A site at 10:05 with one action. */
async function siteWith(fields: Fields, options: Parameters<typeof moving>[0] = {}): Promise<Moving> {
  return await movingAt(T, [acting(fields)], options);
}

async function keysOf(site: Moving, noun: Kept): Promise<readonly string[]> {
  return (await site.store.read.cells(noun, "default", "", MANY)).map(([key]) => key);
}
const expiries = (site: Moving): string[] =>
  site.timers().flatMap(({ flow, key, due }) => (flow === "expire" ? [`${key.split(":")[0]} ${due - T}`] : []));

async function postMany(site: Moving, events: readonly EventInput[]): Promise<void> {
  for (let from = 0; from < events.length; from += 1000) await site.post(events.slice(from, from + 1000));
}
const hosts = (count: number): EventInput[] =>
  Array.from({ length: count }, (_, n) => input(String(n), { scope: { resource: `h-${n}` } }));

function keyOf(site: Moving, event: EventInput): string {
  const action = site.configurations.of("default").actions.get("ops");
  if (action === undefined) throw new Error("no action");
  return flapKey(event, action);
}

const again = (name: string): EventInput => ({ ...input(name), scope: { resource: "h-0" } });
const group = (interval: string): Fields => ({ group: { by: ["service"], wait: "1m", interval } });
const firing = (id: string): EventInput => input(id, { alertState: "firing", correlationId: "k" });
const resolved = (id: string): EventInput => input(id, { alertState: "resolved", correlationId: "k" });

describe("claims", () => {
  const END = 55 * 60_000;

  test.each([1, 499, 500, 501, 1000, 1200])("%i of one end all go when it comes", async (count) => {
    const site = await siteWith({ dedupe: { window: "1h" } });
    await postMany(site, hosts(count));
    expect(await keysOf(site, "claim")).toHaveLength(count);
    expect(expiries(site)).toEqual([`claims ${END}`]);
    await site.at(T + END - 1);
    expect(await keysOf(site, "claim")).toHaveLength(count);
    await site.at(T + END);
    expect(await keysOf(site, "claim")).toEqual([]);
    expect(site.timers()).toEqual([]);
  });

  test("go in steps of at most 500, and a process that stops between two goes on with the rest", async () => {
    const real = createMemoryEngine();
    let left = Number.POSITIVE_INFINITY;
    const apply: Engine["apply"] = (plan) => {
      if (left-- <= 0) throw new EngineError("disk-full", "the disk is full");
      real.apply(plan);
    };
    const site = await siteWith({ dedupe: { window: "1h" } }, { engine: { ...real, apply }, limits: { timers: 1 } });
    await postMany(site, hosts(1200));
    for (const remain of [700, 200]) {
      left = 1;
      await expect(site.at(T + END)).rejects.toMatchObject({ code: "disk-full" });
      expect(await keysOf(site, "claim")).toHaveLength(remain);
      expect(expiries(site)).toEqual([`claims ${END}`]);
    }
    left = Number.POSITIVE_INFINITY;
    await site.at(T + END);
    expect(await keysOf(site, "claim")).toEqual([]);
  });

  test("of a later end stay, and leave no leaf when they go", async () => {
    const site = await siteWith({ dedupe: { window: "1h" } });
    await site.post(hosts(2));
    await site.at(T + END);
    await site.post(hosts(2).map((event) => ({ ...event, sourceId: `again-${event.sourceId}` })));
    const kept = await keysOf(site, "claim");
    expect(kept.map((key) => Number(key.split(":")[0]))).toEqual([T + END + HOUR, T + END + HOUR]);
    const size = (await site.lines()).length;
    await site.at(T + END + HOUR);
    expect(await keysOf(site, "claim")).toEqual([]);
    expect(await site.lines()).toHaveLength(size);
  });
});

describe("cells of debouncing", () => {
  const debounce = { window: "30s", cooldown: "10m" };

  test("go at the whole hour after their time, all that begin alike at once", async () => {
    const site = await siteWith({ debounce });
    await site.post(hosts(40));
    expect(await keysOf(site, "flap")).toHaveLength(40);
    expect(new Set(expiries(site))).toEqual(new Set(["flap 3300000"]));
    expect(expiries(site).length).toBeLessThanOrEqual(16);
    await site.at("2026-06-01T10:59:59.999Z");
    expect(await keysOf(site, "flap")).toHaveLength(40);
    await site.at("2026-06-01T11:00:00Z");
    expect(await keysOf(site, "flap")).toEqual([]);
    expect(site.timers()).toEqual([]);
  });

  test("whose time is not up, or whose window is open, stay until it is", async () => {
    const site = await siteWith({ debounce: { window: "30s", after: 2, cooldown: "3h" } });
    await site.post([again("1")]);
    await site.at(T + 1000);
    await site.post([again("2"), again("3")]); // the third is the aggregate: a cooldown of three hours
    await site.post([again("4")]); // waits in it
    const [key = ""] = await keysOf(site, "flap");
    expect(await site.store.read.cell("flap", "default", key)).toMatchObject({
      state: "cooldown",
      until: T + 1000 + 3 * HOUR,
    });
    for (const at of ["11:00", "12:00", "13:00"]) {
      await site.at(`2026-06-01T${at}:00Z`);
      expect(await keysOf(site, "flap")).toEqual([key]);
      expect(expiries(site).length).toBeGreaterThan(0);
    }
    await site.at(T + 1000 + 3 * HOUR);
    expect(await keysOf(site, "flap")).toEqual([]); // its summary ended it
    await site.at("2026-06-01T14:00:00Z");
    expect(site.timers()).toEqual([]);
  });

  test("more of a group than one step looks at go in several", async () => {
    const COUNT = 5100;
    const site = await siteWith({ debounce });
    const action = site.configurations.of("default").actions.get("ops");
    if (action === undefined) throw new Error("no action");
    const alike = hosts(COUNT * 18).filter((event) => flapKey(event, action).startsWith("0:"));
    expect(alike.length).toBeGreaterThan(COUNT);
    await postMany(site, alike.slice(0, COUNT));
    expect(await keysOf(site, "flap")).toHaveLength(COUNT);
    await site.at("2026-06-01T11:00:00Z");
    expect(await keysOf(site, "flap")).toEqual([]);
    expect(site.timers()).toEqual([]);
  });

  test("that lie behind more living ones than a step looks at go too, in as many steps as it takes", async () => {
    const until = Date.parse("2026-06-01T10:50:00Z");
    const cell = (n: number, over: boolean): CellChange => ({
      noun: "flap",
      tenant: "default",
      key: `0:${String(n).padStart(64, "0")}`,
      value: { state: "cooldown", until: over ? until : until + DAY, n: 0, severity: "low", delivery: "" },
    });
    const real = createMemoryEngine();
    let applied = 0;
    const apply: Engine["apply"] = (plan) => {
      applied += 1;
      real.apply(plan);
    };
    const site = await siteWith({ debounce }, { engine: { ...real, apply }, limits: { timers: 1 } });
    const cells = Array.from({ length: 6000 }, (_, n) => cell(n, n % 2000 === 0 || n >= 5000));
    site.engine.apply({ t: T, cells, tenants: [] });
    await site.post(hosts(40).filter((event) => keyOf(site, event).startsWith("0:")));
    applied = 0;
    await site.at("2026-06-01T11:00:00Z");
    expect((await keysOf(site, "flap")).toSorted()).toEqual(
      cells.flatMap(({ key }, n) => (n % 2000 === 0 || n >= 5000 ? [] : [key])),
    );
    expect(applied).toBeGreaterThan(12);
    expect(expiries(site)).toEqual(["flap 6900000"]);
    await site.at("2026-06-02T11:00:00Z");
    expect(await keysOf(site, "flap")).toEqual([]);
    expect(site.timers()).toEqual([]);
  });

  test("are looked at from the first again where the one that a step followed is gone", async () => {
    const site = await siteWith({ debounce });
    await site.post(hosts(40));
    const digits = new Set((await keysOf(site, "flap")).map((key) => key.slice(0, 1)));
    const timersSet = [...digits].map((digit) => ({ due: T + HOUR, flow: "expire", key: `flap:${digit}:gone` }));
    const logSize = site.engine.log("default")?.size ?? 0;
    const nothing = { leaves: [], events: [], timersCleared: [], members: [] };
    site.engine.apply({ t: T, cells: [], tenants: [{ tenant: "default", logSize, timersSet, ...nothing }] });
    const next = await restarted(site);
    await next.at(T + HOUR);
    expect(await keysOf(next, "flap")).toEqual([]);
    expect(next.timers()).toEqual([]);
  });

  test("of which some are new by then are looked at again an hour later", async () => {
    const site = await siteWith({ debounce: { window: "30s", cooldown: "1h" } });
    await site.post(hosts(1));
    await site.at("2026-06-01T10:59:50Z");
    const action = site.configurations.of("default").actions.get("ops");
    if (action === undefined) throw new Error("no action");
    const [first] = hosts(1);
    const digit = first === undefined ? "" : flapKey(first, action).slice(0, 1);
    const late = hosts(500).filter((event, n) => n > 0 && flapKey(event, action).startsWith(digit))[0];
    if (late === undefined) throw new Error("none begins alike");
    await site.post([late]);
    await site.at("2026-06-01T11:00:00Z");
    expect(await keysOf(site, "flap")).toEqual([flapKey(late, action)]);
    await site.at("2026-06-01T12:00:00Z");
    expect(await keysOf(site, "flap")).toEqual([]);
  });
});

describe("the last flush of a group", () => {
  const flushed = T + 60_000;
  const WEEK = 7 * DAY;

  test.each([
    ["1h", WEEK],
    ["10d", 10 * DAY],
  ])("of an interval of %s is forgotten after %i ms: a week, or the interval", async (interval, memory) => {
    const site = await siteWith(group(interval));
    await site.post([input("1", { labels: { service: "db" } }), input("2", { labels: { service: "web" } })]);
    await site.at(flushed);
    await site.at(flushed + memory - 1);
    expect(await keysOf(site, "group")).toHaveLength(2);
    await site.at(flushed + memory);
    expect(await keysOf(site, "group")).toEqual([]);
    expect(site.timers()).toEqual([]);
  });

  test("is kept as long as an interval that was made longer", async () => {
    const site = await siteWith(group("1h"));
    await site.post([input("1")]);
    await site.at(flushed);
    await site.configure([channel(), template(), acting(group("20d"))]);
    await site.at(flushed + WEEK);
    expect(expiries(site)).toEqual([`group ${flushed - T + 20 * DAY}`]);
    await site.configure([channel(), template(), acting(group("2h"))]);
    await site.at(flushed + 20 * DAY);
    expect(await keysOf(site, "group")).toEqual([]);
    expect(site.timers()).toEqual([]);
  });

  test("is of the newest flush, and is forgotten though its action is gone", async () => {
    const site = await siteWith(group("1h"));
    await site.post([input("1")]);
    await site.at(flushed);
    await site.post([input("2")]);
    await site.at(flushed + HOUR);
    await site.at(flushed + WEEK);
    expect(await keysOf(site, "group")).toHaveLength(1);
    expect(expiries(site)).toEqual([`group ${flushed - T + HOUR + WEEK}`]);
    await site.configure([channel(), template(), rule("other")]);
    await site.at(flushed + HOUR + WEEK);
    expect(await keysOf(site, "group")).toEqual([]);
    expect(site.timers()).toEqual([]);
  });
});

describe("where a firing was announced", () => {
  test("is known for 30 days; then its resolution goes nowhere", async () => {
    const site = await siteWith({});
    await site.post([firing("1")]);
    await site.at(T + 30 * DAY - 1);
    expect(await keysOf(site, "announced")).toEqual(["k"]);
    await site.at(T + 30 * DAY);
    expect(await keysOf(site, "announced")).toEqual([]);
    expect(site.timers()).toEqual([]);
    expect(await site.fates(await site.post([resolved("2")]))).toEqual([]);
  });

  test("is known until its resolution, which leaves no timer", async () => {
    const site = await siteWith({});
    await site.post([firing("1")]);
    await site.at(T + 30 * DAY - 1);
    expect(await site.fates(await site.post([resolved("2")]))).toEqual(["pending"]);
    expect(await keysOf(site, "announced")).toEqual([]);
    expect(site.timers()).toEqual([]);
  });

  test("is renewed by each announcement, its timer once it comes", async () => {
    const site = await siteWith({});
    await site.post([firing("1")]);
    await site.at(T + 20 * DAY);
    await site.post([firing("2")]);
    expect(expiries(site)).toEqual([`announced ${30 * DAY}`]);
    await site.at(T + 30 * DAY);
    expect(expiries(site)).toEqual([`announced ${50 * DAY}`]);
    expect(await keysOf(site, "announced")).toEqual(["k"]);
    await site.at(T + 50 * DAY);
    expect(await keysOf(site, "announced")).toEqual([]);
    expect(site.timers()).toEqual([]);
  });

  test("in a window that is told later: 30 days from then", async () => {
    const site = await siteWith({ digest: "1d" });
    await site.post([firing("1")]);
    const told = Date.parse("2026-06-02T00:00:00Z") - T;
    await site.at(T + 30 * DAY);
    expect(expiries(site)).toEqual([`announced ${told + 30 * DAY}`]);
    await site.at(T + told + 30 * DAY - 1);
    expect(await keysOf(site, "announced")).toEqual(["k"]);
    await site.at(T + told + 30 * DAY);
    expect(await keysOf(site, "announced")).toEqual([]);
  });

  test("in a window that is still open is known as long as it is, and 30 days more", async () => {
    const site = await siteWith({ calendar: "works" });
    const works = checked("calendars", {
      schema: "calendar/v1",
      id: "works",
      ranges: [{ from: "2026-06-01", to: "2026-07-10" }],
    });
    await site.configure([channel(), template(), works, acting({ calendar: "works" })]);
    await site.post([firing("1")]);
    const released = Date.parse("2026-07-11T00:00:00Z") - T;
    await site.at(T + 30 * DAY);
    expect(expiries(site)).toEqual([`announced ${60 * DAY}`]);
    await site.at(T + 60 * DAY);
    expect(expiries(site)).toEqual([`announced ${released + 30 * DAY}`]);
    await site.at(T + released + 30 * DAY);
    expect(await keysOf(site, "announced")).toEqual([]);
    expect(site.timers()).toEqual([]);
  });

  test("in a window that a person deleted is forgotten when its timer comes", async () => {
    const site = await siteWith({ digest: "1d" });
    await site.post([firing("1")]);
    await site.command({ command: "drop", actionKey: "ops" });
    await site.at(T + 30 * DAY);
    expect(await keysOf(site, "announced")).toEqual([]);
    expect(site.timers()).toEqual([]);
  });

  test("in a digest that was reopened into a newer one follows its items", async () => {
    const site = await siteWith({ digest: "1h" });
    await site.post([firing("1")]);
    await site.at("2026-06-01T11:00:00Z");
    site.clock.now = Date.parse("2026-06-01T11:10:00Z");
    await site.post([input("2")]);
    await site.command({ command: "reopen", actionKey: "ops", window: "1h", openedAt: T });
    await site.at("2026-06-01T12:00:00Z");
    await site.at(T + 30 * DAY);
    expect(expiries(site)).toEqual([`announced ${Date.parse("2026-06-01T12:00:00Z") - T + 30 * DAY}`]);
  });
});
