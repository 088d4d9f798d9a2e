import { describe, expect, onTestFinished, test } from "vitest";
import { digestService } from "../../src/app/digests.ts";
import { CHANNEL_TYPES } from "../../src/channels/index.ts";
import type { Delivery } from "../../src/core/delivery.ts";
import type { DigestCommand, ShownWindow } from "../../src/http/services.ts";
import { deliverJob } from "../../src/jobs/deliver.ts";
import { createScheduler } from "../../src/jobs/scheduler.ts";
import { createSendGate } from "../../src/jobs/send-gate.ts";
import type { Clock } from "../../src/ports.ts";
import { systemTimeout } from "../../src/system/timeout.ts";
import { testLog } from "../support/delivering.ts";
import { channel, input, rule, template } from "../support/objects.ts";
import { shippedTemplate } from "../support/samples.ts";
import { smtpPeer, type SmtpPeer } from "../support/smtp-peer.ts";
import { openTestStore, type TestStore } from "../support/store.ts";

const clock: Clock = { now: () => Date.now(), mono: () => performance.now() };

interface Served extends TestStore {
  readonly post: (type: string) => Promise<void>;
  readonly command: (asked: DigestCommand) => Promise<ShownWindow>;
  readonly delivery: (id: string) => Promise<Delivery | undefined>;
  readonly isDown: () => Promise<boolean>;
}

/** A site on a real clock whose digests go to a relay, the deliver job and its gate as app.ts wires them. */
async function served(port: number): Promise<Served> {
  const site = await openTestStore({ instant: clock.now });
  const { store, configurations } = site;
  const config = { host: "127.0.0.1", port, from: "sealpost@plant.example", timeout: "2s" };
  const texts = shippedTemplate("tmpl-digest-hourly");
  await site.configure([
    channel("ops-mail", { config }),
    rule("all", { actions: [{ id: "daily", channel: "ops-mail", digest: "1d" }] }),
    template("tmpl-digest-daily", { purpose: texts.purpose ?? "", subject: texts.subject, text: texts.text }),
  ]);
  const log = testLog();
  const job = deliverJob({
    read: store.read,
    record: async (tenant, asked) => await store.transact({ flow: "attempt", tenant, input: asked }),
    channelTypes: CHANNEL_TYPES,
    configurations,
    clock,
    timeout: systemTimeout,
    log,
    site: "plant-7",
    head: async (tenant) => await store.read.log(tenant),
  });
  const sends = createSendGate();
  sends.attach(job);
  const scheduler = createScheduler({ jobs: [job], clock, timeout: systemTimeout, log });
  store.onCommit((committed) => {
    job.wake(committed);
    scheduler.wake();
  });
  scheduler.start();
  onTestFinished(async () => {
    await scheduler.stop();
    await job.drain(AbortSignal.timeout(2000));
    expect(log.lines).toEqual([]);
  });
  const digests = digestService({ store, sends });
  let posted = 0;
  return {
    ...site,
    post: async (type) => {
      const events = [input(String(posted++), { type })];
      await store.transact({
        flow: "ingest",
        tenant: "default",
        input: { actor: "source:test", horizon: 1e9, events },
      });
    },
    command: async (asked) => {
      const [window] = await digests.command({ tenant: "default", actor: "token:ops" }, asked);
      if (window === undefined) throw new Error("no window");
      return window;
    },
    delivery: async (id) => await store.read.cell("delivery", "default", id),
    isDown: async () => (await store.read.cell("channel", "default", "ops-mail"))?.down !== undefined,
  };
}

async function peer(...given: Parameters<typeof smtpPeer>): Promise<SmtpPeer> {
  const relay = await smtpPeer(...given);
  onTestFinished(relay.close);
  return relay;
}

/** A port of loopback where nothing answers. */
async function closedPort(): Promise<number> {
  const relay = await smtpPeer("takes");
  await relay.close();
  return relay.port;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = clock.mono() + 10_000; clock.mono() < end; ) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("it did not come");
}

const flush = { command: "flush", actionKey: "daily" } as const;
const reopenOf = ({ window, openedAt }: ShownWindow): DigestCommand => ({
  command: "reopen",
  actionKey: "daily",
  window,
  openedAt,
});

describe("reopening a digest whose message waits, is under way, or was sent", () => {
  test("while it is in flight, and once it was sent, it is refused: one message", async () => {
    const relay = await peer("slow");
    const site = await served(relay.port);
    await site.post("disk.full");
    const window = await site.command(flush);
    await until(() => relay.received.length === 1); // taken by the relay, which has not answered yet
    expect((await site.delivery(window.id))?.status).toBe("pending");
    await expect(site.command(reopenOf(window))).rejects.toMatchObject({
      code: "conflict",
      message: `${window.id} is being sent`,
    });
    await until(async () => (await site.delivery(window.id))?.status === "digested");
    await expect(site.command(reopenOf(window))).rejects.toMatchObject({ code: "conflict" });
    expect(relay.received).toHaveLength(1);
    expect(await site.store.read.cell("window", "default", window.id)).toMatchObject({ state: "flushed", count: 1 });
  });

  test("while the relay is away it works, and one message with all of it arrives once the relay is back", async () => {
    const port = await closedPort();
    const site = await served(port);
    await site.post("disk.full");
    const first = await site.command(flush);
    await until(site.isDown);
    const reopened = await reopenedOf(site, first);
    expect(reopened).toMatchObject({ id: first.id, state: "open", count: 1 });
    await site.post("backup.failed");
    const relay = await peer("takes", "none", port);
    await new Promise((resolve) => setTimeout(resolve, 1500)); // probes have had their time: there is nothing to send
    expect(relay.received).toHaveLength(0);
    const again = await site.command(flush);
    expect(again).toMatchObject({ id: first.id, state: "flushed", count: 2, deliveries: [first.id] });
    await until(async () => (await site.delivery(first.id))?.status === "digested");
    expect(relay.received.map(({ mail }) => mail.text)).toEqual([
      expect.stringMatching(/disk\.full[^]*backup\.failed/),
    ]);
    expect(await site.delivery(first.id)).toMatchObject({ attempts: 1 });
    expect(await site.isDown()).toBe(false);
  });

  test("asked again and again while messages go out, each goes out once and none is lost", async () => {
    const relay = await peer("slow");
    const site = await served(relay.port);
    const sent: string[] = [];
    let reopened = 0;
    for (let round = 0; round < 8; round++) {
      await site.post(`round.${round}`);
      const window = await site.command(flush);
      const asked = await Promise.allSettled([1, 2, 3].map(async () => await site.command(reopenOf(window))));
      const took = asked.filter(({ status }) => status === "fulfilled").length;
      expect(took).toBeLessThanOrEqual(1);
      reopened += took;
      if (took > 0) await site.command(flush);
      sent.push(window.id);
    }
    await until(() => relay.received.length === sent.length);
    for (const id of sent) await until(async () => (await site.delivery(id))?.status === "digested");
    expect(relay.received).toHaveLength(sent.length);
    const told = relay.received.flatMap(({ mail }) => mail.text?.match(/round\.\d/)?.[0] ?? []);
    expect(told.toSorted()).toEqual(sent.map((_, round) => `round.${round}`));
    expect(reopened).toBeLessThanOrEqual(sent.length);
  });
});

/** Reopens a window; a probe that is under way just then is waited for. */
async function reopenedOf(site: Served, window: ShownWindow): Promise<ShownWindow> {
  let answer: ShownWindow | undefined;
  await until(async () => {
    answer = await site.command(reopenOf(window)).catch(() => undefined);
    return answer !== undefined;
  });
  if (answer === undefined) throw new Error("it was not reopened");
  return answer;
}
