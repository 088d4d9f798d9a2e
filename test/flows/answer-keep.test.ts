import { describe, expect, test } from "vitest";
import { type AnswerClaimed, MAX_ANSWER_BYTES, MAX_ANSWERS } from "../../src/flows/answer-keep.ts";
import { type Moving, movingAt } from "../support/moving.ts";

const T = Date.parse("2026-06-01T10:05:00Z");
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const SEALED = { key: "a2V5", text: "dGV4dA==" };

async function claim({ store }: Moving, key: string): Promise<AnswerClaimed["kind"]> {
  const input = { key, fingerprint: "f" };
  return (await store.transact({ flow: "answer-claim", tenant: "default", input })).kind;
}
async function keep({ store }: Moving, key: string, sealed?: typeof SEALED): Promise<void> {
  const input = { key, ...(sealed === undefined ? {} : { sealed }) };
  await store.transact({ flow: "answer-keep", tenant: "default", input });
}
const tally = async ({ store }: Moving): Promise<unknown> => await store.read.cell("answers", "default", "current");
async function jump({ store, clock }: Moving, by: number): Promise<void> {
  const input = { from: clock.now, to: clock.now + by };
  if (by < 0) clock.now = input.to;
  await store.transact({ flow: "clock-jump", tenant: "_site", input });
  clock.now = input.to; // forward only now: a jump is decided before the timers that it passes
}

describe("the key of a request", () => {
  test("is taken for a day", async () => {
    const site = await movingAt(T, []);
    expect(await claim(site, "k")).toBe("new");
    await keep(site, "k", SEALED);
    await site.at(T + DAY - 1);
    expect(await claim(site, "k")).toBe("held");
    await site.at(T + DAY);
    expect(await tally(site)).toBeUndefined();
    expect(site.timers()).toEqual([]);
    expect(await claim(site, "k")).toBe("new");
  });

  test.each([2 * DAY, -2 * DAY])("is taken for a day though the clock is set by %i ms", async (by) => {
    const site = await movingAt(T, []);
    await claim(site, "k");
    await jump(site, by);
    await site.at(T + by + DAY - 1);
    expect(await claim(site, "k")).toBe("held");
    await site.at(T + by + DAY);
    expect(await tally(site)).toBeUndefined();
    expect(await claim(site, "k")).toBe("new");
  });

  test("is free at once where nothing was done, and leaves no timer, the clock set or not", async () => {
    const site = await movingAt(T, []);
    await claim(site, "k");
    await jump(site, 2 * HOUR);
    await keep(site, "k");
    expect([await tally(site), site.timers()]).toEqual([undefined, []]);
    expect(await claim(site, "k")).toBe("new");
  });
});

describe("a tenant with as many keys as one may have", () => {
  test.each([
    ["count", { count: MAX_ANSWERS - 1, bytes: 0 }],
    ["bytes", { count: 0, bytes: MAX_ANSWER_BYTES - 1 }],
  ])("takes no more by their %s until one is free", async (_, value) => {
    const site = await movingAt(T, []);
    site.engine.apply({ t: T, cells: [{ noun: "answers", tenant: "default", key: "current", value }], tenants: [] });
    expect(await claim(site, "a")).toBe("new");
    expect(await claim(site, "b")).toBe("full");
    expect(await claim(site, "a")).toBe("held");
    await keep(site, "a");
    expect(await claim(site, "b")).toBe("new");
  });
});
