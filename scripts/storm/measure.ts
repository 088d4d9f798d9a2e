// What people were told of a storm: messages against events, and for each problem when it was announced, risen and over.
import { SEVERITIES, type Severity, severityRank } from "../../src/core/event.ts";
import type { Outcome } from "../scenario/outcome.ts";
import { type Problem, PROBLEM_CLASSES, type ProblemClass, type Storm, type StormEvent } from "./events.ts";

const MINUTE = 60_000;
/** A problem of that severity must be announced within so long, ms. At once: nothing but a group's shortest wait. */
export const LIMITS: Readonly<Record<Severity, number>> = {
  critical: 1,
  high: MINUTE,
  medium: 15 * MINUTE,
  low: 60 * MINUTE,
  info: 60 * MINUTE,
};

/** So many of so many. */
export interface Share {
  readonly have: number;
  readonly of: number;
}

/** Figures of some of the problems. */
export interface Figures {
  readonly problems: number;
  /** Accepted ones: what a sender repeats, id and all, is none. */
  readonly events: number;
  /** Messages that tell of a problem, counted for each problem; only over all problems each counts once. */
  readonly messages: number;
  readonly announced: Share;
  /** Announced a second time at the same severity, not resolved in between, by other than the summary of repeats. */
  readonly again: number;
  /** Severities above the ones before, each told within its own limit. */
  readonly rises: Share;
  readonly resolutions: Share;
  /** The longest that a first announcement took, ms. */
  readonly longest: number;
}

export interface Report {
  readonly all: Figures;
  readonly classes: Readonly<Record<ProblemClass, Figures>>;
  readonly severities: Readonly<Record<Severity, Figures>>;
  /** What was missed, in words. */
  readonly faults: readonly string[];
}

/** One message that went out: what it tells of, and whether it sums up repeats. */
interface Message {
  readonly at: number;
  readonly isSummary: boolean;
  readonly events: readonly StormEvent[];
}

/** Judges an outcome (events by their CloudEvents ids) against what really happened. */
export function measureStorm({ problems, events }: Storm, outcome: Outcome): Report {
  const accepted = new Map<string, StormEvent>();
  for (const one of events) if (!accepted.has(one.event.sourceId)) accepted.set(one.event.sourceId, one);
  const messages = messagesOf(accepted, outcome);
  const faults: string[] = [];
  const judged = problems.map((problem) => judgeProblem(problem, [...accepted.values()], messages, faults));
  const of = (name: ProblemClass): Figures => sum(judged.filter((one) => one.problem.class === name));
  const begun = (severity: Severity): Figures => sum(judged.filter((one) => one.problem.severity === severity));
  return {
    all: { ...sum(judged), messages: messages.length },
    classes: {
      duplicates: of("duplicates"),
      scripts: of("scripts"),
      flaps: of("flaps"),
      storms: of("storms"),
      rises: of("rises"),
      resolutions: of("resolutions"),
    },
    severities: {
      info: begun("info"),
      low: begun("low"),
      medium: begun("medium"),
      high: begun("high"),
      critical: begun("critical"),
    },
    faults,
  };
}

/** Pending deliveries of events and windows, in order of time; a flap that an event tells of is part of that event's message. */
function messagesOf(accepted: ReadonlyMap<string, StormEvent>, { events, windows }: Outcome): Message[] {
  const find = (ids: readonly string[]): StormEvent[] =>
    ids.flatMap((id) => {
      const found = accepted.get(id);
      return found === undefined ? [] : [found];
    });
  const messages: Message[] = [];
  for (const [id, drafts] of Object.entries(events)) {
    const [event] = find([id]);
    const told = windows.find(({ history }) => history.some((step) => step.with === id));
    if (event === undefined) continue;
    for (const { status } of drafts) {
      if (status === "pending")
        messages.push({ at: event.at, isSummary: told !== undefined, events: [event, ...find(told?.members ?? [])] });
    }
  }
  for (const { id, members, history } of windows) {
    for (const { at, status, with: teller } of history) {
      if (status !== "pending" || teller !== undefined) continue;
      messages.push({ at, isSummary: id.split(":").at(-2) === "flap", events: find(members) });
    }
  }
  return messages.toSorted((a, b) => a.at - b.at);
}

interface Judged extends Figures {
  readonly problem: Problem;
}

function judgeProblem(
  problem: Problem,
  all: readonly StormEvent[],
  messages: readonly Message[],
  faults: string[],
): Judged {
  const own = all.filter((one) => one.problem === problem.id);
  const [first] = own;
  if (first === undefined) throw new Error(`${problem.id} has no event`);
  const telling = messages.filter(({ events }) => events.some((one) => one.problem === problem.id));
  const announced = telling.find(({ events }) => events.includes(first));
  const took = (announced?.at ?? Number.POSITIVE_INFINITY) - first.at;
  const isAnnounced = took <= LIMITS[problem.severity];
  if (!isAnnounced) faults.push(`${problem.id} (${problem.class}, ${problem.severity}) was announced after ${took} ms`);
  return {
    problem,
    problems: 1,
    events: own.length,
    messages: telling.length,
    announced: { have: isAnnounced ? 1 : 0, of: 1 },
    again: again(problem, telling),
    rises: rises(problem, own, telling, faults),
    resolutions: resolutions(problem, own, telling, faults),
    longest: took,
  };
}

/** Announcements of what was announced at that severity and not resolved since, alert by alert. */
function again({ id }: Problem, telling: readonly Message[]): number {
  let count = 0;
  const open = new Set<string>();
  for (const { events, isSummary } of telling) {
    const told = new Set<string>();
    for (const { problem, event } of events) {
      if (problem !== id) continue;
      const { correlationId, severity, alertState } = event;
      if (alertState !== "resolved") told.add(`${correlationId} ${severity}`);
      else for (const other of SEVERITIES) for (const set of [open, told]) set.delete(`${correlationId} ${other}`);
    }
    for (const key of told) {
      if (!isSummary && open.has(key)) count++;
      open.add(key);
    }
  }
  return count;
}

function rises(problem: Problem, own: readonly StormEvent[], telling: readonly Message[], faults: string[]): Share {
  let highest = severityRank(problem.severity);
  let [have, of] = [0, 0];
  for (const one of own) {
    const { severity, alertState } = one.event;
    if (alertState === "resolved" || severityRank(severity) <= highest) continue;
    highest = severityRank(severity);
    of++;
    const told = telling.find(({ events }) => events.includes(one));
    if (told !== undefined && told.at - one.at <= LIMITS[severity]) have++;
    else faults.push(`${problem.id}: its rise to ${severity} was told ${told === undefined ? "never" : "late"}`);
  }
  return { have, of };
}

/** The last word on each alert that ended resolved. */
function resolutions(
  problem: Problem,
  own: readonly StormEvent[],
  telling: readonly Message[],
  faults: string[],
): Share {
  const last = new Map(own.map((one) => [one.event.correlationId, one]));
  const ended = [...last.values()].filter(({ event }) => event.alertState === "resolved");
  const told = ended.filter((one) => telling.some(({ events }) => events.includes(one)));
  if (told.length < ended.length)
    faults.push(`${problem.id}: ${ended.length - told.length} of ${ended.length} resolutions were not told`);
  return { have: told.length, of: ended.length };
}

function sum(list: readonly Figures[]): Figures {
  const total = (pick: (one: Figures) => number): number => list.reduce((all, one) => all + pick(one), 0);
  const share = (pick: (one: Figures) => Share): Share => ({
    have: total((one) => pick(one).have),
    of: total((one) => pick(one).of),
  });
  return {
    problems: list.length,
    events: total(({ events }) => events),
    messages: total(({ messages }) => messages),
    announced: share(({ announced }) => announced),
    again: total((one) => one.again),
    rises: share((one) => one.rises),
    resolutions: share((one) => one.resolutions),
    longest: Math.max(0, ...list.map(({ longest }) => longest)),
  };
}

/** The report as a table for people: one line a class, one a severity, and all of them. */
export function reportText({ all, classes, severities, faults }: Report): string {
  const head = "            problems  events messages      cut announced    longest again   rises resolutions";
  const lines = [
    ...PROBLEM_CLASSES.map((name) => lineText(name, classes[name])),
    ...SEVERITIES.map((name) => lineText(name, severities[name])),
  ];
  return [head, ...lines, lineText("all", all), ...faults].join("\n");
}

function shareText({ have, of }: Share): string {
  return `${have}/${of}`;
}

function lineText(name: string, one: Figures): string {
  return [
    name.padEnd(12),
    String(one.problems).padStart(8),
    String(one.events).padStart(8),
    String(one.messages).padStart(9),
    `${((1 - one.messages / one.events) * 100).toFixed(1)} %`.padStart(8),
    shareText(one.announced).padStart(10),
    `${(one.longest / 1000).toFixed(3)} s`.padStart(11),
    String(one.again).padStart(6),
    shareText(one.rises).padStart(8),
    shareText(one.resolutions).padStart(12),
  ].join("");
}
