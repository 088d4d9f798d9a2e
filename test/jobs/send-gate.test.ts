import { describe, expect, test } from "vitest";
import { createSendGate, type Withholding } from "../../src/jobs/send-gate.ts";
import { DOWN, delivering, SENT, testConnector } from "../support/delivering.ts";

const never = new AbortController().signal;

/** A job that withholds all but what it sends, and tells what was asked of it. */
function jobSending(...sending: readonly string[]): Withholding & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    withhold: (id) => {
      asked.push(`withhold ${id}`);
      return !sending.includes(id);
    },
    release: (id) => void asked.push(`release ${id}`),
  };
}

describe("a gate", () => {
  test("with no job behind it lets everything be done: nothing is being sent", async () => {
    expect(await createSendGate().without(["a", "b"], async () => await Promise.resolve(7))).toBe(7);
  });

  test("does it while all are withheld, and releases them afterwards", async () => {
    const gate = createSendGate();
    const job = jobSending();
    gate.attach(job);
    const done = await gate.without(["a", "b"], async () => await Promise.resolve([...job.asked]));
    expect(done).toEqual(["withhold a", "withhold b"]);
    expect(job.asked.slice(2)).toEqual(["release a", "release b"]);
  });

  test("does nothing where one is being sent, and releases the others only", async () => {
    const gate = createSendGate();
    const job = jobSending("b");
    gate.attach(job);
    let acts = 0;
    expect(await gate.without(["a", "b", "c"], async () => await Promise.resolve(++acts))).toBeUndefined();
    expect(acts).toBe(0);
    expect(job.asked.slice(3)).toEqual(["release a", "release c"]);
  });

  test("releases them when what was done throws", async () => {
    const gate = createSendGate();
    const job = jobSending();
    gate.attach(job);
    const fault = new Error("disk full");
    await expect(gate.without(["a"], async () => await Promise.reject(fault))).rejects.toBe(fault);
    expect(job.asked).toEqual(["withhold a", "release a"]);
  });

  test("of no deliveries does it", async () => {
    const gate = createSendGate();
    gate.attach(jobSending());
    expect(await gate.without([], async () => await Promise.resolve("done"))).toBe("done");
  });
});

/** An answer that waits for its turn. */
function turn(): { readonly wait: Promise<void>; readonly come: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { wait: promise, come: resolve };
}

describe("the job that delivers", () => {
  test("does not begin what is withheld, sends all else, and sends it once it is released", async () => {
    const { job, post, settle, connector, delivery } = await delivering();
    const ids = await post(3);
    const [held = ""] = ids;
    expect(job.withhold(held)).toBe(true);
    await settle();
    expect(connector.sent.map(({ id }) => id).toSorted()).toEqual(ids.slice(1).toSorted());
    job.release(held);
    await settle();
    expect(connector.sent.map(({ id }) => id).at(-1)).toBe(held);
    expect(await delivery(held)).toMatchObject({ status: "sent", attempts: 1 });
    expect(connector.sent).toHaveLength(3);
  });

  test("withholds once at a time", async () => {
    const { job, post } = await delivering();
    const [id = ""] = await post(1);
    expect(job.withhold(id)).toBe(true);
    expect(job.withhold(id)).toBe(false);
    job.release(id);
    expect(job.withhold(id)).toBe(true);
  });

  test("withholds what no channel is known of yet, and what comes due meanwhile", async () => {
    const { restart, post, settle, connector } = await delivering();
    const [id = ""] = await post(1);
    const job = restart();
    expect(job.withhold(id)).toBe(true);
    await settle();
    const [late = ""] = await post(1);
    await settle();
    expect(connector.sent.map((message) => message.id)).toEqual([late]);
    job.release(id);
    await settle();
    expect(connector.sent.map((message) => message.id)).toEqual([late, id]);
  });

  test("withholds nothing that it is sending or recording", async () => {
    const connector = testConnector();
    const sending = turn();
    const recording = turn();
    connector.answer = async () => {
      await sending.wait;
      return SENT;
    };
    const { job, post, clock, delivery, settle } = await delivering({
      connector,
      doors: (real) => ({
        record: async (tenant, input) => {
          await recording.wait;
          return await real.record(tenant, input);
        },
      }),
    });
    const [id = ""] = await post(1);
    await job.run(clock.now, never);
    while (connector.open === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(job.withhold(id)).toBe(false);
    sending.come();
    while (connector.open > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(job.withhold(id)).toBe(false);
    recording.come();
    await settle();
    expect(await delivery(id)).toMatchObject({ status: "sent", attempts: 1 });
    expect(job.withhold(id)).toBe(true);
  });

  test("withholds what waits for a channel that is down, between two probes and not within one", async () => {
    const connector = testConnector(() => DOWN);
    const { job, post, advance, settle, clock, delivery } = await delivering({ connector });
    const [id = ""] = await post(1);
    await settle();
    const probe = turn();
    connector.answer = async () => {
      await probe.wait;
      return DOWN;
    };
    clock.now += 1000;
    await job.run(clock.now, never);
    while (connector.open === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(job.withhold(id)).toBe(false);
    probe.come();
    await settle();
    expect(job.withhold(id)).toBe(true);
    const before = connector.sent.length;
    await advance(60_000);
    expect(connector.sent).toHaveLength(before);
    connector.answer = () => SENT;
    job.release(id);
    await advance(60_000);
    expect(await delivery(id)).toMatchObject({ status: "sent", attempts: 1 });
    expect(connector.sent).toHaveLength(before + 1);
  });

  test("begins nothing that was released once it is stopped", async () => {
    const { job, post, connector, clock } = await delivering();
    const [id = ""] = await post(1);
    expect(job.withhold(id)).toBe(true);
    await job.drain(AbortSignal.abort());
    job.release(id);
    await job.run(clock.now, never);
    await job.settled();
    expect(connector.sent).toEqual([]);
  });
});
