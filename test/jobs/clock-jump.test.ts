import { describe, expect, test } from "vitest";
import type { Delivery } from "../../src/core/delivery.ts";
import { createMemoryEngine } from "../../src/store/memory/engine.ts";
import { DOWN, type Delivering, delivering, FAILED, SENT, testConnector } from "../support/delivering.ts";
import { storeHome } from "../support/store-home.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const START = 1_780_000_000_000;

interface World extends Delivering {
  /** Time passes on both clocks; the job runs each second of it. */
  readonly pass: (ms: number) => Promise<void>;
  /** The wall clock is set. */
  readonly set: (by: number) => void;
}

/** A world whose relay first answers as given, on clocks that can be set. */
async function world(given: Parameters<typeof delivering>[0] = {}): Promise<World> {
  const at = { wall: START, mono: 0 };
  const opened = await delivering({ ...given, clocks: { now: () => at.wall, mono: () => at.mono } });
  return {
    ...opened,
    pass: async (ms) => {
      for (let left = ms; left > 0; left -= SECOND) {
        const step = Math.min(SECOND, left);
        at.wall += step;
        at.mono += step;
        await opened.settle();
      }
    },
    set: (by) => {
      at.wall += by;
    },
  };
}

async function jumps({ lines }: Delivering): Promise<number> {
  return (await lines("_site")).filter((line) => line.includes('"type":"clock.jump"')).length;
}

describe("a wall clock that is set", () => {
  test.each([-2 * SECOND, -4 * MINUTE, -6 * MINUTE, -24 * HOUR, 4 * SECOND, 24 * HOUR])(
    "by %d ms does not stop mail: what comes in then is sent at once",
    async (by) => {
      const site = await world();
      await site.post(1);
      await site.pass(SECOND);
      site.set(by);
      await site.post(2);
      await site.settle();
      expect(site.connector.sent).toHaveLength(3);
      expect(await jumps(site)).toBe(Math.abs(by) > 5 * MINUTE ? 1 : 0);
    },
  );

  test.each([
    ["memory", HOUR],
    ["memory", -HOUR],
    ["libsql", HOUR],
    ["libsql", -HOUR],
  ])("%s: a retry waits as long as it would have, clock set by %d ms", async (name, by) => {
    const home = storeHome();
    const site = await world({ engine: name === "libsql" ? await home.open() : createMemoryEngine() });
    site.connector.answer = () => FAILED;
    const [first = ""] = await site.post(1);
    await site.settle();
    site.connector.answer = () => SENT;
    const waits: Delivery = await site.delivery(first);
    site.set(by);
    await site.post(1);
    await site.settle();
    expect(site.connector.sent).toHaveLength(2);
    expect((await site.delivery(first)).dueAt).toBe((waits.dueAt ?? 0) + by);
    await site.pass(SECOND);
    expect((await site.delivery(first)).status).toBe("retrying");
    await site.pass(SECOND);
    expect(await site.delivery(first)).toMatchObject({ status: "sent", attempts: 2 });
    await site.store.close();
    home.remove();
  });

  test.each([HOUR, -HOUR])("by %d ms while what is due is read: what was read is not used", async (by) => {
    const held = Promise.withResolvers<void>();
    const site = await world();
    site.connector.answer = () => FAILED;
    const [id = ""] = await site.post(1);
    await site.settle();
    site.connector.answer = () => SENT;
    const { read } = site.store;
    site.restart({
      read: {
        ...read,
        due: async (at) => {
          const rows = await read.due(at);
          await held.promise;
          return rows;
        },
      },
    });
    const [other = ""] = await site.post(1);
    const settling = site.settle();
    await new Promise((resolve) => setTimeout(resolve, 10));
    site.set(by);
    await site.store.transact({ flow: "site-start", tenant: "_site", input: { boot: "b", version: "1" } });
    held.resolve();
    await settling;
    expect(site.connector.sent.map((message) => message.id)).toEqual([id, other]);
    await site.pass(2 * SECOND);
    expect(await site.delivery(id)).toMatchObject({ status: "sent", attempts: 2 });
  });

  test.each([HOUR, -HOUR])("by %d ms while a channel is down: it is probed, and all of it goes out", async (by) => {
    const site = await world({ connector: testConnector(() => DOWN) });
    await site.post(3);
    await site.pass(10 * SECOND);
    site.set(by);
    await site.post(1);
    await site.pass(SECOND);
    site.connector.answer = () => SENT;
    site.connector.sent.length = 0;
    await site.pass(40 * SECOND);
    expect(site.connector.sent).toHaveLength(4);
  });
});
