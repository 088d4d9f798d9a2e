import { describe, expect, test } from "vitest";
import { JOB_ORDER, jobsInOrder } from "../../src/jobs/index.ts";
import { createScheduler, type Scheduler } from "../../src/jobs/scheduler.ts";
import type { Clock, Job } from "../../src/ports.ts";
import { testLog, testTimers } from "../support/delivering.ts";

interface World {
  readonly scheduler: Scheduler;
  readonly log: ReturnType<typeof testLog>;
  readonly at: { now: number };
  /** Moves the clock and lets everything run that follows. */
  readonly pass: (ms: number) => Promise<void>;
}

function world(jobs: readonly Job[], runLimit?: number): World {
  const at = { now: 1_000_000 };
  const clock: Clock = { now: () => at.now, mono: () => at.now };
  const timers = testTimers(clock.now);
  const log = testLog();
  const scheduler = createScheduler({
    jobs,
    clock,
    timeout: timers.timeout,
    log,
    ...(runLimit === undefined ? {} : { runLimit }),
  });
  const pass = async (ms: number): Promise<void> => {
    for (const end = at.now + ms; at.now <= end; at.now += 100) {
      timers.fire(at.now);
      await new Promise((resolve) => setImmediate(resolve));
    }
    at.now -= 100;
  };
  return { scheduler, log, at, pass };
}

/** A job that is due at the given instants (ms after the start) and says when it ran. */
function jobAt(
  name: string,
  dues: number[],
  ran: string[],
  work: () => Promise<number> = async () => await Promise.resolve(1),
): Job {
  return {
    name,
    due: () => (dues[0] === undefined ? undefined : 1_000_000 + dues[0]),
    run: async (now) => {
      ran.push(`${name}@${now - 1_000_000}`);
      dues.shift();
      return await work();
    },
  };
}

describe("the scheduler", () => {
  test("a tick runs what is due, in the order of the list, and answers what was done", async () => {
    const ran: string[] = [];
    const { scheduler } = world([
      jobAt("b", [0], ran),
      jobAt("later", [5], ran),
      jobAt("a", [0], ran, async () => await Promise.resolve(3)),
    ]);
    expect(await scheduler.tick()).toBe(4);
    expect(ran).toEqual(["b@0", "a@0"]);
    expect(await scheduler.tick()).toBe(0);
    expect(scheduler.counts()).toEqual([
      { name: "b", runs: 1, failures: 0 },
      { name: "later", runs: 0, failures: 0 },
      { name: "a", runs: 1, failures: 0 },
    ]);
  });

  test("started, it sleeps until something is due", async () => {
    const ran: string[] = [];
    const { scheduler, pass } = world([jobAt("a", [0, 700, 40_000], ran)]);
    scheduler.start();
    await pass(50_000);
    expect(ran).toEqual(["a@0", "a@700", "a@40000"]);
    await scheduler.stop();
  });

  test("a wake finds what has become due; before the start and after the stop it does nothing", async () => {
    const ran: string[] = [];
    const dues: number[] = [];
    const { scheduler, pass } = world([jobAt("a", dues, ran)]);
    dues.push(0);
    scheduler.wake();
    await pass(0);
    expect(ran).toEqual([]);
    scheduler.start();
    await pass(0);
    expect(ran).toEqual(["a@0"]);
    dues.push(0);
    scheduler.wake();
    scheduler.wake();
    await pass(0);
    expect(ran).toHaveLength(2);
    await scheduler.stop();
    dues.push(0);
    scheduler.wake();
    await pass(60_000);
    expect(ran).toHaveLength(2);
  });

  test("a wake during a tick is not lost", async () => {
    const ran: string[] = [];
    const dues = [0];
    const made: { scheduler?: Scheduler } = {};
    const job = jobAt("a", dues, ran, async () => {
      if (ran.length === 1) {
        dues.push(0);
        made.scheduler?.wake();
      }
      return await Promise.resolve(1);
    });
    const { scheduler, pass } = world([job]);
    made.scheduler = scheduler;
    scheduler.start();
    await pass(0);
    expect(ran).toHaveLength(2);
    await scheduler.stop();
  });

  test("a job that fails is logged, counted, and waits longer each time; the others go on", async () => {
    const ran: string[] = [];
    const failing = jobAt("bad", [0, 0, 0, 0, 0], ran, async () => await Promise.reject(new Error("disk")));
    const { scheduler, log, pass } = world([failing, jobAt("good", [0, 2500], ran)]);
    scheduler.start();
    await pass(8000);
    expect(ran).toEqual(["bad@0", "good@0", "bad@1000", "good@2500", "bad@3000", "bad@7000"]);
    expect(log.lines).toEqual(["a job failed", "a job failed", "a job failed", "a job failed"]);
    expect(scheduler.counts()[0]).toEqual({ name: "bad", runs: 4, failures: 4 });
    await scheduler.stop();
  });

  test("one that did nothing and is still due is asked again after a second, not at once", async () => {
    const ran: string[] = [];
    const idle: Job = {
      name: "idle",
      due: (now) => now,
      run: async (now) => {
        ran.push(String(now));
        return await Promise.resolve(0);
      },
    };
    const { scheduler, pass } = world([idle]);
    scheduler.start();
    await pass(3000);
    expect(ran).toHaveLength(4);
    await scheduler.stop();
  });

  test("one that takes too long is told to stop; the others do not wait for it, and it does not run twice at once", async () => {
    const ran: string[] = [];
    let told = false;
    const { promise, resolve } = Promise.withResolvers<number>();
    const slow: Job = {
      name: "slow",
      due: (now) => now,
      run: async (now, signal) => {
        ran.push(`slow@${now - 1_000_000}`);
        signal.addEventListener("abort", () => {
          told = true;
        });
        return ran.filter((one) => one.startsWith("slow")).length > 1 ? 1 : await promise;
      },
    };
    const { scheduler, log, pass } = world([slow, jobAt("other", [0, 3000], ran)], 1000);
    scheduler.start();
    await pass(5000);
    expect(told).toBe(true);
    expect(ran).toEqual(["slow@0", "other@1000", "other@3000"]);
    expect(log.lines).toEqual(["a job takes too long"]);
    resolve(1);
    await pass(100);
    expect(ran.slice(3)).toContain("slow@5000");
    await scheduler.stop();
  });

  test("stop tells runs to end and waits for them", async () => {
    const events: string[] = [];
    const job: Job = {
      name: "a",
      due: (now) => now,
      run: async (_now, signal) =>
        await new Promise((resolve) =>
          signal.addEventListener("abort", () => {
            events.push("ended");
            resolve(1);
          }),
        ),
    };
    const { scheduler, pass } = world([job]);
    scheduler.start();
    await pass(0);
    await scheduler.stop();
    events.push("stopped");
    expect(events).toEqual(["ended", "stopped"]);
  });
});

describe("the list of jobs", () => {
  test("is in its order, whoever hands them over", () => {
    expect(
      jobsInOrder({
        checkpoint: idleJob("checkpoint"),
        deliver: idleJob("deliver"),
        "drop-folder": idleJob("drop-folder"),
        access: idleJob("access"),
      }).map(({ name }) => name),
    ).toEqual([...JOB_ORDER]);
  });
});

function idleJob(name: string): Job {
  return { name, due: () => undefined, run: async () => await Promise.resolve(0) };
}
