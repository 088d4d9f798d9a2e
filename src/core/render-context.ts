/**
 * What a template sees: plain, bounded copies of what is told of, with severity in words and colour.
 * @module
 */
import type { Delivery } from "./delivery.ts";
import type { Event, Severity } from "./event.ts";
import { isJsonObject, type Json } from "./json.ts";
import { cut, textOf } from "./render-helpers.ts";

/** A severity or state as people see it: white on `color` has a contrast of at least 4.5 (WCAG AA). */
export interface Badge {
  readonly id: string;
  readonly word: string;
  /** `#rrggbb`, the ground under white text. */
  readonly color: string;
}
export interface NameValue {
  readonly name: string;
  readonly value: string;
}
export interface RenderContext {
  readonly site: string;
  readonly tenant: string;
  /** What happened, in one line. */
  readonly title: string;
  /** More of it, where the event says more. */
  readonly message: string;
  readonly severity: Badge;
  /** The state where there is one to tell first (resolved), else the severity. */
  readonly badge: Badge;
  readonly isResolved: boolean;
  readonly event: unknown;
  /** By name. */
  readonly labels: readonly NameValue[];
  /** Plain values of the event's data that are not told otherwise, by name. */
  readonly details: readonly NameValue[];
  readonly rule: { readonly id: string; readonly ref: string };
  readonly action: string;
  readonly channel: string;
  readonly delivery: { readonly id: string };
  /** Epoch ms; `{{time receivedAt}}`. */
  readonly receivedAt: number;
}

export const BADGES: Readonly<Record<Severity | "resolved", Badge>> = {
  critical: { id: "critical", word: "Critical", color: "#a3161f" },
  high: { id: "high", word: "High", color: "#b4400d" },
  medium: { id: "medium", word: "Medium", color: "#875300" },
  low: { id: "low", word: "Low", color: "#1c5d99" },
  info: { id: "info", word: "Info", color: "#4a5568" },
  resolved: { id: "resolved", word: "Resolved", color: "#146c43" },
};

const MAX_TEXT = 4000;
const MAX_TITLE = 200;
const MAX_ITEMS = 100;
const MAX_DEPTH = 8;
const MAX_NODES = 2000;
const TITLES = ["summary", "title", "message"];
const MESSAGES = ["description", "message", "text", "reason"];

/** Everything that a template may tell of a delivery and its event. Bounded: what is left out shows. */
export function renderContext(site: string, delivery: Delivery, event: Event): RenderContext {
  const data = isJsonObject(event.data) ? event.data : {};
  const title = titleOf(event, data);
  const message = MESSAGES.map((name) => data[name]).find((text) => isText(text) && oneLine(text) !== title);
  const severity = BADGES[delivery.severity];
  const isResolved = event.alertState === "resolved";
  return {
    site,
    tenant: delivery.tenant,
    title,
    message: isText(message) ? clean(message) : "",
    severity,
    badge: isResolved ? BADGES.resolved : severity,
    isResolved,
    event: plain({ ...event }),
    labels: rows(event.labels),
    details: rows(data, new Set(["labels", "scope", ...TITLES, ...MESSAGES])),
    rule: { id: delivery.rule.replace(/@[0-9a-f]*$/, ""), ref: delivery.rule },
    action: delivery.action,
    channel: delivery.channel,
    delivery: { id: delivery.id },
    receivedAt: event.receivedAt,
  };
}

function titleOf(event: Event, data: Readonly<Record<string, Json>>): string {
  const candidates = [...TITLES.map((name) => data[name]), event.labels["alertname"], event.subject, event.type];
  const found = candidates.filter(isText).map(oneLine);
  return cut(found.find((text) => text !== "") ?? event.type, MAX_TITLE);
}

/** Plain values of an object as rows, by name; what exceeds the limit is counted in a last row. */
function rows(values: Readonly<Record<string, Json>>, without: ReadonlySet<string> = new Set()): NameValue[] {
  const names = Object.keys(values).filter((name) => !without.has(name) && isScalar(values[name]));
  const told = names.toSorted(byCodeUnits).slice(0, MAX_ITEMS);
  const made = told.map((name) => ({ name: cut(oneLine(name), MAX_TITLE), value: clean(textOf(values[name])) }));
  return names.length > told.length ? [...made, { name: "…", value: `${names.length - told.length} more` }] : made;
}

/** A bounded copy: keys sorted, texts cut, nothing inherited, nothing that a template could call. */
function plain(value: unknown): unknown {
  const left = { nodes: MAX_NODES };
  const copy = (from: unknown, depth: number): unknown => {
    if (typeof from === "string") return clean(from);
    if (typeof from !== "object" || from === null) return from;
    if (depth >= MAX_DEPTH || left.nodes <= 0) return "…";
    return Array.isArray(from) ? copyList(from, depth) : copyRecord(Object.entries(from), depth);
  };
  const copyList = (from: readonly unknown[], depth: number): unknown[] => {
    const made = from.slice(0, take(left, from.length)).map((item) => copy(item, depth + 1));
    return made.length < from.length ? [...made, `… ${from.length - made.length} more`] : made;
  };
  const copyRecord = (from: readonly (readonly [string, unknown])[], depth: number): object => {
    const sorted = from.filter(([name]) => isNameable(name)).toSorted(([a], [b]) => byCodeUnits(a, b));
    const made = sorted
      .slice(0, take(left, sorted.length))
      .map(([name, item]) => [name, copy(item, depth + 1)] as const);
    return printable(made);
  };
  return copy(value, 0);
}

/** How many of `count` may still be copied, at most MAX_ITEMS; they are taken off. */
function take(left: { nodes: number }, count: number): number {
  const taken = Math.min(count, MAX_ITEMS, left.nodes);
  left.nodes -= taken;
  return taken;
}

/** An object without a prototype that a template prints as JSON. */
function printable(entries: readonly (readonly [string, unknown])[]): object {
  const made = Object.fromEntries(entries);
  Reflect.setPrototypeOf(made, null);
  return Object.defineProperty(made, Symbol.toPrimitive, { value: toJson });
}

/** Handlebars would call a `toHTML`; a name with characters that `clean` takes out could show as another one. */
function isNameable(name: string): boolean {
  return name !== "toHTML" && clean(name) === name;
}

function toJson(this: unknown): string {
  return JSON.stringify(this);
}

/** Text as people may see it: no control characters but tab and line feed, nothing that turns the direction of reading. */
function clean(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is taken out
  const shown = text
    .toWellFormed()
    .replace(/\r\n?|[\u0085\u2028\u2029]/g, "\n")
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "");
  return shown.length <= MAX_TEXT ? shown : `${cut(shown, MAX_TEXT)} [${shown.length - MAX_TEXT} more characters]`;
}

/** The same in one line. */
export function oneLine(text: string): string {
  return clean(text.replace(/[\s\u0085\u2028\u2029]+/g, " ")).trim();
}

function isText(value: Json | undefined): value is string {
  return typeof value === "string";
}

function isScalar(value: Json | undefined): boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

/** For names that are each there once. */
function byCodeUnits(left: string, right: string): number {
  return left < right ? -1 : 1;
}
