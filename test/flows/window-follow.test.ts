import { describe, expect, test } from "vitest";
import type { EventInput } from "../../src/core/event.ts";
import { parseLeaf } from "../../src/core/leaf-parse.ts";
import type { CheckedObject } from "../../src/core/objects.ts";
import { type Engine, EngineError } from "../../src/store/engine.ts";
import { createMemoryEngine } from "../../src/store/memory/engine.ts";
import { type Moving, movingAt, restarted, windowStates } from "../support/moving.ts";
import { acting, channel, input, nights, policy, rule, template } from "../support/objects.ts";

const NIGHT = Date.parse("2026-06-01T23:00:00Z");
const MINUTE = 60_000;
const HOUR = 3_600_000;

const BASE = [channel(), template()];
const OTHER = rule("other", { match: { types: ["other"] } });

/** A site at 23:00 UTC; these objects are the tenant's own. */
async function atNight(...objects: readonly CheckedObject[]): Promise<Moving> {
  return await movingAt(NIGHT, objects);
}

describe("an action that is deleted", () => {
  test("has its digests and groups sent at once, under the rule that was kept", async () => {
    const actions = [
      { id: "daily", channel: "ops-mail", digest: "1d", to: ["a@plant.example", "b@plant.example"] },
      { id: "grouped", channel: "ops-mail", group: { by: ["service"], wait: "1h", interval: "1h" } },
      { id: "stays", channel: "ops-mail", digest: "1d" },
    ];
    const site = await atNight(
      rule("hosts", { actions: actions.slice(0, 2) }),
      rule("kept", { actions: actions.slice(2) }),
    );
    await site.post(["db", "web"].map((service) => input(service, { labels: { service } })));
    await site.at(NIGHT + MINUTE);
    await site.configure([...BASE, rule("kept", { actions: actions.slice(2) })]);
    await site.at(NIGHT + 2 * MINUTE);
    const open = await site.open();
    expect(open.map(({ actionKey }) => actionKey)).toEqual(["stays"]);
    const flushes = (await site.lines()).map(parseLeaf).filter(({ type }) => type === "digest.flush");
    expect(flushes).toHaveLength(3);
    for (const leaf of flushes)
      expect(leaf).toMatchObject({
        actor: "timer:window-follow",
        ref: { rule: expect.stringMatching(/^hosts@/) },
        body: { at: NIGHT + MINUTE },
      });
    const { items } = await site.store.read.deliveries("default", { limit: 10, status: "pending" });
    expect(items.map(({ to }) => to).toSorted()).toEqual([
      "a@plant.example",
      "b@plant.example",
      "ops@plant.example",
      "ops@plant.example",
    ]);
  });

  test("has them judged by its last throttle, and by its last channel", async () => {
    const throttled = acting({ digest: "1d", throttle: { burst: 1, per: "10d" } });
    const site = await atNight(throttled);
    await site.post([input("1")]);
    await site.command({ command: "flush", actionKey: "ops" });
    await site.post([input("2")]);
    await site.configure([...BASE, OTHER]);
    await site.at(NIGHT + 1);
    expect(await windowStates(site)).toEqual(["ops:1d flushed pending 23:00", "ops:1d flushed throttled 23:00"]);

    const gone = await atNight(acting({ digest: "1d" }));
    await gone.post([input("1")]);
    await gone.configure([template(), OTHER]);
    await gone.at(NIGHT + 1);
    expect(await windowStates(gone)).toEqual(["ops:1d flushed dropped 23:00"]);
  });

  test("does not wait for quiet hours", async () => {
    const site = await atNight(nights("06:00"), acting({ digest: "5m", calendar: "nights" }));
    await site.post([input("1")]);
    await site.at(NIGHT + 6 * MINUTE);
    expect(await windowStates(site)).toEqual(["ops:5m open 06:00"]);
    await site.configure([...BASE, nights("06:00"), OTHER]);
    await site.at(NIGHT + 7 * MINUTE);
    expect(await windowStates(site)).toEqual(["ops:5m flushed pending 23:06"]);
  });

  test("has what quiet hours hold and what repeats sent at once too", async () => {
    const site = await atNight(
      nights("06:00"),
      rule("hosts", {
        actions: [
          { id: "held", channel: "ops-mail", calendar: "nights" },
          { id: "flap", channel: "ops-mail", debounce: {} },
        ],
      }),
    );
    const receipts = await site.post(["1", "2"].map((id) => input(id, { scope: { resource: "db" } })));
    expect(await windowStates(site)).toEqual(["flap:flap open 23:00", "held:quiet open 06:00"]);
    await site.configure([...BASE, nights("06:00"), OTHER]);
    await site.at(NIGHT + 10_000);
    expect(await windowStates(site)).toEqual(["flap:flap flushed pending 23:00", "held:quiet flushed pending 23:00"]);
    const quiet = `digest:default:held:quiet:${NIGHT}`;
    expect((await site.fates(receipts)).filter((fate) => fate === `coalesced coalesced ${quiet}`)).toHaveLength(2);
  });

  test("many windows at once: each is sent", async () => {
    const site = await atNight(acting({ group: { by: ["host"], wait: "1h", interval: "1h" } }));
    await site.post(Array.from({ length: 700 }, (_, n) => input(String(n), { labels: { host: `h-${n}` } })));
    expect(await site.open()).toHaveLength(700);
    await site.configure([...BASE, OTHER]);
    await site.at(NIGHT + 1);
    expect(await site.open()).toEqual([]);
    expect((await site.store.read.deliveries("default", { limit: 1000, status: "pending" })).items).toHaveLength(700);
  });
});

function many(count: number): readonly EventInput[] {
  return Array.from({ length: count }, (_, n) => input(String(n), { labels: { host: `h-${n}` } }));
}

describe("more windows than one step looks at", () => {
  const grouped = acting({ group: { by: ["host"], wait: "1h", interval: "1h" } });

  test.each([199, 200, 201, 450])("%i go in steps, each in the order of keys, and a restart goes on", async (count) => {
    const real = createMemoryEngine();
    let left = Number.POSITIVE_INFINITY;
    const apply: Engine["apply"] = (plan) => {
      if (left-- <= 0) throw new EngineError("disk-full", "the disk is full");
      real.apply(plan);
    };
    const site = await movingAt(NIGHT, [grouped], { engine: { ...real, apply }, limits: { timers: 1 } });
    await site.post(many(count));
    const keys = (await site.open()).map(({ id }) => id);
    await site.configure([...BASE, OTHER]);
    left = 1;
    if (count > 200) await expect(site.at(NIGHT + MINUTE)).rejects.toMatchObject({ code: "disk-full" });
    else await site.at(NIGHT + MINUTE).catch(() => undefined);
    expect(await site.open()).toHaveLength(Math.max(0, count - 200));
    const again = await restarted(site, { engine: real });
    await again.at(NIGHT + HOUR);
    const flushes = (await again.lines()).map(parseLeaf).filter(({ type }) => type === "digest.flush");
    expect(flushes.map(({ id }) => id)).toEqual(keys);
    expect(new Set(flushes.map(({ body }) => body?.["at"]))).toEqual(new Set([NIGHT]));
    expect(again.timers().filter(({ flow }) => flow !== "expire")).toEqual([]);
  });

  test("are due by the new clock too", async () => {
    const site = await atNight(
      nights("06:00"),
      acting({ group: { by: ["host"], wait: "1h", interval: "1h" }, calendar: "nights" }),
    );
    await site.post(many(450));
    await site.at(NIGHT + 2 * HOUR);
    const jump = { from: NIGHT + 2 * HOUR, to: NIGHT + 3 * HOUR };
    await site.store.transact({ flow: "clock-jump", tenant: "_site", input: jump });
    await site.at(jump.to);
    const open = await site.open();
    expect(open).toHaveLength(450);
    expect(new Set(open.map(({ due }) => due))).toEqual(new Set([NIGHT + 6 * HOUR])); // 06:00 by a clock that is an hour ahead
  });
});

describe("an action that is edited, switched off or renewed", () => {
  test("keeps the cadence and the time of its open window, and ends it as it is then", async () => {
    const site = await atNight(acting({ digest: "1h" }));
    await site.post([input("1")]);
    await site.configure([...BASE, acting({ digest: "1d", to: ["new@plant.example"] })]);
    await site.at(NIGHT + MINUTE);
    const [open] = await site.open();
    expect(open).toMatchObject({ window: "1h", due: NIGHT + HOUR });
    expect(open?.rule).toBe(site.configurations.of("default").actions.get("ops")?.ref);
    await site.at(NIGHT + HOUR);
    expect(await site.delivery(open?.id ?? "")).toMatchObject({ status: "pending", to: "new@plant.example" });
  });

  test("is deleted afterwards: its last version holds", async () => {
    const site = await atNight(acting({ digest: "1d" }));
    await site.post([input("1")]);
    await site.configure([...BASE, acting({ digest: "1d", to: ["last@plant.example"] })]);
    await site.at(NIGHT + 1);
    await site.configure([...BASE, OTHER]);
    await site.at(NIGHT + 2);
    const { items } = await site.store.read.deliveries("default", { limit: 10, status: "pending" });
    expect(items.map(({ to }) => to)).toEqual(["last@plant.example"]);
  });

  test("of a rule that is not enabled any more waits for its time", async () => {
    const site = await atNight(acting({ digest: "1h" }));
    await site.post([input("1")]);
    await site.configure([...BASE, acting({ digest: "1h" }, { isEnabled: false })]);
    await site.at(NIGHT + MINUTE);
    expect(await windowStates(site)).toEqual(["ops:1h open 00:00"]);
    await site.at(NIGHT + HOUR);
    expect(await windowStates(site)).toEqual(["ops:1h flushed pending 00:00"]);
  });
});

describe("a calendar that is edited", () => {
  const held = acting({ calendar: "nights" });
  const putOff = acting({ calendar: "nights", digest: "5m" });

  test.each([
    ["what was held", held, "quiet"],
    ["a digest that was put off", putOff, "5m"],
  ] as const)("has %s due now, judged by the new one", async (_name, action, window) => {
    const site = await atNight(nights("06:00"), action);
    await site.post([input("1")]);
    await site.at(NIGHT + 10 * MINUTE);
    expect(await windowStates(site)).toEqual([`ops:${window} open 06:00`]);
    await site.configure([...BASE, nights("08:00"), action]);
    await site.at(NIGHT + 20 * MINUTE);
    expect(await windowStates(site)).toEqual([`ops:${window} open 08:00`]);
    await site.configure([...BASE, nights("22:30"), action]);
    await site.at(NIGHT + 30 * MINUTE);
    expect(await windowStates(site)).toEqual([`ops:${window} flushed pending 23:20`]);
  });

  test.each([
    ["what was held", held, "quiet"],
    ["a digest that was put off", putOff, "5m"],
  ] as const)("and one that is deleted lets %s go", async (_name, action, window) => {
    const site = await atNight(nights("06:00"), action);
    await site.post([input("1")]);
    await site.at(NIGHT + 10 * MINUTE);
    await site.configure([...BASE, action]);
    await site.at(NIGHT + 11 * MINUTE);
    expect(await windowStates(site)).toEqual([`ops:${window} flushed pending 23:10`]);
  });

  test("moves no digest that only will be put off", async () => {
    const site = await atNight(nights("06:00"), putOff);
    await site.post([input("1")]);
    await site.configure([...BASE, nights("22:30"), putOff]);
    await site.at(NIGHT + MINUTE);
    expect(await windowStates(site)).toEqual(["ops:5m open 23:05"]);
    await site.at(NIGHT + 5 * MINUTE);
    expect(await windowStates(site)).toEqual(["ops:5m flushed pending 23:05"]);
  });

  test("other objects than it move nothing", async () => {
    const site = await atNight(nights("06:00"), held);
    await site.post([input("1")]);
    await site.configure([...BASE, nights("06:00"), held, OTHER, policy({ itemCap: 3 })]);
    await site.at(NIGHT + MINUTE);
    expect(await windowStates(site)).toEqual(["ops:quiet open 06:00"]);
    expect(await site.open()).not.toMatchObject([{ isPutOff: true }]);
  });
});
