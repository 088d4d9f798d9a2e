import { describe, expect, test } from "vitest";
import type { CheckedObject } from "../../src/core/objects.ts";
import type { EventInput } from "../../src/core/event.ts";
import type { Message, Outcome } from "../../src/ports.ts";
import { type ClockSite, openClockSite } from "../support/clock-site.ts";
import { openCutStore, type Remains } from "../support/cut-store.ts";
import { DOWN, FAILED, SENT } from "../support/delivering.ts";
import { channel, checked, input, rule, template } from "../support/objects.ts";
import { verdictOn } from "../support/tiny-log.ts";
import { toldOf } from "../support/told.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const ms = (text: string): number => Date.parse(text);
const START = ms("2026-06-01T22:30:00Z");
/** When the clock is set; everything is under way then. */
const JUMP = START + 10 * MINUTE;
/** Not a whole number of quarters: boundaries on the wall lie elsewhere afterwards. */
const YEAR = 365 * DAY - 7 * MINUTE;
const WAITED_OUT = 5 * MINUTE;

/** Rules are named as the types of the events that they match. */
const MAIL = { channel: "ops-mail" };
const ACTIONS = {
  hourly: { ...MAIL, digest: "1h" },
  quarter: { ...MAIL, digest: "15m" },
  grouped: { ...MAIL, group: { by: ["host"], wait: "20m", interval: "1h" } },
  flap: { ...MAIL, debounce: {} },
  cool: { ...MAIL, debounce: {} },
  night: { ...MAIL, calendar: "nights" },
  // oxlint-disable-next-line unicorn/no-thenable -- the field is written so
  fresh: { ...MAIL, calendar: "nights", staleness: { after: "2h", then: "drop" } },
  burst: { ...MAIL, throttle: { burst: 2, per: "1h" } },
  limited: MAIL,
  once: { ...MAIL, dedupe: { window: "1d" } },
  slow: { channel: "slow-mail" },
  down: { channel: "down-mail" },
  alert: MAIL,
  muted: MAIL,
} as const;
type Name = keyof typeof ACTIONS;

const OBJECTS: readonly CheckedObject[] = [
  channel(),
  channel("slow-mail", { to: ["slow@plant.example"], retry: { base: "16m", cap: "16m" } }),
  channel("down-mail", { to: ["down@plant.example"] }),
  template(),
  checked("calendars", {
    schema: "calendar/v1",
    id: "nights",
    zone: "UTC",
    weekly: [{ days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from: "22:00", to: "23:30" }],
  }),
  ...Object.entries(ACTIONS).map(([id, action]) =>
    rule(id, {
      match: { types: [id] },
      actions: [{ id, ...action }],
      ...(id === "limited" ? { limit: { count: 2, per: "1h" } } : {}),
    }),
  ),
];

/** The slow relay takes nothing at first; the other one is away for 50 minutes. */
function answer({ to }: Message, mono: number): Outcome {
  if (to === "slow@plant.example") return mono < 9 * MINUTE ? FAILED : SENT;
  return to === "down@plant.example" && mono < 50 * MINUTE ? DOWN : SENT;
}

let posted = 0;
async function post(site: ClockSite, name: Name, more: Partial<EventInput> = {}): Promise<string> {
  const event = input(`e${posted++}`, { type: name, scope: { resource: "db" }, labels: { host: "a" }, ...more });
  const [receipt] = await site.post(event);
  return receipt?.status ?? "none";
}

/** Opens windows and cooldowns, fills buckets, claims keys, announces, fails and parks, until the instant of the jump. */
async function begin(site: ClockSite): Promise<void> {
  const stated = { startsAt: START, endsAt: START + 20 * MINUTE, author: "ana", comment: "works" };
  await site.mute([
    { kind: "silences", put: { ...stated, id: "s", matchers: ['mute="1"'] } },
    { kind: "maintenance", put: { ...stated, id: "m", matchers: ['mute="2"'] } },
    { kind: "suppressions", put: { ...stated, id: "x", rule: "unknown" } },
  ]);
  for (const name of ["hourly", "quarter", "grouped", "night", "fresh", "once", "slow", "down", "cool"] as const)
    await post(site, name);
  for (const name of ["burst", "limited"] as const) {
    expect([await post(site, name), await post(site, name)]).toEqual(["pending", "pending"]);
    expect(await post(site, name)).toBe("throttled");
  }
  expect(await post(site, "alert", { alertState: "firing", correlationId: "k" })).toBe("pending");
  expect(await post(site, "cool")).toBe("debounced");
  await site.pass(START + 5 * MINUTE);
  expect(await post(site, "cool")).toBe("debounced"); // in the cooldown by now
  await site.pass(JUMP - 10 * SECOND);
  await post(site, "flap");
  expect(await post(site, "flap")).toBe("debounced");
  await site.pass(JUMP);
  expect(await post(site, "once")).toBe("deduplicated");
  expect(await post(site, "muted", { labels: { mute: "1" } })).toBe("silenced");
  expect(await post(site, "muted", { labels: { mute: "2" } })).toBe("suppressed");
}

interface Way {
  readonly way: string;
  /** Sets the clock, and lets time pass in between where it is set twice. */
  readonly set: (site: ClockSite) => Promise<void>;
  /** How often that is a jump. */
  readonly jumps: number;
  /** A process that starts only then cannot see it: for all that it knows it was switched off. */
  readonly isUnseenAtStart?: true;
  /** By how much instants that run have moved in the end, ms. */
  readonly offset: number;
  /** When the clock was set for the last time, since the start on the clock that never steps, ms. */
  readonly at: number;
  /** What is told at the time that the clock shows in between: at which instant. */
  readonly between?: Partial<Record<Name, number>>;
}

const PAUSE = MINUTE;
const WAYS: readonly Way[] = [
  { way: "back two minutes", set: async (site) => site.set(JUMP - 2 * MINUTE), jumps: 0, offset: 0, at: 10 * MINUTE },
  { way: "back a year", set: async (site) => site.set(JUMP - YEAR), jumps: 1, offset: -YEAR, at: 10 * MINUTE },
  {
    way: "forward a year",
    set: async (site) => site.set(JUMP + YEAR),
    jumps: 1,
    offset: YEAR,
    at: 10 * MINUTE,
    isUnseenAtStart: true,
  },
  {
    way: "forward a year and back",
    set: async (site) => {
      site.set(JUMP + YEAR);
      await site.pass(JUMP + YEAR + PAUSE);
      expect(await post(site, "hourly")).toBe("coalesced");
      site.set(JUMP + PAUSE);
    },
    jumps: 2,
    offset: 0,
    at: 11 * MINUTE,
    between: { flap: JUMP + YEAR + 20 * SECOND },
  },
  {
    way: "back a year and forward",
    set: async (site) => {
      site.set(JUMP - YEAR);
      await site.pass(JUMP - YEAR + PAUSE);
      expect(await post(site, "hourly")).toBe("coalesced");
      site.set(JUMP + PAUSE);
    },
    jumps: 2,
    offset: 0,
    at: 11 * MINUTE,
    between: { flap: JUMP - YEAR + 20 * SECOND },
    isUnseenAtStart: true,
  },
];

/** What the instants of questions are, `after` ms since the start: those of the wall, which a short step back holds up. */
function instantAt({ jumps, offset }: Way, after: number): number {
  return START + after + (jumps === 0 ? 0 : offset);
}

/** When each window is told, in instants: what runs has moved, what closes by the wall closes by the new one. */
function tellingTimes(way: Way): Record<string, number> {
  const set = instantAt(way, way.at);
  const next = (step: number): number => Math.floor(set / step) * step + step;
  const day = Math.floor(set / DAY) * DAY;
  return {
    quarter: next(15 * MINUTE),
    hourly: next(HOUR),
    night: day + 23.5 * HOUR,
    fresh: day + 23.5 * HOUR,
    grouped: START + 20 * MINUTE + way.offset,
    flap: START + 10 * MINUTE + 20 * SECOND + way.offset,
    cool: START + HOUR + 30 * SECOND + way.offset,
    ...way.between,
  };
}

/** What happens after the clock was set; answers when `alert` was resolved. */
async function goOn(site: ClockSite, way: Way): Promise<void> {
  const { jumps, offset } = way;
  const isSameDay = offset === 0;
  expect([await post(site, "burst"), await post(site, "limited")]).toEqual(["throttled", "throttled"]);
  expect(await post(site, "once")).toBe(jumps === 0 ? "deduplicated" : "pending");
  expect(await post(site, "once")).toBe("deduplicated");
  expect(await post(site, "muted", { labels: { mute: "1" } })).toBe(isSameDay ? "silenced" : "pending");
  expect(await post(site, "muted", { labels: { mute: "2" } })).toBe(isSameDay ? "suppressed" : "pending");
  expect([await post(site, "hourly"), await post(site, "grouped")]).toEqual(["coalesced", "coalesced"]);
  expect(await post(site, "night")).toBe("held");
  const around = async (instant: number, name: Name, more?: Partial<EventInput>): Promise<[string, string]> => {
    await site.pass(instant - 1);
    const before = await post(site, name, more);
    await site.pass(instant);
    return [before, await post(site, name, more)];
  };
  if (isSameDay)
    expect(await around(START + 20 * MINUTE, "muted", { labels: { mute: "1" } })).toEqual(["silenced", "pending"]);
  expect(await around(instantAt(way, 30 * MINUTE), "burst")).toEqual(["throttled", "pending"]);
  expect(await around(instantAt(way, HOUR), "limited")).toEqual(["throttled", "pending"]);
  await site.pass(instantAt(way, 65 * MINUTE));
  expect(await post(site, "alert", { alertState: "resolved", correlationId: "k" })).toBe("pending");
  await site.pass(instantAt(way, 130 * MINUTE));
}

/** Longest that a draft of each kind may have to wait by itself. */
const OWN_WAIT: Readonly<Record<string, number>> = {
  quarter: 15 * MINUTE,
  hourly: HOUR,
  night: 90 * MINUTE,
  fresh: 90 * MINUTE,
  grouped: 20 * MINUTE,
  flap: 30 * SECOND,
  cool: HOUR,
};

function windowsAreTold({ lines }: Remains, { sent }: ClockSite, way: Way): void {
  const steps = toldOf(lines).flatMap((one) => ("step" in one && one.step.did === "flush" ? [one.step] : []));
  for (const [name, at] of Object.entries(tellingTimes(way))) {
    const last = steps.findLast(({ action }) => action === name);
    expect({ name, at: new Date(last?.at ?? 0) }).toEqual({ name, at: new Date(at) });
    const [mail] = sent.filter(({ id }) => last?.deliveries[0] === id);
    expect({ name, late: (mail?.wall ?? 0) - at }).toEqual({ name, late: 0 });
    expect(mail?.mono).toBeLessThanOrEqual(way.at + (OWN_WAIT[name] ?? 0) + WAITED_OUT);
  }
}

const TAKEN_IN: readonly string[] = ["coalesced", "debounced"];
const TOLD: readonly string[] = ["sent", "digested"];
const ENDED: readonly string[] = [...TAKEN_IN, ...TOLD, "throttled", "silenced", "suppressed", "deduplicated"];

/** Everything has ended; what was to be told was sent, and once; what was taken in is in one window, once. */
function nothingLostNothingTwice({ deliveries, windows, members }: Remains, sent: ClockSite["sent"]): void {
  const ids = (statuses: readonly string[]): string[] =>
    deliveries.flatMap(([id, { status }]) => (statuses.includes(status) ? [id] : [])).toSorted();
  expect(ids(ENDED)).toHaveLength(deliveries.length);
  const taken = sent.filter(({ kind }) => kind === "sent").map(({ id }) => id);
  expect(taken.toSorted()).toEqual(ids(TOLD));
  expect(windows.filter(([, { state, status }]) => state !== "flushed" || status !== "pending")).toEqual([]);
  expect(
    Object.values(members)
      .flat()
      .flatMap((member) => member.deliveries)
      .toSorted(),
  ).toEqual(ids(TAKEN_IN));
}

/** A retry waits as long as it would have; a parked channel is up again soon after its relay. */
function outagesEnd({
  sent,
  deliveries,
}: {
  readonly sent: ClockSite["sent"];
  readonly deliveries: Remains["deliveries"];
}): void {
  const of = (name: Name): ClockSite["sent"] => {
    const ids = new Set(deliveries.flatMap(([id, { channel: by }]) => (by === `${name}-mail` ? [id] : [])));
    return sent.filter(({ id }) => ids.has(id));
  };
  const [failed, retried] = of("slow");
  expect([failed?.kind, retried?.kind, of("slow").length]).toEqual(["failed", "sent", 2]);
  expect(retried?.mono).toBeGreaterThanOrEqual(12 * MINUTE);
  expect(retried?.mono).toBeLessThanOrEqual(16 * MINUTE + WAITED_OUT);
  const up = of("down").find(({ kind }) => kind === "sent")?.mono ?? 0;
  expect(up).toBeGreaterThanOrEqual(50 * MINUTE);
  expect(up).toBeLessThanOrEqual(51 * MINUTE);
}

/** What people wrote stands where they wrote it. */
function timesOfPeople({ cells }: Remains): unknown[] {
  return ["silence", "maintenance", "suppression"].flatMap((noun) =>
    (cells[noun] ?? []).flatMap(([key, value]) =>
      !key.includes("@") && "startsAt" in value ? [[key, value.startsAt, value.endsAt]] : [],
    ),
  );
}

async function jumpsOf(site: ClockSite): Promise<number> {
  return (await site.siteLines()).filter((line) => line.includes('"type":"clock.jump"')).length;
}

interface Manner {
  readonly engine: "memory" | "libsql";
  readonly restarts: boolean;
}
const MANNERS: readonly Manner[] = (["memory", "libsql"] as const).flatMap((engine) =>
  [false, true].map((restarts) => ({ engine, restarts })),
);

async function play(way: Way, { engine, restarts }: Manner): Promise<string> {
  posted = 0;
  const site = await openClockSite({ engine, start: START, objects: OBJECTS, answer });
  try {
    await begin(site);
    await way.set(site);
    if (restarts) await site.restart();
    await goOn(site, way);
    const remains = await site.remains();
    expect(await jumpsOf(site)).toBe(way.jumps);
    windowsAreTold(remains, site, way);
    nothingLostNothingTwice(remains, site.sent);
    outagesEnd({ sent: site.sent, deliveries: remains.deliveries });
    expect(timesOfPeople(remains)).toEqual(["s", "m", "x"].map((id) => [id, START, START + 20 * MINUTE]));
    expect(verdictOn(remains.lines)).toBe("ok");
    return remains.root;
  } finally {
    await site.close();
  }
}

function alert(id: string, alertState: "firing" | "resolved"): EventInput {
  return input(id, { type: "daily", alertState, correlationId: id.slice(0, 1) });
}

describe("a wall clock that is set while everything is under way", () => {
  test.each(WAYS)("$way: all is told in time, once, in each engine, with and without a restart", async (way) => {
    const roots = new Set<string>();
    for (const manner of MANNERS)
      if (!manner.restarts || way.isUnseenAtStart !== true) roots.add(await play(way, manner));
    expect(roots.size).toBe(1);
  });

  test.each([-YEAR, DAY, YEAR])(
    "by %d ms: what a window announced is resolved until 30 days after it was told",
    async (by) => {
      const told = ms("2026-06-02T00:00:00Z");
      const jump = told + HOUR;
      const store = await openCutStore({ engine: "memory", strict: false, limits: {} }, START);
      const decide = async (at: number, event: EventInput): Promise<number | undefined> => {
        const asked = { actor: "source:test", horizon: 7 * DAY, events: [event] };
        const [receipt] = await store.ask(at, ({ transact }) =>
          transact({ flow: "ingest", tenant: "default", input: asked }),
        );
        return receipt?.deliveries.length;
      };
      await store.configure(
        [channel(), template(), rule("daily", { actions: [{ ...MAIL, id: "daily", digest: "1d" }] })],
        START,
      );
      await decide(START, alert("a-1", "firing"));
      await decide(START, alert("b-1", "firing"));
      await store.jump(jump, jump + by);
      expect(await decide(told + by + 30 * DAY - 1, alert("a-2", "resolved"))).toBe(1);
      expect(await decide(told + by + 30 * DAY, alert("b-2", "resolved"))).toBe(0);
      await store.close();
    },
  );

  test.each(["memory", "libsql"] as const)(
    "%s: forward a year while the process is off is no jump; back is one",
    async (engine) => {
      posted = 0;
      const site = await openClockSite({ engine, start: START, objects: OBJECTS, answer });
      await begin(site);
      site.set(JUMP + YEAR);
      await site.restart();
      expect(await post(site, "burst")).toBe("pending"); // a year has passed
      await site.pass(JUMP + YEAR + HOUR);
      expect(await jumpsOf(site)).toBe(0);
      expect(await post(site, "hourly")).toBe("coalesced");
      site.set(JUMP + HOUR);
      await site.restart();
      expect(await post(site, "burst")).toBe("pending");
      await site.pass(JUMP + 3 * HOUR);
      expect(await jumpsOf(site)).toBe(1);
      const remains = await site.remains();
      nothingLostNothingTwice(remains, site.sent);
      expect(verdictOn(remains.lines)).toBe("ok");
      await site.close();
    },
  );
});
