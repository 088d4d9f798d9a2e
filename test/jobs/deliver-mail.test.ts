import { describe, expect, test } from "vitest";
import type { EventInput } from "../../src/core/event.ts";
import { CHANNEL_TYPES } from "../../src/channels/index.ts";
import { deliverJob } from "../../src/jobs/deliver.ts";
import { createScheduler } from "../../src/jobs/scheduler.ts";
import type { Clock } from "../../src/ports.ts";
import { systemTimeout } from "../../src/system/timeout.ts";
import { testLog } from "../support/delivering.ts";
import { channel, rule, template } from "../support/objects.ts";
import { smtpPeer } from "../support/smtp-peer.ts";
import { openTestStore } from "../support/store.ts";

const clock: Clock = { now: () => Date.now(), mono: () => performance.now() };

describe("delivering by mail, on a real clock", () => {
  test("the relay goes away for a while: every mail arrives, once, and nothing was counted meanwhile", async () => {
    const relay = await smtpPeer("takes");
    const { store, configure, configurations, lines } = await openTestStore({ instant: clock.now });
    const config = { host: "127.0.0.1", port: relay.port, from: "sealpost@plant.example", timeout: "1s" };
    await configure([channel("ops-mail", { config }), rule("all"), template()]);
    const log = testLog();
    const job = deliverJob({
      read: store.read,
      record: async (tenant, input) => await store.transact({ flow: "attempt", tenant, input }),
      channelTypes: CHANNEL_TYPES,
      configurations,
      clock,
      timeout: systemTimeout,
      log,
      site: "plant-7",
      head: async (tenant) => await store.read.log(tenant),
    });
    const scheduler = createScheduler({ jobs: [job], clock, timeout: systemTimeout, log });
    store.onCommit((committed) => {
      job.wake(committed);
      scheduler.wake();
    });
    scheduler.start();
    let posted = 0;
    const post = async (): Promise<void> => {
      const events = Array.from({ length: 20 }, () => eventOf(String(posted++)));
      await store.transact({
        flow: "ingest",
        tenant: "default",
        input: { actor: "source:test", horizon: 1e9, events },
      });
    };
    await post();
    // answered and recorded: a relay that takes a mail and goes before it answers gets it again, and rightly so
    await until(
      async () => (await store.read.deliveries("default", { limit: 100, status: "sent" })).items.length === 20,
    );
    await relay.close();
    await post();
    await until(async () => (await store.read.cell("channel", "default", "ops-mail"))?.down !== undefined);
    await post();
    const again = await smtpPeer("takes", "none", relay.port);
    await until(() => again.received.length === 40);
    await scheduler.stop();
    await job.drain(AbortSignal.timeout(2000));
    const ids = [...relay.received, ...again.received].map(({ mail }) => mail.messageId);
    expect(new Set(ids).size).toBe(60);
    expect(ids).toHaveLength(60);
    const rows = (await store.read.deliveries("default", { limit: 100 })).items;
    expect(new Set(rows.map(({ status, attempts }) => `${status} ${attempts}`))).toEqual(new Set(["sent 1"]));
    const told = (await lines()).flatMap((line) => /"type":"(channel\.\w+)"/.exec(line)?.[1] ?? []);
    expect(told).toEqual(["channel.down", "channel.up"]);
    expect(log.lines).toEqual([]);
    await again.close();
  });
});

function eventOf(sourceId: string): EventInput {
  const type = "disk.full";
  return {
    source: "/test",
    sourceId,
    type,
    kind: type,
    severity: "high",
    labels: {},
    scope: {},
    correlationId: sourceId,
  };
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let waited = 0; waited < 10_000; waited += 20) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("it did not come to pass in 10 s");
}
