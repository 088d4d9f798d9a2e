import { describe, expect, it } from "vitest";
import { type EngineHome, meeting, openSite, type Site, type SiteOptions, START, type Wrap } from "./site.ts";
import { EngineError } from "../../../src/store/engine.ts";
import type { TimerRow } from "../../../src/ports.ts";

/** What rang, in the order over all tenants: `<due after START>/<key>`. */
async function rung(site: Site, tenants: readonly string[] = ["alpha", "beta", "_site"]): Promise<string[]> {
  const lines = (await Promise.all(tenants.map((tenant) => site.lines(tenant)))).flat();
  const rings = lines.flatMap((line) => {
    const [, at, key, ordinal] = /"body":{"at":(\d+),"key":"([^"]*)","ordinal":(\d+)}/.exec(line) ?? [];
    return at === undefined ? [] : [{ text: `${Number(at) - START}/${key}`, ordinal: Number(ordinal) }];
  });
  return rings.toSorted((left, right) => left.ordinal - right.ordinal).map(({ text }) => text);
}

function timer(after: number, key: string, flow = "ring"): TimerRow {
  return { due: START + after, flow, key };
}

async function remind(
  site: Site,
  tenant: string,
  set: readonly TimerRow[],
  clear: readonly TimerRow[] = [],
): Promise<void> {
  await site.store.transact({ flow: "remind", tenant, input: { set, clear } });
}

/** Timers are decided before any question of their tenant, in order, late or not, and never lost. */
export function timerContract(home: () => EngineHome, options: SiteOptions): void {
  describe("timers", () => {
    it("late or made by timers, are decided in order of due, flow, key before the next question", async () => {
      const site = await openSite(home(), { ...options, limits: { ...options.limits, timers: 3 } });
      await remind(site, "alpha", [
        timer(50, "b"),
        timer(50, "c:2:10"),
        timer(50, "a", "ring2"),
        timer(40, "z"),
        timer(55, "m"),
        timer(9000, "far"),
      ]);
      site.clock.now = START + 1000;
      await site.store.transact({ flow: "add", tenant: "alpha", input: { key: "k", by: 1 } });
      expect(await rung(site)).toEqual(["40/z", "50/b", "50/c:2:10", "50/a", "55/m", "60/c:1:10", "70/c:0:10"]);
      const lines = await site.lines("alpha");
      expect(lines.at(-1)).toContain('"windows/k"');
      expect(lines.at(-2)).toContain(`"t":${START + 1000}`);
      expect(site.engine.timers("alpha", Number.MAX_SAFE_INTEGER, 9)).toEqual([timer(9000, "far")]);
      await site.store.close();
    });

    it("that are cleared, set twice or moved in one heap of questions ring as the last word says", async () => {
      const site = await openSite(home(), options);
      await remind(site, "alpha", [timer(50, "gone"), timer(60, "twice"), timer(70, "back")]);
      await Promise.all([
        remind(site, "alpha", [timer(60, "twice")], [timer(50, "gone"), timer(70, "back")]),
        remind(site, "alpha", [timer(70, "back"), timer(80, "never")]),
        remind(site, "alpha", [], [timer(80, "never"), timer(90, "unknown")]),
      ]);
      await site.pass(1000);
      expect(await rung(site)).toEqual(["60/twice", "70/back"]);
      await site.store.close();
    });

    it("fire when nobody asks, at their instants", async () => {
      const site = await openSite(home(), options);
      await remind(site, "alpha", [timer(300_000, "b"), timer(100, "a:1:500")]);
      await remind(site, "beta", [timer(200, "c")]);
      await site.pass(150);
      expect(await rung(site)).toEqual(["100/a:1:500"]);
      await site.pass(100_000);
      expect(await rung(site)).toEqual(["100/a:1:500", "200/c", "600/a:0:500"]);
      await site.pass(1_000_000);
      expect(await rung(site)).toEqual(["100/a:1:500", "200/c", "600/a:0:500", "300000/b"]);
      expect(site.engine.earliestTimers()).toEqual([]);
      await site.store.close();
    });

    it("of all tenants are decided before a question of the site, the site's own after the others of an instant", async () => {
      const site = await openSite(home(), options);
      await remind(site, "beta", [timer(100, "b1"), timer(300, "b2")]);
      await remind(site, "_site", [timer(100, "s1"), timer(9000, "s2")]);
      await remind(site, "alpha", [timer(100, "a1"), timer(200, "a2:1:50")]);
      site.clock.now = START + 1000;
      await site.store.transact({ flow: "add", tenant: "_site", input: { key: "k", by: 1 } });
      expect(await rung(site)).toEqual(["100/a1", "100/b1", "100/s1", "200/a2:1:50", "250/a2:0:50", "300/b2"]);
      await site.store.close();
    });

    it("of many tenants are read a few times each, not by every commit that decides some of them", async () => {
      let reads = 0;
      const wrap: Wrap = (engine) => ({
        ...engine,
        timers: (tenant, until, limit) => {
          reads += 1;
          return engine.timers(tenant, until, limit);
        },
      });
      const site = await openSite(home(), { ...options, wrap, limits: { ...options.limits, timers: 8 } });
      const names = Array.from({ length: 160 }, (_, n) => `many-${n}`);
      for (const tenant of names) {
        await site.store.transact({ flow: "open", tenant: "_site", input: { tenant } });
        await remind(site, tenant, [timer(100_000, tenant)]);
      }
      site.clock.now = START + 200_000;
      reads = 0;
      await site.store.transact({ flow: "add", tenant: "_site", input: { key: "k", by: 1 } });
      expect(reads).toBeLessThan(3 * names.length);
      expect(await rung(site, names)).toEqual(names.toSorted().map((name) => `100000/${name}`));
      await site.store.close();
    });

    it("outlive the store", async () => {
      const site = await openSite(home(), options);
      await remind(site, "alpha", [timer(100, "a"), timer(50, "b")]);
      await site.store.close();
      const again = await openSite(home(), options);
      expect(again.engine.earliestTimers()).toEqual([{ tenant: "alpha", due: START + 50 }]);
      await again.pass(1000);
      expect(await rung(again)).toEqual(["50/b", "100/a"]);
      await again.store.close();
    });

    it("that throw are told, set aside and tried again, and hold nobody up", async () => {
      const failing = new Set(["bad"]);
      const site = await openSite(home(), { ...options, failing });
      await remind(site, "alpha", [
        timer(100, "bad"),
        timer(110, "good"),
        { due: START + 105, flow: "no-such-flow", key: "k" },
      ]);
      site.clock.now = START + 200;
      const { sum } = await site.store.transact({ flow: "add", tenant: "alpha", input: { key: "k", by: 1 } });
      expect(sum).toBe(1);
      expect(await rung(site)).toEqual(["110/good"]);
      expect(site.errors.map((error) => /"flow":"([^"]*)","attempts":(\d+)/.exec(error)?.slice(1))).toEqual([
        ["ring", "1"],
        ["no-such-flow", "1"],
      ]);
      await site.pass(10_000);
      expect(site.errors.filter((error) => error.includes('"ring"'))).toHaveLength(4);
      failing.clear();
      await site.pass(10_000);
      expect(await rung(site)).toEqual(["110/good", "100/bad"]);
      expect(site.engine.timers("alpha", Number.MAX_SAFE_INTEGER, 9)).toEqual([
        { due: START + 105, flow: "no-such-flow", key: "k" },
      ]);
      await site.store.close();
    });

    it("whose rows are refused are set aside alone, and the questions behind them are answered", async () => {
      let refuse = true;
      const wrap: Wrap = (engine) =>
        meeting(engine, ({ tenants }) => {
          if (refuse && tenants.some(({ leaves }) => leaves.some(({ line }) => line.includes('"key":"poison"')))) {
            throw new EngineError("refused-row", "poison");
          }
        });
      const site = await openSite(home(), { ...options, wrap });
      await remind(site, "alpha", [timer(100, "poison"), timer(110, "good")]);
      site.clock.now = START + 200;
      const asked = [1, 2].map((by) => site.store.transact({ flow: "add", tenant: "alpha", input: { key: "k", by } }));
      expect(await Promise.all(asked)).toMatchObject([{ sum: 1 }, { sum: 3 }]);
      expect(await rung(site)).toEqual(["110/good"]);
      expect(site.errors).toHaveLength(1);
      refuse = false;
      await site.pass(5000);
      expect(await rung(site)).toEqual(["110/good", "100/poison"]);
      await site.store.close();
    });

    it("wait while the disk is full, and none is passed by", async () => {
      let full = false;
      const wrap: Wrap = (engine) =>
        meeting(engine, () => {
          if (full) throw new EngineError("disk-full", "full");
        });
      const site = await openSite(home(), { ...options, wrap });
      await remind(site, "alpha", [timer(100, "a")]);
      full = true;
      site.clock.now = START + 200;
      const asked = site.store.transact({ flow: "add", tenant: "alpha", input: { key: "k", by: 1 } });
      await expect(asked).rejects.toMatchObject({ name: "StoreError", code: "disk-full" });
      await site.pass(20_000);
      expect(await rung(site)).toEqual([]);
      full = false;
      await site.pass(20_000);
      expect(await rung(site)).toEqual(["100/a"]);
      expect(site.errors).toEqual([]);
      await site.store.close();
    });
  });
}
