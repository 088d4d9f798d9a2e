import { beforeEach, describe, expect, test } from "vitest";
import { digestService, statsService } from "../../src/app/digests.ts";
import type { DigestService, ShownWindow, StatsService } from "../../src/http/services.ts";
import type { CellChange } from "../../src/ports.ts";
import { createSendGate, type SendGate } from "../../src/jobs/send-gate.ts";
import { ACTOR, moving, type Moving } from "../support/moving.ts";
import { channel, checked, input, rule, template } from "../support/objects.ts";
import { countTurns } from "../support/turns.ts";

const T = "2026-06-01T10:05:00Z";
const T_MS = Date.parse(T);
const HOUR = 3_600_000;
const CALLER = { tenant: "acme", actor: ACTOR };
const DAY = checked("calendars", {
  schema: "calendar/v1",
  id: "day",
  ranges: [{ from: "2026-06-01", to: "2026-06-01" }],
});
const ABOUT = { scope: { resource: "db" }, labels: { service: "db" } };

let site: Moving;
let sends: SendGate;
let digests: DigestService;
let stats: StatsService;

/** Tenant acme at 10:05 with a digest, a group, something that quiet hours hold, and something that repeats. */
beforeEach(async () => {
  site = await moving({ tenants: ["_site", "acme", "globex"] });
  const { store, clock, configurations } = site;
  sends = createSendGate();
  digests = digestService({ store, sends });
  stats = statsService({ store, configurations, instants: { now: () => clock.now, mono: () => 0 } });
  const actions = [
    { id: "hourly", channel: "ops-mail", digest: "1h" },
    { id: "hourly-2", channel: "ops-mail", digest: "5m" },
    { id: "grouped", channel: "ops-mail", group: { by: ["service"], wait: "1m", interval: "5m" } },
    { id: "held", channel: "ops-mail", calendar: "day" },
    { id: "flapping", channel: "ops-mail", debounce: {} },
  ];
  await site.configure([channel(), template(), DAY, rule("hosts", { actions })], "acme");
  await site.at(T, "acme");
});

async function post(...ids: readonly string[]): Promise<void> {
  await site.post(
    ids.map((id) => input(id, ABOUT)),
    "acme",
  );
}
async function open(tenant: string, actionKey?: string): Promise<readonly ShownWindow[]> {
  const query = { limit: 1000, ...(actionKey === undefined ? {} : { actionKey }) };
  return (await digests.page(tenant, query)).items;
}
const keysOf = (windows: readonly ShownWindow[]): string[] =>
  windows.map(({ actionKey, window }) => `${actionKey}:${window}`);

describe("open windows", () => {
  test("all of them, the one that is due first before the others", async () => {
    await post("1", "2");
    const windows = await open("acme");
    const group = windows.find(({ kind }) => kind === "group");
    expect(group?.actionKey).toMatch(/^grouped~[0-9a-f]{8}$/);
    expect(keysOf(windows)).toEqual([
      "flapping:flap",
      `${group?.actionKey}:group`,
      "hourly-2:5m",
      "hourly:1h",
      "held:quiet",
    ]);
    expect(windows.map(({ dueAt }) => dueAt - T_MS)).toEqual([30_000, 60_000, 300_000, 3_300_000, 14 * HOUR - 300_000]);
    expect(windows.map(({ count }) => count)).toEqual([1, 2, 2, 2, 2]);
  });

  test("of an action: its own and its groups', of a key: that one, and none whose name begins alike", async () => {
    await post("1");
    await site.post([input("web", { labels: { service: "web" } })], "acme");
    expect(keysOf(await open("acme", "hourly"))).toEqual(["hourly:1h"]);
    const groups = await open("acme", "grouped");
    expect(groups.map(({ group }) => group)).toEqual(expect.arrayContaining([{ service: "db" }, { service: "web" }]));
    expect(groups).toHaveLength(2);
    const [first] = groups;
    expect(await open("acme", first?.actionKey)).toEqual([first]);
    expect(await open("acme", "hour")).toEqual([]);
    expect(await open("acme", "grouped~00000000")).toEqual([]);
  });

  test.each([1, 2, 3, 5, 6])(
    "come in pages of %i, each once and in the same order, though the clock is set",
    async (limit) => {
      await post("1", "2");
      const all = keysOf(await open("acme"));
      const found: string[] = [];
      let cursor: string | undefined;
      let pages = 0;
      do {
        const page = await digests.page("acme", { limit, ...(cursor === undefined ? {} : { cursor }) });
        found.push(...keysOf(page.items));
        ({ cursor } = page);
        pages += 1;
        const [from, to] = [site.clock.now, site.clock.now + 1000];
        await site.store.transact({ flow: "clock-jump", tenant: "_site", input: { from, to } });
        site.clock.now = to;
      } while (cursor !== undefined);
      expect(found).toEqual(all);
      expect(pages).toBe(Math.ceil(all.length / limit));
    },
  );

  test.each(["", "x", "1", "1:", "dl_1", "1.5:digest:a"])("another list's cursor %j is refused", async (cursor) => {
    const refused = { name: "HttpError", code: "bad-query" };
    await expect(digests.page("acme", { limit: 1, cursor })).rejects.toMatchObject(refused);
  });

  test("many of them let the process do other things while they are read", async () => {
    await post("1");
    const [record] = await open("acme", "hourly");
    if (record === undefined) throw new Error("nothing is open");
    const cells = Array.from({ length: 1000 }, (_, n): readonly CellChange[] => {
      const id = `${record.id}${n}`;
      return [
        { noun: "window", tenant: "acme", key: id, value: { ...record, id } },
        { noun: "open", tenant: "acme", key: `hourly~${n}:group`, value: { id } },
      ];
    }).flat();
    site.engine.apply({ t: T_MS, cells, tenants: [] });
    const turns = countTurns();
    expect(await open("acme", "hourly")).toHaveLength(1000);
    expect(turns()).toBeGreaterThanOrEqual(5);
  });

  test("of one tenant are no other's", async () => {
    await post("1");
    expect(await open("globex")).toEqual([]);
    expect(await open("globex", "hourly")).toEqual([]);
    const asked = digests.command({ ...CALLER, tenant: "globex" }, { command: "flush", actionKey: "hourly" });
    await expect(asked).rejects.toMatchObject({ name: "FlowError", code: "missing" });
    expect(await open("acme", "hourly")).toHaveLength(1);
  });

  test("are due by the wall clock, also after it was set", async () => {
    await post("1");
    const [before] = await open("acme", "grouped");
    const by = 2 * HOUR;
    const jump = { from: T_MS, to: T_MS + by };
    await site.store.transact({ flow: "clock-jump", tenant: "_site", input: jump });
    site.clock.now = T_MS + by;
    const [after] = await open("acme", "grouped");
    expect(after?.dueAt).toBe((before?.dueAt ?? 0) + by);
    expect(after?.openedAt).toBe(before?.openedAt);
  });
});

describe("commands", () => {
  test("flush and drop answer the windows as they are then", async () => {
    await post("1");
    const [flushed] = await digests.command(CALLER, { command: "flush", actionKey: "hourly" });
    expect(flushed).toMatchObject({ state: "flushed", status: "pending", endedAt: T_MS, dueAt: T_MS + 3_300_000 });
    const [dropped] = await digests.command(CALLER, { command: "drop", actionKey: "hourly-2" });
    expect(dropped).toMatchObject({ state: "dropped", status: "dropped" });
    expect(keysOf(await open("acme", "hourly"))).toEqual([]);
  });

  const reopen = { command: "reopen", actionKey: "hourly", window: "1h", openedAt: T_MS } as const;

  test("reopen takes back a message that nothing sends", async () => {
    await post("1");
    await digests.command(CALLER, { command: "flush", actionKey: "hourly" });
    expect(await digests.command(CALLER, reopen)).toMatchObject([{ state: "open", dueAt: T_MS + 3_300_000 }]);
  });

  test("reopen withholds the messages while it is decided, and is refused where one is being sent", async () => {
    await post("1");
    await digests.command(CALLER, { command: "flush", actionKey: "hourly" });
    const id = `digest:acme:hourly:1h:${T_MS}`;
    const withheld = new Set<string>();
    let isSending = true;
    sends.attach({
      withhold: (delivery) => {
        if (isSending) return false;
        withheld.add(delivery);
        return true;
      },
      release: () => undefined,
    });
    const refused = { name: "FlowError", code: "conflict", message: `${id} is being sent` };
    await expect(digests.command(CALLER, reopen)).rejects.toMatchObject(refused);
    expect((await site.delivery(id, "acme")).status).toBe("pending");
    isSending = false;
    expect(await digests.command(CALLER, reopen)).toMatchObject([{ id, state: "open" }]);
    expect([...withheld]).toEqual([id]);
  });

  test("reopen of what is not there is missing, of what is still open a conflict", async () => {
    await expect(digests.command(CALLER, reopen)).rejects.toMatchObject({ code: "missing" });
    await post("1");
    await expect(digests.command(CALLER, reopen)).rejects.toMatchObject({ code: "conflict" });
    const { window: _, ...unnamed } = reopen;
    await expect(digests.command(CALLER, unnamed)).rejects.toMatchObject({ code: "invalid" });
  });

  test("reopen is refused where the window is flushed, and its message begun, while it asks", async () => {
    await post("1");
    const id = `digest:acme:hourly:1h:${T_MS}`;
    let sending: string | undefined;
    sends.attach({ withhold: (delivery) => delivery !== sending, release: () => undefined });
    const { store } = site;
    const cell: typeof store.read.cell = async (noun, tenant, key) => {
      const found = await store.read.cell(noun, tenant, key);
      if (noun !== "window" || sending !== undefined) return found;
      await site.command({ command: "flush", actionKey: "hourly" }, "acme");
      sending = id;
      return found;
    };
    const racing = digestService({ store: { ...store, read: { ...store.read, cell } }, sends });
    await expect(racing.command(CALLER, reopen)).rejects.toMatchObject({ code: "conflict" });
    expect(await site.delivery(id, "acme")).toMatchObject({ status: "pending" });
    expect(await site.window(id, "acme")).toMatchObject({ state: "flushed" });
  });
});

describe("stats", () => {
  test("of a tenant that has nothing", async () => {
    expect(await stats.of("globex")).toMatchObject({
      backlog: 0,
      byRule: [],
      openDigestCount: 0,
      openWindows: { digest: 0, group: 0, quiet: 0, flap: 0 },
      downChannels: [],
      ruleFaults: [],
    });
  });

  test("count windows by their kind, and deliveries by status and rule", async () => {
    await post("1", "2");
    await site.post([input("web", { labels: { service: "web" }, scope: { resource: "web" } })], "acme");
    const found = await stats.of("acme");
    expect(found).toMatchObject({
      openDigestCount: 4,
      openWindows: { digest: 2, group: 2, quiet: 1, flap: 1 },
      backlog: 5,
      byStatus: { pending: 2, held: 3, coalesced: 9, debounced: 1 },
      byRule: [{ rule: "hosts", byStatus: { pending: 2, held: 3, coalesced: 9, debounced: 1 } }],
    });
    expect(found.since).toBe(T_MS - 24 * HOUR - (T_MS % HOUR));
  });

  test("tell which channels are down, and which rules could not be evaluated", async () => {
    const failing = rule("failing", { match: { when: "event.data.size > 3" } });
    await site.configure([channel(), template(), failing], "acme");
    await site.post([input("1", { data: { size: "big" } }), input("2", { data: { size: "small" } })], "acme");
    const outcome = { kind: "down", out: { code: "ECONNECTION", st: "refused", ms: 1 } } as const;
    await site.configure([channel(), template(), rule("hosts")], "acme");
    const [receipt] = await site.post([input("3")], "acme");
    const delivery = receipt?.deliveries[0]?.id ?? "";
    const tries = [{ kind: "tried", delivery, channel: "ops-mail", n: 1, outcome } as const];
    await site.store.transact({ flow: "attempt", tenant: "acme", input: { tries } });
    const { downChannels, ruleFaults } = await stats.of("acme");
    expect(downChannels).toEqual([{ id: "ops-mail", since: T_MS, reason: "connect" }]);
    expect(ruleFaults).toEqual([
      { rule: expect.stringMatching(/^failing@[0-9a-f]{12}$/), count: 2, at: T_MS, detail: expect.any(String) },
    ]);
    expect(await stats.of("globex")).toMatchObject({ downChannels: [], ruleFaults: [] });
    const other = channel("other-mail");
    await site.configure(
      [other, template(), rule("hosts", { actions: [{ id: "ops", channel: "other-mail" }] })],
      "acme",
    );
    expect((await stats.of("acme")).downChannels).toEqual([]);
    await site.configure([channel(), template(), rule("hosts")], "acme");
    expect((await stats.of("acme")).downChannels).toEqual(downChannels);
  });
});
