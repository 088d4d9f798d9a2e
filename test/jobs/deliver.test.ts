import { describe, expect, test } from "vitest";
import { CoreError } from "../../src/core/error.ts";
import { StoreError } from "../../src/store/error.ts";
import type { Message, Outcome } from "../../src/ports.ts";
import { DOWN, delivering, FAILED, REFUSED, SENT, testConnector } from "../support/delivering.ts";
import { channel, rule, template } from "../support/objects.ts";
import { storeHome } from "../support/store-home.ts";

const never = new AbortController().signal;
const HOUR = 3_600_000;

/** An answer that waits for its turn. */
function gate(): { readonly wait: Promise<void>; readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { wait: promise, open: resolve };
}

describe("sending what is due", () => {
  test("each delivery goes out once, in order of due, rendered, with its id and the ledger's head", async () => {
    const { post, settle, connector, delivery, leaves, clock } = await delivering({
      channelFields: { concurrency: 1 },
    });
    const first = await post(3);
    clock.now += 1000;
    const second = await post(2);
    await settle();
    expect(connector.sent.map(({ id }) => id)).toEqual([...first.toSorted(), ...second.toSorted()]);
    const [message] = connector.sent;
    expect(message).toMatchObject({
      tenant: "default",
      to: "ops@plant.example",
      subject: "disk.full",
      text: "disk.full\n",
      severity: "high",
    });
    expect(message?.ledger).toMatch(/^sealpost-test-00000000-default \d+ [A-Za-z0-9+/]{43}=$/);
    for (const id of [...first, ...second])
      expect(await delivery(id)).toMatchObject({
        status: "sent",
        attempts: 1,
        payload: expect.stringMatching(/^[0-9a-f]{64}$/),
      });
    expect(await leaves("delivery.attempt")).toHaveLength(5);
  });

  test("never more at once than the channel may", async () => {
    const { post, settle, connector } = await delivering({ channelFields: { concurrency: 3 } });
    await post(50);
    await settle();
    expect(connector.sent).toHaveLength(50);
    expect(connector.most).toBe(3);
  });

  test("a backlog is paged, not read again and again", async () => {
    const asked = { rows: 0, calls: 0 };
    const { post, restart, settle, connector, store } = await delivering();
    await post(1000);
    await post(1000);
    restart({
      read: {
        ...store.read,
        due: async (at) => {
          const page = await store.read.due(at);
          asked.calls++;
          asked.rows += page.length;
          return page;
        },
      },
    });
    await settle();
    expect(new Set(connector.sent.map(({ id }) => id)).size).toBe(2000);
    expect(connector.sent).toHaveLength(2000);
    expect(asked.rows).toBeLessThanOrEqual(2000);
    expect(asked.calls).toBeLessThan(20);
  });

  test("what a commit brings is sent without asking the store for it", async () => {
    const { post, restart, settle, connector, store } = await delivering();
    await post(1);
    let calls = 0;
    restart({
      read: {
        ...store.read,
        due: async (at) => {
          calls++;
          return await store.read.due(at);
        },
      },
    });
    await settle();
    const before = calls;
    for (let round = 0; round < 20; round++) {
      await post(2);
      await settle();
    }
    expect(connector.sent).toHaveLength(41);
    expect(calls).toBe(before);
  });

  test("a relay that hangs holds up its own channel only", async () => {
    const { post, settle, connector, configure, job, delivery, clock } = await delivering({
      channelFields: { concurrency: 1 },
    });
    const other = { id: "other-mail", channel: "other" };
    await configure([
      channel("ops-mail", { concurrency: 1 }),
      channel("other", { to: ["other@plant.example"] }),
      rule("all", { actions: [{ id: "all-mail", channel: "ops-mail" }, other] }),
      template(),
    ]);
    const hanging = gate();
    connector.answer = async ({ to }) => {
      if (to === "ops@plant.example") await hanging.wait;
      return SENT;
    };
    const ids = await post(3);
    await job.run(clock.now, never);
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const statuses = await Promise.all(ids.map(async (id) => (await delivery(id)).status));
    expect(statuses.filter((status) => status === "sent")).toHaveLength(3);
    hanging.open();
    await settle();
    expect(connector.sent).toHaveLength(6);
  });

  test("a send that ends never is cut off at the limit, and has failed", async () => {
    const connector = testConnector(
      async (_message, signal) =>
        await new Promise<Outcome>((resolve) => signal.addEventListener("abort", () => resolve(FAILED))),
    );
    const { post, job, advance, delivery, clock } = await delivering({ connector, doors: () => ({ sendLimit: 5000 }) });
    const [id = ""] = await post(1);
    await job.run(clock.now, never);
    await new Promise((resolve) => setTimeout(resolve, 5));
    connector.answer = () => SENT;
    await advance(5000);
    expect(await delivery(id)).toMatchObject({ status: "retrying", attempts: 1 });
    await advance(5000);
    expect(await delivery(id)).toMatchObject({ status: "sent", attempts: 2 });
  });
});

describe("trying again", () => {
  test("a failed message waits its time and goes out again with the same id", async () => {
    const { post, settle, advance, connector, delivery } = await delivering();
    let left = 2;
    connector.answer = () => (left-- > 0 ? FAILED : SENT);
    const [id = ""] = await post(1);
    await settle();
    expect(connector.sent).toHaveLength(1);
    await advance(1000);
    expect(connector.sent).toHaveLength(1);
    await advance(1000);
    expect(connector.sent).toHaveLength(2);
    await advance(8000);
    expect(connector.sent.map((message) => message.id)).toEqual([id, id, id]);
    expect(await delivery(id)).toMatchObject({ status: "sent", attempts: 3 });
  });

  test("one that always fails is dead after its tries, one that is refused at once; neither parks the channel", async () => {
    const { post, advance, connector, delivery, leaves, clock } = await delivering();
    const [failing = "", refused = "", good = ""] = await post(3);
    connector.answer = ({ id }) => (id === failing ? FAILED : id === refused ? REFUSED : SENT);
    const began = clock.now;
    await advance(HOUR);
    expect(connector.sent).toHaveLength(10);
    expect(await delivery(failing)).toMatchObject({ status: "dead", attempts: 8, reason: { code: "exhausted" } });
    expect(await delivery(refused)).toMatchObject({ status: "dead", attempts: 1, reason: { code: "refused" } });
    expect(await delivery(good)).toMatchObject({ status: "sent", deliveredAt: began + 1 });
    expect(await leaves("channel.down", "channel.up")).toHaveLength(0);
  });
});

describe("a channel that is down", () => {
  test("an outage of three weeks: one probe at a time, nothing counted, nothing lost, all of it in order", async () => {
    const { post, settle, advance, connector, delivery, leaves } = await delivering({
      channelFields: { concurrency: 4 },
    });
    connector.answer = () => DOWN;
    const ids = [...(await post(300))];
    await settle();
    expect(connector.sent.length).toBeLessThanOrEqual(4);
    connector.most = 0;
    connector.sent.length = 0;
    await advance(1000);
    expect(connector.sent).toHaveLength(1);
    await advance(2000 + 4000 + 8000 + 16_000);
    expect(connector.sent).toHaveLength(5);
    await advance(10 * 60_000);
    expect(connector.sent.length).toBe(5 + 20);
    expect(new Set(connector.sent.map(({ id }) => id)).size).toBe(1);
    for (let week = 0; week < 3; week++) {
      ids.push(...(await post(50)));
      await advance(HOUR);
    }
    expect(connector.most).toBe(1);
    for (const id of ids) expect(await delivery(id)).toMatchObject({ status: "pending", attempts: 0 });
    expect(await leaves("channel.down", "channel.up", "delivery.attempt")).toHaveLength(1);

    connector.sent.length = 0;
    connector.answer = () => SENT;
    await advance(30_000);
    expect(connector.sent.map(({ id }) => id)).toEqual(await sortedByDue(ids, delivery));
    for (const id of ids) expect(await delivery(id)).toMatchObject({ status: "sent", attempts: 1 });
    expect((await leaves("channel.down", "channel.up")).map(({ type }) => type)).toEqual([
      "channel.down",
      "channel.up",
    ]);
  });

  test("a restart in an outage probes at once, and once", async () => {
    const { post, settle, advance, connector, restart, leaves } = await delivering();
    connector.answer = () => DOWN;
    await post(20);
    await settle();
    connector.sent.length = 0;
    restart();
    await settle();
    expect(connector.sent).toHaveLength(1);
    connector.answer = () => SENT;
    await advance(60_000);
    expect(connector.sent).toHaveLength(21);
    expect((await leaves("channel.down", "channel.up")).map(({ type }) => type)).toEqual([
      "channel.down",
      "channel.up",
    ]);
  });

  test("five messages that fail in a row park it; the probes go round, so that one bad message does not block the rest", async () => {
    const { post, settle, advance, connector, delivery, leaves } = await delivering({
      channelFields: { concurrency: 1 },
    });
    const ids = await post(12);
    const bad = new Set(ids.toSorted().slice(0, 6));
    connector.answer = ({ id }) => (bad.has(id) ? FAILED : SENT);
    await settle();
    expect((await leaves("channel.down"))[0]).toMatchObject({ reason: { code: "failing-messages" } });
    await advance(10 * 60_000);
    for (const id of ids.filter((one) => !bad.has(one)))
      expect(await delivery(id)).toMatchObject({ status: "sent", attempts: 1 });
    connector.answer = () => SENT;
    await advance(HOUR);
    for (const id of bad) expect((await delivery(id)).status).toBe("sent");
    const told = await leaves("channel.down", "channel.up");
    expect(told.length % 2).toBe(0);
    expect(told.at(-1)?.type).toBe("channel.up");
  });

  test("a send that succeeds while others find it down brings it back", async () => {
    const { post, settle, advance, connector, delivery } = await delivering({ channelFields: { concurrency: 4 } });
    const ids = await post(8);
    const last = ids.toSorted()[3];
    connector.answer = async ({ id }) => {
      if (id === last) await new Promise((resolve) => setTimeout(resolve, 20));
      return id === last || connector.sent.length > 4 ? SENT : DOWN;
    };
    await settle();
    await advance(2000);
    for (const id of ids) expect(await delivery(id)).toMatchObject({ status: "sent", attempts: 1 });
  });
});

describe("channels that wait for the site", () => {
  const bound = { config: { host: "127.0.0.1", port: 25 }, bind: ["from"] };

  test("an unbound channel is parked without a probe, and goes on when it is bound", async () => {
    const { post, settle, advance, connector, configure, delivery, leaves } = await delivering({
      channelFields: bound,
    });
    const [id = ""] = await post(1);
    await settle();
    await advance(HOUR);
    await post(1);
    await settle();
    expect(connector.sent).toHaveLength(0);
    expect(await leaves("channel.down", "delivery.attempt")).toEqual([
      expect.objectContaining({ type: "channel.down", reason: { code: "unbound" } }),
    ]);
    await configure([
      channel("ops-mail", { config: { host: "127.0.0.1", port: 25, from: "a@b.example" } }),
      rule("all"),
      template(),
    ]);
    await settle();
    expect(connector.sent).toHaveLength(2);
    expect(await delivery(id)).toMatchObject({ status: "sent", attempts: 1 });
  });

  test("one that is switched off keeps what it has until it is switched on", async () => {
    const { post, settle, connector, configure, restart } = await delivering();
    restart();
    const closed = [channel("ops-mail", { isEnabled: false }), rule("all"), template()];
    await post(3);
    await configure(closed);
    await settle();
    expect(connector.sent).toHaveLength(0);
    await configure([channel(), rule("all"), template()]);
    await settle();
    expect(connector.sent).toHaveLength(3);
  });

  test("one that is gone: what waits for it is dropped, also when it was down", async () => {
    const { post, settle, connector, configure, delivery } = await delivering();
    connector.answer = () => DOWN;
    const ids = await post(30);
    await settle();
    await configure([rule("all"), template()]);
    await settle();
    for (const id of ids)
      expect(await delivery(id)).toMatchObject({
        status: "dropped",
        attempts: 0,
        reason: { code: "channel-missing", by: "ops-mail" },
      });
  });

  test("another configuration opens the channel anew; the same one keeps it", async () => {
    const { post, settle, connector, configure } = await delivering();
    await post(1);
    await settle();
    await configure([channel(), rule("all", { priority: 5 }), template()]);
    await post(1);
    await settle();
    expect(connector.opened).toHaveLength(1);
    await configure([
      channel("ops-mail", { config: { host: "127.0.0.2", port: 25, from: "a@b.example" } }),
      rule("all"),
      template(),
    ]);
    await post(1);
    await settle();
    expect(connector.opened).toHaveLength(2);
    expect(connector.opened[1]).toMatchObject({ host: "127.0.0.2" });
    expect(connector.opened[1]).not.toHaveProperty("name");
    expect(connector.closed).toBe(1);
    expect(connector.sent).toHaveLength(3);
  });

  test("a kind of channel that is not built in is down", async () => {
    const { post, settle, leaves } = await delivering({ doors: () => ({ channelTypes: [] }) });
    await post(2);
    await settle();
    expect(await leaves("channel.down")).toHaveLength(1);
  });
});

describe("messages that cannot be made", () => {
  test("a template that is gone, broken, or an event that is gone: dead with the reason, never a loop", async () => {
    const CASES = [
      {
        read: { objects: async () => await Promise.resolve([]) },
        reason: { code: "template-missing", by: "tmpl-event" },
      },
      {
        read: { objects: async () => await Promise.resolve([{ hash: "x", text: '{"schema":"template/v9"}' }]) },
        reason: { code: "render-failed", by: "tmpl-event" },
      },
      {
        read: { event: async () => await Promise.resolve(undefined) },
        reason: { code: "render-failed", by: "tmpl-event" },
      },
    ];
    for (const { read, reason } of CASES) {
      const { post, settle, advance, connector, delivery, leaves } = await delivering({
        doors: (real) => ({ read: { ...real.read, ...read } }),
      });
      const [id = ""] = await post(1);
      await settle();
      await advance(HOUR);
      expect(connector.sent).toHaveLength(0);
      expect(await delivery(id)).toMatchObject({ status: "dead", attempts: 0, reason });
      expect(await leaves("delivery.change")).toHaveLength(1);
    }
  });

  test("a configuration without any template", async () => {
    const { post, settle, configure, delivery } = await delivering();
    await configure([channel(), rule("all")]);
    const [id = ""] = await post(1);
    await settle();
    expect(await delivery(id)).toMatchObject({ status: "dead", reason: { code: "template-missing" } });
  });

  test("an addressee that was bound after the decision is the one that gets it; none at all is dropped", async () => {
    const { post, settle, configure, connector, delivery } = await delivering({
      channelFields: { to: [], bind: ["to"] },
    });
    const [id = ""] = await post(1);
    await settle();
    await configure([channel("ops-mail", { to: ["late@plant.example"], bind: ["to"] }), rule("all"), template()]);
    await settle();
    expect(connector.sent.map(({ to }) => to)).toEqual(["late@plant.example"]);
    expect((await delivery(id)).status).toBe("sent");
  });

  test("a connector that throws is a failure of that message", async () => {
    const { post, settle, connector, delivery, log } = await delivering();
    connector.answer = () => {
      throw new Error("bug");
    };
    const [id = ""] = await post(1);
    await settle();
    expect(await delivery(id)).toMatchObject({
      status: "retrying",
      attempts: 1,
      failureReason: "EINTERNAL the connector broke",
    });
    expect(log.lines).toEqual(["a connector threw, which it must not"]);
    expect(log.fields.join()).not.toContain("bug");
  });
});

describe("crashes, stops and a store that fails", () => {
  test("killed between the send and its record: sent again with the same id, recorded once", async () => {
    const { post, job, settle, restart, connector, delivery, clock, leaves } = await delivering({
      doors: () => ({ record: async () => await new Promise(() => undefined) }),
    });
    const ids = await post(5);
    await job.run(clock.now, never);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(connector.sent).toHaveLength(5);
    restart();
    await settle();
    expect(connector.sent.map(({ id }) => id).toSorted()).toEqual([...ids, ...ids].toSorted());
    for (const id of ids) expect(await delivery(id)).toMatchObject({ status: "sent", attempts: 1 });
    expect(await leaves("delivery.attempt")).toHaveLength(5);
  });

  test("a record that the store cannot take is asked again, and nothing is sent twice for it", async () => {
    let left = 3;
    const { post, job, advance, connector, delivery, clock, log } = await delivering({
      doors: (real) => ({
        record: async (tenant, input) => {
          if (left-- > 0) throw new Error("overloaded");
          return await real.record(tenant, input);
        },
      }),
    });
    const ids = await post(4);
    await job.run(clock.now, never);
    await new Promise((resolve) => setTimeout(resolve, 10));
    for (let second = 0; second < 4; second++) {
      const before = clock.now;
      clock.now = before + 1000;
      await Promise.race([advance(0), new Promise((resolve) => setTimeout(resolve, 20))]);
    }
    await advance(0);
    expect(connector.sent).toHaveLength(4);
    for (const id of ids) expect(await delivery(id)).toMatchObject({ status: "sent", attempts: 1 });
    expect(log.lines).toHaveLength(3);
    expect(log.fields.join()).not.toContain("overloaded");
  });

  test("reads that fail pause the lane for a second; then everything goes out", async () => {
    let left = 2;
    const { post, settle, advance, connector, log } = await delivering({
      doors: (real) => ({
        read: {
          ...real.read,
          event: async (tenant, id) => {
            if (left-- > 0) throw new Error("disk");
            return await real.read.event(tenant, id);
          },
        },
      }),
    });
    await post(2);
    await settle();
    const before = connector.sent.length;
    await advance(3000);
    expect(before).toBeLessThan(2);
    expect(connector.sent).toHaveLength(2);
    expect(log.lines.length).toBeGreaterThan(0);
    expect(log.fields.join()).not.toContain("disk");
  });

  test.each([
    ["a leaf", new CoreError("leaf-too-large", "boss@plant.example")],
    ["a row", new StoreError("refused-row", "boss@plant.example")],
  ])(
    "%s that is never taken is given up alone: the others are recorded, it is tried no more in this run",
    async (_, error) => {
      let bad = "";
      const { post, settle, advance, connector, delivery, log, restart, store } = await delivering({
        doors: (real) => ({
          record: async (tenant, input) => {
            if (input.tries.some((one) => one.delivery === bad)) throw error;
            return await real.record(tenant, input);
          },
        }),
      });
      const ids = await post(20);
      [, , bad = ""] = ids;
      await settle();
      for (const id of ids) expect((await delivery(id)).status).toBe(id === bad ? "pending" : "sent");
      const more = await post(2);
      await advance(HOUR);
      for (const id of more) expect((await delivery(id)).status).toBe("sent");
      expect(connector.sent).toHaveLength(22);
      expect(log.lines).toEqual(["what became of a send cannot be recorded"]);
      expect(log.fields).toEqual([
        JSON.stringify({ tenant: "default", delivery: bad, error: error.name, code: error.code }),
      ]);
      restart({ record: async (tenant, input) => await store.transact({ flow: "attempt", tenant, input }) });
      await settle();
      expect((await delivery(bad)).status).toBe("sent");
    },
  );

  test("draining finishes what is being sent, begins nothing, closes the channels", async () => {
    const { post, job, connector, delivery, clock } = await delivering({ channelFields: { concurrency: 2 } });
    const hanging = gate();
    connector.answer = async () => {
      await hanging.wait;
      return SENT;
    };
    const ids = await post(6);
    await job.run(clock.now, never);
    await new Promise((resolve) => setTimeout(resolve, 10));
    const draining = job.drain(never);
    hanging.open();
    await draining;
    expect(connector.sent).toHaveLength(2);
    expect(connector.closed).toBe(1);
    expect(job.due(clock.now)).toBeUndefined();
    const statuses = await Promise.all(ids.map(async (id) => (await delivery(id)).status));
    expect(statuses.filter((status) => status === "sent")).toHaveLength(2);
    expect(statuses.filter((status) => status === "pending")).toHaveLength(4);
  });

  test.each(["before", "during"])(
    "a drain whose time is up (%s it): what hangs is cut off, stays due and counts nothing",
    async (when) => {
      const connector = testConnector(
        async (_message, signal) =>
          await new Promise<Outcome>((resolve) => signal.addEventListener("abort", () => resolve(FAILED))),
      );
      const { post, job, delivery, clock, settle, restart } = await delivering({ connector });
      const [id = ""] = await post(1);
      await job.run(clock.now, never);
      await new Promise((resolve) => setTimeout(resolve, 10));
      const controller = new AbortController();
      if (when === "before") controller.abort();
      else setTimeout(() => controller.abort(), 20);
      await job.drain(controller.signal);
      expect(await delivery(id)).toMatchObject({ status: "pending", attempts: 0 });
      connector.answer = () => SENT;
      restart();
      await settle();
      expect(await delivery(id)).toMatchObject({ status: "sent", attempts: 1 });
    },
  );

  test("a drain gives up a record that the store does not take", async () => {
    const { post, job, clock, connector } = await delivering({
      doors: () => ({
        record: async () => {
          await Promise.resolve();
          throw new Error("closed");
        },
      }),
    });
    await post(1);
    await job.run(clock.now, never);
    await new Promise((resolve) => setTimeout(resolve, 10));
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    await job.drain(controller.signal);
    expect(connector.sent).toHaveLength(1);
  });
});

describe("over the engine on disk", () => {
  test("a backlog, failures, an outage and a restart: each mail once, the same as in memory", async () => {
    const home = storeHome();
    const engine = await home.open();
    const { post, settle, advance, connector, restart, delivery, leaves, store } = await delivering({ engine });
    const ids = [...(await post(400))];
    const failing = new Set(ids.toSorted().filter((_, at) => at % 40 === 7));
    connector.answer = ({ id }) => (failing.delete(id) ? FAILED : SENT);
    await settle();
    expect(connector.sent).toHaveLength(400);
    await advance(5000);
    expect(connector.sent).toHaveLength(410);
    connector.answer = () => DOWN;
    ids.push(...(await post(50)));
    await advance(60_000);
    connector.sent.length = 0;
    connector.answer = () => SENT;
    restart();
    await settle();
    expect(connector.sent).toHaveLength(50);
    const rows = await Promise.all(ids.map(delivery));
    expect(rows.filter(({ status, attempts }) => status === "sent" && attempts === 2)).toHaveLength(10);
    expect(rows.filter(({ status, attempts }) => status === "sent" && attempts === 1)).toHaveLength(440);
    expect((await leaves("channel.down", "channel.up")).map(({ type }) => type)).toEqual([
      "channel.down",
      "channel.up",
    ]);
    await store.close();
    home.remove();
  });
});

describe("what commits tell", () => {
  test("a delivery that is removed, or ends elsewhere, is not sent", async () => {
    const { post, settle, job, connector, delivery, store } = await delivering({ channelFields: { concurrency: 1 } });
    const hanging = gate();
    connector.answer = async () => {
      await hanging.wait;
      return SENT;
    };
    const ids = (await post(3)).toSorted();
    const settling = settle();
    await new Promise((resolve) => setTimeout(resolve, 10));
    const [, second = "", third = ""] = ids;
    const input = {
      tries: [{ kind: "ended", delivery: second, channel: "ops-mail", status: "dropped", reason: { code: "asked" } }],
    } as const;
    await store.transact({ flow: "attempt", tenant: "default", input });
    job.wake({ cells: [{ noun: "delivery", tenant: "default", key: third }], logs: [] });
    hanging.open();
    await settling;
    expect(connector.sent.map(({ id }: Message) => id)).toEqual([ids[0]]);
    expect((await delivery(second)).status).toBe("dropped");
  });

  test("one that comes due earlier than others goes before them", async () => {
    const { post, settle, connector, clock, advance } = await delivering({ channelFields: { concurrency: 1 } });
    const hanging = gate();
    connector.answer = async () => {
      await hanging.wait;
      return SENT;
    };
    const [first = ""] = await post(1);
    const settling = settle();
    await new Promise((resolve) => setTimeout(resolve, 10));
    clock.now += 10;
    const later = await post(1);
    clock.now -= 5;
    const sooner = await post(1);
    clock.now += 5;
    hanging.open();
    await settling;
    await advance(10);
    expect(connector.sent.map(({ id }) => id)).toEqual([first, ...sooner, ...later]);
  });

  test("a wall clock that is set back stops neither probes nor pauses", async () => {
    const { post, settle, connector, clock, advance } = await delivering();
    connector.answer = () => DOWN;
    await post(1);
    await settle();
    connector.answer = () => SENT;
    clock.now -= 7 * 24 * HOUR;
    await advance(1);
    expect(connector.sent.length).toBeLessThanOrEqual(2);
    clock.now += 7 * 24 * HOUR;
    await advance(1000);
    expect(connector.sent).toHaveLength(2);
  });
});

async function sortedByDue(
  ids: readonly string[],
  delivery: (id: string) => Promise<{ readonly createdAt: number }>,
): Promise<string[]> {
  const rows = await Promise.all(ids.map(async (id) => ({ id, at: (await delivery(id)).createdAt })));
  return rows.toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1)).map(({ id }) => id);
}
