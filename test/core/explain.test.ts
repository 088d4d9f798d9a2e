import { describe, expect, it } from "vitest";
import type { WindowRecord } from "../../src/core/window-record.ts";
import type { Delivery, TraceEntry } from "../../src/core/delivery.ts";
import { explainDelivery, explainEvent, explainWindow } from "../../src/core/explain.ts";
import { causeOf } from "../../src/core/explain-cause.ts";
import type { DecidedBy, Known } from "../../src/core/explain-facts.ts";
import { closestRule, isOnlyMiss, ruleVerdict, withoutValues } from "../../src/core/explain-rules.ts";
import { stageExplanations, tellingOf } from "../../src/core/explain-stages.ts";
import { explanationText } from "../../src/core/explain-text.ts";
import {
  afterColon,
  at,
  counted,
  labelWords,
  matcherWords,
  ordinal,
  quoted,
  span,
} from "../../src/core/explain-words.ts";
import { FOREVER } from "../../src/core/mute.ts";
import { compileRule } from "../../src/core/index.ts";
import { NO_POLICY } from "../../src/core/policy.ts";
import { Rule } from "../../src/core/rule.ts";
import { input } from "../support/objects.ts";
import { deliveryOf, SAMPLE_NOW, sampleEvent } from "../support/samples.ts";
import { sampleWindow } from "../support/windows.ts";

const event = sampleEvent("01-disk-full");
const decided: DecidedBy = {
  cfg: "0".repeat(16),
  state: "current",
  missing: [],
  rules: [],
  globals: new Set(),
  policy: NO_POLICY,
};
const NOTHING = new Map<string, never>();

/** What is known where nothing that is named was kept. */
function known(given: Partial<Known> = {}): Known {
  return {
    now: SAMPLE_NOW,
    offset: 0,
    decided,
    zones: new Map(),
    deliveries: NOTHING,
    windows: NOTHING,
    silences: NOTHING,
    maintenance: NOTHING,
    suppressions: NOTHING,
    channels: NOTHING,
    tries: NOTHING,
    ...given,
  };
}

function made(given: Partial<Delivery>): Delivery {
  const {
    reason: _r,
    failureReason: _f,
    dueAt: _d,
    deliveredAt: _s,
    trace: _t,
    window: _w,
    ...rest
  } = deliveryOf(event);
  return { ...rest, ...given };
}

/** The last stage's sentence of a draft with this trace. */
function told(entry: TraceEntry, given: Partial<Delivery> = {}, more: Partial<Known> = {}): string {
  const delivery = made({ trace: [entry], ...given });
  const draft = { delivery, deliveries: [delivery], event, isResolution: false };
  const stages = stageExplanations(tellingOf(draft, known(more)));
  return stages.find(({ isSilent }) => isSilent !== true)?.sentence ?? "";
}

const ruleOf = (fields: object): ReturnType<typeof compileRule> =>
  compileRule(
    Rule.parse({ schema: "rule/v1", id: "r", actions: [{ id: "a", channel: "c" }], ...fields }),
    "ab".repeat(32),
    0,
  );

describe("words", () => {
  it.each([
    [0, "0 ms"],
    [1500, "1 s 500 ms"],
    [90_000, "1 min 30 s"],
    [3_600_000, "1 h"],
    [90_061_000, "1 d 1 h"],
  ])("span(%i) is %s", (ms, words) => expect(span(ms)).toBe(words));
  it.each([
    [1, "1st"],
    [2, "2nd"],
    [3, "3rd"],
    [4, "4th"],
    [11, "11th"],
    [12, "12th"],
    [13, "13th"],
    [21, "21st"],
    [112, "112th"],
  ])("ordinal(%i) is %s", (n, words) => expect(ordinal(n)).toBe(words));
  it("names instants, with the wall clock of a zone", () => {
    expect(at(Date.UTC(2026, 5, 1, 8))).toBe("2026-06-01T08:00:00Z");
    expect(at(Date.UTC(2026, 5, 1, 8), "Asia/Kathmandu")).toBe(
      "2026-06-01T08:00:00Z (2026-06-01 13:45 Asia/Kathmandu)",
    );
    expect(at(Date.UTC(2026, 5, 1, 8, 0, 7), "UTC")).toBe("2026-06-01T08:00:07Z (2026-06-01 08:00:07 UTC)");
    expect(at(FOREVER)).toBe("no known end");
  });
  it("quotes on one line and not for ever", () => {
    expect(quoted(" a\n b ")).toBe('"a b"');
    expect(quoted("x".repeat(300))).toBe(`"${"x".repeat(199)}…"`);
    expect(quoted(`${"x".repeat(198)}😀${"y".repeat(9)}`)).toBe(`"${"x".repeat(198)}…"`);
  });
  it("names labels as a matcher would, the first ten, cut", () => {
    expect(labelWords({})).toBe("none");
    expect(labelWords({ host: "web-2", note: "x".repeat(99) })).toBe(`host="web-2", note="${"x".repeat(59)}…"`);
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`l${n}`, "v"]));
    expect(labelWords(many)).toMatch(/, l9="v", and 2 more$/);
  });
  it("names matchers on one line, the first ten, cut, and reads no further", () => {
    expect(matcherWords(["a=1", 'b="x\ny"'])).toBe('a=1, b="x y"');
    const many = Array.from({ length: 100 }, (_, n) => `l${n}="${"z ".repeat(4000)}"`);
    expect(matcherWords(many)).toMatch(/^l0="z z .*…, and 90 more$/);
    expect(matcherWords(many).length).toBeLessThan(10 * 102 + 20);
    expect(quoted(`a${" ".repeat(9000)}b`, 10)).toBe('"a …"');
  });
  it("counts and goes on after a colon", () => {
    expect([counted(1, "item"), counted(0, "item")]).toEqual(["1 item", "0 items"]);
    expect(["It is", "Try 2", "5 of", "UPS is"].map(afterColon)).toEqual(["it is", "try 2", "5 of", "UPS is"]);
  });
});

describe("what to do about a mute", () => {
  const base = {
    id: "mnt-1",
    author: "maria",
    comment: "",
    createdAt: 0,
    updatedAt: 0,
    startsAt: 0,
    endsAt: FOREVER,
    matchers: ["a=1"],
  };
  const MONDAY = Date.parse("2026-06-01T12:00:00Z");
  const weekly = { zone: "UTC", weekly: [{ days: ["mon"] as ["mon"], from: "09:00", to: "11:00" }] };
  it.each([
    [{ weekly }, "mutes nothing at this moment, and mutes again at its next weekly time."],
    [
      { weekly, endsAt: MONDAY + 60_000 },
      "mutes nothing at this moment, and mutes again at its next weekly time before 2026-06-01T12:01:00Z.",
    ],
    [{ startsAt: MONDAY + 1000 }, "mutes nothing at this moment, and mutes from 2026-06-01T12:00:01Z on."],
    [{ endsAt: MONDAY }, "has ended, so the next ones are sent."],
    [{}, "to have the next ones sent, end the maintenance window: sealpost maintenance expire mnt-1"],
  ])("%j", (fields, words) => {
    const record = { ...base, ...fields };
    const delivery = made({ status: "suppressed", reason: { code: "maintenance", by: "mnt-1" } });
    const { next } = causeOf(delivery, known({ now: MONDAY, maintenance: new Map([["mnt-1", record]]) }));
    expect(next).toContain(words);
  });
});

describe("stages that name what is not kept", () => {
  const until = SAMPLE_NOW + 60_000;
  it.each<[TraceEntry, Partial<Delivery>, string]>([
    [
      { stage: "dedupe", code: "deduplicated", by: "dl_1", until },
      {},
      "It repeats dl_1 (not kept any more); repeats are dropped until the dedupe window ends at",
    ],
    [{ stage: "dedupe", code: "pass", by: "dl_1", until }, {}, "that was resolved meanwhile, or reached nobody."],
    [
      { stage: "silence", code: "silenced", by: "sil-1", until },
      {},
      "Silence sil-1 (not kept any more) covers its labels until",
    ],
    [
      { stage: "maintenance", code: "maintenance", by: "mw-1", until },
      {},
      "Maintenance window mw-1 (not kept any more) covers its labels",
    ],
    [
      { stage: "maintenance", code: "rule-suppressed", by: "sup-1", until },
      {},
      "Suppression sup-1 (not kept any more) mutes rule",
    ],
    [
      { stage: "quiet", code: "quiet-hours", by: "nights", until, zone: "UTC" },
      {},
      'Quiet hours of calendar "nights" run until',
    ],
    [{ stage: "quiet", code: "pass", by: "nights", until }, {}, "passes them."],
    [
      { stage: "debounce", code: "debounced", by: "dl_1", have: 2, limit: 5, until },
      { window: "digest:t:a:flap:1" },
      "It is the 3rd occurrence, a repeat of dl_1; the summary of the repeats (window digest:t:a:flap:1) is not kept any",
    ],
    [
      { stage: "debounce", code: "debounced", by: "dl_1", have: 0, limit: 5, until },
      { window: "digest:t:a:flap:1" },
      "whose cooldown runs until",
    ],
    [
      { stage: "debounce", code: "pass", by: "dl_1", have: 5, limit: 5, until },
      {},
      "It is the 6th occurrence since dl_1: it is sent; then repeats wait.",
    ],
    [
      { stage: "debounce", code: "pass", by: "dl_1", have: 5, limit: 5, until },
      { window: "digest:t:a:flap:1" },
      "dl_1: it is sent; then repeats wait.",
    ],
    [
      { stage: "digest", code: "coalesced", by: "digest:t:a:1h:1", have: 1, limit: 5, until },
      { reason: { code: "coalesced", by: "digest:t:a:1h:1" } },
      "as item 1, due at",
    ],
    [{ stage: "throttle", code: "pass", by: "a", have: 1, limit: 5 }, {}, "The tenant had sent 1 of at most 5."],
    [
      { stage: "throttle", code: "throttled", by: "a", have: 0, limit: 5, until },
      {},
      "(5 at once); the next one passes from",
    ],
    [
      { stage: "throttle", code: "rule-limit", by: "r", have: 5, limit: 5, until },
      {},
      'Rule "r" had sent 5 of at most 5; the next',
    ],
    [{ stage: "staleness", code: "stale", by: "a" }, {}, "All that was held was older than the action sends"],
    [
      { stage: "resolution", code: "coalesced", by: "digest:t:a:1h:1" },
      {},
      "joined it in window digest:t:a:1h:1, which is not kept any more.",
    ],
    [{ stage: "channel", code: "no-recipient" }, {}, 'its channel "" names'],
    [{ stage: "weekend", code: "pass", by: "x" }, {}, "It passed."],
    [{ stage: "weekend", code: "asked", by: "x" }, {}, "A person asked for it."],
  ])("%j", (entry, given, words) => expect(told(entry, given)).toContain(words));

  it.each([
    ["1h", "2026-11-20T07:00:00Z to 2026-11-20T08:00:00Z (dedupe windows of 1 h begin at 00:00, 01:00, 02:00 ... UTC)"],
    ["12h", "2026-11-19T20:00:00Z to 2026-11-20T08:00:00Z (dedupe windows of 12 h begin at 00:00, 12:00 UTC)"],
    ["1d", "2026-11-19T08:00:00Z to 2026-11-20T08:00:00Z (dedupe windows of 1 d begin at 00:00 UTC)"],
    ["7h", "to 2026-11-20T08:00:00Z (dedupe windows of 7 h follow the clock, not the first event)"],
    ["90s", "to 2026-11-20T08:00:00Z (dedupe windows of 1 min 30 s follow the clock, not the first event)"],
  ])("say how dedupe windows of %s are cut from the clock", (window, words) => {
    const rule = ruleOf({ actions: [{ id: "a", channel: "c", dedupe: { window } }] });
    const entry = { stage: "dedupe", code: "deduplicated", by: "dl_1", until: Date.UTC(2026, 10, 20, 8) } as const;
    const more = { decided: { ...decided, rules: [rule] } };
    expect(told(entry, { rule: rule.ref, action: "a" }, more)).toContain(words);
  });

  it("tell nothing of the length of a quota where two have its count", () => {
    const quotas = [
      { count: 5, per: 1000 },
      { count: 5, per: 9000 },
    ];
    const policy = { ...NO_POLICY, quotas };
    const entry = { stage: "throttle", code: "tenant-quota", by: "tenant", have: 5, limit: 5, until } as const;
    expect(told(entry, {}, { decided: { ...decided, policy } })).toContain("5 of at most 5; the next");
  });

  it("outlast the draft: the stage keeps what it said when the delivery has moved on", () => {
    const delivery = made({ status: "dropped", trace: [{ stage: "channel", code: "channel-missing", by: "c" }] });
    const draft = { delivery, deliveries: [delivery], event, isResolution: false };
    expect(stageExplanations(tellingOf(draft, known()))).toMatchObject([{ stage: "channel", outcome: "dropped" }]);
    const { trace: _, ...bare } = delivery;
    expect(stageExplanations(tellingOf({ ...draft, delivery: bare }, known()))).toHaveLength(8);
  });
});

describe("causes", () => {
  it.each<[Partial<Delivery>, Partial<Known>, string]>([
    [{ status: "sent" }, {}, "It was sent by channel"],
    [{ status: "dry-run" }, {}, "It was sent by channel"],
    [{ status: "failed" }, {}, "gave it up, and its fallback took over."],
    [{ status: "dead", attempts: 2 }, {}, "It was given up at try 2: the last try failed."],
    [{ status: "dead", reason: { code: "tls" } }, {}, "It was given up: the other side's certificate"],
    [{ status: "retrying", attempts: 2 }, {}, "Try 2 failed."],
    [{ status: "deferred", dueAt: SAMPLE_NOW + 1000 }, {}, "It waits for its first try at"],
    [{ status: "pending", dueAt: SAMPLE_NOW }, {}, "and waits for its first try."],
    [{ status: "dropped" }, {}, "It was not sent."],
    [
      {
        status: "held",
        event: event.id,
        window: "digest:t:a:quiet:1",
        trace: [{ stage: "quiet", code: "quiet-hours", by: "nights", until: SAMPLE_NOW }],
      },
      {},
      "Its window digest:t:a:quiet:1 is not kept any more.",
    ],
    [
      { status: "dropped", reason: { code: "window-dropped", by: "digest:t:a:1h:1" } },
      {},
      "Its window digest:t:a:1h:1 is not kept any more.",
    ],
    [{ status: "coalesced" }, {}, "It was gathered with others. It sits in window , which is not kept any more."],
    [
      { status: "held", reason: { code: "quiet-hours" } },
      {},
      "It came in quiet hours; it is told when they end. It sits in window",
    ],
  ])("%j", (given, more, words) => expect(causeOf(made(given), known(more)).sentence).toContain(words));

  it("a channel may be down for a reason of another version", () => {
    const state = { down: { since: SAMPLE_NOW, reason: "odd" }, failing: [] };
    const delivery = made({ status: "pending" });
    const compiled = {
      id: "c",
      hash: "",
      to: [],
      unbound: [],
      config: { port: 25, tls: "none", timeout: "10s" },
      channel: {
        schema: "channel/v1",
        id: "c",
        type: "email",
        concurrency: 1,
        isEnabled: true,
        config: { port: 25, tls: "none", timeout: "10s" },
      },
    } as const;
    const channels = new Map([[delivery.channel, { compiled, state }]]);
    const draft = { delivery, deliveries: [delivery], isResolution: false };
    const explained = explainDelivery(draft, known({ channels }));
    expect(explained.cause.sentence).toContain(
      "(odd). It is tried again every 30 s or sooner; the message waits, and goes out by itself",
    );
    expect(explained.channel).toMatchObject({ state: "down", reason: { code: "odd", text: "odd" } });
  });
});

describe("windows", () => {
  const { record } = sampleWindow([]);
  const words = (given: Partial<WindowRecord>, more: Partial<Known> = {}): string | undefined =>
    explainWindow(record.id, known({ windows: new Map([[record.id, { ...record, ...given }]]), ...more }))?.cause
      .sentence;

  it.each<[Partial<WindowRecord>, string]>([
    [{ state: "open", due: SAMPLE_NOW - 1000 }, "is open with 0 items and due since"],
    [{ state: "open", kind: "quiet", due: SAMPLE_NOW + 1000 }, "is open with 0 items and closes at"],
    [{ state: "merged" }, "was merged into another one"],
    [{ state: "merged", into: "digest:x" }, "was merged into digest:x"],
    [{ state: "flushed", deliveries: [] }, "; its message is not kept any more"],
    [{ state: "flushed", deliveries: [], status: "throttled" }, "and its message was throttled."],
    [{ state: "flushed", deliveries: ["gone"], status: "silenced" }, "and its message was silenced."],
    [{ state: "dropped", deliveries: [] }, "was deleted by a person at"],
  ])("%j", (given, sentence) => expect(words(given)).toContain(sentence));

  it("are not known without their record", () => expect(explainWindow("digest:t:a:1h:1", known())).toBeUndefined());

  it("say what a message without an id of what decided came to", () => {
    const message = made({ id: record.id, status: "silenced", reason: { code: "silenced" } });
    const deliveries = new Map([[record.id, message]]);
    expect(words({ status: "silenced" }, { deliveries })).toContain(
      "(A silence that people set covers the labels of this event)",
    );
  });
});

describe("rules", () => {
  it("that match and stop say so; those after them that do not match say why", () => {
    const asked = { event: input("1"), now: 0, stopper: undefined };
    expect(ruleVerdict(ruleOf({}), asked)).toMatchObject({ verdict: "matched", sentence: "It matched." });
    const stops = ruleVerdict(ruleOf({ stop: true }), asked);
    expect(stops).toMatchObject({ verdict: "matched", stops: true });
    expect(withoutValues(stops)).toBe(stops);
    const after = ruleVerdict(ruleOf({ match: { types: ["x"] } }), { ...asked, stopper: "s" });
    expect(after).toMatchObject({ verdict: "not-matched", failed: { pointer: "/match/types" } });
    expect(ruleVerdict(ruleOf({}), { ...asked, stopper: "s" })).toMatchObject({ verdict: "not-asked", by: "s" });
  });

  it.each([
    [{ minSeverity: "critical" }, "/match/minSeverity"],
    [{ types: ["x"] }, "/match/types"],
    [{ sources: ["x"] }, "/match/sources"],
    [{ namespaces: ["x"] }, "/match/namespaces"],
    [{ repos: ["x"] }, "/match/repos"],
    [{ kev: true }, "/match/kev"],
    [{ verdicts: ["x"] }, "/match/verdicts"],
    [{ vex: { include: ["x"], exclude: ["y"] } }, "/match/vex/include"],
    [{ labels: ["a=1", "b=1", "c="] }, "/match/labels/1"],
    [{ conditions: { "data.n/m": 1, "data.k": 2 } }, "/match/conditions/data.n~1m"],
    [{ when: "event.severity == 'low'" }, "/match/when"],
  ])("%j may be the only one that fails", (match, pointer) => {
    const asked = input("1", { labels: { a: "1" }, data: { k: 2 } });
    const rule = ruleOf({ match });
    const { failed } = ruleVerdict(rule, { event: asked, now: 0 });
    if (failed === undefined) throw new Error("it matched");
    expect(failed.pointer).toBe(pointer);
    expect(isOnlyMiss(rule, failed, asked)).toBe(true);
    const other = ruleOf({ match: { when: "event.severity == 'low'", ...match, labels: ["z=1"] } });
    expect(isOnlyMiss(other, failed, asked)).toBe(false);
  });

  it("are the closer the later they fail", () => {
    const asked = { event: input("1", { labels: { a: "1" } }), now: 0 };
    const verdicts = [{ types: ["x"] }, { labels: ["b=1"] }, { labels: ["c=1"] }, { sources: ["x"] }].map((match) =>
      ruleVerdict(ruleOf({ match }), asked),
    );
    expect(closestRule(verdicts)).toBe(verdicts[1]);
    expect(closestRule([])).toBeUndefined();
    const matched = ruleVerdict(ruleOf({}), asked);
    expect(closestRule([matched])).toBeUndefined();
  });
});

describe("an event", () => {
  it("that made more than it may and nothing else says so", () => {
    const explained = explainEvent({ event, rules: [], drafts: [], known: known(), left: 3 });
    expect(explained.cause).toMatchObject({ code: "draft-limit" });
  });

  it.each([
    [{ minSeverity: "critical" }, "the firing's severity was high; the rule takes critical and above."],
    [{ types: ["x"] }, 'the firing\'s type was "host.disk.full"; the rule wants x.'],
    [{ conditions: { "data.is": "x" } }, 'the firing had nothing at data.is; the rule wants "x".'],
    [{ labels: ["who=is"] }, "the firing had no label who, which counts as empty; the rule wants who=is. The firing's"],
    [{ when: "event.severity == 'low'" }, "the rule's expression is false for that firing."],
    [{ when: "event.data.none > 1" }, "the rule's expression could not be evaluated for that firing, so the rule"],
    [{ types: ["x"], sources: ["y"] }, "(it failed last of all, and not by this condition alone): the firing's type"],
  ])("that was the firing of another is spoken of as such: %j", (match, words) => {
    const rule = ruleOf({ match });
    const seen = { ...event, severity: "high" as const };
    const rules = [ruleVerdict(rule, { event: seen, now: 0 })];
    const facts = { event: seen, rules, drafts: [], left: 0, known: known({ decided: { ...decided, rules: [rule] } }) };
    expect(explainEvent({ ...facts, isFiring: true }).cause.sentence).toContain(words);
    expect(explainEvent(facts).cause.sentence).not.toContain("firing");
  });

  it.each([
    [0, 100, 'give rule "r" one above 100, or'],
    [10, 100, 'give rule "late" one below 10, or'],
  ])("that a rule of priority %i kept from one of %i says which number to change", (first, second, words) => {
    const rules = [
      ruleOf({ id: "r", priority: first, stop: true, match: { types: ["host.*"] } }),
      ruleOf({ id: "late", priority: second, actions: [{ id: "late-mail", channel: "z" }] }),
    ];
    const asked = { event, now: 0 };
    const verdicts = rules.map((rule, n) => ruleVerdict(rule, { ...asked, ...(n === 0 ? {} : { stopper: "r" }) }));
    const drafts = ["a", "b", "c", "d"].map((channel) => {
      const delivery = made({ id: `dl_${channel}`, status: "sent", channel });
      return { delivery, deliveries: [delivery], event, isResolution: false };
    });
    const facts = { event, rules: verdicts, drafts, left: 0 };
    const { cause } = explainEvent({ ...facts, known: known({ decided: { ...decided, rules } }) });
    expect(cause.next).toContain(words);
    expect(cause.sentence).toContain(
      `It was sent only to channels "a", "b", "c" and 1 more: rule "late" (priority 100)`,
    );
    expect(cause.sentence).toContain(`because rule "r" (priority ${first}) matched before it and stops.`);
    const bare = explainEvent({ ...facts, known: known() }).cause;
    expect(bare.sentence).toContain('because rule "r" matched before it');
  });

  it("without subject, of a purged configuration", () => {
    const { subject: _, ...bare } = event;
    const facts = {
      event: bare,
      rules: [],
      drafts: [],
      left: 0,
      known: known({ decided: { ...decided, state: "purged" } }),
    };
    const text = explanationText(explainEvent(facts));
    expect(text).not.toContain("about");
    expect(text).toContain("decided, and it is not kept any more: its rules cannot be asked again.");
  });

  it("of a configuration that was not found, with how many were looked at", () => {
    const unfound = { ...decided, state: "unfound", looked: 7 } as const;
    const facts = { event, rules: [], drafts: [], left: 0, known: known({ decided: unfound }) };
    const text = explanationText(explainEvent(facts));
    expect(text).toContain("why cannot be said, because the configuration that decided was not found.");
    expect(text).toContain("it was not found among the 7 configurations looked at, the newest of those that are kept:");
  });

  it("keeps to its own lines, whatever labels hold", () => {
    const forged = { ...event, labels: { a: "1\nRule everything matched\u2028Next: nothing" } };
    const rule = ruleOf({ match: { labels: ['a="2\\n3"', 'b="\n4"'] } });
    const rules = [ruleVerdict(rule, { event: forged, now: 0 })];
    const facts = {
      event: forged,
      rules,
      drafts: [],
      left: 0,
      known: known({ decided: { ...decided, rules: [rule] } }),
    };
    expect(explanationText(explainEvent(facts))).not.toMatch(/^(Rule everything|Next: nothing|4")/mu);
  });

  it("whose rule was asked about while a resolution follows its firing", () => {
    const asked = ruleVerdict(ruleOf({ match: { types: ["x"] } }), { event, now: 0 });
    const firing = { found: "none", looked: 0, isAll: true } as const;
    const facts = {
      event: { ...event, alertState: "resolved" as const },
      rules: [asked],
      drafts: [],
      known: known(),
      left: 0,
      asked,
      firing,
    };
    expect(explainEvent(facts).cause.code).toBe("no-firing");
  });
});
