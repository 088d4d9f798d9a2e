import { describe, expect, it } from "vitest";
import type { Delivery } from "../../../src/core/delivery.ts";
import type { EventInput } from "../../../src/core/event.ts";
import { type Leaf, parseLeaf } from "../../../src/core/leaf-parse.ts";
import { EngineError } from "../../../src/store/engine.ts";
import { lastInstant } from "../../../src/store/last-instant.ts";
import { createStamper } from "../../../src/store/stamper.ts";
import type { Committed } from "../../../src/ports.ts";
import { input } from "../../support/objects.ts";
import { type EngineHome, meeting, openSite, type Site, type SiteOptions, START, type Wrap } from "./site.ts";

const HOUR = 3_600_000;

function event(sourceId: string): EventInput {
  return input(sourceId, { type: "disk.full" });
}

async function accepted(site: Site, tenant: string, sourceId: string): Promise<string> {
  const [receipt] = await site.store.transact({ flow: "accept", tenant, input: { events: [event(sourceId)] } });
  const id = receipt?.deliveries.find(({ status }) => status === "pending")?.id;
  if (id === undefined) throw new Error("no delivery");
  return id;
}

async function delivery(site: Site, tenant: string, id: string): Promise<Delivery> {
  const found = await site.store.read.cell("delivery", tenant, id);
  if (found === undefined) throw new Error("no delivery");
  return found;
}

function add(site: Site, tenant = "alpha"): Promise<unknown> {
  return site.store.transact({ flow: "add", tenant, input: { key: "k", by: 1 } });
}

async function leavesOf(site: Site, tenant: string): Promise<Leaf[]> {
  return (await site.lines(tenant)).map((line) => parseLeaf(line));
}

/** A clock that is set: one leaf, everything that is due shifted, before anything else of the new instants. */
export function clockContract(home: () => EngineHome, options: SiteOptions): void {
  describe("a jump of the clock", () => {
    it.each([HOUR, -HOUR])(
      "of %d ms shifts timers and open deliveries of all tenants, and nothing else",
      async (by) => {
        const site = await openSite(home(), options);
        const ids = { alpha: await accepted(site, "alpha", "a"), beta: await accepted(site, "beta", "b") };
        const done = await accepted(site, "alpha", "done");
        await site.store.transact({ flow: "redate", tenant: "alpha", input: { id: ids.alpha, dueAt: START + 2000 } });
        await site.store.transact({ flow: "redate", tenant: "alpha", input: { id: done } });
        for (const tenant of ["alpha", "beta"]) {
          // One stands where another moves to.
          const set = [5000, 5000 + by].map((after) => ({ due: START + HOUR + after, flow: "ring", key: "bell" }));
          await site.store.transact({ flow: "remind", tenant, input: { set } });
        }
        const before = { alpha: await delivery(site, "alpha", ids.alpha), done: await delivery(site, "alpha", done) };
        const told: Committed[] = [];
        site.store.onCommit((committed) => told.push(committed));
        site.clock.jump = { from: START + 100, to: START + 100 + by };
        await add(site);
        expect(await delivery(site, "alpha", ids.alpha)).toEqual({ ...before.alpha, dueAt: START + 2000 + by });
        expect(await delivery(site, "alpha", done)).toEqual(before.done);
        const [due] = await site.store.read.due({
          tenant: "beta",
          channel: "ops-mail",
          now: START + 2 * HOUR,
          limit: 9,
        });
        expect(due).toEqual(await delivery(site, "beta", ids.beta));
        expect(due?.dueAt).toBe((due?.createdAt ?? 0) + by);
        for (const tenant of ["alpha", "beta"])
          expect(
            site.engine.timers(tenant, Number.MAX_SAFE_INTEGER, 9).map((timer) => timer.due - START - HOUR),
          ).toEqual([5000 + by, 5000 + 2 * by].toSorted((left, right) => left - right));
        expect((await leavesOf(site, "_site")).slice(-1)).toMatchObject([
          { type: "clock.jump", t: START + 100 + by, body: { from: START + 100, to: START + 100 + by } },
        ]);
        expect((await leavesOf(site, "alpha")).at(-1)).toMatchObject({ t: START + 100 + by });
        expect(told.map(({ swept }) => swept)).toEqual([true, undefined]);
        await site.store.close();
      },
    );

    it.each([HOUR, -HOUR])("of %d ms is decided before timers; these ring when they would have", async (by) => {
      const site = await openSite(home(), options);
      const set = [{ due: START + 1000, flow: "ring", key: "bell" }];
      await site.store.transact({ flow: "remind", tenant: "alpha", input: { set } });
      site.clock.jump = { from: START + 100, to: START + 100 + by };
      await add(site);
      const rings = async () => (await leavesOf(site, "alpha")).filter(({ type }) => type === "digest.flush");
      await site.pass(800);
      expect(await rings()).toEqual([]);
      await site.pass(150);
      expect((await rings()).map(({ body }) => body?.["at"])).toEqual([START + 1000 + by]);
      await site.store.close();
    });

    it("leaves no delivery in memory as it was", async () => {
      const site = await openSite(home(), options);
      const id = await accepted(site, "alpha", "a");
      const { dueAt = 0 } = await delivery(site, "alpha", id);
      site.clock.jump = { from: START + 100, to: START + 100 + HOUR };
      await site.store.transact({ flow: "translate", tenant: "alpha", input: { id } });
      expect(await delivery(site, "alpha", id)).toMatchObject({ locale: "de", dueAt: dueAt + HOUR });
      await site.store.close();
    });

    it("lets all dedupe claims of all tenants lapse, those in memory too, and nothing else", async () => {
      const site = await openSite(home(), options);
      const { store } = site;
      const stake = (tenant: string, key: string, by?: string) =>
        store.transact({ flow: "stake", tenant, input: by === undefined ? { key } : { key, delivery: by } });
      for (const tenant of ["alpha", "beta", "_site"])
        for (const key of ["1:a", "\u{10ffff}"]) await stake(tenant, key, `dl_${tenant}`);
      expect(await stake("beta", "1:a")).toBe("dl_beta");
      await add(site);
      site.clock.jump = { from: START + 100, to: START + 100 + HOUR };
      const answers = await Promise.all([stake("beta", "1:a", "dl_new"), stake("beta", "1:a"), stake("alpha", "1:a")]);
      expect(answers).toEqual(["none", "dl_new", "none"]);
      const claims = ["alpha", "beta", "_site"].map((tenant) => store.read.cells("claim", tenant, "", 9));
      expect(await Promise.all(claims)).toEqual([[], [["1:a", { severity: "low", delivery: "dl_new" }]], []]);
      expect(await store.read.cell("window", "alpha", "k")).toMatchObject({ count: 1 });
      expect(await store.read.cell("clock", "_site", "current")).toMatchObject({ to: START + 100 + HOUR });
      await store.close();
    });

    it("does not shift below the epoch", async () => {
      const site = await openSite(home(), options);
      const id = await accepted(site, "alpha", "a");
      const set = [1, 2].map((after) => ({ due: START + after, flow: "ring", key: "bell" }));
      site.clock.now = START - HOUR;
      await site.store.transact({ flow: "remind", tenant: "alpha", input: { set } });
      site.clock.jump = { from: START + HOUR, to: 5000 };
      await site.store.transact({ flow: "add", tenant: "beta", input: { key: "k", by: 1 } });
      expect((await delivery(site, "alpha", id)).dueAt).toBe(0);
      expect(site.engine.timers("alpha", Number.MAX_SAFE_INTEGER, 9)).toEqual([{ due: 0, flow: "ring", key: "bell" }]);
      const due = await site.store.read.due({ tenant: "alpha", channel: "ops-mail", now: 5000, limit: 9 });
      expect(due.map((one) => one.id)).toEqual([id]);
      await site.store.close();
    });

    it("that the store cannot write lets nothing pass; asked again, all is as if it came then", async () => {
      let broken = 0;
      const wrap: Wrap = (engine) =>
        meeting(engine, ({ sweeps }) => {
          if (sweeps !== undefined && broken-- > 0) throw new EngineError("disk-full", "full");
        });
      const site = await openSite(home(), { ...options, wrap });
      const id = await accepted(site, "alpha", "a");
      const { dueAt = 0 } = await delivery(site, "alpha", id);
      broken = Number.POSITIVE_INFINITY;
      site.clock.jump = { from: START + 100, to: START + 100 + HOUR };
      const answers = await Promise.allSettled([add(site), add(site)]);
      expect(answers).toMatchObject(answers.map(() => ({ reason: { name: "StoreError", code: "disk-full" } })));
      expect((await delivery(site, "alpha", id)).dueAt).toBe(dueAt);
      broken = 1;
      await add(site);
      expect((await delivery(site, "alpha", id)).dueAt).toBe(dueAt + HOUR);
      expect((await leavesOf(site, "_site")).filter(({ type }) => type === "clock.jump")).toHaveLength(1);
      await site.store.close();
    });

    it("that meets an I/O error ends the store", async () => {
      const error = new EngineError("io", "fsync");
      let broken = false;
      const wrap: Wrap = (engine) =>
        meeting(engine, () => {
          if (broken) throw error;
        });
      const site = await openSite(home(), { ...options, wrap });
      broken = true;
      site.clock.jump = { from: START + 100, to: START + 100 + HOUR };
      const answers = await Promise.allSettled([add(site), add(site)]);
      expect(answers).toMatchObject(answers.map(() => ({ reason: { code: "failed", cause: error } })));
      expect(site.fatal).toEqual([error]);
      await site.store.close();
    });

    it("comes after what was stamped before it was seen", async () => {
      const site = await openSite(home(), { ...options, limits: { questions: 9, rows: 1 } });
      const asked = [add(site), add(site, "beta")];
      site.store.onCommit(() => {
        if (asked.length > 2) return;
        asked.push(add(site, "beta"));
        site.clock.jump = { from: START + 100, to: START + 100 + HOUR };
      });
      await Promise.all(asked);
      await asked[2];
      const instants = (await leavesOf(site, "beta")).slice(-2).map(({ t }) => t - START);
      expect(instants).toEqual([1, 100 + HOUR]);
      expect((await leavesOf(site, "_site")).filter(({ type }) => type === "clock.jump")).toHaveLength(1);
      await site.store.close();
    });

    it.each([HOUR, -HOUR])("of %d ms that takes long to be written is one jump", async (by) => {
      const at = { wall: START, mono: 0 };
      const stamper = createStamper({
        clock: { now: () => at.wall, mono: () => at.mono },
        random: { bytes: (count) => new Uint8Array(count) },
      });
      const wrap: Wrap = (engine) =>
        meeting(engine, ({ sweeps }) => {
          if (sweeps === undefined) return;
          at.wall += 6000;
          at.mono += 6000;
        });
      const site = await openSite(home(), { ...options, wrap, stamper });
      at.wall += by;
      for (const tenant of ["alpha", "beta", "alpha"]) await add(site, tenant);
      const jumps = (await leavesOf(site, "_site")).filter(({ type }) => type === "clock.jump");
      expect(jumps.map(({ body }) => body)).toEqual([{ from: START, to: START + by }]);
      expect((await leavesOf(site, "alpha")).at(-1)?.t).toBe(START + by + 6000);
      await site.store.close();
    });

    it("is not seen again at the next start", async () => {
      const site = await openSite(home(), options);
      await add(site);
      expect(await lastInstant(site.store.read)).toBeGreaterThanOrEqual(START);
      site.clock.jump = { from: START + 100, to: START - HOUR };
      await add(site, "beta");
      expect(await lastInstant(site.store.read)).toBe(START - HOUR);
      await add(site);
      expect(await lastInstant(site.store.read)).toBe(START - HOUR + 1);
      await site.store.close();
    });
  });
}
