/**
 * Random stories: a configuration with any of the gates, and what happens at which instant.
 * @module
 */
import fc from "fast-check";
import { type AlertState, type EventInput, SEVERITIES, type Severity } from "../../src/core/event.ts";
import type { Json } from "../../src/core/json.ts";
import type { CheckedObject } from "../../src/core/objects.ts";
import { type Fields, channel, checked, rule, template } from "./objects.ts";

/** What happens at an instant, epoch ms. Numbers called `pick` choose, whatever there is to choose from by then. */
export type Step =
  | { readonly kind: "events"; readonly at: number; readonly events: readonly EventInput[] }
  | {
      readonly kind: "mute";
      readonly at: number;
      readonly what: "silences" | "maintenance" | "suppressions";
      readonly pick: number;
      readonly ms: number;
    }
  | { readonly kind: "window"; readonly at: number; readonly command: WindowVerb; readonly pick: number }
  /** All that waits for its first try is taken by the other side. */
  | { readonly kind: "sent"; readonly at: number }
  /** The tenant takes on another of the story's configurations. */
  | { readonly kind: "configured"; readonly at: number; readonly version: number }
  /** The wall clock, which shows `at`, is set to `to`. */
  | { readonly kind: "jump"; readonly at: number; readonly to: number };
export type WindowVerb = "flush" | "drop" | "reopen";

/** Configurations of one tenant, the first at the start, and steps in order of their instants. */
export interface Story {
  readonly configurations: readonly (readonly CheckedObject[])[];
  readonly steps: readonly Step[];
}

export interface StoryShape {
  readonly steps: number;
  /** `commands`: people flush, drop, reopen and mute; `all`: they also change the configuration and the clock. */
  readonly people: "commands" | "all";
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** A summer's day, and the days on which clocks are changed in Berlin. */
const STARTS = ["2026-06-01T09:59:00Z", "2026-06-01T21:40:00Z", "2026-03-28T23:30:00Z", "2026-10-24T23:20:00Z"].map(
  (text) => Date.parse(text),
);
const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"];
const HOSTS = ["h1", "h2"];
const ALERTS = ["k1", "k2", "k3"];
const CALENDARS = ["nights", "noons"];

const span = (...texts: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...texts);
const burst = fc.record({ burst: fc.integer({ min: 1, max: 4 }), per: span("7s", "90s", "10m", "1h") });
const limit = fc.record({ count: fc.integer({ min: 1, max: 5 }), per: span("10s", "5m", "1h") });
const debounce = fc.record({
  window: span("10s", "30s", "2m"),
  after: fc.integer({ min: 1, max: 4 }),
  cooldown: span("1m", "20m", "1h"),
});
const dedupe = fc.record({ window: span("1m", "15m", "1d") });
// oxlint-disable-next-line unicorn/no-thenable -- the field is written so
const staleness = fc.record({ after: span("1m", "2h"), then: fc.constantFrom("send", "fold", "drop") });
const severity = fc.constantFrom(...SEVERITIES);

/** Fields each of which is there once in so many. */
function some(onceIn: number, fields: { readonly [name: string]: fc.Arbitrary<Json> }): fc.Arbitrary<Fields> {
  const pairs = Object.entries(fields).map(([name, value]) =>
    fc
      .tuple(fc.integer({ min: 1, max: onceIn }), value)
      .map(([n, given]): [string, Json][] => (n === onceIn ? [[name, given]] : [])),
  );
  return fc.tuple(...pairs).map((given) => Object.fromEntries(given.flat()));
}

const gathering: fc.Arbitrary<Fields> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  { weight: 2, arbitrary: fc.record({ digest: fc.constantFrom("5m", "15m", "1h", "1d", "instant") }) },
  {
    weight: 2,
    arbitrary: fc.record({
      group: fc.record({
        by: fc.subarray(["host", "rack"], { minLength: 1 }),
        wait: span("5s", "3m"),
        interval: span("1m", "30m"),
      }),
    }),
  },
);

const action: fc.Arbitrary<Fields> = fc
  .tuple(
    some(3, {
      to: fc.constantFrom(["a@plant.example"], ["a@plant.example", "b@plant.example"]),
      dedupe,
      throttle: burst,
      debounce: fc.oneof(debounce, fc.constant(false)),
      calendar: fc.constantFrom(...CALENDARS),
      bypassFrom: severity,
      staleness,
    }),
    gathering,
    fc.integer({ min: 0, max: 19 }),
  )
  .map(([fields, gathered, n]) => ({ ...fields, ...gathered, channel: n === 0 ? "gone" : "ops-mail" }));

const anyRule = fc.record({
  actions: fc.array(action, { minLength: 1, maxLength: 2 }),
  match: some(6, {
    minSeverity: severity,
    types: fc.constantFrom(["disk.*"], ["*.full"]),
    labels: fc.constant(["host=h1"]),
  }),
  more: some(4, { limit, priority: fc.constantFrom(1, 2), stop: fc.boolean() }),
});

const anyPolicy = some(4, {
  zone: fc.constantFrom(...ZONES),
  itemCap: fc.integer({ min: 2, max: 6 }),
  quotas: fc.array(limit, { maxLength: 2 }),
  dedupe,
  debounce,
  throttle: burst,
  digest: fc.constantFrom("5m", "1h"),
  resolutions: fc.constantFrom("follow", "rules"),
  staleness,
});

const wall = fc
  .integer({ min: 0, max: 95 })
  .map((quarter) => `${two(Math.floor(quarter / 4))}:${two((quarter % 4) * 15)}`);

function two(n: number): string {
  return String(n).padStart(2, "0");
}

const weekly = fc
  .tuple(wall, wall)
  .filter(([from, to]) => from !== to)
  .map(([from, to]) => [{ days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from, to }]);

const configuration: fc.Arbitrary<CheckedObject[]> = fc
  .record({
    policy: anyPolicy,
    grids: fc.tuple(weekly, weekly),
    zones: fc.tuple(fc.constantFrom(...ZONES), fc.constantFrom(...ZONES)),
    rules: fc.array(anyRule, { minLength: 1, maxLength: 3 }),
  })
  .map(({ policy, grids, zones, rules }) => [
    channel(),
    template(),
    checked("policies", { schema: "policy/v1", id: "default", ...policy }),
    ...CALENDARS.map((id, at) =>
      checked("calendars", { schema: "calendar/v1", id, zone: zones[at] ?? "UTC", weekly: grids[at] ?? [] }),
    ),
    ...rules.map(({ actions, match, more }, at) =>
      rule(`r${at}`, { match, ...more, actions: actions.map((one, n) => ({ id: `r${at}-a${n}`, ...one })) }),
    ),
  ]);

interface EventChoice {
  readonly type: string;
  readonly severity: Severity;
  readonly host: string;
  readonly rack: string;
  readonly resource: string | undefined;
  readonly alert: { readonly key: string; readonly state: AlertState } | undefined;
  readonly repeats: boolean;
}

const anyEvent: fc.Arbitrary<EventChoice> = fc.record({
  type: fc.constantFrom("disk.full", "disk.slow", "pump.stopped"),
  severity,
  host: fc.constantFrom(...HOSTS),
  rack: fc.constantFrom("1", "2"),
  resource: fc.option(fc.constantFrom("db", "web"), { nil: undefined }),
  alert: fc.option(
    fc.record({
      key: fc.constantFrom(...ALERTS),
      state: fc.constantFrom<AlertState>("firing", "firing", "resolved"),
    }),
    { nil: undefined },
  ),
  repeats: fc.integer({ min: 0, max: 19 }).map((n) => n === 0),
});

function eventOf(choice: EventChoice, n: number): EventInput {
  const { type, host, rack, resource, alert } = choice;
  return {
    source: "/plant/7",
    sourceId: choice.repeats ? "again" : `e${n}`,
    type,
    kind: type,
    severity: choice.severity,
    ...(alert === undefined ? {} : { alertState: alert.state }),
    labels: { host, rack },
    scope: resource === undefined ? {} : { resource },
    correlationId: alert?.key ?? `${host}/${type}`,
  };
}

/** From one step to the next: mostly close, at times far enough for windows and nights to end. */
const gap = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 12_000 }) },
  { weight: 4, arbitrary: fc.integer({ min: 1000, max: 5 * MINUTE }) },
  { weight: 2, arbitrary: fc.integer({ min: MINUTE, max: 2 * HOUR }) },
  { weight: 1, arbitrary: fc.integer({ min: HOUR, max: 14 * HOUR }) },
);

type Draw = { readonly gap: number } & (
  | { readonly kind: "events"; readonly events: readonly EventChoice[] }
  | { readonly kind: "flood"; readonly event: EventChoice; readonly gaps: readonly number[] }
  | {
      readonly kind: "mute";
      readonly what: "silences" | "maintenance" | "suppressions";
      readonly pick: number;
      readonly ms: number;
    }
  | { readonly kind: "window"; readonly command: WindowVerb; readonly pick: number }
  | { readonly kind: "sent" }
  | { readonly kind: "configured"; readonly version: number }
  | { readonly kind: "jump"; readonly by: number }
);

const pick = fc.integer({ min: 0, max: 1000 });
const events: fc.Arbitrary<Draw> = fc.record({
  kind: fc.constant("events"),
  gap,
  events: fc.array(anyEvent, { minLength: 1, maxLength: 4 }),
});
/** One thing that is told again and again. */
const flood: fc.Arbitrary<Draw> = fc.record({
  kind: fc.constant("flood"),
  gap,
  event: anyEvent.map((event) => ({ ...event, repeats: false })),
  gaps: fc.array(fc.constantFrom(0, 1, 1500, 4000, 15_000), { minLength: 2, maxLength: 8 }),
});
const commands: fc.Arbitrary<Draw> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("window"),
      gap,
      command: fc.constantFrom<WindowVerb>("flush", "drop", "reopen", "reopen"),
      pick,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("mute"),
      gap,
      what: fc.constantFrom("silences", "maintenance", "suppressions"),
      pick,
      ms: fc.integer({ min: 1000, max: 2 * HOUR }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("sent"), gap }) },
);
const changes: fc.Arbitrary<Draw> = fc.oneof(
  fc.record({ kind: fc.constant("configured"), gap, version: fc.integer({ min: 0, max: 1 }) }),
  fc.record({
    kind: fc.constant("jump"),
    gap,
    by: fc.constantFrom(-365 * 24 * HOUR, -26 * HOUR, -6 * MINUTE, 6000, 3 * HOUR, 30 * HOUR),
  }),
);

/** Draws as steps, one after the other from `start` (epoch ms). */
function stepsOf(start: number, draws: readonly Draw[]): Step[] {
  const place: Place = { at: start, events: 0 };
  return draws.flatMap((draw): readonly Step[] => {
    place.at += draw.gap;
    const { at } = place;
    switch (draw.kind) {
      case "events":
        return [{ kind: "events", at, events: draw.events.map((choice) => eventOf(choice, place.events++)) }];
      case "flood":
        return floodOf(draw.event, draw.gaps, place);
      case "mute":
        return [{ kind: "mute", at, what: draw.what, pick: draw.pick, ms: draw.ms }];
      case "window":
        return [{ kind: "window", at, command: draw.command, pick: draw.pick }];
      case "sent":
        return [{ kind: "sent", at }];
      case "configured":
        return [{ kind: "configured", at, version: draw.version }];
      case "jump":
        place.at += draw.by;
        return [{ kind: "jump", at, to: place.at }];
    }
  });
}

interface Place {
  at: number;
  events: number;
}

function floodOf(choice: EventChoice, gaps: readonly number[], place: Place): Step[] {
  return gaps.map((after) => {
    place.at += after;
    return { kind: "events", at: place.at, events: [eventOf(choice, place.events++)] };
  });
}

/** Any story of up to so many draws. */
export function anyStory({ steps, people }: StoryShape): fc.Arbitrary<Story> {
  const draw = fc.oneof(
    { weight: 12, arbitrary: events },
    { weight: 4, arbitrary: flood },
    { weight: 4, arbitrary: commands },
    ...(people === "all" ? [{ weight: 1, arbitrary: changes }] : []),
  );
  return fc
    .record({
      configurations: fc.tuple(configuration, configuration),
      start: fc.constantFrom(...STARTS),
      draws: fc.array(draw, { minLength: Math.ceil(steps / 2), maxLength: steps, size: "max" }),
    })
    .map(({ configurations, start, draws }) => ({ configurations, steps: stepsOf(start, draws) }));
}
