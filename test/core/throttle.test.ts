import { describe, expect, test } from "vitest";
import type { Json } from "../../src/core/json.ts";
import { moving, type Moving } from "../support/moving.ts";
import { channel, checked, input, rule, template } from "../support/objects.ts";
import { START } from "../support/store.ts";

type Fields = { readonly [name: string]: Json };

/** A site with one rule whose one action is sent at once. */
async function siteWith(fields: { action?: Fields; rule?: Fields; policy?: Fields }): Promise<Moving> {
  const site = await moving();
  await site.configure([
    channel(),
    template(),
    rule("all", { actions: [{ id: "all-mail", channel: "ops-mail", ...fields.action }], ...fields.rule }),
    checked("policies", { schema: "policy/v1", id: "default", ...fields.policy }),
  ]);
  return site;
}

/** What became of one event at each of these instants, ms after the start. */
async function fatesAt(site: Moving, instants: readonly number[]): Promise<string[]> {
  const fates: string[] = [];
  for (const [n, ms] of instants.entries()) {
    site.clock.now = START + ms;
    fates.push(...(await site.fates(await site.post([input(`${ms}-${n}`)]))));
  }
  return fates;
}

const SENT = "pending";

describe("an action's bucket", () => {
  test("takes its burst at once and then one each interval, to the ms", async () => {
    const site = await siteWith({ action: { throttle: { burst: 3, per: "1s" } } });
    const full = "throttled throttled all-mail";
    expect(await fatesAt(site, [0, 0, 0, 0, 333, 334, 334, 667, 668, 668])).toEqual([
      SENT,
      SENT,
      SENT,
      full,
      full,
      SENT,
      full,
      full,
      SENT,
      full,
    ]);
  });

  test("is full again after its time, and never fuller", async () => {
    const site = await siteWith({ action: { throttle: { burst: 2, per: "1s" } } });
    const full = "throttled throttled all-mail";
    expect(await fatesAt(site, [0, 0, 1000, 1000, 1000, 9000, 9000, 9000])).toEqual([
      SENT,
      SENT,
      SENT,
      SENT,
      full,
      SENT,
      SENT,
      full,
    ]);
  });

  test("of one token is one in each interval", async () => {
    const site = await siteWith({ policy: { throttle: { burst: 1, per: "1m" } } });
    const full = "throttled throttled all-mail";
    expect(await fatesAt(site, [0, 59_999, 60_000, 119_999, 120_000])).toEqual([SENT, full, SENT, full, SENT]);
  });

  test("says what was left and from when on there is more", async () => {
    const site = await siteWith({ action: { throttle: { burst: 2, per: "1s" } } });
    const traces: unknown[] = [];
    for (let n = 0; n < 3; n++) {
      const [receipt] = await site.post([input(String(n))]);
      traces.push((await site.delivery(receipt?.deliveries[0]?.id ?? "")).trace);
    }
    expect(traces).toEqual([
      [{ stage: "throttle", code: "pass", by: "all-mail", have: 2, limit: 2 }],
      [{ stage: "throttle", code: "pass", by: "all-mail", have: 1, limit: 2 }],
      [{ stage: "throttle", code: "throttled", by: "all-mail", have: 0, limit: 2, until: START + 500 }],
    ]);
  });
});

describe("at most count in (now - per, now]", () => {
  test.each<[string, Parameters<typeof siteWith>[0], string]>([
    ["a rule's limit", { rule: { limit: { count: 2, per: "1s" } } }, "throttled rule-limit all"],
    ["a tenant's quota", { policy: { quotas: [{ count: 2, per: "1s" }] } }, "throttled tenant-quota tenant"],
  ])("%s: what is exactly per old counts no more", async (_name, fields, full) => {
    const site = await siteWith(fields);
    expect(await fatesAt(site, [0, 1, 999, 1000, 1000, 1001, 1001, 1999, 2000])).toEqual([
      SENT,
      SENT,
      full,
      SENT,
      full,
      SENT,
      full,
      full,
      SENT,
    ]);
  });

  test("many at one instant are one entry and leave together", async () => {
    const site = await siteWith({ rule: { limit: { count: 10_000, per: "1h" } } });
    await site.post(Array.from({ length: 1000 }, (_, n) => input(String(n))));
    const kept = await site.store.read.cell("limit", "default", "rule:all");
    expect(kept).toMatchObject({ sent: [[START, 1000]] });
    expect(await fatesAt(site, [3_600_000])).toEqual([SENT]);
    const after = await site.store.read.cell("limit", "default", "rule:all");
    expect(after).toMatchObject({ sent: [[START + 3_600_000, 1]] });
  });

  test("it says how many there are and from when on there is room, where more was allowed before", async () => {
    const site = await siteWith({ rule: { limit: { count: 4, per: "1m" } } });
    await fatesAt(site, [0, 10, 20, 20]);
    await site.configure([
      channel(),
      template(),
      rule("all", { actions: [{ id: "all-mail", channel: "ops-mail" }], limit: { count: 2, per: "1m" } }),
    ]);
    site.clock.now = START + 30;
    const [receipt] = await site.post([input("more")]);
    expect((await site.delivery(receipt?.deliveries[0]?.id ?? "")).trace).toEqual([
      { stage: "throttle", code: "rule-limit", by: "all", have: 4, limit: 2, until: START + 20 + 60_000 },
    ]);
    const full = "throttled rule-limit all";
    expect(await fatesAt(site, [60_000, 60_010, 60_019, 60_020, 60_020, 60_020])).toEqual([
      full,
      full,
      full,
      SENT,
      SENT,
      full,
    ]);
  });
});

describe("quotas", () => {
  test("of one time are the smallest of them, not one after the other", async () => {
    const quotas = [
      { count: 3, per: "1h" },
      { count: 2, per: "60m" },
    ];
    const site = await siteWith({ policy: { quotas } });
    const full = "throttled tenant-quota tenant";
    expect(await fatesAt(site, [0, 1, 2, 3_600_000, 3_600_001, 3_600_002])).toEqual([
      SENT,
      SENT,
      full,
      SENT,
      SENT,
      full,
    ]);
    const kept = await site.store.read.cells("limit", "default", "quota:", 10);
    const sent = [
      [START + 3_600_000, 1],
      [START + 3_600_001, 1],
    ];
    expect(kept).toMatchObject([["quota:3600000", { sent }]]);
  });

  test("of several times all hold", async () => {
    const quotas = [
      { count: 2, per: "1s" },
      { count: 3, per: "1m" },
    ];
    const site = await siteWith({ policy: { quotas } });
    const full = "throttled tenant-quota tenant";
    expect(await fatesAt(site, [0, 0, 0, 1000, 1000, 2000, 60_000, 60_000, 60_000])).toEqual([
      SENT,
      SENT,
      full,
      SENT,
      full,
      full,
      SENT,
      SENT,
      full,
    ]);
  });
});

test("what one gate refuses is charged to none", async () => {
  const site = await siteWith({
    action: { throttle: { burst: 5, per: "1d" } },
    rule: { limit: { count: 5, per: "1d" } },
    policy: { quotas: [{ count: 1, per: "1s" }] },
  });
  const full = "throttled tenant-quota tenant";
  expect(await fatesAt(site, [0, 1, 2, 3, 1000])).toEqual([SENT, full, full, full, SENT]);
  const sent = [
    [START, 1],
    [START + 1000, 1],
  ];
  expect(await site.store.read.cell("limit", "default", "rule:all")).toMatchObject({ sent });
  expect(await site.store.read.cell("bucket", "default", "all-mail")).toEqual({ tat: START + 2 * 17_280_000 });
});
