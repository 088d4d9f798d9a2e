import { describe, expect, test } from "vitest";
import { decisionText } from "../../src/core/decision-root.ts";
import { DRAFT_LIMIT } from "../../src/core/decide.ts";
import type { EventReceipt } from "../../src/core/delivery.ts";
import { SEND_SOURCE, SEND_TYPE } from "../../src/core/hand-sent.ts";
import { parseLeaf } from "../../src/core/leaf-parse.ts";
import type { SendBy } from "../../src/core/send.ts";
import { channel, input, policy, rule, template } from "../support/objects.ts";
import { openTestStore, type TestStore } from "../support/store.ts";

const HORIZON = 7 * 86_400_000;
const EVENT = { source: SEND_SOURCE, type: SEND_TYPE, kind: SEND_TYPE } as const;

async function send({ store }: TestStore, id: string, by: SendBy): Promise<EventReceipt> {
  const asked = { actor: "token:night", event: input(id, EVENT), horizon: HORIZON, by };
  return await store.transact({ flow: "notify-send", tenant: "default", input: asked });
}

async function configured(): Promise<TestStore> {
  const site = await openTestStore();
  const noisy = policy({
    dedupe: { window: "1h" },
    throttle: { burst: 1, per: "1h" },
    quotas: [{ count: 1, per: "1h" }],
  });
  const to = Array.from({ length: 100 }, (_, at) => `p${at}@plant.example`);
  const actions = Array.from({ length: 11 }, (_, at) => ({ id: `many-${at}`, channel: "ops-mail", to }));
  await site.configure([
    channel(),
    template(),
    noisy,
    rule("one", { match: { types: ["never"] }, actions: [{ id: "one", channel: "ops-mail" }] }),
    rule("many", { match: { types: ["never"] }, actions }),
  ]);
  return site;
}

describe("what a person sends", () => {
  test("gives the same plan from the same configuration and instants", async () => {
    const plans = await Promise.all(
      [0, 1].map(async () => {
        const site = await configured();
        await send(site, "1", { rule: "one" });
        await send(site, "2", { channels: ["ops-mail"], to: ["x@plant.example"] });
        return (await site.lines()).map((line) => decisionText(parseLeaf(line))).filter((text) => text !== undefined);
      }),
    );
    expect(plans[0]).toHaveLength(2);
    expect(plans[1]).toEqual(plans[0]);
  });

  test("spends nothing of what limits automatic messages, and is not refused by it", async () => {
    const site = await configured();
    const statuses: unknown[] = [];
    for (const id of ["1", "2", "3"]) statuses.push((await send(site, id, { rule: "one" })).deliveries[0]?.status);
    expect(statuses).toEqual(["pending", "pending", "pending"]);
    const [cells, limits] = [
      await site.store.read.cells("bucket", "default", "", 10),
      await site.store.read.cells("limit", "default", "", 10),
    ];
    expect([cells, limits]).toEqual([[], []]);
  });

  test("is a repeat by its id, and then changes nothing", async () => {
    const site = await configured();
    const first = await send(site, "1", { rule: "one" });
    const size = (await site.lines()).length;
    expect(await send(site, "1", { rule: "one" })).toEqual({ ...first, duplicate: true });
    expect(await site.lines()).toHaveLength(size);
  });

  test("makes at most so many deliveries as an event; the rest is counted and raises the alarm", async () => {
    const site = await configured();
    const { deliveries } = await send(site, "1", { rule: "many" });
    expect(deliveries).toHaveLength(DRAFT_LIMIT);
    const alarms = await site.store.read.events("default", { limit: 10, type: "sealpost.draft-limit" });
    expect(alarms.items).toMatchObject([{ data: { dropped: 100 } }]);
  });

  test.each([
    ["missing", { rule: "nowhere" }],
    ["missing", { channels: ["ops-mail", "nowhere"] }],
  ] as const)("is refused as %s for %j, and leaves nothing", async (code, by) => {
    const site = await configured();
    const size = (await site.lines()).length;
    await expect(send(site, "1", by)).rejects.toMatchObject({ name: "FlowError", code });
    expect(await site.lines()).toHaveLength(size);
  });
});
