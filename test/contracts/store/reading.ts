import { describe, expect, it } from "vitest";
import type { Delivery } from "../../../src/core/delivery.ts";
import { sha256Hex } from "../../../src/core/hash.ts";
import type { Page } from "../../../src/ports.ts";
import { compareText } from "../../../src/store/key-order.ts";
import { diskEvent } from "./scenario.ts";
import { type EngineHome, openSite, type Site, START } from "./site.ts";
import { input } from "../../support/objects.ts";
import { member } from "../../support/store-plans.ts";

const HOUR = 3_600_000;

/** All items of a list, page by page; no page may be longer than the limit. */
async function all<T>(limit: number, read: (cursor: { cursor?: string }) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  for (let cursor: { cursor?: string } = {}; ; ) {
    const page = await read(cursor);
    expect(page.items.length).toBeLessThanOrEqual(limit);
    items.push(...page.items);
    if (page.cursor === undefined) return items;
    cursor = { cursor: page.cursor };
  }
}

/** Twenty events over several commits: of two types, three sources, two severities. */
async function fill(site: Site): Promise<void> {
  for (let commit = 0; commit < 5; commit++) {
    const events = Array.from({ length: 4 }, (_, at) => {
      const n = commit * 4 + at;
      const source = `/plant/${n % 3}`;
      const severity = n % 5 === 0 ? "critical" : "low";
      return n % 2 === 0 ? diskEvent(n, { source, severity }) : input(`e${n}`, { type: "two.x", source, severity });
    });
    await site.store.transact({ flow: "accept", tenant: "alpha", input: { events } });
  }
  await site.store.transact({ flow: "accept", tenant: "beta", input: { events: [diskEvent(100)] } });
}

const ids = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => to - 1 - at);

/** The read port: what is committed, by id, in pages, in order. */
export function readingContract(home: () => EngineHome): void {
  describe("reading", () => {
    it.each([
      ["all", {}, () => true],
      ["of a type", { type: "two.x" }, (n: number) => n % 2 === 1],
      ["of a source", { source: "/plant/2" }, (n: number) => n % 3 === 2],
      ["of a severity", { severity: "critical" }, (n: number) => n % 5 === 0],
      [
        "of all three",
        { type: "disk.full", source: "/plant/1", severity: "low" },
        (n: number) => n % 2 === 0 && n % 3 === 1 && n % 5 !== 0,
      ],
      ["of none", { type: "nothing" }, () => false],
    ])("lists events (%s), the newest first, in pages of any size", async (_, query, matches) => {
      const site = await openSite(home());
      await fill(site);
      const expected = ids(0, 20)
        .filter(matches)
        .map((n) => `e${n}`);
      for (const limit of [1, 3, 50]) {
        const found = await all(limit, (cursor) => site.store.read.events("alpha", { ...query, ...cursor, limit }));
        expect(found.map(({ sourceId }) => sourceId)).toEqual(expected);
      }
      expect((await site.store.read.events("nobody", { limit: 3 })).items).toEqual([]);
      await site.store.close();
    });

    it("lists events that were accepted before one, from any place in its commit", async () => {
      const site = await openSite(home());
      await fill(site);
      const { read } = site.store;
      const every = (await read.events("alpha", { limit: 50 })).items;
      for (const [at, { id, sourceId }] of every.entries()) {
        const earlier = every.slice(at + 1);
        const found = await all(3, (cursor) => read.events("alpha", { before: id, ...cursor, limit: 3 }));
        expect(found, `before ${sourceId}`).toEqual(earlier);
        const of = { before: id, source: "/plant/2", limit: 50 };
        expect((await read.events("alpha", of)).items).toEqual(earlier.filter(({ source }) => source === "/plant/2"));
        expect(await read.events("beta", { before: id, limit: 3 })).toEqual({ items: [] });
      }
      for (const before of ["ev_00000000000000000000000000", "nonsense"])
        expect(await read.events("alpha", { before, limit: 3 })).toEqual({ items: [] });
      await site.store.close();
    });

    it("answers an event with the very bytes that its leaf commits to, and nobody else's", async () => {
      const site = await openSite(home());
      await fill(site);
      const [event] = (await site.store.read.events("alpha", { limit: 1 })).items;
      const accepted = await site.store.read.event("alpha", event?.id ?? "");
      expect(accepted).toMatchObject({ event, line: JSON.stringify(event), seq: 20 });
      expect((await site.lines("alpha"))[20]).toContain(event?.id);
      expect(await site.store.read.event("beta", event?.id ?? "")).toBeUndefined();
      expect(await site.store.read.event("alpha", "ev_00000000000000000000000000")).toBeUndefined();
      await site.store.close();
    });

    it("lists deliveries by status, channel and event, the newest first", async () => {
      const site = await openSite(home());
      await fill(site);
      const { read } = site.store;
      const list = (query: object) => all(4, (cursor) => read.deliveries("alpha", { ...query, ...cursor, limit: 4 }));
      const every = await list({});
      expect(every).toHaveLength(40);
      const instants = every.map(({ createdAt }) => createdAt);
      expect(instants).toEqual(instants.toSorted((left, right) => right - left));
      expect(new Set(every.map(({ id }) => id)).size).toBe(40);
      expect(await list({ status: "dropped" })).toEqual(every.filter(({ status }) => status === "dropped"));
      expect(await list({ channel: "ops-mail" })).toEqual(every.filter(({ channel }) => channel === "ops-mail"));
      const event = every[7]?.event ?? "";
      expect(await list({ event })).toEqual(every.filter((delivery) => delivery.event === event));
      expect(await list({ event, status: "sent" })).toEqual([]);
      for (const delivery of every.slice(0, 3))
        expect(await read.cell("delivery", "alpha", delivery.id)).toEqual(delivery);
      await site.store.close();
    });

    it("lists the deliveries that belong to a window or tell of it", async () => {
      const site = await openSite(home());
      await fill(site);
      const { read, transact } = site.store;
      const list = (query: object) => all(2, (cursor) => read.deliveries("alpha", { ...query, ...cursor, limit: 2 }));
      const folded = (await list({ status: "pending" })).slice(3, 8).map(({ id }) => id);
      const window = `digest:alpha:mail:1h:${START + 9}`;
      expect(await list({ window })).toEqual([]);
      await transact({ flow: "fold", tenant: "alpha", input: { ids: folded, window } });
      const own = await read.cell("delivery", "alpha", window);
      expect((await list({ window })).map(({ id }) => id).toSorted()).toEqual([window, ...folded].toSorted());
      expect(await list({ window, status: "pending" })).toEqual([own]);
      expect((await list({ window, status: "coalesced", channel: "ops-mail" })).map(({ id }) => id)).toEqual(folded);
      expect(await list({ window, channel: "none" })).toEqual([]);
      expect(await list({ window: "digest:alpha:mail:1h:1" })).toEqual([]);
      expect((await read.deliveries("beta", { window, limit: 9 })).items).toEqual([]);
      expect((await read.deliveries("nobody", { window, limit: 9 })).items).toEqual([]);
      await site.store.close();
    });

    it("counts deliveries by status and rule: open ones of any time, others since an hour", async () => {
      const site = await openSite(home());
      const { read, transact } = site.store;
      const none = { byStatus: {}, backlog: 0, byRule: [] };
      const hour = Math.floor(START / HOUR);
      expect(await read.counts("nobody", START)).toEqual({ since: hour * HOUR, ...none });
      await fill(site);
      const first = {
        since: hour * HOUR,
        byStatus: { pending: 30, dropped: 10 },
        backlog: 30,
        byRule: [
          { rule: "by-type", byStatus: { pending: 10, dropped: 10 } },
          { rule: "two", byStatus: { pending: 20 } },
        ],
      };
      expect(await read.counts("alpha", START)).toEqual(first);
      expect(await read.counts("alpha", START + HOUR)).toEqual({
        since: (hour + 1) * HOUR,
        byStatus: { pending: 30 },
        backlog: 30,
        byRule: [
          { rule: "by-type", byStatus: { pending: 10 } },
          { rule: "two", byStatus: { pending: 20 } },
        ],
      });
      const pending = await read.deliveries("alpha", { status: "pending", limit: 9 });
      const [sent, twice, gone, late, ...folded] = pending.items.map(({ id }) => id);
      const change = (id = "", dueAt?: number) =>
        transact({ flow: "redate", tenant: "alpha", input: dueAt === undefined ? { id } : { id, dueAt } });
      await Promise.all([change(sent), change(twice), change(twice, START), change(late, START)]);
      await transact({ flow: "purge", tenant: "alpha", input: { id: gone ?? "" } });
      site.clock.now = START + HOUR;
      const window = `digest:alpha:mail:1h:${START + 9}`;
      await transact({ flow: "fold", tenant: "alpha", input: { ids: folded, window } });
      await transact({ flow: "accept", tenant: "alpha", input: { events: [input("late", { type: "disk.full" })] } });
      const every = await all(50, (cursor) => read.deliveries("alpha", { ...cursor, limit: 50 }));
      for (const since of [0, START, START + HOUR - 1, START + HOUR, START + 2 * HOUR]) {
        const counts = await read.counts("alpha", since);
        expect(counts).toEqual(naiveCounts(every, counts.since));
        expect([since - counts.since < HOUR, counts.since <= since]).toEqual([true, true]);
      }
      expect((await read.counts("alpha", START)).byStatus).toMatchObject({ sent: 1, retrying: 2, coalesced: 5 });
      await site.store.close();
      const reopened = await openSite(home());
      expect(await reopened.store.read.counts("alpha", START)).toEqual(naiveCounts(every, hour * HOUR));
      await reopened.store.close();
    });

    it("refuses a cursor that is not its own", async () => {
      const site = await openSite(home());
      await fill(site);
      for (const cursor of ["", "nonsense", "-1", "1.5e3x"]) {
        const expected = { name: "StoreError", code: "bad-cursor" };
        await expect(site.store.read.events("alpha", { limit: 3, cursor })).rejects.toMatchObject(expected);
        await expect(site.store.read.deliveries("alpha", { limit: 3, cursor })).rejects.toMatchObject(expected);
      }
      await site.store.close();
    });

    it("pages what is due by channel, the oldest due first, and knows when each channel starts", async () => {
      const site = await openSite(home());
      await fill(site);
      const { read, transact } = site.store;
      const pending = (
        await all(50, (cursor) => read.deliveries("alpha", { status: "pending", ...cursor, limit: 50 }))
      ).toReversed();
      for (const [at, { id }] of pending.entries()) {
        const dueAt = START + 1000 + (at % 7) * 10;
        await transact({ flow: "redate", tenant: "alpha", input: at % 4 === 3 ? { id } : { id, dueAt } });
      }
      const expected = (await all(50, (cursor) => read.deliveries("alpha", { ...cursor, limit: 50 })))
        .map(({ id, dueAt = Number.POSITIVE_INFINITY }) => ({ id, dueAt }))
        .filter(({ dueAt }) => dueAt <= START + 1040);
      const found: { readonly id: string; readonly dueAt: number }[] = [];
      for (;;) {
        const last = found.at(-1);
        const after = last === undefined ? {} : { after: { due: last.dueAt, id: last.id } };
        const page = await read.due({ tenant: "alpha", channel: "ops-mail", now: START + 1040, limit: 4, ...after });
        if (page.length === 0) break;
        found.push(...page.map(({ id, dueAt = 0 }) => ({ id, dueAt })));
      }
      expect(found.map(({ dueAt }) => dueAt)).toEqual(
        expected.map(({ dueAt }) => dueAt).toSorted((left, right) => left - right),
      );
      expect(new Set(found.map(({ id }) => id))).toEqual(new Set(expected.map(({ id }) => id)));
      expect(await read.due({ tenant: "alpha", channel: "none", now: START + 9999, limit: 4 })).toEqual([]);
      const channels = (await read.dueChannels()).toSorted((left, right) => (left.tenant < right.tenant ? -1 : 1));
      expect(channels).toEqual([
        { tenant: "alpha", channel: "ops-mail", due: START + 1000 },
        { tenant: "beta", channel: "ops-mail", due: expect.any(Number) },
      ]);
      await site.store.close();
    });

    it("answers members from a place on, the oldest first", async () => {
      const site = await openSite(home());
      const gather = (window: string, from: number, bodies: string[]) =>
        site.store.transact({ flow: "gather", tenant: "alpha", input: { window, from, bodies } });
      await gather("w", 0, ["a", "b", "c"]);
      await gather("v", 0, ["x"]);
      await gather("w", 3, ["d", "e"]);
      const { members } = site.store.read;
      expect(await members("alpha", "w", 0, 99)).toEqual(["a", "b", "c", "d", "e"].map(member));
      expect(await members("alpha", "w", 2, 2)).toEqual(["c", "d"].map(member));
      expect(await members("alpha", "w", 5, 2)).toEqual([]);
      expect(await members("beta", "w", 0, 2)).toEqual([]);
      await site.store.close();
    });

    it("answers cells by key and prefix, and objects that were staged", async () => {
      const site = await openSite(home());
      const { read, stage, transact } = site.store;
      const put = ["b", "a%", "a_", "a", "ab", "", "ä"];
      await transact({ flow: "shelve", tenant: "alpha", input: { put, remove: [], prefix: "", limit: 0 } });
      expect((await read.cells("window", "alpha", "a", 9)).map(([key]) => key)).toEqual(["a", "a%", "a_", "ab"]);
      expect((await read.cells("window", "alpha", "a_", 9)).map(([key]) => key)).toEqual(["a_"]);
      expect((await read.cells("window", "alpha", "", 2)).map(([key]) => key)).toEqual(["", "a"]);
      expect(await read.cells("window", "beta", "", 9)).toEqual([]);
      expect((await read.cells("tenant", "_site", "", 9)).map(([key]) => key)).toEqual(["_site", "alpha", "beta"]);
      const objects = ['{"id":"one"}', '{"id":"two","text":"\\u0000 ü"}'].map((text) => ({
        hash: sha256Hex(text),
        text,
      }));
      await stage(objects);
      await stage(objects.slice(1));
      const found = await read.objects([...objects.map(({ hash }) => hash), sha256Hex("absent")]);
      expect(found.toSorted((left, right) => (left.text < right.text ? -1 : 1))).toEqual(objects);
      await site.store.close();
    });

    it("finds everything again after reopening", async () => {
      const site = await openSite(home());
      await fill(site);
      const before = await snapshot(site);
      await site.store.close();
      const reopened = await openSite(home());
      expect(await snapshot(reopened)).toEqual(before);
      await reopened.store.close();
    });
  });
}

const OPEN = ["pending", "held", "deferred", "retrying"];

function byStatus(deliveries: readonly Delivery[]): Record<string, number> {
  const count = (status: string): number => deliveries.filter((one) => one.status === status).length;
  return Object.fromEntries(deliveries.map(({ status }) => [status, count(status)]));
}

function naiveCounts(deliveries: readonly Delivery[], since: number): unknown {
  const counted = deliveries.filter(({ status, createdAt }) => OPEN.includes(status) || createdAt >= since);
  const rules = [...new Set(counted.map(({ rule }) => rule.split("@")[0] ?? ""))].toSorted(compareText);
  return {
    since,
    byStatus: byStatus(counted),
    backlog: counted.filter(({ status }) => OPEN.includes(status)).length,
    byRule: rules.map((rule) => ({
      rule,
      byStatus: byStatus(counted.filter((one) => one.rule.startsWith(`${rule}@`))),
    })),
  };
}

async function snapshot(site: Site): Promise<unknown> {
  const { read } = site.store;
  const logs = await read.logs();
  return {
    logs: logs.map(({ root, ...log }) => ({ ...log, root: Buffer.from(root).toString("hex") })),
    lines: await Promise.all(logs.map(({ tenant }) => site.lines(tenant))),
    events: await all(7, (cursor) => read.events("alpha", { ...cursor, limit: 7 })),
    deliveries: await all(7, (cursor) => read.deliveries("alpha", { ...cursor, limit: 7 })),
    due: await read.dueChannels(),
  };
}
