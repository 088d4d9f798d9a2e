/**
 * Words of explanations: instants, spans, numbers, quotations.
 * @module
 */
import { instantText } from "./instant.ts";
import { FOREVER } from "./mute.ts";
import { localOf } from "./zone.ts";

const MAX_QUOTED = 200;
const MAX_LABELS = 10;
const MAX_LABEL = 60;
const MAX_MATCHERS = 10;
const MAX_MATCHER = 100;
/** Characters that are read for each that may be shown: white space is drawn together. */
const READ = 4;
const UNITS: readonly (readonly [ms: number, name: string])[] = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1000, "s"],
  [1, "ms"],
];

/** An instant (epoch ms) in UTC, and by the wall clock of a zone where one is named. */
export function at(ms: number, zone?: string): string {
  if (ms >= FOREVER) return "no known end";
  const text = instantText(ms);
  return zone === undefined ? text : `${text} (${localText(ms, zone)})`;
}

/** What the wall shows at an instant (epoch ms): `2026-03-02 07:00 Europe/Berlin`. */
export function localText(ms: number, zone: string): string {
  const { date, time } = localOf(zone, ms);
  return `${date} ${time.endsWith(":00") ? time.slice(0, 5) : time} ${zone}`;
}

/** A span of ms as people say it, by its two largest units: `1 h 30 min`. */
export function span(ms: number): string {
  const parts: string[] = [];
  let rest = ms;
  for (const [size, name] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0 && parts.length < 2) parts.push(`${count} ${name}`);
  }
  return parts.length === 0 ? "0 ms" : parts.join(" ");
}

/** `1st`, `2nd`, `3rd`, `4th`, `11th`. */
export function ordinal(n: number): string {
  const tens = n % 100;
  const ending = tens >= 11 && tens <= 13 ? undefined : ["th", "st", "nd", "rd"][n % 10];
  return `${n}${ending ?? "th"}`;
}

/** `1 item`, `3 items`. */
export function counted(n: number, noun: string): string {
  return n === 1 ? `1 ${noun}` : `${n} ${noun}s`;
}

/** What people or peers wrote, on one line, at most `longest` characters of it. */
export function quoted(text: string, longest: number = MAX_QUOTED): string {
  return `"${cutLine(text, longest)}"`;
}

/** One line of at most `longest` characters; what lies far beyond them is not even read, however long the text. */
export function cutLine(text: string, longest: number = MAX_QUOTED): string {
  const whole = text.trim();
  const read = whole.slice(0, longest * READ);
  const line = read.replaceAll(/\s+/g, " ");
  if (line.length <= longest && read.length === whole.length) return line;
  return `${line.slice(0, longest - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** The first few of a mute's matchers, each on one line and cut, and how many more there are. */
export function shownMatchers(matchers: readonly string[]): {
  readonly matchers: readonly string[];
  readonly more: number;
} {
  const shown = matchers.slice(0, MAX_MATCHERS).map((matcher) => cutLine(matcher, MAX_MATCHER));
  return { matchers: shown, more: matchers.length - shown.length };
}

/** Matchers as they stand in a sentence: `host="web-2", team=~"ops|dev", and 3 more`. */
export function matcherWords(matchers: readonly string[]): string {
  const { matchers: shown, more } = shownMatchers(matchers);
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join(", ");
}

/** Labels as a matcher would name them, the first few of them and cut: `host="web-2", team="ops"`. */
export function labelWords(labels: Readonly<Record<string, string>>): string {
  const all = Object.entries(labels);
  if (all.length === 0) return "none";
  const shown = all
    .slice(0, MAX_LABELS)
    .map(([name, value]) => `${cutLine(name, MAX_LABEL)}=${quoted(value, MAX_LABEL)}`);
  return [...shown, ...(all.length > MAX_LABELS ? [`and ${all.length - MAX_LABELS} more`] : [])].join(", ");
}

/** A sentence as it goes on after a colon. */
export function afterColon(sentence: string): string {
  return /^[A-Z][a-z' ]/.test(sentence) ? `${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}` : sentence;
}

/** Id and version of a rule's `id@hash`. */
export function ruleOf(ref: string): { readonly id: string; readonly version: string } {
  const [id = "", version = ""] = ref.split("@");
  return { id, version };
}
