// An alert storm as a monitored plant makes it: hours of events, each with the id of the problem behind it.
import { correlationKey, type EventInput, SEVERITIES, type Severity } from "../../src/core/event.ts";
import { createDraw, type Draw } from "./draw.ts";

export const PROBLEM_CLASSES = ["duplicates", "scripts", "flaps", "storms", "rises", "resolutions"] as const;
/**
 * `duplicates`: an alert that its source repeats; `scripts`: a program that says the same again and again, without a
 * state; `flaps`: fires and resolves all the time; `storms`: one cause, hundreds of hosts; `rises`: the severity climbs;
 * `resolutions`: fires once and resolves once.
 */
export type ProblemClass = (typeof PROBLEM_CLASSES)[number];

/** What really happened. */
export interface Problem {
  readonly id: string;
  readonly class: ProblemClass;
  /** Of its first event. */
  readonly severity: Severity;
}

/** An event at an instant, epoch ms. Its problem stands in its data too, where no shipped rule looks. */
export interface StormEvent {
  readonly at: number;
  readonly problem: string;
  readonly event: EventInput;
}

export interface Storm {
  readonly problems: readonly Problem[];
  /** In order of time. */
  readonly events: readonly StormEvent[];
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** Problems begin within so long; the last events come some hours later. */
const HOURS_MS = 6 * 60 * MINUTE;
const PROMETHEUS = "prometheus/plant-7";
const HOSTS = 400;

/** Problems of each class for each severity that begins them. */
const COUNTS: Readonly<Record<ProblemClass, number>> = {
  duplicates: 6,
  scripts: 4,
  flaps: 4,
  storms: 2,
  rises: 8,
  resolutions: 12,
};

const ALERTS = ["HostUnreachable", "DiskFillsUp", "TemperatureHigh", "QueueGrows", "CertificateExpires"] as const;
const CLUSTERS = ["hall-1", "hall-2", "office"] as const;
const CHECKS = ["smart.warning", "backup.slow", "login.refused", "sensor.silent"] as const;

/** A storm of some 10,000 events from `start` (epoch ms) on; the same for the same seed. */
export function createStorm(seed: number, start: number): Storm {
  const making: Making = { draw: createDraw(seed), problems: [], events: [], start };
  for (const name of PROBLEM_CLASSES) {
    for (const severity of SEVERITIES) {
      if (name === "rises" && severity === "critical") continue; // it cannot rise
      for (let n = 0; n < COUNTS[name]; n++) makeProblem({ class: name, severity }, making);
    }
  }
  const events = making.events.toSorted((a, b) => a.at - b.at); // stable: a problem's own events stay in their order
  return { problems: making.problems, events };
}

interface Making {
  readonly draw: Draw;
  readonly problems: Problem[];
  readonly events: StormEvent[];
  readonly start: number;
}

/** What a problem's events have in common, and where they go. */
interface Teller {
  readonly problem: Problem;
  readonly draw: Draw;
  readonly begin: number;
  readonly tell: (at: number, said: Said) => void;
}
interface Said {
  readonly severity?: Severity;
  readonly state?: "firing" | "resolved";
  readonly host?: number;
  /** The sender repeats the last event, id and all. */
  readonly isRepeat?: true;
}

function makeProblem(kind: Pick<Problem, "class" | "severity">, { draw, problems, events, start }: Making): void {
  const number = problems.length;
  const problem: Problem = { id: `problem-${String(number).padStart(3, "0")}`, ...kind };
  problems.push(problem);
  const labels = { alertname: draw.oneOf(ALERTS), cluster: draw.oneOf(CLUSTERS), service: `service-${number}` };
  const check = draw.oneOf(CHECKS);
  let told = 0;
  MAKERS[kind.class]({
    problem,
    draw,
    begin: start + draw.between(0, HOURS_MS),
    tell: (at, { severity = kind.severity, state, host = number, isRepeat }) => {
      if (isRepeat !== true) told++;
      const sourceId = `${problem.id}-${told}`;
      const name = `host-${String(host).padStart(3, "0")}`;
      const about =
        state === undefined
          ? { source: `script/${name}`, type: check, labels: { host: name } }
          : { source: PROMETHEUS, type: "prometheus.alert", labels: { ...labels, host: name }, alertState: state };
      const data = { problem: problem.id };
      const event = { sourceId, kind: about.type, severity, scope: { resource: name }, data, ...about };
      events.push({ at, problem: problem.id, event: { ...event, correlationId: correlationKey(event, undefined) } });
    },
  });
}

const MAKERS: Readonly<Record<ProblemClass, (teller: Teller) => void>> = {
  duplicates: ({ draw, begin, tell }) => {
    let at = begin;
    for (let n = draw.between(20, 60); n > 0; n--) {
      tell(at, { state: "firing" });
      if (draw.chance(15)) tell(at + SECOND, { state: "firing", isRepeat: true });
      at += draw.between(15, 60) * SECOND;
    }
    tell(at, { state: "resolved" });
  },
  scripts: ({ draw, begin, tell }) => {
    let at = begin;
    for (let n = draw.between(30, 80); n > 0; n--) {
      tell(at, {});
      if (draw.chance(15)) tell(at + 500, { isRepeat: true });
      at += draw.between(3, 40) * SECOND;
    }
  },
  flaps: ({ draw, begin, tell }) => {
    let at = begin;
    for (let n = draw.between(20, 40); n > 0; n--) {
      tell(at, { state: "firing" });
      at += draw.between(3, 20) * SECOND;
      tell(at, { state: "resolved" });
      at += draw.between(3, 20) * SECOND;
    }
  },
  storms: ({ draw, begin, tell }) => {
    const hosts = draw.between(100, HOSTS);
    const end = begin + draw.between(10, 40) * MINUTE;
    for (let host = 0; host < hosts; host++) {
      const at = host === 0 ? begin : begin + draw.between(0, 5 * MINUTE);
      tell(at, { state: "firing", host });
      if (draw.chance(50)) tell(at + MINUTE, { state: "firing", host });
      tell(end + draw.between(0, 3 * MINUTE), { state: "resolved", host });
    }
  },
  rises: ({ problem, draw, begin, tell }) => {
    let at = begin;
    for (const severity of SEVERITIES.slice(SEVERITIES.indexOf(problem.severity))) {
      for (let n = draw.between(1, 4); n > 0; n--) {
        tell(at, { severity, state: "firing" });
        at += draw.between(20, 600) * SECOND;
      }
    }
    tell(at, { severity: "critical", state: "resolved" });
  },
  resolutions: ({ draw, begin, tell }) => {
    tell(begin, { state: "firing" });
    tell(begin + draw.between(1, 90) * MINUTE, { state: "resolved" });
  },
};
