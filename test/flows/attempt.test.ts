import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { EventInput } from "../../src/core/event.ts";
import { waitMs } from "../../src/core/retry.ts";
import type { AttemptAnswer, Try } from "../../src/flows/attempt.ts";
import type { Delivery } from "../../src/core/delivery.ts";
import type { ChannelState, Outcome } from "../../src/ports.ts";
import { channel, rule, template } from "../support/objects.ts";
import { openTestStore, type TestStore } from "../support/store.ts";

const Leaf = z.looseObject({ type: z.string(), seq: z.number() });
type Leaf = z.infer<typeof Leaf>;
const SETTINGS = { attempts: 8, base: 2000, cap: 300_000 };
const PAYLOAD = "a".repeat(64);

const event = (sourceId: string): EventInput => ({
  source: "/test",
  sourceId,
  type: "disk.full",
  kind: "disk.full",
  severity: "high",
  labels: {},
  scope: {},
  correlationId: sourceId,
});
const outcome = (kind: Outcome["kind"], code = "250", st = "ok"): Outcome => ({ kind, out: { code, st, ms: 12.6 } });

interface World extends TestStore {
  readonly ids: readonly string[];
  readonly tried: (at: number, n: number, outcome: Outcome) => Try;
  readonly ask: (...tries: readonly Try[]) => Promise<readonly AttemptAnswer[]>;
  readonly delivery: (at: number) => Promise<Delivery>;
  readonly state: () => Promise<ChannelState | undefined>;
  /** Leaves beyond those of the events' decisions. */
  readonly leaves: () => Promise<readonly Leaf[]>;
}

async function world(count: number, channelFields: Parameters<typeof channel>[1] = {}): Promise<World> {
  const opened = await openTestStore();
  await opened.configure([channel("ops-mail", channelFields), rule("all"), template()]);
  const input = {
    actor: "source:test",
    horizon: 604_800_000,
    events: Array.from({ length: count }, (_, at) => event(String(at))),
  };
  const receipts = await opened.store.transact({ flow: "ingest", tenant: "default", input });
  const ids = receipts.map(({ deliveries }) => deliveries[0]?.id ?? "");
  const before = (await opened.lines()).length;
  return {
    ...opened,
    ids,
    tried: (at, n, came) => ({
      kind: "tried",
      delivery: ids[at] ?? "none",
      channel: "ops-mail",
      n,
      outcome: came,
      payload: PAYLOAD,
    }),
    ask: async (...tries) => await opened.store.transact({ flow: "attempt", tenant: "default", input: { tries } }),
    delivery: async (at) => {
      const found = await opened.store.read.cell("delivery", "default", ids[at] ?? "");
      if (found === undefined) throw new Error("no such delivery");
      return found;
    },
    state: async () => await opened.store.read.cell("channel", "default", "ops-mail"),
    leaves: async () => (await opened.lines()).slice(before).map((line) => Leaf.parse(JSON.parse(line))),
  };
}

describe("recording what came of tries", () => {
  test("sent: the delivery ends, its leaf tells how", async () => {
    const { ask, tried, delivery, leaves, ids, clock, configurations } = await world(1);
    const before = await delivery(0);
    clock.now += 500;
    const answers = await ask(tried(0, 1, outcome("sent", "250", "queued as 1")));
    expect(answers).toEqual([{ delivery: ids[0], isRecorded: true, status: "sent" }]);
    const [leaf] = await leaves();
    expect(leaf).toMatchObject({
      type: "delivery.attempt",
      actor: "job:deliver",
      id: ids[0],
      delivery: ids[0],
      n: 1,
      status: "sent",
      out: { code: "250", ms: 13, st: "queued as 1" },
      payload: PAYLOAD,
      cfg: configurations.of("default").cfg,
      ref: { event: before.event, rule: before.rule },
      t: clock.now,
    });
    expect(leaf).not.toHaveProperty("due");
    expect(leaf).not.toHaveProperty("reason");
    expect(JSON.stringify(leaf)).not.toContain(before.to);
    const { dueAt: _, ...rest } = before;
    expect(await delivery(0)).toEqual({
      ...rest,
      status: "sent",
      attempts: 1,
      payload: PAYLOAD,
      deliveredAt: clock.now,
      leaves: [...before.leaves, leaf?.seq],
    });
  });

  test("counts by channel what was sent and what failed, an outage once, and repeats not at all", async () => {
    const { ask, tried, store, clock } = await world(4);
    const start = clock.now;
    await ask(tried(0, 1, outcome("sent")), tried(1, 1, outcome("failed", "451")), tried(2, 1, outcome("sent")));
    await ask(tried(0, 1, outcome("sent")));
    clock.now += 1000;
    const down = outcome("down", "ECONNREFUSED");
    await ask(tried(3, 1, down), tried(3, 1, down));
    expect(await store.read.cell("usage", "default", "ops-mail")).toEqual({
      successCount: 2,
      failureCount: 2,
      lastUsedAt: start + 1000,
      lastFailureAt: start + 1000,
    });
  });

  test("failed: tried again after the wait that belongs to delivery and attempt, then sent", async () => {
    const { ask, tried, delivery, leaves, ids, clock } = await world(1);
    const due = clock.now + waitMs(ids[0] ?? "", 1, SETTINGS);
    const answers = await ask(tried(0, 1, outcome("failed", "451", "greylisted")));
    expect(answers).toEqual([{ delivery: ids[0], isRecorded: true, status: "retrying", dueAt: due }]);
    expect(await delivery(0)).toMatchObject({
      status: "retrying",
      dueAt: due,
      attempts: 1,
      reason: { code: "temporary" },
      failureReason: "451 greylisted",
    });
    expect((await leaves())[0]).toMatchObject({ status: "retrying", due, reason: { code: "temporary" }, n: 1 });
    await ask(tried(0, 2, outcome("sent")));
    const sent = await delivery(0);
    expect(sent).toMatchObject({ status: "sent", attempts: 2 });
    for (const field of ["dueAt", "reason", "failureReason"]) expect(sent).not.toHaveProperty(field);
  });

  test("the eighth failure of a mail is the last", async () => {
    const { ask, tried, delivery, leaves } = await world(1);
    for (let n = 1; n <= 8; n++) await ask(tried(0, n, outcome("failed", "ETIMEDOUT", "no answer in time")));
    expect(await delivery(0)).toMatchObject({ status: "dead", attempts: 8, reason: { code: "exhausted" } });
    expect(await delivery(0)).not.toHaveProperty("dueAt");
    const told = await leaves();
    expect(told.map(({ n, status }) => [n, status])).toEqual([
      ...[1, 2, 3, 4, 5, 6, 7].map((n) => [n, "retrying"]),
      [8, "dead"],
    ]);
    expect(told[0]).toMatchObject({ reason: { code: "timeout" } });
  });

  test("a channel's own retry settings, and a wait that the other side asks for", async () => {
    const { ask, tried, delivery, clock } = await world(1, { retry: { attempts: 2, base: "10s", cap: "20s" } });
    await ask(tried(0, 1, { ...outcome("failed", "450"), kind: "failed", retryAfter: 90_000 }));
    expect((await delivery(0)).dueAt).toBe(clock.now + 90_000);
    await ask(tried(0, 2, outcome("failed", "450")));
    expect((await delivery(0)).status).toBe("dead");
  });

  test("refused: dead at once", async () => {
    const { ask, tried, delivery, leaves } = await world(1);
    await ask(tried(0, 1, outcome("refused", "550", "(address) no such user")));
    expect(await delivery(0)).toMatchObject({ status: "dead", attempts: 1, reason: { code: "refused" } });
    expect((await leaves())[0]).toMatchObject({ status: "dead", reason: { code: "refused" } });
  });

  test("what cannot be sent ends with a change, not an attempt", async () => {
    const { ask, delivery, leaves, ids } = await world(1);
    const ended: Try = {
      kind: "ended",
      delivery: ids[0] ?? "",
      channel: "ops-mail",
      status: "dead",
      reason: { code: "render-failed", by: "tmpl-event" },
    };
    expect(await ask(ended, ended)).toEqual([
      { delivery: ids[0], isRecorded: true, status: "dead" },
      { delivery: ids[0], isRecorded: false, status: "dead" },
    ]);
    expect(await delivery(0)).toMatchObject({
      status: "dead",
      attempts: 0,
      reason: ended.reason,
      failureReason: "render-failed",
    });
    expect(await delivery(0)).not.toHaveProperty("dueAt");
    const told = await leaves();
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ type: "delivery.change", delivery: ids[0], status: "dead", reason: ended.reason });
  });

  test("many tries of one tenant are one question", async () => {
    const { ask, tried, ids, leaves } = await world(50);
    const answers = await ask(...ids.map((_, at) => tried(at, 1, outcome("sent"))));
    expect(answers.every(({ isRecorded }) => isRecorded)).toBe(true);
    expect((await leaves()).map(({ delivery }) => delivery)).toEqual(ids);
  });
});

describe("tries that come twice, late or for nothing", () => {
  test("a try that has been recorded changes nothing", async () => {
    const { ask, tried, delivery, leaves, ids } = await world(1);
    await ask(tried(0, 1, outcome("failed", "451")));
    const before = await delivery(0);
    const again = await ask(tried(0, 1, outcome("sent")));
    expect(again).toEqual([{ delivery: ids[0], isRecorded: false, status: "retrying", dueAt: before.dueAt }]);
    expect(await delivery(0)).toEqual(before);
    expect(await leaves()).toHaveLength(1);
  });

  test("a message that went out a second time is told, and stays sent", async () => {
    const { ask, tried, delivery, leaves, clock } = await world(1);
    const first = clock.now;
    await ask(tried(0, 1, outcome("sent")));
    clock.now += 1000;
    await ask(tried(0, 2, outcome("sent")));
    expect(await delivery(0)).toMatchObject({ status: "sent", attempts: 2, deliveredAt: first });
    expect((await leaves()).map(({ n, status }) => [n, status])).toEqual([
      [1, "sent"],
      [2, "sent"],
    ]);
  });

  test("a failure that comes after the end is told and moves nothing", async () => {
    const { ask, tried, delivery, leaves } = await world(1);
    await ask(tried(0, 1, outcome("refused", "550")));
    const before = await delivery(0);
    await ask(tried(0, 2, outcome("failed", "451")));
    const after = await delivery(0);
    expect(after).toMatchObject({
      status: "dead",
      attempts: 2,
      reason: before.reason,
      failureReason: before.failureReason,
    });
    expect(after).not.toHaveProperty("dueAt");
    expect((await leaves())[1]).toMatchObject({ status: "dead", n: 2, reason: { code: "refused" } });
  });

  test("a message that went out although it was given up meanwhile is sent: that is the truth", async () => {
    const { ask, tried, delivery, ids } = await world(1);
    await ask({
      kind: "ended",
      delivery: ids[0] ?? "",
      channel: "ops-mail",
      status: "dropped",
      reason: { code: "channel-missing" },
    });
    await ask(tried(0, 1, outcome("sent")));
    expect(await delivery(0)).toMatchObject({ status: "sent", attempts: 1 });
  });

  test("a delivery that nobody knows is passed over, its neighbours are recorded", async () => {
    const { ask, tried, delivery, leaves } = await world(1);
    const answers = await ask(
      { ...tried(0, 1, outcome("sent")), delivery: "dl_00000000000000000000000000" },
      tried(0, 1, outcome("sent")),
    );
    expect(answers.map(({ isRecorded, status }) => [isRecorded, status])).toEqual([
      [false, undefined],
      [true, "sent"],
    ]);
    expect((await delivery(0)).status).toBe("sent");
    expect(await leaves()).toHaveLength(1);
  });
});

describe("channels that go down and come back", () => {
  const REASONS: readonly (readonly [string, string])[] = [
    ["ECONNECTION", "connect"],
    ["EDNS", "dns"],
    ["ETLS", "tls"],
    ["EAUTH", "auth"],
    ["ETIMEDOUT", "timeout"],
    ["421", "unavailable"],
    ["unbound", "unbound"],
    ["channel-disabled", "channel-disabled"],
  ];
  test.each(REASONS)("down with %s: one leaf (%s), nothing counted, the delivery as it was", async (code, reason) => {
    const { ask, tried, delivery, leaves, state, ids, clock } = await world(2);
    const before = await delivery(0);
    const down = outcome("down", code, "words");
    const answers = await ask(tried(0, 1, down), tried(1, 1, down), tried(0, 1, down));
    expect(answers.map(({ isRecorded }) => isRecorded)).toEqual([false, false, false]);
    expect(await delivery(0)).toEqual(before);
    expect(await state()).toEqual({ down: { since: clock.now, reason }, failing: [] });
    const told = await leaves();
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({
      type: "channel.down",
      id: "ops-mail",
      actor: "job:deliver",
      reason: { code: reason },
      body: { delivery: ids[0], out: { code, ms: 13, st: "words" } },
    });
  });

  test("what the site has filled in is no reason any more: the one behind it is told; other probes say nothing", async () => {
    const { ask, tried, leaves, state, clock } = await world(1);
    for (const code of ["unbound", "unbound", "ECONNECTION", "ETIMEDOUT", "EDNS"])
      await ask(tried(0, 1, outcome("down", code)));
    expect(await state()).toEqual({ down: { since: clock.now, reason: "connect" }, failing: [] });
    expect(await leaves()).toMatchObject([
      { type: "channel.down", reason: { code: "unbound" } },
      { type: "channel.down", reason: { code: "connect" } },
    ]);
  });

  test.each(["sent", "refused"] as const)("%s brings it back: one leaf more", async (kind) => {
    const { ask, tried, leaves, state, ids } = await world(3);
    await ask(tried(0, 1, outcome("down", "ECONNECTION")));
    await ask(tried(0, 1, outcome(kind, "250")), tried(1, 1, outcome("sent")));
    expect(await state()).toEqual({ failing: [] });
    expect((await leaves()).map(({ type }) => type)).toEqual([
      "channel.down",
      "delivery.attempt",
      "channel.up",
      "delivery.attempt",
    ]);
    expect((await leaves())[2]).toMatchObject({
      id: "ops-mail",
      reason: { code: "recovered" },
      body: { delivery: ids[0] },
    });
  });

  test("while it is down a failed message counts nothing either", async () => {
    const { ask, tried, delivery, leaves } = await world(1);
    await ask(tried(0, 1, outcome("down", "ECONNECTION")));
    await ask(tried(0, 1, outcome("failed", "451")));
    expect((await delivery(0)).attempts).toBe(0);
    expect(await leaves()).toHaveLength(1);
  });

  test("five failed messages in a row, of different deliveries, park it", async () => {
    const { ask, tried, leaves, state } = await world(6);
    for (const at of [0, 1, 2, 3]) await ask(tried(at, 1, outcome("failed", "451")));
    expect((await state())?.down).toBeUndefined();
    await ask(tried(4, 1, outcome("failed", "451")));
    expect(await state()).toMatchObject({ down: { reason: "failing-messages" }, failing: [] });
    expect((await leaves()).at(-1)).toMatchObject({ type: "channel.down", reason: { code: "failing-messages" } });
    expect((await leaves()).filter(({ type }) => type === "delivery.attempt")).toHaveLength(5);
  });

  test("one delivery that fails again and again does not, nor do failures with a success between them", async () => {
    const { ask, tried, state } = await world(8);
    for (let n = 1; n <= 6; n++) await ask(tried(0, n, outcome("failed", "451")));
    expect(await state()).toMatchObject({ failing: [expect.any(String)] });
    for (const at of [1, 2, 3]) await ask(tried(at, 1, outcome("failed", "451")));
    await ask(tried(4, 1, outcome("sent")));
    expect(await state()).toEqual({ failing: [] });
    await ask(tried(5, 1, outcome("failed", "451")));
    expect((await state())?.down).toBeUndefined();
  });
});
