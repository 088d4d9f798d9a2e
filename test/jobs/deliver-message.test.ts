import { describe, expect, test } from "vitest";
import type { Delivery } from "../../src/core/delivery.ts";
import type { Event } from "../../src/core/event.ts";
import { NO_POLICY } from "../../src/core/policy.ts";
import { type Made, messageMaker } from "../../src/jobs/deliver-message.ts";
import type { Reader } from "../../src/ports.ts";
import { createMemoryEngine } from "../../src/store/memory/engine.ts";
import { channel, compiledOf, mapOf, template } from "../support/objects.ts";
import { deliveryOf, SAMPLE_NOW, sampleEvent } from "../support/samples.ts";
import { tenantPlan } from "../support/store-plans.ts";
import { memberAt, type SampleWindow, sampleWindow } from "../support/windows.ts";

const TEXT =
  "{{title}}{{#each digest.groups}}{{#each items}}|{{title}}{{/each}}{{/each}}{{#if aggregate}}+{{aggregate.count}} {{aggregate.channel}}{{/if}}";
const mail = template("t", { subject: "s", text: TEXT });
const HASH = mapOf([mail])["templates/t"] ?? "";
const config = compiledOf([channel()]);

interface World {
  readonly make: (delivery: Delivery) => Promise<Made>;
  /** How often members were read. */
  readonly reads: () => number;
  /** The window's rows as they are now. */
  readonly put: (window: SampleWindow, from?: number) => void;
}

/** A store in memory that holds the event and windows, and the maker over it. */
async function world({ event, itemCap = 500 }: { event?: Event; itemCap?: number } = {}): Promise<World> {
  const engine = createMemoryEngine();
  await engine.stage([{ hash: HASH, text: mail.text }]);
  const events = event === undefined ? [] : [{ event, line: JSON.stringify(event), seq: 0 }];
  engine.apply({
    t: SAMPLE_NOW,
    cells: [],
    tenants: [tenantPlan({ tenant: "default", size: 0, open: true }, { events })],
  });
  let reads = 0;
  const members: Reader["members"] = async (...at) => {
    reads++;
    return await engine.read.members(...at);
  };
  const make = messageMaker({
    read: { ...engine.read, members },
    configurations: { of: () => ({ ...config, policy: { ...NO_POLICY, itemCap } }) },
    site: "plant-7",
    head: async () => await Promise.resolve(undefined),
  });
  const to = config.channels.get("ops-mail");
  if (to === undefined) throw new Error("the channel is in the configuration");
  return {
    make: async (delivery) => await make({ ...delivery, template: { id: "t", hash: HASH } }, to),
    reads: () => reads,
    put: ({ record, members: all }, from = 0) => {
      const rows = all.slice(from).map((body, at) => ({ window: record.id, n: from + at, body }));
      const cells = [{ noun: "window" as const, tenant: "default", key: record.id, value: record }];
      engine.apply({ t: SAMPLE_NOW, cells, tenants: [tenantPlan({ tenant: "default", size: 0 }, { members: rows })] });
    },
  };
}

const titled = (...titles: readonly string[]): ReturnType<typeof memberAt>[] =>
  titles.map((title, at) => memberAt(at, { title }));
const textOf = (made: Made): string => (made.ok ? made.message.text.trimEnd() : made.reason.code);

describe("the message of a window", () => {
  test("lists its members and carries the delivery's id", async () => {
    const { make, put } = await world();
    const window = sampleWindow(titled("a", "b"));
    put(window);
    const made = await make(window.delivery);
    expect(textOf(made)).toBe("2 events, hourly digest: 2 high|a|b");
    expect(made).toMatchObject({
      message: { id: window.record.id, to: "ops@example.org", severity: "high" },
      payload: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test("is the same for each addressee, whose ordinal is no part of the window's id, and read once for all", async () => {
    const { make, put, reads } = await world();
    const window = sampleWindow(titled("a"));
    put(window);
    const made = await Promise.all(
      ["", ":1", ":2"].map(
        async (ordinal) =>
          await make({ ...window.delivery, id: window.record.id + ordinal, window: window.record.id + ordinal }),
      ),
    );
    expect(new Set(made.map(textOf))).toEqual(new Set(["1 event, hourly digest: a|a"]));
    await make(window.delivery);
    expect(reads()).toBeLessThanOrEqual(3);
  });

  test("lists the first items up to the tenant's cap, without those that were too old", async () => {
    const { make, put } = await world({ itemCap: 2 });
    const window = sampleWindow(titled("a", "b", "c", "d", "e"), { kind: "quiet", stale: 1 });
    put(window);
    expect(textOf(await make(window.delivery))).toBe(
      "5 events held during quiet hours: 2 high, 2 not listed, 1 too old|b|c",
    );
  });

  test("tells what came in after the window was reopened", async () => {
    const { make, put } = await world();
    put(sampleWindow(titled("a")));
    expect(textOf(await make(sampleWindow(titled("a")).delivery))).toContain("|a");
    const grown = sampleWindow(titled("a", "b"));
    put(grown, 1);
    expect(textOf(await make(grown.delivery))).toBe("2 events, hourly digest: 2 high|a|b");
  });

  test("cannot be made without the window", async () => {
    const { make } = await world();
    expect(await make(sampleWindow(titled("a")).delivery)).toEqual({
      ok: false,
      status: "dead",
      reason: { code: "render-failed", by: "t" },
    });
  });
});

describe("the message of an event", () => {
  const event = sampleEvent("01-disk-full");
  const flap = sampleWindow(titled("a", "b"), { kind: "flap" });
  const digest = sampleWindow(titled("a", "b"));
  const other = sampleWindow([], { kind: "flap", openedAt: 7 });

  test.each([
    ["tells of what debouncing swallowed", flap.record.id, "Disk of db-01 is full+2"],
    ["says nothing of a window of another kind", digest.record.id, "Disk of db-01 is full"],
    ["is made even where that window is gone", other.record.id, "Disk of db-01 is full"],
  ])("%s", async (_name, window, text) => {
    const { make, put, reads } = await world({ event });
    put(flap);
    put(digest);
    expect(textOf(await make(deliveryOf(event, { window })))).toBe(text);
    expect(reads()).toBe(0);
  });

  test("cannot be made without the event, nor of nothing", async () => {
    const { make } = await world();
    expect(textOf(await make(deliveryOf(event)))).toBe("render-failed");
    const { event: _event, ...none } = deliveryOf(event);
    expect(textOf(await make(none))).toBe("render-failed");
  });
});
