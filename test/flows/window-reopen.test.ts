import { describe, expect, test } from "vitest";
import type { EventInput } from "../../src/core/event.ts";
import { ACTOR, leavesOf, type Moving, movingAt } from "../support/moving.ts";
import { acting, checked, input } from "../support/objects.ts";

const T = "2026-06-01T10:05:00Z";
const T_MS = Date.parse(T);
const MINUTE = 60_000;

/** A site at 10:05 with one rule. */
async function siteWith(...objects: Parameters<Moving["configure"]>[0]): Promise<Moving> {
  return await movingAt(T, objects);
}

const DIGEST = `digest:default:ops:1h:${T_MS}`;

describe("reopen", () => {
  const reopen = { command: "reopen", actionKey: "ops", window: "1h", openedAt: T_MS } as const;

  test("gives a message that was not tried back to its window, which closes at the next boundary", async () => {
    const site = await siteWith(acting({ digest: "1h" }));
    await site.post([input("1")]);
    await site.at("2026-06-01T11:00:00Z");
    expect((await site.delivery(DIGEST)).status).toBe("pending");
    site.clock.now = Date.parse("2026-06-01T11:20:00Z");
    const [record] = await site.command(reopen);
    expect(record).toMatchObject({ id: DIGEST, state: "open", count: 1, due: Date.parse("2026-06-01T12:00:00Z") });
    for (const field of ["status", "endedAt", "deliveries"]) expect(record).not.toHaveProperty(field);
    const taken = await site.delivery(DIGEST);
    expect(taken).toMatchObject({ status: "coalesced", reason: { code: "reopened", by: ACTOR } });
    expect(taken).not.toHaveProperty("dueAt");
    expect(await leavesOf(site, "digest.reopen")).toMatchObject([{ actor: ACTOR, body: { deliveries: [DIGEST] } }]);
    await site.post([input("2")]);
    await site.at("2026-06-01T12:00:00Z");
    expect(await site.window(DIGEST)).toMatchObject({ state: "flushed", count: 2, status: "pending" });
    expect(await site.delivery(DIGEST)).toMatchObject({ status: "pending", attempts: 0 });
    expect((await site.delivery(DIGEST)).leaves).toHaveLength(3);
  });

  test("appends its items to the newer window where one is open", async () => {
    const site = await siteWith(acting({ digest: "1h", to: ["a@plant.example", "b@plant.example"] }));
    await site.post(Array.from({ length: 450 }, (_, n) => input(`old-${n}`, { severity: "critical" })));
    await site.at("2026-06-01T11:00:00Z");
    const at = Date.parse("2026-06-01T11:10:00Z");
    site.clock.now = at;
    await site.post([input("new", { severity: "low" })]);
    const newer = `digest:default:ops:1h:${at}`;
    const [record] = await site.command(reopen);
    expect(record).toMatchObject({ id: newer, state: "open", count: 451, severity: "critical" });
    expect(await site.window(DIGEST)).toMatchObject({ state: "merged", status: "coalesced", into: newer });
    for (const ordinal of [0, 1])
      expect(await site.delivery(`${DIGEST}:${ordinal}`)).toMatchObject({
        status: "coalesced",
        reason: { code: "merged", by: newer },
        window: newer,
      });
    expect(await leavesOf(site, "digest.reopen")).toMatchObject([{ id: DIGEST, body: { into: newer } }]);
    const members = await site.store.read.members("default", newer, 0, 1000);
    expect(new Set(members.map(({ event }) => event)).size).toBe(451);
    await site.at("2026-06-01T12:00:00Z");
    expect(await site.window(newer)).toMatchObject({ state: "flushed", count: 451 });
    await expect(site.command(reopen)).rejects.toMatchObject({ code: "conflict" });
  });

  describe("into a newer window that waits for quiet hours to end", () => {
    const nights = checked("calendars", {
      schema: "calendar/v1",
      id: "nights",
      weekly: [{ days: ["mon"], from: "22:00", to: "06:00" }],
    });
    const action = { digest: "1h", calendar: "nights", bypassFrom: "critical", throttle: { burst: 1, per: "1d" } };
    const firing = { alertState: "firing", correlationId: "k" } as const;

    test.each<[string, readonly EventInput[], string, string]>([
      ["what may wait waits with it, and needs a token then", [input("1")], "open", "throttled"],
      [
        "what may not wait makes it due; no token came back",
        [input("1", { severity: "critical" })],
        "flushed throttled",
        "throttled",
      ],
      [
        "a resolution is told though no token is left",
        [input("1", firing), input("2", { ...firing, alertState: "resolved" })],
        "open",
        "pending",
      ],
    ])("%s", async (_name, events, atOnce, inTheMorning) => {
      const site = await siteWith(nights, acting(action));
      const opened = Date.parse("2026-06-01T20:30:00Z");
      await site.at(opened);
      await site.post(events);
      await site.at("2026-06-01T21:00:00Z");
      expect((await site.window(`digest:default:ops:1h:${opened}`)).status).toBe("pending");
      const newer = Date.parse("2026-06-01T21:30:00Z");
      await site.at(newer);
      await site.post([input("newer", { severity: "low" })]);
      await site.at("2026-06-01T22:10:00Z");
      const id = `digest:default:ops:1h:${newer}`;
      expect(await site.window(id)).toMatchObject({ state: "open", isPutOff: true });
      await site.command({ ...reopen, openedAt: opened });
      await site.at("2026-06-01T22:11:00Z");
      const { state, status } = await site.window(id);
      expect([state, status].filter((part) => part !== undefined).join(" ")).toBe(atOnce);
      await site.at("2026-06-02T06:00:00Z");
      const { count, ...told } = await site.window(id);
      expect(count).toBe(events.length + 1);
      expect(told).toMatchObject({ state: "flushed", status: inTheMorning });
    });
  });

  test("of a group waits as if it were opened now: to the end of its interval", async () => {
    const site = await siteWith(acting({ group: { by: [], wait: "30s", interval: "5m" } }));
    await site.post([input("1")]);
    const [open] = await site.open();
    const flushedAt = T_MS + 30_000;
    await site.at(flushedAt);
    site.clock.now = flushedAt + MINUTE;
    const asked = { ...reopen, actionKey: open?.actionKey ?? "", window: "group" };
    expect(await site.command(asked)).toMatchObject([{ state: "open", due: flushedAt + 5 * MINUTE }]);
    await site.at(flushedAt + 5 * MINUTE);
    site.clock.now = flushedAt + 20 * MINUTE;
    expect(await site.command(asked)).toMatchObject([{ state: "open", due: flushedAt + 20 * MINUTE + 30_000 }]);
  });

  test("is refused where nothing names the window", async () => {
    const site = await siteWith(acting({ digest: "1h" }));
    for (const asked of [{ window: "1h" }, { openedAt: T_MS }, {}])
      await expect(site.command({ command: "reopen", actionKey: "ops", ...asked })).rejects.toMatchObject({
        name: "FlowError",
        code: "invalid",
      });
  });

  test("is refused of what is not there, and of what quiet hours held", async () => {
    const all = { schema: "calendar/v1", id: "all", ranges: [{ from: "2026-06-01", to: "2026-06-01" }] };
    const site = await siteWith(checked("calendars", all), acting({ calendar: "all" }));
    await site.post([input("1")]);
    await site.at("2026-06-02T00:00:00Z");
    expect(await site.window(`digest:default:ops:quiet:${T_MS}`)).toMatchObject({ state: "flushed" });
    for (const window of ["quiet", "1h", "flap"])
      await expect(site.command({ ...reopen, window })).rejects.toMatchObject({ code: "missing" });
  });

  test("is refused of what is open, was dropped, was throttled, or was tried", async () => {
    const site = await siteWith(acting({ digest: "1h", throttle: { burst: 1, per: "1d" } }));
    const conflict = {
      name: "FlowError",
      code: "conflict",
      message: expect.stringContaining("cannot be opened again"),
    };
    await site.post([input("1")]);
    await expect(site.command(reopen)).rejects.toMatchObject(conflict);
    await site.command({ command: "drop", actionKey: "ops" });
    await expect(site.command(reopen)).rejects.toMatchObject(conflict);
    await site.post([input("2")]);
    await site.command({ command: "flush", actionKey: "ops" });
    const tried = `digest:default:ops:1h:${T_MS + 1}`;
    const outcome = { kind: "failed", out: { code: "451", st: "later", ms: 1 } } as const;
    const tries = [{ kind: "tried", delivery: tried, channel: "ops-mail", n: 1, outcome } as const];
    await site.store.transact({ flow: "attempt", tenant: "default", input: { tries } });
    expect(await site.delivery(tried)).toMatchObject({ status: "retrying", attempts: 1 });
    await expect(site.command({ ...reopen, openedAt: T_MS + 1 })).rejects.toMatchObject(conflict);
    await site.post([input("3")]);
    expect(await site.command({ command: "flush", actionKey: "ops" })).toMatchObject([{ status: "throttled" }]);
    await expect(site.command({ ...reopen, openedAt: T_MS + 2 })).rejects.toMatchObject(conflict);
    expect(await leavesOf(site, "digest.reopen")).toEqual([]);
  });

  test("is refused where one of several messages was tried", async () => {
    const site = await siteWith(acting({ digest: "1h", to: ["a@plant.example", "b@plant.example"] }));
    await site.post([input("1")]);
    await site.command({ command: "flush", actionKey: "ops" });
    const outcome = { kind: "sent", out: { code: "250", st: "ok", ms: 1 } } as const;
    const tries = [{ kind: "tried", delivery: `${DIGEST}:1`, channel: "ops-mail", n: 1, outcome } as const];
    await site.store.transact({ flow: "attempt", tenant: "default", input: { tries } });
    await expect(site.command(reopen)).rejects.toMatchObject({ code: "conflict" });
    expect((await site.delivery(`${DIGEST}:0`)).status).toBe("pending");
  });

  test("and a flush in one batch: whichever comes first, there is one message", async () => {
    const site = await siteWith(acting({ digest: "1h" }));
    await site.post([input("1")]);
    const flush = { command: "flush", actionKey: "ops" } as const;
    const done = await Promise.allSettled(
      [flush, reopen, flush, reopen, reopen, flush].map((one) => site.command(one)),
    );
    expect(done.map(({ status }) => status)).toEqual([
      "fulfilled",
      "fulfilled",
      "fulfilled",
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
    expect(await site.window(DIGEST)).toMatchObject({ state: "flushed", count: 1, deliveries: [DIGEST] });
    expect((await site.store.read.deliveries("default", { limit: 10, status: "pending" })).items).toHaveLength(1);
  });
});

test.each([
  [2, "told by no other, its resolution joins it", "resolution"],
  [3, "told before, its resolution is gathered for itself", "digest"],
  [16, "told often before, its resolution is gathered for itself", "digest"],
  [17, "told often before, its resolution is gathered for itself", "digest"],
])("what the last but one of %d digests told is taken back with it: %s", async (digests, _then, stage) => {
  const site = await siteWith(acting({ digest: "1h" }));
  for (let n = 0; n < digests; n++) {
    await site.post([firing(n)]);
    if (n < digests - 1) await site.at(T_MS + (n + 1) * 60 * MINUTE);
  }
  const openedAt = T_MS + (digests - 2) * 60 * MINUTE;
  await site.command({ command: "reopen", actionKey: "ops", window: "1h", openedAt });
  const [receipt] = await site.post([input("r", { alertState: "resolved", correlationId: "k" })]);
  const { status, trace } = await site.delivery(receipt?.deliveries[0]?.id ?? "");
  expect({ status, stage: trace?.at(-1)?.stage }).toEqual({ status: "coalesced", stage });
});

const firing = (n: number): EventInput =>
  input(`f${n}`, { alertState: "firing", correlationId: "k", labels: { n: `${n}` } });

test("an alert that was told once and waits in many groups has that telling taken back", async () => {
  const site = await siteWith(acting({ group: { by: ["n"], wait: "1h", interval: "1h" } }));
  await site.post([firing(0)]);
  await site.at(T_MS + 60 * MINUTE);
  await site.post(Array.from({ length: 15 }, (_, n) => firing(n + 1)));
  const told = (await site.store.read.cells("window", "default", "", 100)).find(([, { state }]) => state === "flushed");
  const { actionKey = "", openedAt = 0 } = told?.[1] ?? {};
  await site.command({ command: "reopen", actionKey, window: "group", openedAt });
  const [receipt] = await site.post([input("r", { alertState: "resolved", correlationId: "k", labels: { n: "0" } })]);
  const { window, trace } = await site.delivery(receipt?.deliveries[0]?.id ?? "");
  expect({ window, stage: trace?.at(-1)?.stage }).toEqual({ window: told?.[0], stage: "resolution" });
});
