import { describe, expect, onTestFinished, test } from "vitest";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import { sha256Hex } from "../../src/core/hash.ts";
import { type Leaf, parseLeaf } from "../../src/core/leaf-parse.ts";
import { FOREVER } from "../../src/core/mute.ts";
import type { MuteChange } from "../../src/flows/mute-change.ts";
import { channel, checked, input, rule, template } from "../support/objects.ts";
import { storeHome } from "../support/store-home.ts";
import { openTestStore, START, type TestStore } from "../support/store.ts";

const MINUTE = 60_000;
const STATED = { startsAt: START, endsAt: START + 60 * MINUTE, author: "ana", comment: "noise" };
const DB = ['service="db"'];

function silence(more: Partial<Extract<MuteChange, { kind: "silences"; put: object }>["put"]> = {}): MuteChange {
  return { kind: "silences", put: { ...STATED, matchers: DB, ...more } };
}
function suppression(
  more: Partial<Extract<MuteChange, { kind: "suppressions"; put: object }>["put"]> = {},
): MuteChange {
  return { kind: "suppressions", put: { ...STATED, rule: "all", ...more } };
}
function maintenance(more: Partial<Extract<MuteChange, { kind: "maintenance"; put: object }>["put"]> = {}): MuteChange {
  return { kind: "maintenance", put: { ...STATED, matchers: [], ...more } };
}

/** A silence of patterns that take more than 900 steps each. */
function costly(id: string, count: number): MuteChange {
  return silence({ id, matchers: Array.from({ length: count }, (_none, at) => `a=~"x{900}${id}${at}"`) });
}

type Open = () => Promise<TestStore>;
const ENGINES: readonly (readonly [string, Open])[] = [
  ["memory", () => openTestStore({ tenants: ["_site", "default", "other"] })],
  ["memory, strict", () => openTestStore({ strict: true, tenants: ["_site", "default", "other"] })],
  [
    "libsql",
    async () => {
      const home = storeHome();
      const site = await openTestStore({ engine: await home.open(), tenants: ["_site", "default", "other"] });
      onTestFinished(async () => {
        await site.store.close();
        home.remove();
      });
      return site;
    },
  ],
];

function change({ store }: TestStore, ...changes: MuteChange[]): Promise<readonly string[]> {
  return store.transact({ flow: "mute-change", tenant: "default", input: { actor: "token:ana", changes } });
}

let posted = 0;
/** What becomes of an event with these labels. */
async function statusOf({ store }: TestStore, labels: Record<string, string>): Promise<string> {
  const events = [input(`e-${posted++}`, { labels })];
  const asked = { actor: "source:test", events, horizon: 1 };
  const [receipt] = await store.transact({ flow: "ingest", tenant: "default", input: asked });
  const [{ status, reason } = { status: "none", reason: undefined }] = receipt?.deliveries ?? [];
  return [status, reason?.code, reason?.by].filter((word) => word !== undefined).join(" ");
}

async function leaves(site: TestStore): Promise<Leaf[]> {
  return (await site.lines()).map(parseLeaf).filter(({ type, id }) => type === "config.change" && id?.includes("/"));
}

describe.each(ENGINES)("on %s", (_, open) => {
  async function opened(): Promise<TestStore> {
    const site = await open();
    await site.configure([rule("all"), channel(), template()]);
    return site;
  }

  test("a silence mutes from its start to its end, which is not part of it, and leaves what is asked", async () => {
    const site = await opened();
    const ids = await change(site, silence({ id: "s-db", startsAt: START + MINUTE, endsAt: START + 2 * MINUTE }));
    expect(ids).toEqual(["s-db"]);
    expect(await statusOf(site, { service: "db" })).toBe("pending");
    site.clock.now = START + MINUTE;
    expect(await statusOf(site, { service: "db" })).toBe("silenced silenced s-db");
    expect(await statusOf(site, { service: "web" })).toBe("pending");
    site.clock.now = START + 2 * MINUTE - 1;
    expect(await statusOf(site, { service: "db" })).toBe("silenced silenced s-db");
    expect((await site.store.read.cell("mutes", "default", "current"))?.silences).toHaveLength(1);
    site.clock.now = START + 2 * MINUTE;
    expect(await statusOf(site, { service: "db" })).toBe("pending");
    expect((await site.store.read.cell("mutes", "default", "current"))?.silences).toHaveLength(0);
    expect(await site.store.read.cell("silence", "default", "s-db")).toMatchObject({ id: "s-db", matchers: DB });
  });

  test("the silence speaks before maintenance, and that before a suppression", async () => {
    const site = await opened();
    await change(
      site,
      silence({ id: "s", endsAt: START + MINUTE }),
      maintenance({ id: "m", endsAt: START + 2 * MINUTE }),
      suppression({ id: "x", endsAt: START + 3 * MINUTE }),
    );
    const seen: string[] = [];
    for (const minutes of [0, 1, 2, 3]) {
      site.clock.now = START + minutes * MINUTE;
      seen.push(await statusOf(site, { service: "db" }));
    }
    expect(seen).toEqual([
      "silenced silenced s",
      "suppressed maintenance m",
      "suppressed rule-suppressed x",
      "pending",
    ]);
  });

  test("each change has its leaf with the hash of what is kept", async () => {
    const site = await opened();
    await change(site, silence({ id: "s" }), maintenance({ id: "m" }), suppression({ id: "x" }));
    site.clock.now = START + MINUTE;
    await change(site, { kind: "silences", expire: "s" });
    const found = await leaves(site);
    expect(found.map(({ id, actor, body }) => [id, actor, body?.["change"]])).toEqual([
      ["silences/s", "token:ana", "added"],
      ["maintenance/m", "token:ana", "added"],
      ["suppressions/x", "token:ana", "added"],
      ["silences/s", "token:ana", "expired"],
    ]);
    const kept = await site.store.read.cells("silence", "default", "~s@", 10);
    const hashes = kept.map(([, record]) => sha256Hex(canonicalJson({ ...record })));
    expect(new Set(hashes)).toEqual(new Set([found[0]?.body?.["sha256"], found[3]?.body?.["sha256"]]));
    expect(hashes).toHaveLength(2);
    expect(kept.map(([key]) => key.slice(3)).toSorted()).toEqual(hashes.map((hash) => hash.slice(0, 12)).toSorted());
  });

  test("matchers have so many characters in all", async () => {
    const site = await opened();
    const long = Array.from({ length: 90 }, (_none, at) => `a${at}="${"x".repeat(900)}"`);
    const some = (from: number): MuteChange[] =>
      Array.from({ length: 6 }, (_none, at) => silence({ id: `s${from + at}`, matchers: long }));
    await change(site, ...some(0));
    await change(site, ...some(6));
    await expect(change(site, ...some(12))).rejects.toMatchObject({ code: "invalid" });
    expect(await site.store.read.cell("silence", "default", "s12")).toBeUndefined();
  });

  test("patterns take so many steps to compile in all, and those that end make room", async () => {
    const site = await opened();
    await change(site, costly("a", 95), costly("b", 95), costly("c", 90));
    await expect(change(site, costly("d", 10))).rejects.toMatchObject({ code: "invalid" });
    await change(site, { kind: "silences", expire: "c" }, costly("d", 10));
  });

  test("after the clock was set back what is too much can be ended and edited, and only what grows is refused", async () => {
    const site = await opened();
    const long = Array.from({ length: 90 }, (_none, at) => `a${at}="${"x".repeat(900)}"`);
    const some = (name: string, endsAt: number): MuteChange[] =>
      Array.from({ length: 12 }, (_none, at) => silence({ id: `${name}${at}`, matchers: long, endsAt }));
    await change(site, ...some("a", START + 10 * MINUTE));
    site.clock.now = START + 11 * MINUTE;
    await change(site, ...some("b", START + 60 * MINUTE));
    site.clock.now = START;
    const set = { from: START + 11 * MINUTE, to: START };
    await site.store.transact({ flow: "clock-jump", tenant: "_site", input: set });
    await statusOf(site, {});
    expect((await site.store.read.cell("mutes", "default", "current"))?.silences).toHaveLength(24);
    await expect(change(site, silence({ id: "more" }))).rejects.toMatchObject({ code: "invalid" });
    await change(site, suppression({ id: "x" }), maintenance({ id: "m" }));
    await change(site, silence({ id: "a1", matchers: long, endsAt: START + 5 * MINUTE }));
    await change(site, ...["a0", "b0", "b1"].map((id): MuteChange => ({ kind: "silences", expire: id })));
    await change(site, { kind: "silences", expire: "b2" }, silence({ id: "less" }));
    expect((await site.store.read.cell("mutes", "default", "current"))?.silences).toHaveLength(21);
  });

  test("a version is no record: whoever asks for one changes nothing", async () => {
    const site = await opened();
    await change(site, silence({ id: "s" }), maintenance({ id: "m" }), suppression({ id: "x" }));
    await change(site, silence({ id: "s", endsAt: START + 90 * MINUTE }));
    const versions = await site.store.read.cells("silence", "default", "~", 10);
    expect(versions).toHaveLength(2);
    const [windows, rules] = await Promise.all([
      site.store.read.cells("maintenance", "default", "~", 10),
      site.store.read.cells("suppression", "default", "~", 10),
    ]);
    const asked: MuteChange[] = [
      ...versions.flatMap(([id]): MuteChange[] => [
        { kind: "silences", expire: id },
        { ...silence({ id }), requires: "present" },
        silence({ id }),
      ]),
      silence({ id: "~none" }),
      silence({ id: "s@000000000000" }),
      ...windows.map(([id]): MuteChange => ({ kind: "maintenance", expire: id })),
      ...rules.map(([id]): MuteChange => ({ kind: "suppressions", expire: id })),
    ];
    for (const one of asked) await expect(change(site, one)).rejects.toMatchObject({ code: "missing" });
    expect(await site.store.read.cell("silence", "default", "s")).toMatchObject({ endsAt: START + 90 * MINUTE });
    expect(await site.store.read.cells("silence", "default", "", 10)).toHaveLength(3);
  });

  test("an edit that leaves the past alone is made in place", async () => {
    const site = await opened();
    await change(site, silence({ id: "s" }));
    site.clock.now = START + MINUTE;
    const why = { actor: "token:ben", why: "longer", changes: [silence({ id: "s", endsAt: START + 90 * MINUTE })] };
    expect(await site.store.transact({ flow: "mute-change", tenant: "default", input: why })).toEqual(["s"]);
    expect(await site.store.read.cell("silence", "default", "s")).toEqual({
      id: "s",
      matchers: DB,
      startsAt: START,
      endsAt: START + 90 * MINUTE,
      author: "ana",
      comment: "noise",
      updatedAt: START + MINUTE,
    });
    expect((await leaves(site)).at(-1)?.body).toMatchObject({ change: "changed", why: "longer" });
    site.clock.now = START + 61 * MINUTE;
    expect(await statusOf(site, { service: "db" })).toBe("silenced silenced s");
  });

  test("an edit that would change the past ends the old one and begins a new one", async () => {
    const site = await opened();
    await change(site, silence({ id: "s" }));
    site.clock.now = START + MINUTE;
    const [made = ""] = await change(site, silence({ id: "s", matchers: ['service="web"'] }));
    expect(made).toMatch(/^sil-[0-9a-z]{26}$/);
    expect(await site.store.read.cell("silence", "default", "s")).toMatchObject({ endsAt: START + MINUTE });
    expect(await site.store.read.cell("silence", "default", made)).toMatchObject({ startsAt: START + MINUTE });
    expect((await leaves(site)).slice(1).map(({ id, body }) => [id, body?.["change"], body?.["replaces"]])).toEqual([
      ["silences/s", "expired", undefined],
      [`silences/${made}`, "added", "s"],
    ]);
    expect(await statusOf(site, { service: "db" })).toBe("pending");
    expect(await statusOf(site, { service: "web" })).toBe(`silenced silenced ${made}`);
    const [again = ""] = await change(site, silence({ id: "s", startsAt: START + MINUTE }));
    expect(again).toMatch(/^sil-/);
    expect(await leaves(site)).toHaveLength(4);
  });

  test("an end is final: ending again changes nothing, and what is to come never begins", async () => {
    const site = await opened();
    await change(
      site,
      silence({ id: "on" }),
      silence({ id: "later", startsAt: START + 10 * MINUTE }),
      maintenance({ id: "m" }),
    );
    site.clock.now = START + MINUTE;
    const ends: MuteChange[] = [
      { kind: "silences", expire: "on" },
      { kind: "silences", expire: "later" },
      { kind: "maintenance", expire: "m" },
    ];
    expect(await change(site, ...ends)).toEqual(["on", "later", "m"]);
    const before = (await site.lines()).length;
    site.clock.now = START + 2 * MINUTE;
    expect(await change(site, ...ends)).toEqual(["on", "later", "m"]);
    expect((await site.lines()).length).toBe(before);
    const at = START + MINUTE;
    expect(await site.store.read.cell("silence", "default", "on")).toMatchObject({ startsAt: START, endsAt: at });
    expect(await site.store.read.cell("silence", "default", "later")).toMatchObject({ startsAt: at, endsAt: at });
    site.clock.now = START + 11 * MINUTE;
    expect(await statusOf(site, { service: "db" })).toBe("pending");
  });

  test("made ids follow from content and instant, sort by time, and differ within one question", async () => {
    const [one, two] = [await opened(), await opened()];
    const puts = [silence(), silence(), maintenance(), suppression()];
    const ids = await change(one, ...puts);
    expect(await change(two, ...puts)).toEqual(ids);
    expect(new Set(ids).size).toBe(4);
    expect(ids.map((id) => id.slice(0, 4))).toEqual(["sil-", "sil-", "mnt-", "sup-"]);
    one.clock.now = START + MINUTE;
    const [later = ""] = await change(one, silence());
    expect(later > (ids[0] ?? "")).toBe(true);
  });

  test.each<[string, MuteChange, object]>([
    ["an end that is over", silence({ endsAt: START }), { code: "invalid", message: /change 1: \/endsAt/ }],
    ["matchers of nothing", silence({ matchers: ['a=""'] }), { code: "invalid", message: /change 1: \/matchers/ }],
    ["the end of an unknown silence", { kind: "silences", expire: "no" }, { code: "missing" }],
    ["the end of an unknown window", { kind: "maintenance", expire: "no" }, { code: "missing" }],
    ["the end of an unknown suppression", { kind: "suppressions", expire: "no" }, { code: "missing" }],
    ["an id that is taken", { ...silence({ id: "a" }), requires: "absent" }, { code: "exists" }],
    ["an edit of nothing", { ...silence({ id: "b" }), requires: "present" }, { code: "missing" }],
  ])(
    "%s refuses all changes of the question",
    async (_name, bad, { code, message }: { code?: string; message?: RegExp }) => {
      const site = await opened();
      const size = (await site.lines()).length;
      const refused = change(site, silence({ id: "a" }), bad);
      await expect(refused).rejects.toMatchObject({
        name: "FlowError",
        code,
        ...(message === undefined ? {} : { message: expect.stringMatching(message) }),
      });
      expect((await site.lines()).length).toBe(size);
      expect(await site.store.read.cell("mutes", "default", "current")).toBeUndefined();
      expect(await statusOf(site, { service: "db" })).toBe("pending");
    },
  );

  test("the policy bounds silences and suppressions by their length", async () => {
    const site = await opened();
    const policy = checked("policies", { schema: "policy/v1", id: "default", silences: { maxLength: "1h" } });
    await site.configure([rule("all"), channel(), template(), policy]);
    const endsAt = START + 60 * MINUTE + 1;
    for (const one of [silence({ endsAt }), suppression({ endsAt })])
      await expect(change(site, one)).rejects.toMatchObject({ code: "invalid" });
    expect(await change(site, silence({ id: "s", startsAt: START - 1 }), maintenance({ id: "m", endsAt }))).toEqual([
      "s",
      "m",
    ]);
  });

  test("what one tenant mutes is no other's", async () => {
    const site = await opened();
    const asked = { actor: "token:eve", changes: [silence({ id: "s" })] };
    await site.store.transact({ flow: "mute-change", tenant: "other", input: asked });
    expect(await statusOf(site, { service: "db" })).toBe("pending");
    await expect(change(site, { kind: "silences", expire: "s" })).rejects.toMatchObject({ code: "missing" });
  });

  test("every end has its timer in time, whatever ends first; what never ends has none", async () => {
    const site = await opened();
    const weekly = { zone: "UTC", weekly: [{ days: ["mon" as const], from: "10:00", to: "11:00" }] };
    await change(site, maintenance({ id: "w", endsAt: FOREVER, weekly }));
    await change(site, silence({ id: "c", endsAt: START + 3 * MINUTE }));
    await change(
      site,
      silence({ id: "a", endsAt: START + MINUTE }),
      suppression({ id: "b", endsAt: START + 2 * MINUTE }),
    );
    const left: number[] = [];
    for (const minutes of [0, 1, 2, 3, 4]) {
      site.clock.now = START + minutes * MINUTE;
      await statusOf(site, {});
      const mutes = await site.store.read.cell("mutes", "default", "current");
      left.push(Object.values(mutes ?? {}).flat().length);
    }
    expect(left).toEqual([4, 3, 2, 1, 1]);
  });
});

test.each([9_999, 10_000, 10_001, 100_001])(
  "after the clock was set back all of %i records are looked at, their versions left out",
  async (count) => {
    const site = await openTestStore();
    await change(site, silence({ id: "zz" }));
    const record = { matchers: DB, startsAt: 0, endsAt: 1, author: "", comment: "", updatedAt: 0 };
    const place = { noun: "silence", tenant: "default" } as const;
    const cells = Array.from({ length: count - 3 }, (_, at) => {
      const id = `s-${String(at).padStart(6, "0")}`;
      return { ...place, key: id, value: { ...record, id } };
    });
    const again = ["a", "z"].map((id) => ({ ...place, key: id, value: { ...record, id, endsAt: START + MINUTE } }));
    const versions = again.map((cell) => ({ ...cell, key: `~${cell.key}@000000000000` }));
    site.engine.apply({ t: START, cells: [...cells, ...again, ...versions], tenants: [] });
    const set = { from: START + MINUTE, to: START };
    await site.store.transact({ flow: "clock-jump", tenant: "_site", input: set });
    await statusOf(site, {});
    const current = await site.store.read.cell("mutes", "default", "current");
    expect(current?.silences.map(({ id }) => id)).toEqual(["a", "z", "zz"]);
  },
);

test("a thousand silences are one question", async () => {
  const site = await openTestStore();
  const many = Array.from({ length: 1000 }, (_, at) => silence({ matchers: [`host="h-${at}"`] }));
  expect(new Set(await change(site, ...many)).size).toBe(1000);
  expect(await leaves(site)).toHaveLength(1000);
  expect((await site.store.read.cell("mutes", "default", "current"))?.silences).toHaveLength(1000);
});
