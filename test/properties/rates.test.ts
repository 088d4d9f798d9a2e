import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { durationMs } from "../../src/core/object.ts";
import type { CheckedObject } from "../../src/core/objects.ts";
import { anyManner, type Outcome, playStory } from "../support/cut-play.ts";
import { anyStory, type Story } from "../support/generated-story.ts";
import { type Told, toldOf } from "../support/told.ts";

const SEED = 6;
const ENGINES = [
  { engine: "memory", runs: 120 },
  { engine: "libsql", runs: 8 },
] as const;

/** One message that was sent or refused, in the order in which they were decided. */
interface Message {
  readonly at: number;
  readonly rule: string;
  readonly action: string;
  /** A resolution is sent even where nothing more may be; then it is not charged. */
  readonly isResolution: boolean;
  /** Which gate refused it. */
  readonly refused: string | undefined;
}

/** `burst` tokens of which one comes back every `each` ms. */
interface Tokens {
  readonly burst: number;
  readonly each: number;
}
interface Count {
  readonly count: number;
  readonly per: number;
}
interface Rates {
  readonly buckets: ReadonlyMap<string, Tokens>;
  readonly limits: ReadonlyMap<string, Count>;
  readonly quotas: readonly Count[];
}

const GATES: readonly string[] = ["throttled", "rule-limit", "tenant-quota"];

test.each(ENGINES)(
  "$engine: no bucket, limit or quota is ever exceeded, and none refuses what it has room for",
  async ({ engine, runs }) => {
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(anyStory({ steps: 40, people: "commands" }), anyManner(engine), async (story, manner) => {
        const { outcome } = await playStory(story, manner);
        const rates = ratesOf(story.configurations[0] ?? []);
        const messages = messagesOf(story, outcome);
        expect(messages).toEqual(judged(messages, rates));
        neverExceeded(messages, rates);
        for (const { refused = "sent" } of messages) seen.set(refused, (seen.get(refused) ?? 0) + 1);
      }),
      { seed: SEED, numRuns: runs },
    );
    if (engine === "memory") for (const gate of GATES) expect(seen.get(gate)).toBeGreaterThan(50);
  },
);

const Given = z.looseObject({ count: z.number(), per: z.string() });
const Throttle = z.looseObject({ burst: z.number(), per: z.string() });
const GivenPolicy = z.looseObject({ throttle: Throttle.optional(), quotas: z.array(Given).default([]) });
const GivenRule = z.looseObject({
  id: z.string(),
  limit: Given.optional(),
  actions: z.array(z.looseObject({ id: z.string(), throttle: Throttle.optional() })),
});

/** The rates as the objects write them, an action's own before the tenant's. */
function ratesOf(objects: readonly CheckedObject[]): Rates {
  const texts = objects.map(({ object, text }): { kind: string; value: unknown } => ({
    kind: object.kind,
    value: JSON.parse(text),
  }));
  const policy = GivenPolicy.parse(texts.find(({ kind }) => kind === "policies")?.value ?? {});
  const buckets = new Map<string, Tokens>();
  const limits = new Map<string, Count>();
  for (const { kind, value } of texts) {
    if (kind !== "rules") continue;
    const { id, limit, actions } = GivenRule.parse(value);
    if (limit !== undefined) limits.set(id, countOf(limit));
    for (const { id: action, throttle = policy.throttle } of actions)
      if (throttle !== undefined)
        buckets.set(action, { burst: throttle.burst, each: Math.ceil(durationMs(throttle.per) / throttle.burst) });
  }
  return { buckets, limits, quotas: policy.quotas.map(countOf) };
}

function countOf({ count, per }: z.infer<typeof Given>): Count {
  return { count, per: durationMs(per) };
}

/** What came to the throttle: drafts that were sent or refused by it, and the messages of windows. */
function messagesOf({ steps, configurations }: Story, { lines, members, answers }: Outcome): Message[] {
  const policy = configurations[0]?.find(({ object }) => object.kind === "policies")?.text ?? "";
  const follows = !policy.includes('"resolutions":"rules"');
  const resolved = resolvedEvents(steps, answers);
  return toldOf(lines).flatMap((one) => messageOf(one, { members, isResolution: (id) => follows && resolved.has(id) }));
}

const Receipts = z.array(z.looseObject({ id: z.string(), duplicate: z.boolean() }));

/** Ids of accepted events that tell of a resolution. */
function resolvedEvents(steps: Story["steps"], answers: readonly unknown[]): ReadonlySet<string> {
  const events = steps.flatMap((step) => (step.kind === "events" ? step.events : []));
  const receipts = answers.flatMap((answer) => Receipts.safeParse(answer).data ?? []);
  expect(receipts).toHaveLength(events.length);
  const ids = receipts.flatMap(({ id, duplicate }, at) =>
    !duplicate && events[at]?.alertState === "resolved" ? [id] : [],
  );
  return new Set(ids);
}

interface Looking {
  readonly members: Outcome["members"];
  readonly isResolution: (event: string) => boolean;
}

function messageOf(one: Told, { members, isResolution }: Looking): Message[] {
  if ("draft" in one) {
    const { at, rule, action, status, reason, event } = one.draft;
    if (status !== "pending" && status !== "throttled") return [];
    return [
      { at, rule, action, isResolution: isResolution(event), refused: status === "pending" ? undefined : reason },
    ];
  }
  const { at, rule = "", action = "", status, reason, window, count, did } = one.step;
  if (did !== "flush" || (status !== "pending" && status !== "throttled")) return [];
  const held = (members[window] ?? []).slice(0, count);
  const holdsResolution = held.some(({ alertState }) => alertState === "resolved");
  return [{ at, rule, action, isResolution: holdsResolution, refused: status === "pending" ? undefined : reason }];
}

/** The same messages, each refused or not as plain books over the past say: tokens that flow back, and lists of instants. */
function judged(messages: readonly Message[], { buckets, limits, quotas }: Rates): Message[] {
  const levels = new Map<string, { at: number; level: number }>();
  const charged: Message[] = [];
  return messages.map((message) => {
    const { at, rule, action } = message;
    const full = ({ count, per }: Count, fits: (one: Message) => boolean): boolean =>
      charged.filter((one) => fits(one) && one.at > at - per && one.at <= at).length >= count;
    const bucket = buckets.get(action);
    const level = bucket === undefined ? 0 : levelAt(bucket, levels.get(action), at);
    const limit = limits.get(rule);
    const refused = [
      ...(bucket !== undefined && level < bucket.each ? ["throttled"] : []),
      ...(limit !== undefined && full(limit, (one) => one.rule === rule) ? ["rule-limit"] : []),
      ...(quotas.some((quota) => full(quota, () => true)) ? ["tenant-quota"] : []),
    ];
    if (refused.length === 0) {
      charged.push(message);
      if (bucket !== undefined) levels.set(action, { at, level: level - bucket.each });
    }
    return { ...message, refused: message.isResolution ? undefined : refused[0] };
  });
}

/** ms of tokens in a bucket that holds `burst` of them at most, and gains one ms each ms. */
function levelAt({ burst, each }: Tokens, before: { at: number; level: number } | undefined, at: number): number {
  return before === undefined ? burst * each : Math.min(burst * each, before.level + (at - before.at));
}

/** Over any time there are never more messages than the rate allows, resolutions left out. */
function neverExceeded(messages: readonly Message[], { buckets, limits, quotas }: Rates): void {
  const sent = messages.filter(({ refused, isResolution }) => refused === undefined && !isResolution);
  const most = (among: readonly Message[], per: number): number =>
    Math.max(0, ...among.map(({ at: end }) => among.filter(({ at }) => at > end - per && at <= end).length));
  for (const [action, { burst, each }] of buckets) {
    const ats = sent.filter((one) => one.action === action).map(({ at }) => at);
    ats.forEach((from, first) =>
      ats.slice(first).forEach((to, n) => expect(n + 1).toBeLessThanOrEqual(burst + Math.floor((to - from) / each))),
    );
  }
  for (const [rule, { count, per }] of limits)
    expect(
      most(
        sent.filter((one) => one.rule === rule),
        per,
      ),
    ).toBeLessThanOrEqual(count);
  for (const { count, per } of quotas) expect(most(sent, per)).toBeLessThanOrEqual(count);
}
