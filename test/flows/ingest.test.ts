import { describe, expect, test } from "vitest";
import { z } from "zod";
import { DRAFT_LIMIT } from "../../src/core/decide.ts";
import { parseLeaf } from "../../src/core/leaf-parse.ts";
import { commitment } from "../../src/core/leaf.ts";
import type { EventInput } from "../../src/core/event.ts";
import type { EventReceipt } from "../../src/core/delivery.ts";
import { channel, input, rule, template } from "../support/objects.ts";
import { openTestStore, START, type TestStore } from "../support/store.ts";

const HORIZON = 7 * 86_400_000;
const Line = z.record(z.string(), z.unknown());

function post({ store }: TestStore, ...events: EventInput[]): Promise<readonly EventReceipt[]> {
  return store.transact({
    flow: "ingest",
    tenant: "default",
    input: { actor: "source:cloudevents", events, horizon: HORIZON },
  });
}

async function decisions(site: TestStore) {
  return (await site.lines()).map(parseLeaf).filter(({ type }) => type === "event.decision");
}

describe("an event", () => {
  test("that nothing matches has a decision leaf with no drafts, committed to its stored bytes", async () => {
    const site = await openTestStore();
    const [receipt] = await post(site, input("1"));
    expect(receipt).toEqual({ id: expect.stringMatching(/^ev_[0-9a-z]{26}$/), duplicate: false, deliveries: [] });
    const [leaf] = await decisions(site);
    expect(leaf).toMatchObject({
      id: receipt?.id,
      drafts: [],
      actor: "source:cloudevents",
      t: START,
      ref: { event: receipt?.id },
    });
    const stored = await site.store.read.event("default", receipt?.id ?? "");
    const [opening] = await site.store.read.openings("default", leaf?.seq ?? -1, 1);
    expect(commitment("event", opening?.salt ?? new Uint8Array(), stored?.line ?? "")).toBe(leaf?.sd?.event);
    expect(Line.parse(JSON.parse(stored?.line ?? "{}"))).toMatchObject({
      tenant: "default",
      sourceId: "1",
      receivedAt: START,
    });
  });

  test("leads to a delivery for each addressee, in order of rule, action and addressee", async () => {
    const site = await openTestStore();
    await site.configure([
      channel(),
      template(),
      rule("b", { actions: [{ id: "b1", channel: "ops-mail", to: ["x@plant.example", "y@plant.example"] }] }),
      rule("a", {
        priority: 1,
        actions: [
          { id: "a1", channel: "ops-mail", locale: "de" },
          { id: "a2", channel: "ops-mail" },
        ],
      }),
    ]);
    const [receipt] = await post(site, input("1"));
    const deliveries = await Promise.all(
      (receipt?.deliveries ?? []).map(({ id }) => site.store.read.cell("delivery", "default", id)),
    );
    expect(deliveries.map((one) => [one?.action, one?.to, one?.ordinal, one?.locale])).toEqual([
      ["a1", "ops@plant.example", 0, "de"],
      ["a2", "ops@plant.example", 0, "en"],
      ["b1", "x@plant.example", 0, "en"],
      ["b1", "y@plant.example", 1, "en"],
    ]);
    expect(deliveries[0]).toMatchObject({
      status: "pending",
      dueAt: START,
      attempts: 0,
      template: { id: "tmpl-event" },
      draft: 0,
    });
    expect(deliveries[0]?.rule).toMatch(/^a@[0-9a-f]{12}$/);
  });

  test("has no address in its leaf, but a commitment that opens to it", async () => {
    const site = await openTestStore();
    await site.configure([channel(), template(), rule("a")]);
    await post(site, input("1"));
    const [leaf] = await decisions(site);
    expect(JSON.stringify(leaf)).not.toContain("ops@plant.example");
    const opening = (await site.store.read.openings("default", leaf?.seq ?? -1, 1)).find(
      ({ field }) => field === "recipient",
    );
    expect(opening).toMatchObject({ draft: 0, value: "ops@plant.example" });
    expect(commitment("recipient", opening?.salt ?? new Uint8Array(), opening?.value ?? "")).toBe(
      leaf?.drafts?.[0]?.sd?.recipient,
    );
  });

  test.each([
    [
      "a channel that is not there",
      [rule("a", { actions: [{ id: "x", channel: "gone" }] })],
      { code: "channel-missing", by: "gone" },
    ],
    [
      "a channel that is switched off",
      [channel("ops-mail", { isEnabled: false }), rule("a")],
      { code: "channel-disabled", by: "ops-mail" },
    ],
    [
      "a channel without addressees",
      [channel("ops-mail", { to: [] }), rule("a")],
      { code: "no-recipient", by: "ops-mail" },
    ],
  ] as const)("for %s is dropped before all gates, with a reason", async (_, objects, reason) => {
    const site = await openTestStore();
    await site.configure(objects);
    const [receipt] = await post(site, input("1"));
    expect(receipt?.deliveries).toEqual([{ id: expect.any(String), status: "dropped", reason }]);
    const delivery = await site.store.read.cell("delivery", "default", receipt?.deliveries[0]?.id ?? "");
    expect(delivery).not.toHaveProperty("dueAt");
  });

  test("an action that names no addressee sends to those of its channel", async () => {
    const site = await openTestStore();
    await site.configure([channel(), template(), rule("a", { actions: [{ id: "x", channel: "ops-mail", to: [] }] })]);
    const [receipt] = await post(site, input("1"));
    expect(receipt?.deliveries).toEqual([{ id: expect.any(String), status: "pending" }]);
    const delivery = await site.store.read.cell("delivery", "default", receipt?.deliveries[0]?.id ?? "");
    expect(delivery).toMatchObject({ to: "ops@plant.example" });
  });

  test("whose template is gone takes the shipped one, or none, and is not lost", async () => {
    const site = await openTestStore();
    await site.configure([
      channel(),
      template(),
      rule("a", { actions: [{ id: "x", channel: "ops-mail", template: "gone" }] }),
    ]);
    const [withDefault] = await post(site, input("1"));
    await site.configure([channel(), rule("a")]);
    const [without] = await post(site, input("2"));
    const of = (receipt: EventReceipt | undefined) =>
      site.store.read.cell("delivery", "default", receipt?.deliveries[0]?.id ?? "");
    expect(await of(withDefault)).toMatchObject({ status: "pending", template: { id: "tmpl-event" } });
    expect(await of(without)).toMatchObject({ status: "pending" });
    expect(await of(without)).not.toHaveProperty("template");
  });
});

describe("a repeat", () => {
  test("in the same request, or later, is answered with the first receipt and leaves nothing", async () => {
    const site = await openTestStore();
    await site.configure([channel(), template(), rule("a")]);
    const [first, same] = await post(site, input("1"), input("1", { type: "other.type" }));
    const size = (await site.lines()).length;
    site.clock.now += 1000;
    const [later] = await post(site, input("1", { severity: "info" }));
    expect(same).toEqual({ ...first, duplicate: true });
    expect(later).toEqual({ ...first, duplicate: true });
    expect((await site.lines()).length).toBe(size);
  });

  test("beyond the horizon is a new event", async () => {
    const site = await openTestStore();
    const [first] = await post(site, input("1"));
    site.clock.now += HORIZON;
    const [later] = await post(site, input("1"));
    expect(later?.duplicate).toBe(false);
    expect(later?.id).not.toBe(first?.id);
  });

  test("of another tenant or source is none", async () => {
    const site = await openTestStore({ tenants: ["_site", "default", "other"] });
    await post(site, input("1"));
    const [other] = await site.store.transact({
      flow: "ingest",
      tenant: "other",
      input: { actor: "source:cloudevents", events: [input("1")], horizon: HORIZON },
    });
    const [source] = await post(site, input("1", { source: "/plant/8" }));
    expect([other?.duplicate, source?.duplicate]).toEqual([false, false]);
  });
});

describe("an event with very many deliveries", () => {
  const to = Array.from({ length: 100 }, (_, at) => `p${at}@plant.example`);
  const actions = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ id: `a${at}`, channel: "ops-mail", to }));

  test("has its drafts in several leaves, at most 100 each, and its receipt in order", async () => {
    const site = await openTestStore();
    await site.configure([channel(), template(), rule("a", { actions: actions(3) })]);
    const [receipt] = await post(site, input("1"));
    const leaves = await decisions(site);
    expect(leaves.map(({ n, drafts }) => [n, drafts?.length])).toEqual([
      [undefined, 100],
      [2, 100],
      [3, 100],
    ]);
    expect(leaves.map(({ sd }) => sd?.event !== undefined)).toEqual([true, false, false]);
    expect(leaves.flatMap(({ drafts }) => drafts?.map(({ delivery }) => delivery))).toEqual(
      receipt?.deliveries.map(({ id }) => id),
    );
    const last = await site.store.read.cell("delivery", "default", receipt?.deliveries[299]?.id ?? "");
    expect(last).toMatchObject({ draft: 99, leaves: [leaves[2]?.seq] });
  });

  test.each(["/plant/7", "sealpost"])(
    "of %s, beyond the limit, has the rest counted, and raises an alarm that goes through the rules",
    async (source) => {
      const site = await openTestStore();
      const alarm = rule("watch", {
        match: { types: ["sealpost.draft-limit"] },
        actions: [{ id: "watch", channel: "ops-mail" }],
      });
      await site.configure([
        channel(),
        template(),
        rule("a", { match: { types: ["backup.*"] }, actions: actions(12) }),
        alarm,
      ]);
      const [receipt] = await post(site, input("1", { source }));
      expect(receipt?.deliveries.length).toBe(DRAFT_LIMIT);
      const leaves = await decisions(site);
      const counted = leaves
        .flatMap(({ drafts }) => drafts ?? [])
        .filter(({ reason }) => reason?.code === "draft-limit");
      expect(counted).toEqual([
        expect.objectContaining({ status: "dropped", reason: { code: "draft-limit", by: "200" } }),
      ]);
      const { items } = await site.store.read.events("default", { limit: 10, type: "sealpost.draft-limit" });
      expect(items).toEqual([expect.objectContaining({ source: "sealpost", severity: "high", subject: receipt?.id })]);
      expect(leaves.at(-1)?.drafts).toEqual([expect.objectContaining({ action: "watch", status: "pending" })]);
    },
  );
});

async function linesOfOneRun(): Promise<string> {
  const site = await openTestStore();
  await site.configure([channel(), template(), rule("a")]);
  await post(site, input("1"), input("2", { severity: "info" }));
  return (await site.lines()).join("\n");
}

test("the same events at the same instants with the same salts leave the same leaves", async () => {
  expect(await linesOfOneRun()).toBe(await linesOfOneRun());
});
