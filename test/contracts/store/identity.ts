import { describe, expect, it } from "vitest";
import type { EventInput } from "../../../src/core/event.ts";
import { input } from "../../support/objects.ts";
import { diskEvent } from "./scenario.ts";
import { type EngineHome, openSite, type Site, START } from "./site.ts";

async function accept(site: Site, events: readonly EventInput[], tenant = "alpha") {
  return site.store.transact({ flow: "accept", tenant, input: { events } });
}

const DAY = 86_400_000;
const some = (from: number): EventInput[] => Array.from({ length: 30 }, (_, n) => diskEvent(from + n));
const identityHash = (): bigint => 0x0123_4567_89ab_cdefn;

/** An event is accepted once for (tenant, source, sourceId), and a repeat gets the first receipt. */
export function identityContract(home: () => EngineHome): void {
  describe("identity of events", () => {
    it("holds within a question, within a commit, across commits and after reopening", async () => {
      const site = await openSite(home());
      const [first, repeat, other] = await accept(site, [diskEvent(1), diskEvent(1), diskEvent(2)]);
      expect(first).toMatchObject({
        duplicate: false,
        deliveries: [{ status: "pending" }, { status: "dropped", reason: { code: "channel-missing" } }],
      });
      expect(repeat).toEqual({ ...first, duplicate: true });
      expect(other).toMatchObject({ duplicate: false });
      const [[new3], [again3]] = await Promise.all([accept(site, [diskEvent(3)]), accept(site, [diskEvent(3)])]);
      expect(again3).toEqual({ ...new3, duplicate: true });
      expect(await accept(site, [diskEvent(1)])).toEqual([repeat]);
      await site.store.close();

      const reopened = await openSite(home(), { start: START + 60_000 });
      expect(await accept(reopened, [diskEvent(1), diskEvent(4), diskEvent(3)])).toEqual([
        repeat,
        expect.objectContaining({ duplicate: false }),
        again3,
      ]);
      expect((await reopened.store.read.events("alpha", { limit: 9 })).items.map(({ sourceId }) => sourceId)).toEqual([
        "e4",
        "e3",
        "e2",
        "e1",
      ]);
      await reopened.store.close();
    });

    it("is of tenant, source and id together", async () => {
      const site = await openSite(home());
      const variants = [
        diskEvent(1),
        diskEvent(1, { source: "/plant/8" }),
        diskEvent("1x"),
        input("1", { source: "/plant/7e" }),
      ];
      const first = await accept(site, variants);
      const beta = await accept(site, variants, "beta");
      expect([...first, ...beta].map(({ duplicate }) => duplicate)).toEqual(Array(8).fill(false));
      expect(new Set([...first, ...beta].map(({ id }) => id)).size).toBe(8);
      expect(await accept(site, variants, "beta")).toEqual(beta.map((receipt) => ({ ...receipt, duplicate: true })));
      await site.store.close();
    });

    it("is exact: different identities of one 64-bit hash are both accepted", async () => {
      const site = await openSite(home(), { identityHash });
      const [one, two] = await accept(site, [diskEvent("one"), diskEvent("two")]);
      const [three] = await accept(site, [diskEvent("three")]);
      expect([one, two, three].map((receipt) => receipt?.duplicate)).toEqual([false, false, false]);
      await site.store.close();
      const reopened = await openSite(home(), { identityHash, start: START + 60_000 });
      const again = await accept(reopened, [diskEvent("three"), diskEvent("one"), diskEvent("four"), diskEvent("two")]);
      expect(again).toMatchObject([
        { ...three, duplicate: true },
        { ...one, duplicate: true },
        { duplicate: false },
        { ...two, duplicate: true },
      ]);
      await reopened.store.close();
    });

    it("is known for its horizon, whatever the clock is set forward, before and after reopening", async () => {
      const seen = { slots: 16 };
      const site = await openSite(home(), { seen });
      const first = await accept(site, some(0));
      const known = first.map((receipt) => ({ ...receipt, duplicate: true }));
      site.clock.jump = { from: START + DAY, to: START + 365 * DAY };
      expect((await accept(site, some(100))).some(({ duplicate }) => duplicate)).toBe(false);
      expect(await accept(site, some(0))).toEqual(known);
      await site.store.close();

      const again = await openSite(home(), { seen, start: START + 370 * DAY });
      await accept(again, some(200));
      expect(await accept(again, some(0))).toEqual(known);
      again.clock.now = START + 371 * DAY;
      await accept(again, some(300));
      expect((await accept(again, some(0))).some(({ duplicate }) => duplicate)).toBe(false);
      await again.store.close();
    });

    it("of a failed question is free again", async () => {
      const site = await openSite(home());
      const clear = { due: 1, flow: "ring", key: "none" };
      await expect(
        site.store.transact({ flow: "upset", tenant: "alpha", input: { event: diskEvent(1), clear } }),
      ).rejects.toThrow("upset");
      expect(await accept(site, [diskEvent(1)])).toMatchObject([{ duplicate: false }]);
      await site.store.close();
    });

    it("holds for thousands, many of them repeats", async () => {
      const site = await openSite(home());
      const batches = Array.from({ length: 6 }, (_, batch) =>
        Array.from({ length: 500 }, (_unused, n) => diskEvent(batch * 400 + n)),
      );
      const receipts = await Promise.all(batches.map((events) => accept(site, events)));
      expect(receipts.map((batch) => batch.filter(({ duplicate }) => duplicate).length)).toEqual([
        0, 100, 100, 100, 100, 100,
      ]);
      await site.store.close();
      const reopened = await openSite(home(), { start: START + 60_000 });
      const repeats = await accept(reopened, batches.flat());
      expect(repeats.every(({ duplicate }) => duplicate)).toBe(true);
      expect(repeats.map(({ id }) => id)).toEqual(receipts.flat().map(({ id }) => id));
      await reopened.store.close();
    });
  });
}
