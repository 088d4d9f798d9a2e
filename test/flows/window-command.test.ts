import { describe, expect, test } from "vitest";
import { parseLeaf } from "../../src/core/leaf-parse.ts";
import { ACTOR, leavesOf, moving, type Moving, movingAt } from "../support/moving.ts";
import { acting, channel, checked, input, rule, template } from "../support/objects.ts";

const T = "2026-06-01T10:05:00Z";
const T_MS = Date.parse(T);
const MINUTE = 60_000;

/** A site at 10:05 with one rule. */
async function siteWith(...objects: Parameters<Moving["configure"]>[0]): Promise<Moving> {
  return await movingAt(T, objects);
}

const DIGEST = `digest:default:ops:1h:${T_MS}`;

describe("flush", () => {
  test("ends the open digest with its delivery, and says who asked for it", async () => {
    const site = await siteWith(acting({ digest: "1h" }));
    const [receipt] = await site.post([input("1")]);
    await site.at(T_MS + MINUTE);
    const [record, ...more] = await site.command({ command: "flush", actionKey: "ops" });
    expect(more).toEqual([]);
    expect(record).toMatchObject({ id: DIGEST, state: "flushed", status: "pending", count: 1, deliveries: [DIGEST] });
    expect(await site.delivery(DIGEST)).toMatchObject({
      status: "pending",
      dueAt: T_MS + MINUTE,
      to: "ops@plant.example",
    });
    expect(await site.fates(receipt === undefined ? [] : [receipt])).toEqual([`coalesced coalesced ${DIGEST}`]);
    const [leaf, ...others] = await leavesOf(site, "digest.flush");
    expect(others).toEqual([]);
    expect(leaf).toMatchObject({ actor: ACTOR, id: DIGEST, body: { count: 1 }, drafts: [{ delivery: DIGEST }] });
    expect(leaf?.body).not.toHaveProperty("at");
    expect(await site.open()).toEqual([]);
    await site.at(T_MS + 120 * MINUTE);
    expect(await leavesOf(site, "digest.flush")).toHaveLength(1);
  });

  test("without a window leaves alone what quiet hours hold and what repeats; named, they end too", async () => {
    const nights = { schema: "calendar/v1", id: "day", ranges: [{ from: "2026-06-01", to: "2026-06-01" }] };
    const site = await siteWith(
      checked("calendars", nights),
      rule("quiet", { actions: [{ id: "held", channel: "ops-mail", calendar: "day" }] }),
      rule("repeats", { actions: [{ id: "flap", channel: "ops-mail", debounce: {} }] }),
    );
    const about = { scope: { resource: "db" } };
    await site.post([input("1", about), input("2", about)]);
    for (const actionKey of ["held", "flap"])
      await expect(site.command({ command: "flush", actionKey })).rejects.toMatchObject({
        name: "FlowError",
        code: "missing",
        message: `${actionKey} has no open window to flush`,
      });
    const [quiet] = await site.command({ command: "flush", actionKey: "held", window: "quiet" });
    expect(quiet).toMatchObject({ kind: "quiet", count: 2, status: "pending" });
    const [flap] = await site.command({ command: "drop", actionKey: "flap", window: "flap" });
    expect(flap).toMatchObject({ kind: "flap", count: 1, state: "dropped", status: "dropped" });
    expect(await site.open()).toEqual([]);
  });

  test("of one key touches no other whose name begins alike", async () => {
    const actions = ["ops", "ops-2", "op"].map((id) => ({ id, channel: "ops-mail", digest: "1h" }));
    const site = await siteWith(rule("hosts", { actions }));
    await site.post([input("1")]);
    const ended = await site.command({ command: "flush", actionKey: "ops" });
    expect(ended.map(({ actionKey }) => actionKey)).toEqual(["ops"]);
    expect((await site.open()).map(({ actionKey }) => actionKey)).toEqual(["op", "ops-2"]);
  });

  test("ends windows of all cadences, the oldest first, or the one that is named", async () => {
    const site = await siteWith(acting({ digest: "1d" }));
    await site.post([input("1")]);
    await site.configure([channel(), template(), acting({ digest: "5m" })]);
    await site.at(T_MS + 1000);
    await site.post([input("2")]);
    await site.configure([channel(), template(), acting({ digest: "1h" })]);
    await site.at(T_MS + 2000);
    await site.post([input("3")]);
    const asked = { command: "flush", actionKey: "ops" } as const;
    await expect(site.command({ ...asked, window: "15m" })).rejects.toMatchObject({ code: "missing" });
    await expect(site.command({ ...asked, openedAt: T_MS + 1 })).rejects.toMatchObject({ code: "missing" });
    await expect(site.command({ ...asked, window: "1h", openedAt: T_MS })).rejects.toMatchObject({ code: "missing" });
    const one = await site.command({ ...asked, openedAt: T_MS + 1000 });
    expect(one.map(({ window }) => window)).toEqual(["5m"]);
    const both = await site.command(asked);
    expect(both.map(({ window, openedAt }) => [window, openedAt])).toEqual([
      ["1d", T_MS],
      ["1h", T_MS + 2000],
    ]);
  });

  test("of the one that is named finds it behind however many others", async () => {
    const site = await siteWith(acting({ debounce: { window: "1h" } }));
    const COUNT = 1100;
    for (const n of [0, 1])
      for (let from = 0; from < COUNT; from += 550)
        await site.post(
          Array.from({ length: 550 }, (_, at) => input(`${from + at}/${n}`, { scope: { resource: `h-${from + at}` } })),
        );
    const open = await site.open();
    expect(open).toHaveLength(COUNT);
    const last = open.toSorted((a, b) => a.openedAt - b.openedAt).at(-1);
    if (last === undefined) throw new Error("nothing is open");
    const asked = { actionKey: "ops", window: "flap", openedAt: last.openedAt } as const;
    expect(await site.command({ command: "flush", ...asked })).toMatchObject([{ id: last.id, state: "flushed" }]);
    await expect(site.command({ command: "drop", ...asked })).rejects.toMatchObject({ code: "missing" });
    expect(await site.open()).toHaveLength(COUNT - 1);
  });

  test("of a group is by its key; its action alone names none", async () => {
    const site = await siteWith(acting({ group: { by: ["service"], wait: "10m", interval: "10m" } }));
    await site.post(["db", "web"].map((service) => input(service, { labels: { service } })));
    const open = await site.open();
    expect(open.map(({ group }) => group)).toEqual(expect.arrayContaining([{ service: "db" }, { service: "web" }]));
    await expect(site.command({ command: "flush", actionKey: "ops" })).rejects.toMatchObject({ code: "missing" });
    const [first] = open;
    const ended = await site.command({ command: "flush", actionKey: first?.actionKey ?? "" });
    expect(ended.map(({ id }) => id)).toEqual([first?.id]);
    expect((await site.open()).map(({ id }) => id)).toEqual([open[1]?.id]);
  });

  test("does not wait for quiet hours, but passes throttle", async () => {
    const day = { schema: "calendar/v1", id: "day", ranges: [{ from: "2026-06-01", to: "2026-06-01" }] };
    const throttle = { burst: 1, per: "1d" };
    const site = await siteWith(checked("calendars", day), acting({ digest: "1h", calendar: "day", throttle }));
    const statuses: unknown[] = [];
    for (let n = 0; n < 2; n++) {
      await site.post([input(String(n))]);
      const [record] = await site.command({ command: "flush", actionKey: "ops" });
      statuses.push([record?.status, record?.openedAt]);
    }
    expect(statuses).toEqual([
      ["pending", T_MS],
      ["throttled", T_MS + 1],
    ]);
    expect((await site.delivery(`digest:default:ops:1h:${T_MS + 1}`)).reason).toEqual({ code: "throttled", by: "ops" });
  });

  test("of another tenant's window finds none", async () => {
    const site = await siteWith(acting({ digest: "1h" }));
    const globex = { id: "globex", origin: "sealpost-test-00000000-globex", key: "key", seal: "seal" };
    await site.store.transact({ flow: "tenant-open", tenant: "_site", input: { actor: "job:test", ...globex } });
    await site.post([input("1")]);
    const asked = { command: "flush", actionKey: "ops" } as const;
    await expect(site.command(asked, "globex")).rejects.toMatchObject({ code: "missing" });
    expect(await site.open()).toHaveLength(1);
  });

  test.each(["flush", "drop"] as const)("%s of twenty thousand items is one leaf and one message", async (command) => {
    const all = { schema: "calendar/v1", id: "all", ranges: [{ from: "2026-06-01", to: "2026-06-02" }] };
    const site = await siteWith(checked("calendars", all), acting({ digest: "1h", calendar: "all" }));
    const COUNT = 20_000;
    for (let from = 0; from < COUNT; from += 1000)
      await site.post(Array.from({ length: 1000 }, (_, n) => input(String(from + n))));
    const before = (await site.lines()).length;
    const [record, ...more] = await site.command({ command, actionKey: "ops" });
    expect(more).toEqual([]);
    const status = command === "flush" ? "pending" : "dropped";
    expect(record).toMatchObject({ count: COUNT, status, itemCap: 500, deliveries: [DIGEST] });
    const added = (await site.lines()).slice(before).map(parseLeaf);
    expect(added.map(({ type, body, drafts }) => [type, body?.["count"], drafts?.length])).toEqual([
      [`digest.${command}`, COUNT, 1],
    ]);
    expect(added[0]?.body?.["root"]).toMatch(/^[0-9a-f]{64}$/);
    expect(await site.store.read.members("default", DIGEST, COUNT - 1, 10)).toHaveLength(1);
    expect((await site.store.read.deliveries("default", { limit: 1, status })).items).toHaveLength(1);
  });
});

describe("drop", () => {
  test("ends the window unsent: a leaf, and a dropped delivery that says who", async () => {
    const site = await siteWith(acting({ digest: "1h", throttle: { burst: 1, per: "1d" } }));
    const [receipt] = await site.post([input("1")]);
    const [record] = await site.command({ command: "drop", actionKey: "ops", window: "1h", openedAt: T_MS });
    expect(record).toMatchObject({ id: DIGEST, state: "dropped", status: "dropped", deliveries: [DIGEST] });
    const delivery = await site.delivery(DIGEST);
    expect(delivery).toMatchObject({ status: "dropped", reason: { code: "window-dropped", by: ACTOR }, attempts: 0 });
    expect(delivery).not.toHaveProperty("dueAt");
    const leaves = await leavesOf(site, "digest.drop");
    expect(leaves).toMatchObject([{ actor: ACTOR, id: DIGEST, drafts: [{ delivery: DIGEST, status: "dropped" }] }]);
    expect(delivery.leaves).toEqual([leaves[0]?.seq]);
    expect(await site.fates(receipt === undefined ? [] : [receipt])).toEqual([`coalesced coalesced ${DIGEST}`]);
    expect(await site.store.read.cell("bucket", "default", "ops")).toBeUndefined();
    await site.at(T_MS + 120 * MINUTE);
    expect(await leavesOf(site, "digest.flush")).toEqual([]);
    await expect(site.command({ command: "drop", actionKey: "ops" })).rejects.toMatchObject({ code: "missing" });
  });

  test("has one delivery for each addressee", async () => {
    const site = await siteWith(acting({ digest: "1h", to: ["a@plant.example", "b@plant.example"] }));
    await site.post([input("1")]);
    const [record] = await site.command({ command: "drop", actionKey: "ops" });
    expect(record?.deliveries).toEqual([`${DIGEST}:0`, `${DIGEST}:1`]);
    for (const id of record?.deliveries ?? []) expect((await site.delivery(id)).status).toBe("dropped");
  });
});

/** As long as an id can be. */
const long = (letter: string): string => letter.repeat(63);

test("a message to many addressees has leaves that fit, however long the ids", async () => {
  const [tenant, to] = [long("t"), Array.from({ length: 100 }, (_, n) => `ops-${n}@plant.example`)];
  const site = await moving({ tenants: ["_site", tenant] });
  const actions = [{ id: long("a"), channel: long("c"), digest: "1h", to }];
  await site.configure([channel(long("c")), template(), rule(long("r"), { actions })], tenant);
  await site.at(T, tenant);
  await site.post([input("1")], tenant);
  const [ended] = await site.command({ command: "flush", actionKey: long("a") }, tenant);
  expect(ended).toMatchObject({ state: "flushed", status: "pending" });
  expect(ended?.deliveries).toHaveLength(100);
});
