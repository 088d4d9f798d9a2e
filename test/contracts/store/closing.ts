import { describe, expect, it } from "vitest";
import { type EngineHome, meeting, openSite, type Site, START, type Wrap } from "./site.ts";

function add(site: Site, bytes?: number): Promise<{ readonly sum: number; readonly seq: number }> {
  const question = { flow: "add", tenant: "alpha", input: { key: "k", by: 1 } } as const;
  return site.store.transact(bytes === undefined ? question : { ...question, bytes });
}

function grow(site: Site, leaves: number): Promise<number> {
  return site.store.transact({ flow: "grow", tenant: "alpha", input: { leaves } });
}

/** How a store ends, and what it refuses before. */
export function closingContract(home: () => EngineHome): void {
  describe("closing and pressure", () => {
    it("answers what is queued, then refuses", async () => {
      const site = await openSite(home(), { limits: { questions: 2 } });
      const asked = Array.from({ length: 7 }, () => add(site));
      const staged = site.store.stage([{ hash: "ab".repeat(32), text: "{}" }]);
      const closed = site.store.close();
      await expect(add(site)).rejects.toMatchObject({ name: "StoreError", code: "closed" });
      await expect(site.store.stage([])).rejects.toMatchObject({ code: "closed" });
      await closed;
      expect((await Promise.all(asked)).at(-1)).toEqual({ sum: 7, seq: 7 });
      await staged;
      await site.store.close();
      const reopened = await openSite(home());
      expect(await add(reopened)).toEqual({ sum: 8, seq: 8 });
      expect(await reopened.store.read.objects(["ab".repeat(32)])).toHaveLength(1);
      await reopened.store.close();
    });

    it("calls no timer any more", async () => {
      const site = await openSite(home());
      await site.store.transact({
        flow: "remind",
        tenant: "alpha",
        input: { set: [{ due: START + 100, flow: "ring", key: "a" }] },
      });
      await site.store.close();
      await site.pass(1000);
      const reopened = await openSite(home());
      expect(reopened.engine.timers("alpha", Number.MAX_SAFE_INTEGER, 9)).toHaveLength(1);
      await reopened.store.close();
    });

    it("refuses more bytes than may wait, and takes them again once these are answered", async () => {
      const site = await openSite(home(), { limits: { maxWaitingBytes: 1000, bytes: 700 } });
      const asked = [add(site, 600), add(site, 400)];
      expect(site.store.pressure()).toEqual({ waitingQuestions: 2, waitingBytes: 1000, maxWaitingBytes: 1000 });
      await expect(add(site, 1)).rejects.toMatchObject({ name: "StoreError", code: "overloaded" });
      expect(await Promise.all(asked)).toMatchObject([{ sum: 1 }, { sum: 2 }]);
      expect(site.store.pressure()).toEqual({ waitingQuestions: 0, waitingBytes: 0, maxWaitingBytes: 1000 });
      expect(await add(site, 5000)).toMatchObject({ sum: 3 });
      await site.store.close();
    });

    it.each([
      ["bytes", { bytes: 1000 }, (site: Site) => [600, 400, 1, 3000, 1].map((bytes) => add(site, bytes)), [2, 1, 1, 1]],
      ["rows", { rows: 20 }, (site: Site) => [10, 10, 30, 5, 5].map((leaves) => grow(site, leaves)), [20, 30, 10]],
    ])("ends a commit where it has enough %s", async (_, limits, ask, expected) => {
      const plans: number[] = [];
      const wrap: Wrap = (engine) => meeting(engine, ({ tenants }) => plans.push(tenants[0]?.leaves.length ?? 0));
      const site = await openSite(home(), { limits, wrap });
      plans.length = 0;
      await Promise.all<unknown>(ask(site));
      expect(plans).toEqual(expected);
      await site.store.close();
    });
  });
}
