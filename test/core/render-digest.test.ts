import * as fs from "node:fs";
import * as path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { WindowMember, WindowRecord } from "../../src/core/window-record.ts";
import { SEVERITIES } from "../../src/core/event.ts";
import { compileTemplate, payloadHash, render, type Rendered } from "../../src/core/render.ts";
import { BADGES, type Digest, type RenderContext } from "../../src/core/render-context.ts";
import { renderWindow } from "../../src/core/render-digest.ts";
import { SAMPLE_NOW, shippedTemplate } from "../support/samples.ts";
import { memberAt, mixedMembers, sampleWindow } from "../support/windows.ts";

const golden = path.join(import.meta.dirname, "../golden");
const DIGESTS = ["tmpl-digest-hourly", "tmpl-digest-daily"];
const DAY_MS = 86_400_000;

/** A window as the template is told of it: without its stale members, the first `cap`. */
const contextOf = (members: readonly WindowMember[], given: Partial<WindowRecord> = {}, cap = 500): RenderContext => {
  const { record, delivery } = sampleWindow(members, given);
  const { stale = 0 } = record;
  return renderWindow("plant-7", delivery, record, members.slice(stale, stale + cap));
};
const digestOf = (...args: Parameters<typeof contextOf>): Digest => {
  const { digest } = contextOf(...args);
  if (digest === undefined) throw new Error("a window's context has a digest");
  return digest;
};
const compiled = new Map(
  [...DIGESTS, "tmpl-event", "tmpl-critical"].map((id) => [id, compileTemplate(shippedTemplate(id))] as const),
);
const rendered = (id: string, context: RenderContext): Rendered => {
  const template = compiled.get(id);
  if (template === undefined) throw new Error(`${id} is not shipped`);
  return render(template, context);
};

const HOSTILE = '"><script>alert(1)</script>\r\nBcc: eve@example.org\u2028\u0000\u202e {{event}} ${x} <img src=x>';
const hostile: WindowMember = memberAt(5, {
  title: HOSTILE,
  source: HOSTILE,
  type: HOSTILE,
  subject: HOSTILE,
  severity: "critical",
  scope: { namespace: HOSTILE, repo: "__proto__", resource: HOSTILE },
  delta: { [HOSTILE]: 3, ["__proto__"]: 1, constructor: 2 },
});
const CASES: Readonly<Record<string, RenderContext>> = {
  "one item": contextOf([memberAt(2)]),
  "many items": contextOf(mixedMembers(23)),
  "over midnight": contextOf(mixedMembers(7), { window: "1d", endedAt: SAMPLE_NOW + DAY_MS }),
  "over the cap": contextOf(mixedMembers(23), {}, 10),
  group: contextOf(mixedMembers(4), { kind: "group", actionKey: "high-mail~0a1b2c3d", group: { line: "B", host: "" } }),
  quiet: contextOf(mixedMembers(14), { kind: "quiet", stale: 3 }),
  flap: contextOf([memberAt(2), memberAt(7), memberAt(11)], { kind: "flap" }),
  "all resolved": contextOf([memberAt(2, { alertState: "resolved" })]),
  hostile: contextOf([hostile, memberAt(9)], { kind: "group", group: { [HOSTILE]: HOSTILE } }),
};

const fileOf = (id: string, name: string): string => `${id}.${name.replaceAll(" ", "-")}.txt`;
const counted = (counts: Digest["counts"]): unknown => counts.map(({ badge, count }) => [badge.id, count]);
const whenOf = (given: Partial<WindowRecord>): string | undefined =>
  digestOf([memberAt(1)], given).groups[0]?.items[0]?.when;
const eventOf = (members: readonly WindowMember[]): unknown => contextOf(members).event;
const long = (length: number, letter = "x"): string => letter.repeat(length);
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });

const wordy = (at: number, length: number, letter?: string): WindowMember =>
  memberAt(at, {
    title: long(length, letter),
    source: long(length, letter),
    type: long(length, letter),
    subject: long(length, letter),
  });

describe("the shipped digests", () => {
  const cases = DIGESTS.flatMap((id) => Object.entries(CASES).map(([name, context]) => [id, name, context] as const));

  test.each(cases)("%s of %s as its golden file says", async (id, name, context) => {
    const made = rendered(id, context);
    await expect(
      `Subject: ${made.subject}\nPayload: ${payloadHash(made)}\n\n${made.text}\n${made.html ?? ""}`,
    ).toMatchFileSnapshot(path.join(golden, fileOf(id, name)));
  });

  test("there is a golden file for each, and none besides", () => {
    const files = fs.readdirSync(golden).filter((file) => file.startsWith("tmpl-digest-"));
    expect(files.toSorted()).toEqual(cases.map(([id, name]) => fileOf(id, name)).toSorted());
  });

  test.each(DIGESTS)("%s is made for digests", (id) => {
    expect(shippedTemplate(id).purpose).toBe("digest");
  });

  test.each([...DIGESTS, "tmpl-event", "tmpl-critical"])("%s escapes what events say", (id) => {
    const { subject, text, html = "" } = rendered(id, contextOf([hostile, hostile], { group: { [HOSTILE]: HOSTILE } }));
    expect(subject).toMatch(/^[^\p{Cc}\u2028\u2029\u202a-\u202e]+$/u);
    expect(subject.length).toBeLessThanOrEqual(200);
    expect(html).not.toMatch(/<script|<img|\[object/);
    expect(`${text}${html}`).not.toMatch(/[\u0000\u202e]/);
    expect(text).toContain("eve@example.org");
  });

  test.each(["tmpl-event", "tmpl-critical"])("%s, made for events, tells of a window too", (id) => {
    const { subject, text, html = "" } = rendered(id, contextOf(mixedMembers(12), { kind: "quiet" }));
    const title = "12 events held during quiet hours: 3 critical, 2 high, 2 medium, 1 low, 2 info, 2 resolved";
    for (const part of [subject, text, html]) expect(part).toContain(title);
    expect(text).toContain("Critical 07:31:05: 12 new findings in image web:4.2.1 (registry / acme/web)");
    expect(text).not.toMatch(/undefined|null|\[object/);
  });
});

describe("what a template sees of a window", () => {
  const TITLES: readonly (readonly [title: string, RenderContext])[] = [
    ["1 event, hourly digest: Disk of db-01 is full", contextOf([memberAt(1)])],
    ["2 events, hourly digest: 1 critical, 1 low", contextOf(two("critical", "low"))],
    ["2 events, daily digest: 2 high", contextOf(two("high", "high"), { window: "1d" })],
    ["2 events, 5-minute digest: 2 high", contextOf(two("high", "high"), { window: "5m" })],
    ["2 events, 15-minute digest: 2 high", contextOf(two("high", "high"), { window: "15m" })],
    ["2 events, digest: 2 high", contextOf(two("high", "high"), { window: "2h" })],
    ["2 events, group a=1: 2 high", contextOf(two("high", "high"), { kind: "group", group: { b: "", a: "1" } })],
    ["2 events, group: 2 high", contextOf(two("high", "high"), { kind: "group" })],
    [
      "3 events held during quiet hours: 1 high, 2 too old",
      contextOf([...two("low", "low"), memberAt(9)], { kind: "quiet", stale: 2 }),
    ],
    ["2 repeated events: Disk of db-01 is full", contextOf(two("high", "high"), { kind: "flap" })],
    ["1 repeated event: Disk of db-01 is full", contextOf([memberAt(1)], { kind: "flap" })],
    ["2 repeated events: 2 not listed", contextOf(two("high", "high"), { kind: "flap" }, 0)],
    ["2 events, hourly digest: 1 high, 1 not listed", contextOf(two("high", "low"), {}, 1)],
    ["0 events, hourly digest", contextOf([])],
  ];
  test.each(TITLES)("%s", (title, context) => {
    expect(context.title).toBe(title);
  });

  test.each([
    [
      "the highest that is not over",
      [memberAt(1, { severity: "critical", alertState: "resolved" }), memberAt(2)],
      500,
      "high",
    ],
    ["resolved where all is over", [memberAt(1, { alertState: "resolved" })], 500, "resolved"],
    [
      "the highest of all where some is not listed",
      [memberAt(1), memberAt(2, { severity: "critical" })],
      1,
      "critical",
    ],
    ["the highest of all where none is listed", [memberAt(1)], 0, "high"],
  ] as const)("it leads with %s", (_name, members, cap, badge) => {
    const context = contextOf(members, {}, cap);
    expect([context.badge, context.isResolved]).toEqual([BADGES[badge], badge === "resolved"]);
  });

  test("groups stand by namespace and repository, what has neither last, items as they came", () => {
    const places = [
      {},
      { repo: "r" },
      { namespace: "b" },
      { namespace: "a", repo: "y" },
      { namespace: "a", repo: "x" },
      { namespace: "a" },
      { namespace: "b" },
    ];
    const members = places.map((scope, at) => memberAt(at, { scope, title: String(at) }));
    expect(
      digestOf(members).groups.map(({ title, count, items }) => [title, count, ...items.map((item) => item.title)]),
    ).toEqual([
      ["a / x", 1, "4"],
      ["a / y", 1, "3"],
      ["a", 1, "5"],
      ["b", 2, "2", "6"],
      ["r", 1, "1"],
      ["Other", 1, "0"],
    ]);
  });

  test("counts: by state, by severity, and what changed", () => {
    const members = [
      memberAt(1, { delta: { newCritical: 2, kev: 1, quieted: 0 } }),
      memberAt(2, { delta: { newCritical: 1, kev: -1 }, alertState: "resolved" }),
      memberAt(3, { severity: "low", alertState: "firing" }),
    ];
    const digest = digestOf(members);
    expect(counted(digest.counts)).toEqual([
      ["high", 1],
      ["low", 1],
      ["resolved", 1],
    ]);
    expect(counted(digest.severityCounts)).toEqual([
      ["high", 2],
      ["low", 1],
    ]);
    expect(digest).toMatchObject({
      resolvedCount: 1,
      deltaText: "new critical 3",
      delta: [{ name: "newCritical", value: "3" }],
    });
    const items = digest.groups.flatMap((group) => group.items);
    expect(items.map(({ deltaText, alertState }) => [deltaText, alertState])).toEqual([
      ["kev 1, new critical 2", ""],
      ["kev -1, new critical 1", "resolved"],
      ["", "firing"],
    ]);
  });

  test("an item without a title is told by its subject, else its type", () => {
    const { title: _title, ...untitled } = memberAt(1);
    const { subject: _subject, ...bare } = untitled;
    const items = digestOf([untitled, bare, memberAt(2, { title: " \n" })]).groups.flatMap((group) => group.items);
    expect(items.map(({ title }) => title)).toEqual([
      "db-01:/var/lib/postgresql",
      "host.disk.full",
      "db-01:/var/lib/postgresql",
    ]);
  });

  test("times have a date where the window goes over midnight", () => {
    expect(whenOf({})).toBe("07:31:06");
    expect(whenOf({ endedAt: SAMPLE_NOW + DAY_MS })).toBe("2026-11-20 07:31:06");
  });

  test("a window that has not ended closes with its delivery", () => {
    const { record, members, delivery } = sampleWindow([memberAt(1)]);
    const { endedAt: _endedAt, ...open } = record;
    expect(renderWindow("p", delivery, open, members).digest?.closedAt).toBe(delivery.createdAt);
  });

  test("one source is named, several are counted", () => {
    expect(eventOf([memberAt(1), memberAt(2)])).toMatchObject({ source: "/hosts/db-01", type: "Hourly digest" });
    expect(eventOf([memberAt(1), memberAt(2, { source: "/x" })])).toMatchObject({ source: "2 sources" });
    expect(eventOf([])).toMatchObject({ source: "" });
  });
});

describe("what a mail can hold", () => {
  test.each(DIGESTS)("%s lists 500 items whatever their length, each text cut for it", (id) => {
    const context = contextOf(Array.from({ length: 500 }, (_, at) => wordy(at, 300)));
    const { text, html = "" } = rendered(id, context);
    expect(context.digest).toMatchObject({ shownCount: 500, moreCount: 0 });
    expect(text).not.toContain("cut here");
    expect(html).toMatch(/^<!doctype html>/);
    expect(html.match(/x…/g)?.length).toBeGreaterThanOrEqual(500);
  });

  test.each(DIGESTS)("%s counts what is too much even so, and is whole", (id) => {
    const places = Array.from({ length: 3000 }, (_, at) => ({ ...wordy(at, 4000, "<"), scope: { repo: `r${at}` } }));
    const context = contextOf(places, {}, 10_000);
    const { shownCount = 0, moreCount } = context.digest ?? {};
    expect(shownCount).toBeGreaterThan(100);
    expect(moreCount).toBe(3000 - shownCount);
    const { text, html = "" } = rendered(id, context);
    expect(text).toContain(`And ${moreCount} more that are not listed.`);
    expect(text).toContain("sealpost ledger prove");
    expect(html).toMatch(/^<!doctype html>[^]*<\/html>\n$/);
    expect(html.length).toBeLessThan(200_000);
  });

  test.each(DIGESTS)("%s is whole with 10,000 short items", (id) => {
    const short = Array.from({ length: 10_000 }, (_, at) =>
      memberAt(at % 60, { title: "t", type: "t", source: "s", subject: "t", scope: { repo: String(at) } }),
    );
    const { text, html = "" } = rendered(id, contextOf(short, {}, 10_000));
    expect(text).toMatch(/And \d+ more that are not listed\./);
    expect(text).not.toContain("cut here");
    expect(html).toMatch(/<\/html>\n$/);
  });
});

describe("any window", () => {
  const texts = fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.constantFrom(HOSTILE, "", "__proto__"));
  const counts = fc.dictionary(texts, fc.double({ noNaN: false }), { maxKeys: 30 });
  const member: fc.Arbitrary<WindowMember> = fc
    .record(
      {
        at: fc.integer({ min: 0, max: 253_402_300_799_999 }),
        steady: fc.integer(),
        source: texts,
        type: texts,
        subject: texts,
        title: texts,
        severity: fc.constantFrom(...SEVERITIES),
        alertState: fc.constantFrom("firing" as const, "resolved" as const),
        scope: fc.record({ namespace: texts, repo: texts, digest: texts, resource: texts }, { requiredKeys: [] }),
        delta: counts,
      },
      { requiredKeys: ["at", "steady", "source", "type", "severity", "scope"] },
    )
    .map((given) => ({ event: "ev_1", deliveries: ["dl_1"], ...given }));
  const given = fc.record({
    members: fc.array(member, { maxLength: 30 }),
    kind: fc.constantFrom("digest" as const, "group" as const, "quiet" as const, "flap" as const),
    stale: fc.nat({ max: 5 }),
    cap: fc.nat({ max: 30 }),
    group: optional(fc.dictionary(texts, texts, { maxKeys: 20 })),
  });

  test("renders with every shipped template, the same way twice, and counts each member once", () => {
    fc.assert(
      fc.property(given, ({ members, kind, stale, cap, group }) => {
        const record = { kind, stale: Math.min(stale, members.length), ...(group === undefined ? {} : { group }) };
        const context = contextOf(members, record, cap);
        const { digest } = context;
        expect((digest?.shownCount ?? 0) + (digest?.moreCount ?? 0) + (digest?.staleCount ?? 0)).toBe(members.length);
        expect(digest?.groups.reduce((sum, { items }) => sum + items.length, 0)).toBe(digest?.shownCount);
        for (const id of compiled.keys()) {
          const made = rendered(id, context);
          expect(rendered(id, contextOf(members, record, cap))).toEqual(made);
          expect(made.subject).not.toBe("");
          expect(payloadHash(made)).toMatch(/^[0-9a-f]{64}$/);
          expect(`${made.text}${made.html}`).not.toMatch(/\[object|undefined/);
        }
      }),
      { numRuns: 60 },
    );
  });
});

function two(first: WindowMember["severity"], second: WindowMember["severity"]): WindowMember[] {
  return [memberAt(1, { severity: first }), memberAt(2, { severity: second })];
}
