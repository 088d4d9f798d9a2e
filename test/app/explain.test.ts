import { describe, expect, it } from "vitest";
import { explainService } from "../../src/app/explain.ts";
import type { Cells } from "../../src/ports.ts";
import { span } from "../../src/core/explain-words.ts";
import { FOREVER } from "../../src/core/mute.ts";
import { MAX_PROBE_MS } from "../../src/jobs/deliver-lane.ts";
import { type Explaining, explaining, firstOf, SENT } from "../support/explaining.ts";
import { type Fields, channel, checked, input, nights, policy, rule, template } from "../support/objects.ts";

const T = "2026-06-01T08:00:00Z";
const base = [channel(), template()];
const all = (fields: Fields = {}): ReturnType<typeof rule> => rule("all", fields);
const acting = (fields: Fields): ReturnType<typeof rule> =>
  all({ actions: [{ id: "all-mail", channel: "ops-mail", ...fields }] });
const NIGHTS = nights("07:00", "Europe/Berlin");

// oxlint-disable-next-line unicorn/no-thenable -- the field of the contract is named so, and nothing awaits it
const DROP_STALE = { after: "2h", then: "drop" };
const many = (name: string): ReturnType<typeof rule>[] =>
  Array.from({ length: 1001 }, (_, n) => rule(`r${n}`, { name, match: { types: ["x"] } }));

/** So many thousand events of the one source come in. */
async function crowd({ store }: Explaining, thousands: number): Promise<void> {
  for (let batch = 0; batch < thousands; batch++) {
    const events = Array.from({ length: 1000 }, (_, n) => input(`crowd ${batch} ${n}`));
    const asked = { actor: "source:test", horizon: 604_800_000, events };
    await store.transact({ flow: "ingest", tenant: "default", input: asked });
  }
}

/** A site at 08:00 with these objects beside its channel and template. */
async function siteWith(...objects: Parameters<Explaining["configure"]>[0]): Promise<Explaining> {
  const site = await explaining();
  await site.configure([...base, ...objects]);
  await site.at(T);
  return site;
}

const stated = {
  startsAt: Date.parse(T),
  endsAt: Date.parse("2026-06-01T12:00:00Z"),
  author: "maria",
  comment: "works\nhere",
};

describe("repeats within a dedupe window", () => {
  const about = { scope: { resource: "db" } };

  it("says so of the first, of a rise, and of what was told before and lost", async () => {
    const site = await siteWith(acting({ dedupe: { window: "1h" }, throttle: { burst: 2, per: "10h" } }));
    const first = await site.post("1", about);
    expect(await site.text(first.id)).toContain(
      "dedupe: passed. Nothing of its kind had been sent in the dedupe window that ends at 2026-06-01T09:00:00Z.",
    );
    const rise = await site.post("2", { ...about, severity: "critical" });
    expect(await site.text(rise.id)).toContain("its severity critical is above the high of that.");
    const more = await site.post("3", { scope: { resource: "other" } });
    expect(await site.text(more.id)).toContain(
      'throttle: throttled. Action "all-mail" had 0 of 2 messages left (2 at once',
    );
  });

  it("names the window that what it repeats waits in, and passes once that was lost", async () => {
    const site = await siteWith(acting({ dedupe: { window: "1d" }, digest: "1h" }));
    await site.post("1", about);
    const repeat = await site.post("2", about);
    expect(await site.text(repeat.id)).toMatch(
      /What it repeats is open with 1 item and closes at 2026-06-01T09:00:00Z\./,
    );
    const command = { actor: "token:ops", command: "drop", actionKey: "all-mail" } as const;
    await site.store.transact({ flow: "window-command", tenant: "default", input: command });
    const again = await site.post("3", about);
    expect(await site.text(again.id)).toContain(": that was resolved meanwhile, or reached nobody.");
    const lost = await site.text(repeat.id);
    expect(lost).toContain("was deleted by token:ops at 2026-06-01T08:00:00Z with its 1 item");
  });

  it("lets resolutions pass that are events like others", async () => {
    const site = await siteWith(policy({ resolutions: "rules" }), acting({ dedupe: { window: "1h" } }));
    await site.post("1", { correlationId: "k", alertState: "firing" });
    const end = await site.post("2", { correlationId: "k", alertState: "resolved" });
    expect(await site.text(end.id)).toContain("it is a resolution.");
  });
});

describe("what people mute", () => {
  it.each([
    [
      { kind: "silences", put: { ...stated, matchers: ['a="1"', "b!=c"] } },
      "silenced",
      'covers events with a="1", b!=c until',
    ],
    [{ kind: "maintenance", put: { ...stated, matchers: ['a="1"'] } }, "suppressed", 'covers events with a="1" until'],
    [{ kind: "suppressions", put: { ...stated, rule: "all" } }, "suppressed", 'mutes rule "all" until'],
  ] as const)("%j: who, why, until when", async (change, status, words) => {
    const site = await siteWith(all());
    const id = await site.mute(change);
    const receipt = await site.post("1", { labels: { a: "1" } });
    const text = await site.text(receipt.id);
    expect(text).toContain(`was ${status}: `);
    expect(text).toContain(`${id} ("works here", set by maria) ${words} 2026-06-01T12:00:00Z.`);
    const noun = change.kind === "maintenance" ? "maintenance" : "silence";
    expect(text).toMatch(new RegExp(`Next: This one is not sent any more; .*: sealpost ${noun} expire ${id}\n`));
    await site.mute({ kind: change.kind, expire: id });
    expect(await site.text(receipt.id)).toMatch(/not sent any more; the .* has ended, so the next ones are sent\.\n/);
    expect(await site.text(receipt.id)).toContain("Its end was moved to 2026-06-01T08:00:00Z since.");
    const explained = await site.explained(firstOf(receipt));
    const record = explained.kind === "delivery" ? explained.draft.stages.at(-1)?.record : undefined;
    expect(record).toMatchObject({ id, author: "maria", endsAt: "2026-06-01T08:00:00Z" });
  });

  it("shows weekly maintenance by its own clock", async () => {
    const site = await siteWith(all());
    const weekly = { zone: "Europe/Berlin", weekly: [{ days: ["mon"] as ["mon"], from: "09:30", to: "11:00" }] };
    await site.mute({ kind: "maintenance", put: { ...stated, matchers: ['a="1"'], weekly } });
    const text = await site.text((await site.post("1", { labels: { a: "1" } })).id);
    expect(text).toContain("until 2026-06-01T09:00:00Z (2026-06-01 11:00 Europe/Berlin).");
  });

  it("advises nothing about maintenance that mutes nothing between its weekly times", async () => {
    const site = await siteWith(all());
    const weekly = { zone: "Europe/Berlin", weekly: [{ days: ["mon"] as ["mon"], from: "09:30", to: "11:00" }] };
    const id = await site.mute({
      kind: "maintenance",
      put: { ...stated, endsAt: FOREVER, matchers: ['a="1"'], weekly },
    });
    const receipt = await site.post("1", { labels: { a: "1" } });
    expect(await site.text(receipt.id)).toContain(`sealpost maintenance expire ${id}\n`);
    await site.at("2026-06-01T10:00:00Z");
    const text = await site.text(receipt.id);
    expect(text).toContain(
      "Next: This one is not sent any more; the maintenance window mutes nothing at this moment, and mutes again at its next weekly time.\n",
    );
    expect(text).not.toContain("expire");
  });

  it("cuts what is long and joins what is broken, so that no matcher passes for a line of ours", async () => {
    const forged = "x\nRule everything matched; it was sent to nobody.";
    const long = Array.from({ length: 99 }, (_, n) => `l${n}!="${"y ".repeat(4000)}"`);
    const to = Array.from({ length: 100 }, (_, n) => `a${n}@plant.example`);
    const actions = Array.from({ length: 8 }, (_, n) => ({ id: `m${n}`, channel: "ops-mail", to }));
    const site = await siteWith(all({ actions }));
    const matchers = [`zz!="${forged}"`, ...long];
    await site.mute({ kind: "silences", put: { ...stated, comment: `${"z ".repeat(900)}\n`, matchers } });
    const receipt = await site.post("1");
    const explained = await site.explained(receipt.id);
    expect(explained.kind === "event" && explained.drafts.flatMap(({ deliveries }) => deliveries)).toHaveLength(800);
    expect(JSON.stringify(explained).length).toBeLessThan(800 * 5000);
    const text = await site.text(receipt.id);
    expect(text).toContain('covers events with zz!="x Rule everything matched; it was sent to nobody.", l0!="y y');
    expect(text).toContain("…, and 90 more until 2026-06-01T12:00:00Z.");
    expect(text).not.toMatch(/^Rule everything/m);
    const record = explained.kind === "event" ? explained.drafts[0]?.stages.at(-1)?.record : undefined;
    expect(record).toMatchObject({ moreMatchers: 90, comment: expect.stringMatching(/^(z ){99}z?…$/) });
    expect(record?.matchers?.map(({ length }) => length <= 100)).toEqual(Array.from({ length: 10 }, () => true));
  });
});

describe("quiet hours", () => {
  const quiet = { calendar: "nights", bypassFrom: "high" };

  it("have passed what came outside of them, and what may pass", async () => {
    const site = await siteWith(NIGHTS, acting(quiet));
    expect(await site.text((await site.post("1", { severity: "low" })).id)).toContain(
      'quiet: passed. Calendar "nights" has no quiet hours at 2026-06-01T08:00:00Z (2026-06-01 10:00 Europe/Berlin).',
    );
    await site.at("2026-06-01T21:00:00Z");
    expect(await site.text((await site.post("2")).id)).toContain("and high passes them (from high on).");
    expect(await site.text((await site.post("3", { severity: "low" })).id)).toContain(
      "only high and above passes them",
    );
  });

  it("released what they held, and the message was sent", async () => {
    const site = await siteWith(NIGHTS, acting({ calendar: "nights" }));
    await site.at("2026-06-01T21:00:00Z");
    const held = await site.post("1");
    const window = (await site.store.read.cell("delivery", "default", firstOf(held)))?.window ?? "";
    expect(await site.text(window)).toContain('when the quiet hours of calendar "nights" end.');
    const waiting = 'It waits in action "all-mail" and is';
    expect(await site.text(firstOf(held))).toContain(`${waiting} sent when they end.`);
    await site.post("2");
    const text2 = await site.text(firstOf(held));
    expect(text2).toContain(`${waiting} sent when they end, in one message with 1 other.`);
    expect(text2).toContain("have it sent now: sealpost digest flush all-mail --window quiet\n");
    site.clock.now = Date.parse("2026-06-02T05:00:00Z");
    expect(await site.text(firstOf(held))).toContain(`${waiting} due since 2026-06-02T05:00:00Z`);
    await site.at("2026-06-02T05:00:00Z");
    await site.tried(window, SENT);
    const text = await site.text(firstOf(held));
    expect(text).toContain(
      'It is coalesced: it was held in the quiet hours of calendar "nights"; its window closed at 2026-06-02T05:00:00Z',
    );
    expect(text).toContain(`its message ${window} was sent at 2026-06-02T05:00:00Z. That message: it was sent at`);
    expect(text).toContain(`  window ${window} closed at`);
    expect(await site.text(window)).toContain('\nIt was sent at 2026-06-02T05:00:00Z by channel "ops-mail"');
  });

  it("dropped what had grown stale", async () => {
    const site = await siteWith(NIGHTS, acting({ calendar: "nights", staleness: DROP_STALE }));
    await site.at("2026-06-01T21:00:00Z");
    const held = await site.post("1");
    await site.at("2026-06-02T06:00:00Z");
    const text = await site.text(firstOf(held));
    expect(text).toContain("It is dropped: ");
    const window = (await site.store.read.cell("delivery", "default", firstOf(held)))?.window ?? "";
    expect(await site.text(window)).toContain(
      "All that was held (1 item) was older than 2 h when the quiet hours ended.",
    );
  });

  it("put off a digest", async () => {
    const site = await siteWith(NIGHTS, acting({ calendar: "nights", digest: "1h" }));
    await site.at("2026-06-01T19:30:00Z");
    const receipt = await site.post("1");
    await site.at("2026-06-01T21:00:00Z");
    const text = await site.text(receipt.id);
    expect(text).toContain(
      'Gathered into the hourly digest of action "all-mail", sent at 2026-06-02T05:00:00Z (2026-06-02 07:00 Europe/Berlin), when the quiet hours of calendar "nights" end (first due at 2026-06-01T20:00:00Z); this is item 1.',
    );
    expect(text).toContain("sealpost digest flush all-mail\n");
  });
});

describe("debouncing", () => {
  const link = { type: "link", scope: { resource: "s4" } };

  it("tells of the first, of repeats, of their aggregate, of the cooldown, of a rise and of the end", async () => {
    const site = await siteWith(acting({ debounce: { window: "30s", after: 3, cooldown: "1h" } }));
    const ids: string[] = [];
    for (const n of ["1", "2", "3", "4", "5"])
      ids.push((await site.post(n, { ...link, correlationId: "k", alertState: "firing" })).id);
    const texts: string[] = [];
    for (const id of ids) texts.push(await site.text(id));
    const [first = "", second = "", third = "", fourth = "", fifth = ""] = texts;
    expect(first).toContain("every stage let it pass");
    expect(second).toContain("it is the 2nd occurrence within 30 s, a repeat of dl_");
    expect(third).toContain("it is the 3rd occurrence within 30 s, a repeat of dl_");
    expect(third).toMatch(/closed at 2026-06-01T08:00:00Z with 2 items; dl_\w+, which stands for them too, is pending/);
    expect(fourth).toMatch(
      /It is the 4th occurrence since dl_\w+ of 2026-06-01T08:00:00Z: it is sent, also for the 2 repeats before it; then repeats wait for 1 h\./,
    );
    expect(fifth).toContain(
      "whose cooldown runs until 2026-06-01T09:00:00Z; the repeats wait in one summary, due 2026-06-01T09:00:00Z.",
    );
    await site.at("2026-06-01T08:40:00Z");
    expect(await site.text((await site.post("6", { ...link, correlationId: "k", alertState: "firing" })).id)).toContain(
      "whose cooldown runs until",
    );
    const rise = await site.post("7", { ...link, correlationId: "k", alertState: "firing", severity: "critical" });
    expect(await site.text(rise.id)).toContain("It passes because its severity critical is above the high of dl_");
    const end = await site.explained(
      (await site.post("8", { ...link, correlationId: "k", alertState: "resolved" })).id,
    );
    expect(end.cause.sentence).toMatch(
      /^Its firing went to channel "ops-mail" by rule "all"; the message of its end is not sent yet: /,
    );
    await site.at("2026-06-01T09:00:00Z");
    expect(await site.text(ids[4] ?? "")).toContain("with 2 items; its message digest:default:all-mail:flap:");
  });

  it("lets a resolution pass that is an event like others", async () => {
    const site = await siteWith(policy({ resolutions: "rules" }), acting({ debounce: {} }));
    await site.post("1", { ...link, correlationId: "k", alertState: "firing" });
    const end = await site.post("2", { ...link, correlationId: "k", alertState: "resolved" });
    expect(await site.text(end.id)).toMatch(
      /debounce: passed\. It ends what dl_\w+ of 2026-06-01T08:00:00Z announced: a resolution passes\./,
    );
  });
});

describe("digests", () => {
  const quotas = policy({ quotas: [{ count: 1, per: "10h" }] });

  it("that a limit refused are the cause of all that they held", async () => {
    const site = await siteWith(
      quotas,
      all({ match: { types: ["x"] } }),
      rule("now", { match: { types: ["y"] } }),
      rule("more", {
        match: { types: ["d"] },
        actions: [{ id: "more-mail", channel: "ops-mail", digest: "5m" }],
      }),
    );
    const now = await site.post("0", { type: "y" });
    expect(await site.text(now.id)).toContain("throttle: passed. The tenant had sent 0 of at most 1 in any 10 h.");
    const item = await site.post("1", { type: "d" });
    await site.at("2026-06-01T08:10:00Z");
    const text = await site.text(item.id);
    expect(text).toContain(
      "and its message was throttled (The tenant sent as many messages as it may; more were refused: tenant)",
    );
    expect(text).toContain(
      "That message: the tenant had sent 1 of at most 1 in any 10 h; the next one passes from 2026-06-01T18:00:00Z on.",
    );
    const explained = await site.explained(item.id);
    expect(explained.cause).toMatchObject({ code: "tenant-quota" });
  });

  it("that were merged, reopened or deleted are followed", async () => {
    const site = await siteWith(acting({ digest: "5m" }));
    const first = await site.post("1");
    const window = (await site.store.read.cell("delivery", "default", firstOf(first)))?.window ?? "";
    const openedAt = Number(window.split(":")[4]);
    await site.at("2026-06-01T08:05:00Z");
    const again = { actor: "token:ops", command: "reopen", actionKey: "all-mail", window: "5m", openedAt } as const;
    await site.store.transact({ flow: "window-command", tenant: "default", input: again });
    expect(await site.text(window)).toContain(
      "a person opened the window again; it is told when that closes. It sits in window",
    );
    await site.at("2026-06-01T08:10:00Z");
    await site.post("2");
    await site.store.transact({ flow: "window-command", tenant: "default", input: again });
    const text = await site.text(firstOf(first));
    expect(text).toMatch(/as item 1; its window was merged into digest:\S+, which is open with 2 items/);
    const drop = { actor: "token:ops", command: "drop", actionKey: "all-mail" } as const;
    await site.store.transact({ flow: "window-command", tenant: "default", input: drop });
    const dropped = await site.explained(firstOf(first));
    expect(dropped.cause.sentence).toContain("was deleted by token:ops");
    expect(dropped.cause.code).toBe("window-dropped");
  });

  it("with several addressees are told by their window's id", async () => {
    const site = await siteWith(acting({ digest: "5m", to: ["a@plant.example", "b@plant.example"] }));
    const receipt = await site.post("1");
    const window = (await site.store.read.cell("delivery", "default", firstOf(receipt)))?.window ?? "";
    expect(await site.text(window)).toContain(`Window ${window} is open with 1 item`);
    await site.at("2026-06-01T08:05:00Z");
    const text = await site.text(window);
    expect(text).toContain(`its message ${window}:0 is pending. That message: it was decided at 2026-06-01T08:05:00Z`);
    expect(await site.text(`${window}:1`)).toContain("It is pending: ");
    expect(await site.explain.delivery("default", "digest:default:none:1h:1")).toBeUndefined();
    expect(await site.explain.delivery("default", "dl_none")).toBeUndefined();
  });
});

describe("limits", () => {
  it.each([
    [
      { actions: [{ id: "m", channel: "ops-mail", throttle: { burst: 1, per: "1h" } }] },
      'Action "m" had 1 of 1 messages left.',
      'Action "m" had 0 of 1 messages left (1 at once, one more every 1 h); the next one passes from 2026-06-01T09:00:00Z on.',
    ],
    [
      { limit: { count: 1, per: "90m" } },
      'Rule "all" had sent 0 of at most 1 in any 1 h 30 min.',
      'Rule "all" had sent 1 of at most 1 in any 1 h 30 min; the next one passes from 2026-06-01T09:30:00Z on.',
    ],
  ])("%j", async (fields, passed, refused) => {
    const site = await siteWith(all(fields));
    expect(await site.text((await site.post("1")).id)).toContain(passed);
    const over = await site.post("2");
    expect(await site.text(over.id)).toContain(refused);
    expect(await site.text(over.id)).toContain("was dropped, not delayed (throttled): ");
    expect(await site.text(firstOf(over))).toContain("It is throttled (dropped, not delayed): ");
  });
});

describe("channels", () => {
  it.each([
    [
      [rule("all", { actions: [{ id: "m", channel: "none" }] })],
      "dropped",
      'The action names the channel "none", and there was none of that name.',
      "missing",
    ],
    [
      [channel("off", { isEnabled: false }), rule("all", { actions: [{ id: "m", channel: "off" }] })],
      "dropped",
      'The channel "off" was switched off.',
      "disabled",
    ],
    [
      [channel("bare", { to: [] }), rule("all", { actions: [{ id: "m", channel: "bare" }] })],
      "dropped",
      'Neither the action nor its channel "bare" names an addressee.',
      "up",
    ],
    [
      [
        channel("open", { config: { from: "a@plant.example" }, bind: ["host"] }),
        rule("all", { actions: [{ id: "m", channel: "open" }] }),
      ],
      "pending",
      "needs values that this site has not filled in: host; the message waits.",
      "unbound",
    ],
  ] as const)("%#: %s", async (objects, status, words, state) => {
    const site = await siteWith(...objects);
    const id = firstOf(await site.post("1"));
    const text = await site.text(id);
    expect(text).toContain(`It is ${status}: `);
    expect(text).toContain(words);
    const explained = await site.explained(id);
    expect(explained.kind === "delivery" && explained.channel.state).toBe(state);
    if (status === "dropped") expect(text).toContain(". This one is not sent any more; send the event again.\n");
  });

  it("switched off after the decision keep what waits", async () => {
    const site = await siteWith(all());
    const id = firstOf(await site.post("1"));
    await site.configure([channel("ops-mail", { isEnabled: false }), template(), all()]);
    expect(await site.text(id)).toContain('the channel "ops-mail" is switched off; the message waits.');
    await site.configure([template(), all()]);
    expect(await site.text(id)).toContain("it was decided at");
  });

  it("that are down with failing messages say so", async () => {
    const site = await siteWith(all());
    for (const n of ["1", "2", "3", "4", "5"])
      await site.tried(firstOf(await site.post(n)), { kind: "failed", out: { code: "451", st: "later", ms: 1 } });
    const waiting = firstOf(await site.post("6"));
    expect(await site.text(waiting)).toContain("(failing-messages: Five messages in a row failed on this channel)");
  });
});

describe("a channel that is down", () => {
  const down = { kind: "down", out: { code: "ECONNECTION", st: "no connection", ms: 1 } } as const;
  const words = 'ops-mail" has been down since 2026-06-01T08:00:00Z (';

  it("says what was answered, among all that happened in the same ms, and when it is tried again", async () => {
    const site = await siteWith(all());
    for (let n = 0; n < 120; n++) await site.post(`before ${n}`);
    const id = firstOf(await site.post("1"));
    await site.tried(id, down);
    await site.at("2026-06-01T09:00:00Z");
    for (let n = 0; n < 30; n++) await site.post(`after ${n}`);
    const explained = await site.explained(id);
    expect(explained.cause.sentence).toContain('No connection to the other side; "ECONNECTION no connection"');
    expect(explained.cause.sentence).toContain(`tried again every ${span(MAX_PROBE_MS)} or sooner; the message waits`);
    expect(explained).toMatchObject({
      askedAt: "2026-06-01T09:00:00Z",
      channel: { address: "127.0.0.1:2525", answer: "ECONNECTION no connection" },
    });
  });

  it.each([
    ["no leaf of that time", async () => await Promise.resolve([])],
    ["other leaves", async (own: () => Promise<readonly string[]>) => (await own()).slice(-2, -1)],
    [
      "a page of others",
      async (own: () => Promise<readonly string[]>) => {
        const line = (await own()).at(-2) ?? "";
        return Array.from({ length: 100 }, () => line);
      },
    ],
  ])("says nothing of the answer where there is %s", async (_, leaves) => {
    const site = await siteWith(all());
    const id = firstOf(await site.post("1"));
    await site.tried(id, down);
    const { read } = site.store;
    const first = (tenant: string) => async (): Promise<readonly string[]> => await read.leaves(tenant, 0, 100);
    const faked: typeof read.leaves = async (tenant, from, count) =>
      count === 1 ? await read.leaves(tenant, from, count) : await leaves(first(tenant));
    const instants = { now: () => site.clock.now, mono: () => 0 };
    const service = explainService({ ...site, store: { ...site.store, read: { ...read, leaves: faked } }, instants });
    const explained = await service.delivery("default", id);
    expect(explained?.cause.sentence).toContain(`${words.replace('ops-mail"', 'ops-mail" to 127.0.0.1:2525')}connect:`);
    expect(explained?.cause.sentence).not.toContain("ECONNECTION");
  });

  it("does not tell a tenant where a channel of the site connects to, but where its own value is", async () => {
    const site = await siteWith(all());
    const open = channel("ops-mail", { config: { port: 2525, from: "a@plant.example" }, bind: ["host"] });
    await site.configure([open, template()], "_site");
    await site.configure([all()]);
    const id = firstOf(await site.post("1"));
    expect(await site.text(id)).toContain("needs values that this site has not filled in: host");
    const bound = { schema: "binding/v1", id: "ops-mail", values: { host: "fd00::1" } };
    await site.configure([open, template(), checked("binding", bound)], "_site");
    await site.tried(id, down);
    expect(await site.text(id)).toContain(words);
    await site.configure([all(), checked("binding", bound)]);
    expect(await site.text(id)).toContain('ops-mail" to [fd00::1]:2525 has been down since');
  });
});

describe("tries", () => {
  it("are told with the other side's answers", async () => {
    const site = await siteWith(all());
    const id = firstOf(await site.post("1"));
    expect(await site.text(id)).toContain(
      "It is pending: it was decided at 2026-06-01T08:00:00Z and waits for its first try.",
    );
    await site.tried(id, { kind: "failed", out: { code: "451", st: "try later", ms: 1 } });
    const retrying = await site.text(id);
    expect(retrying).toMatch(
      /It is retrying: try 1 failed at 2026-06-01T08:00:00Z \("451 try later"\); the next one is due at 2026-06-01T08:00:0\S+Z\./,
    );
    await site.at("2026-06-01T08:01:00Z");
    await site.tried(id, SENT, 2);
    const sent = await site.text(id);
    expect(sent).toContain(
      '\n\nIt was sent at 2026-06-01T08:01:00Z by channel "ops-mail" at try 2; the other side answered "250 ok".',
    );
    expect(sent).toContain("  try 1 at 2026-06-01T08:00:00Z: retrying, answered 451 try later");
    expect(sent).toContain("  try 2 at 2026-06-01T08:01:00Z: sent, answered 250 ok");
  });

  it("end with what was refused, exhausted, or could not be made", async () => {
    const site = await siteWith(all());
    const refused = firstOf(await site.post("1"));
    await site.tried(refused, { kind: "refused", out: { code: "550", st: "no such user", ms: 1 } });
    expect(await site.text(refused)).toContain(
      'It is dead: it was given up at try 1: the other side refused the message for good ("550 no such user").',
    );
    const broken = firstOf(await site.post("2"));
    const ended = {
      kind: "ended",
      delivery: broken,
      channel: "ops-mail",
      status: "dead",
      reason: { code: "render-failed", by: "tmpl-event" },
    } as const;
    await site.store.transact({ flow: "attempt", tenant: "default", input: { tries: [ended] } });
    expect(await site.text(broken)).toContain(
      "It is dead: it was given up: the message could not be made from its template.",
    );
    const gone = firstOf(await site.post("3"));
    const dropped = {
      ...ended,
      delivery: gone,
      status: "dropped",
      reason: { code: "no-recipient", by: "ops-mail" },
    } as const;
    await site.store.transact({ flow: "attempt", tenant: "default", input: { tries: [dropped] } });
    expect(await site.text(gone)).toContain("It is dropped: neither the action nor its channel names an addressee.");
  });
});

describe("resolutions", () => {
  const alert = { correlationId: "k", labels: { a: "1" } };
  const firing = { ...alert, alertState: "firing" } as const;
  const resolved = { ...alert, alertState: "resolved" } as const;

  it("go where their firing was sent", async () => {
    const site = await siteWith(acting({ dedupe: { window: "1h" } }));
    await site.post("1", firing);
    const end = await site.post("2", resolved);
    const text = await site.text(end.id);
    expect(text).toContain(
      'Its firing went to channel "ops-mail" by rule "all"; the message of its end is not sent yet:',
    );
    expect(text).toContain("Rules: not asked, because a resolution goes where its firing was sent.");
    expect(text).toContain("Rule all, action all-mail, channel ops-mail, of the end:");
    const explained = await site.explained(firstOf(end));
    const stages = explained.kind === "delivery" ? explained.draft.stages : [];
    expect(stages.map(({ stage, outcome }) => `${stage} ${outcome}`)).toEqual([
      "channel passed",
      "dedupe not-asked",
      "silence not-asked",
      "maintenance not-asked",
      "quiet passed",
      "debounce not-asked",
      "digest passed",
      "throttle not-asked",
    ]);
    expect(await site.text((await site.post("3", resolved)).id)).toContain(
      `the same alert was resolved before by ${end.id}`,
    );
  });

  it("join a firing that was not sent yet", async () => {
    const site = await siteWith(acting({ digest: "1h" }));
    await site.post("1", firing);
    const text = await site.text((await site.post("2", resolved)).id);
    expect(text).toContain(
      "resolution: coalesced. Its firing had not been sent yet, so the resolution joined it in window",
    );
  });

  it("say why the firing was sent to nobody, or that there was none", async () => {
    const site = await siteWith(all());
    await site.post("0", { correlationId: "other" });
    const lone = await site.post("1", { ...resolved, correlationId: "lone" });
    expect(await site.text(lone.id)).toContain(
      'no firing with its correlation key "lone" is among the 1 event of its source before it.',
    );
    await site.mute({ kind: "silences", put: { ...stated, matchers: ['a="1"'] } });
    const first = await site.post("2", firing);
    const text = await site.text((await site.post("3", resolved)).id);
    expect(text).toContain(
      `Its firing ${first.id} of 2026-06-01T08:00:00Z was sent to nobody: rule "all" matched; its message for channel "ops-mail" was silenced:`,
    );
    expect(text).toContain(
      "Next: This one is not sent any more; to have the next ones sent, end the silence: sealpost silence expire sil-",
    );
  });

  it("say so where nothing is known any more of where the firing went", async () => {
    const site = await siteWith(all());
    const id = firstOf(await site.post("1", firing));
    await site.tried(id, SENT);
    await site.at("2026-07-02T08:00:00Z");
    const text = await site.text((await site.post("2", resolved)).id);
    expect(text).toContain("was sent is not known any more.");
  });
});

describe("rules", () => {
  it("that are switched off, not valid or stopped are named where they would have matched", async () => {
    const site = await siteWith(
      rule("off", { isEnabled: false, actions: [{ id: "off-mail", channel: "ops-mail" }] }),
      rule("old", { validUntil: "2026-01-01T00:00:00Z" }),
      rule("other", { isEnabled: false, match: { types: ["x"] } }),
    );
    const text = await site.text((await site.post("1")).id);
    expect(text).toContain('No rule matched it. Rule "off" would have matched if it were switched on.');
    expect(text).toContain('Next: Switch rule "off" on.');
    expect(text).toContain(
      'Also: Rule "old" would have matched within its validity: the rule ended at 2026-01-01T00:00:00Z;',
    );
    expect(text).not.toContain('Also: Rule "other"');
    const receipt = await site.post("2");
    expect((await site.explained(receipt.id, "old")).cause).toMatchObject({
      next: 'Change validFrom or validUntil of rule "old".',
    });
    expect((await site.explained(receipt.id, "other")).cause.sentence).toBe(
      'Rule "other" did not match, at /isEnabled: the rule is switched off.',
    );
    await expect(site.explained(receipt.id, "none")).rejects.toMatchObject({ code: "missing" });
  });

  it("can be asked about alone", async () => {
    const first = rule("first", {
      priority: 1,
      stop: true,
      actions: [
        { id: "a", channel: "ops-mail" },
        { id: "b", channel: "none" },
      ],
    });
    const site = await siteWith(first, rule("later"));
    const { id } = await site.post("1");
    expect((await site.explained(id, "later")).cause).toMatchObject({ code: "stopped" });
    const one = await site.explained(id, "first");
    expect(one.cause.sentence).toMatch(
      /^2 messages: 1 pending, 1 dropped\. Rule "first" matched; its message for channel "ops-mail" is not sent yet: /,
    );
    const whole = await site.text(id);
    expect(whole).toContain(
      'Also: Rule "first" matched; its message for channel "none" was dropped: the action names the channel "none"',
    );
    expect(whole).toContain(
      'Also: Rule "later" (priority 100) would have matched too and was not asked, because rule "first" (priority 1) matched',
    );
    expect(whole).toContain("  later: not asked. ");
  });

  it("that nobody has, or that could not be evaluated", async () => {
    const empty = await siteWith();
    expect(await empty.text((await empty.post("1")).id)).toContain("No rule matched it: there was none.");
    const site = await siteWith(
      rule("odd", { match: { when: "event.data.missing > 1" } }),
      rule("odder", { match: { when: "event.severity == 'low'" } }),
    );
    const text = await site.text((await site.post("1")).id);
    expect(text).toContain(
      'Rule "odd" came closest (all its other conditions hold): the rule\'s expression could not be evaluated',
    );
  });

  it("beyond twenty that did not match are counted, in the text alone", async () => {
    const site = await siteWith(...Array.from({ length: 30 }, (_, n) => rule(`r${n}`, { match: { types: ["x"] } })));
    const { id } = await site.post("1");
    expect(await site.text(id)).toContain("  and 10 more that did not match");
    const explained = await site.explained(id);
    expect(explained.kind === "event" && explained.rules.length).toBe(30);
  });

  it("that made several messages are told by the one that reached nobody", async () => {
    const actions = [
      { id: "later", channel: "ops-mail", digest: "5m" },
      { id: "off", channel: "none" },
    ];
    const site = await siteWith(all({ actions }));
    const { id, deliveries } = await site.post("1");
    await site.at("2026-06-01T08:05:00Z");
    const window = (await site.store.read.cell("delivery", "default", deliveries[0]?.id ?? ""))?.window ?? "";
    await site.tried(window, SENT);
    const text = await site.text(id);
    expect(text).toContain(
      '2 messages: 1 coalesced, 1 dropped. Rule "all" matched; its message for channel "none" was dropped:',
    );
    expect(text).toContain(
      'Also: Rule "all" matched; its message for channel "ops-mail" was coalesced: gathered into the 5-minute digest of action "later" as item 1; its window closed at',
    );
  });

  it("all sent: the first message stands for them", async () => {
    const site = await siteWith(acting({ to: ["a@plant.example", "b@plant.example"] }));
    const receipt = await site.post("1");
    for (const { id } of receipt.deliveries) await site.tried(id, SENT);
    const text = await site.text(receipt.id);
    expect(text).toContain(
      '2 messages: 2 sent. Rule "all" matched; its message was sent at 2026-06-01T08:00:00Z by channel "ops-mail"',
    );
  });

  it("that are switched off are named beside what was sent", async () => {
    const off = rule("off", { isEnabled: false, actions: [{ id: "off-mail", channel: "ops-mail" }] });
    const site = await siteWith(all(), off);
    const receipt = await site.post("1");
    await site.tried(firstOf(receipt), SENT);
    const explained = await site.explained(receipt.id);
    expect(explained.cause.sentence).toContain('Rule "all" matched; its message was sent');
    expect(explained).toMatchObject({ also: ['Rule "off" would have matched if it were switched on.'] });
  });

  it("an event over the limit says how much was dropped", async () => {
    const to = Array.from({ length: 100 }, (_, n) => `a${n}@plant.example`);
    const actions = Array.from({ length: 11 }, (_, n) => ({ id: `a${n}`, channel: "ops-mail", to }));
    const site = await siteWith(all({ actions }));
    const text = await site.text((await site.post("1")).id);
    expect(text).toContain(
      "Also: 100 further messages of this event went over the limit of one event and were dropped (draft-limit).",
    );
  });
});

describe("the configuration that decided", () => {
  it("is found again once it was replaced, and named where it is purged", async () => {
    const site = await siteWith(acting({ throttle: { burst: 1, per: "1h" } }), policy({ zone: "Europe/Berlin" }));
    const { id } = await site.post("1", { type: "y" });
    for (const n of ["a", "b", "c"]) await site.configure([...base, all({ name: n })]);
    await site.configure([template("tmpl-site")], "_site");
    const text = await site.text(id);
    expect(text).toMatch(/Configuration [0-9a-f]{16} decided; it was replaced since\./);
    expect(text).toContain('Action "all-mail" had 1 of 1 messages left');
    const { read } = site.store;
    const without = (kinds: { readonly objects?: boolean; readonly generations?: boolean }): typeof read => ({
      ...read,
      objects: async (hashes) =>
        (await read.objects(hashes)).filter((one) => kinds.objects !== false || one.text.startsWith('{"objects":')),
      cells: async (noun, ...rest) =>
        kinds.generations === false && noun === "generation" ? [] : await read.cells(noun, ...rest),
      cell: async (noun, ...rest) =>
        kinds.generations === false && noun === "generation" ? undefined : await read.cell(noun, ...rest),
    });
    const instants = { now: () => site.clock.now, mono: () => 0 };
    const asked = { isSite: true };
    const bare = explainService({ ...site, store: { ...site.store, read: without({ objects: false }) }, instants });
    expect((await bare.event("default", id, asked))?.config.sentence).toContain("2 objects of it purged: ");
    const gone = explainService({ ...site, store: { ...site.store, read: without({ generations: false }) }, instants });
    expect(await gone.event("default", id, asked)).toMatchObject({ config: { state: "purged" }, rules: [] });
  });

  it("without its leaf is told as purged", async () => {
    const site = await siteWith(all({ match: { types: ["x"] } }));
    const { id } = await site.post("1");
    const read = { ...site.store.read, leaves: async () => await Promise.resolve([]) };
    const service = explainService({
      ...site,
      store: { ...site.store, read },
      instants: { now: () => 0, mono: () => 0 },
    });
    const explained = await service.event("default", id, { isSite: true });
    expect(explained?.cause.sentence).toContain("the configuration that decided is not kept");
  });

  it("keeps from a tenant what the site's rules want", async () => {
    const site = await siteWith();
    await site.configure([...base, rule("secret", { match: { types: ["top.secret"] } })], "_site");
    await site.configure([rule("own", { match: { types: ["mine"] } })]);
    const { id } = await site.post("1");
    const asTenant = await site.explain.event("default", id, { isSite: false });
    expect(JSON.stringify(asTenant)).not.toContain("top.secret");
    expect(JSON.stringify(asTenant)).toContain("mine");
    expect(asTenant?.rules.map(({ sentence }) => sentence)).toContain(
      "This rule is the site's; the event fails it at /match/types.",
    );
    expect(JSON.stringify(await site.explain.event("default", id, { isSite: true }))).toContain("top.secret");
    expect(await site.explain.event("default", "ev_none", { isSite: true })).toBeUndefined();
  });
});

describe("a large site", () => {
  it("has each of its rules asked, whichever of its configurations decided", async () => {
    const site = await siteWith();
    const ids: string[] = [];
    for (const name of ["one", "two", "three"]) {
      await site.configure([...base, ...many(name)]);
      ids.push((await site.post(name)).id);
    }
    for (const id of [...ids, ...ids]) {
      const explained = await site.explained(id);
      expect(explained.kind === "event" && explained.rules.length).toBe(1001);
    }
  });

  it("is looked through for the firing of a resolution, page by page", async () => {
    const site = await siteWith(all({ match: { labels: ["a=2"] } }));
    const alert = { correlationId: "k", labels: { a: "1" } };
    const firing = await site.post("first", { ...alert, alertState: "firing" });
    for (let n = 0; n < 700; n++) await site.post(`n${n}`);
    const end = await site.post("last", { ...alert, alertState: "resolved" });
    await site.post("later");
    const text = await site.text(end.id);
    expect(text).toContain(
      `Its firing ${firing.id} of 2026-06-01T08:00:00Z was sent to nobody: no rule matched it. Rule "all" came closest (all its other conditions hold): the firing's label a was "1"; the rule wants a=2. The firing's labels: a="1".`,
    );
    const { read } = site.store;
    const event: typeof read.event = async (tenant, id) => (id === end.id ? await read.event(tenant, id) : undefined);
    const service = explainService({
      ...site,
      store: { ...site.store, read: { ...read, event } },
      instants: { now: () => 0, mono: () => 0 },
    });
    expect((await service.event("default", end.id, { isSite: true }))?.cause.sentence).toContain(
      "no firing with its correlation key",
    );
  });

  it("is looked through from the resolution on, however much came after it", async () => {
    const site = await siteWith(all({ match: { labels: ["a=2"] } }));
    const alert = { correlationId: "k", labels: { a: "1" } };
    const firing = await site.post("first", { ...alert, alertState: "firing" });
    const end = await site.post("end", { ...alert, alertState: "resolved" });
    await crowd(site, 11);
    expect(await site.text(end.id)).toContain(`Its firing ${firing.id} of 2026-06-01T08:00:00Z was sent to nobody:`);
    const late = await site.post("late", { ...alert, correlationId: "k2", alertState: "resolved" });
    expect(await site.text(late.id)).toContain(
      'no firing with its correlation key "k2" is among the last 10000 events of its source before it; what lies further back was not looked at.',
    );
  });

  it("has events of its own, and they are explained too", async () => {
    const site = await siteWith();
    await site.configure([...base, all()], "_site");
    const asked = { actor: "source:test", horizon: 1000, events: [input("1")] };
    const [receipt] = await site.store.transact({ flow: "ingest", tenant: "_site", input: asked });
    await site.configure([...base, all({ name: "new" })], "_site");
    const explained = await site.explain.event("_site", receipt?.id ?? "", { isSite: true });
    expect(explained).toMatchObject({ config: { state: "replaced" }, rules: [{ id: "all", verdict: "matched" }] });
  });
});

describe("what is not kept any more", () => {
  it.each([
    ["silence", "silence sil-01"],
    ["window", "is not kept any more"],
    ["delivery", "(not kept any more)"],
  ] as const)("%s", async (noun: keyof Cells, words) => {
    const site = await siteWith(acting({ dedupe: { window: "1h" }, ...(noun === "window" ? { digest: "1h" } : {}) }));
    const about = { scope: { resource: "r" }, labels: { a: "1" } };
    const first = await site.post("1", about);
    if (noun === "silence") await site.mute({ kind: "silences", put: { ...stated, matchers: ['a="1"'] } });
    const receipt =
      noun === "window" ? first : await site.post("2", noun === "silence" ? { ...about, severity: "critical" } : about);
    const { read } = site.store;
    const kept = firstOf(receipt);
    const cell: typeof read.cell = async (asked, tenant, key) =>
      asked === noun && key !== kept ? undefined : await read.cell(asked, tenant, key);
    const service = explainService({
      ...site,
      store: { ...site.store, read: { ...read, cell } },
      instants: { now: () => 0, mono: () => 0 },
    });
    const explained = await service.delivery("default", kept);
    expect(explained?.cause.sentence).toContain(words);
    expect(explained?.cause.sentence).toContain("not kept any more");
  });
});
