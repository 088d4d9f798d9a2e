import { describe, expect, it } from "vitest";
import { EngineError, type Plan } from "../../../src/store/engine.ts";
import { runScenario } from "./scenario.ts";
import { createMemoryEngine } from "../../../src/store/memory/engine.ts";
import { type EngineHome, meeting, openSite, rootOfLines, type Site, type SiteOptions, type Wrap } from "./site.ts";

function add(site: Site, key: string, by = 1): Promise<{ readonly sum: number; readonly seq: number }> {
  return site.store.transact({ flow: "add", tenant: "alpha", input: { key, by } });
}

/** Throws as `fault` says; undefined lets the plan pass. */
function faulty(fault: (plan: Plan) => Error | undefined): Wrap {
  return (engine) =>
    meeting(engine, (plan) => {
      const error = fault(plan);
      if (error !== undefined) throw error;
    });
}

/** What a commit that fails leaves: nothing, in no cache; each of its questions is asked again alone. */
export function faultContract(home: () => EngineHome, options: SiteOptions): void {
  describe("a commit that fails", () => {
    it.each([0, 1, 2])("once, as the commit after %d others, changes no outcome", async (before) => {
      const calm = await openSite({ open: () => createMemoryEngine(), remove: () => undefined });
      const expected = await runScenario(calm);
      await calm.store.close();
      let plans: number | undefined;
      const fault = (): Error | undefined => {
        if (plans !== undefined) plans += 1;
        return plans === before + 1 ? new EngineError("failed", "this once") : undefined;
      };
      const site = await openSite(home(), { ...options, wrap: faulty(fault) });
      plans = 0;
      const outcome = await runScenario(site);
      expect(plans).toBeGreaterThan(before);
      expect(outcome).toEqual(expected);
      await site.store.close();
    });

    it("for one question's row fails that question and no other", async () => {
      const wrap = faulty(({ cells }) => {
        return cells.some(({ key }) => key === "poison") ? new EngineError("refused-row", "poison") : undefined;
      });
      const site = await openSite(home(), { ...options, wrap });
      const answers = await Promise.allSettled([add(site, "k"), add(site, "poison"), add(site, "k"), add(site, "k")]);
      expect(answers).toMatchObject([
        { value: { sum: 1, seq: 1 } },
        { reason: { name: "StoreError", code: "refused-row", cause: { name: "EngineError" } } },
        { value: { sum: 2, seq: 2 } },
        { value: { sum: 3, seq: 3 } },
      ]);
      expect(await site.store.read.cell("window", "alpha", "poison")).toBeUndefined();
      expect(await site.store.transact({ flow: "peek", tenant: "alpha", input: { key: "poison" } })).toBe(0);
      const lines = await site.lines("alpha");
      expect(lines).toHaveLength(4);
      expect(Buffer.from((await site.store.read.log("alpha"))?.root ?? []).toString("latin1")).toBe(rootOfLines(lines));
      await site.store.close();
    });

    it.each([
      ["disk-full", new EngineError("disk-full", "full"), "disk-full"],
      ["failed", new EngineError("failed", "odd"), "failed"],
      ["something that is no error of an engine", new TypeError("a bug"), "failed"],
    ])("every time (%s) is answered so, and the store lives on", async (_, error, code) => {
      let broken = false;
      const site = await openSite(home(), { ...options, wrap: faulty(() => (broken ? error : undefined)) });
      expect(await add(site, "k", 3)).toMatchObject({ sum: 3 });
      broken = true;
      const answers = await Promise.allSettled([add(site, "k"), add(site, "k"), add(site, "other")]);
      expect(answers).toMatchObject(answers.map(() => ({ status: "rejected", reason: { code, cause: error } })));
      expect(site.store.pressure()).toMatchObject({ waitingQuestions: 0, waitingBytes: 0 });
      broken = false;
      expect(await add(site, "k", 4)).toEqual({ sum: 7, seq: 2 });
      expect(site.fatal).toEqual([]);
      await site.store.close();
    });

    it("with an I/O error ends the store: all is rejected, then and later", async () => {
      const error = new EngineError("io", "fsync");
      let broken = false;
      const site = await openSite(home(), { ...options, wrap: faulty(() => (broken ? error : undefined)) });
      await add(site, "k");
      broken = true;
      const answers = await Promise.allSettled(Array.from({ length: 9 }, () => add(site, "k")));
      expect(answers).toMatchObject(
        answers.map(() => ({ reason: { name: "StoreError", code: "failed", cause: error } })),
      );
      expect(site.fatal).toEqual([error]);
      broken = false;
      await expect(add(site, "k")).rejects.toMatchObject({ code: "failed" });
      await expect(site.store.stage([])).rejects.toMatchObject({ code: "failed" });
      expect(await site.store.read.cell("window", "alpha", "k")).toMatchObject({ count: 1 });
      await site.store.close();
    });

    it("because reading fails is a failed commit too", async () => {
      let broken = 0;
      const wrap: Wrap = (engine) => ({
        ...engine,
        load: (noun, refs) => {
          if (broken-- > 0) throw new EngineError("failed", "no read");
          return engine.load(noun, refs);
        },
      });
      const site = await openSite(home(), { ...options, wrap });
      broken = 1;
      expect(await Promise.all([add(site, "k"), add(site, "k")])).toMatchObject([{ sum: 1 }, { sum: 2 }]);
      broken = 2;
      const answers = await Promise.allSettled([add(site, "new")]);
      expect(answers).toMatchObject([{ reason: { name: "StoreError", code: "failed" } }]);
      broken = 0;
      expect(await add(site, "new")).toMatchObject({ sum: 1 });
      await site.store.close();
    });

    it("because reading fails after a commit ends the store: what was committed is answered so", async () => {
      const error = new EngineError("failed", "no read");
      let broken = false;
      const wrap: Wrap = (engine) => ({
        ...engine,
        timers: (...asked) => {
          if (broken) throw error;
          return engine.timers(...asked);
        },
      });
      const site = await openSite(home(), { ...options, limits: { ...options.limits, rows: 1 }, wrap });
      broken = true;
      const clear = [{ due: 1, flow: "ring", key: "none" }];
      const answers = await Promise.allSettled([
        site.store.transact({ flow: "remind", tenant: "alpha", input: { clear } }),
        add(site, "k"),
        add(site, "k"),
      ]);
      expect(answers).toMatchObject([{ value: 1 }, { reason: { code: "failed" } }, { reason: { code: "failed" } }]);
      expect(site.fatal).toEqual([error]);
      expect(site.store.pressure()).toMatchObject({ waitingQuestions: 0, waitingBytes: 0 });
      await site.store.close();
    });
  });
}
