/**
 * What a template sees: plain, bounded copies of what is told of, with severity in words and colour.
 * @module
 */
import type { WindowKind } from "./window-record.ts";
import type { Delivery } from "./delivery.ts";
import type { Event, Severity } from "./event.ts";
import { isJsonObject, type Json, type JsonObject } from "./json.ts";
import { cut, textOf } from "./render-helpers.ts";
import { isHandSent } from "./hand-sent.ts";

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
  /** What was swallowed before this event, which its message tells of besides. */
  readonly aggregate?: Aggregate;
  /** What a window's message tells of; only there. */
  readonly digest?: Digest;
}

/** Events like this one that had no message of their own; `openedAt` is the instant of the first, epoch ms. */
export interface Aggregate {
  readonly count: number;
  readonly openedAt: number;
}

/** A window as its message tells of it. `shownCount`, `moreCount` and `staleCount` make `itemCount`. */
export interface Digest {
  readonly id: string;
  /** Cadence, `group`, `quiet` or `flap`. */
  readonly window: string;
  readonly kind: WindowKind;
  /** `Hourly digest`, `Held during quiet hours`, ... */
  readonly kindText: string;
  /** The message's title without the counts, where it has them. */
  readonly title: string;
  /** Epoch ms. */
  readonly openedAt: number;
  readonly closedAt: number;
  readonly itemCount: number;
  /** In `groups`. */
  readonly shownCount: number;
  /** Not listed, because there are too many. */
  readonly moreCount: number;
  /** Not listed, because they were too old when the window was released. */
  readonly staleCount: number;
  /** Of what is listed: each severity of what is not resolved, the highest first, then `resolved`. */
  readonly counts: readonly BadgeCount[];
  /** Of what is listed: each severity, resolved or not, the highest first. */
  readonly severityCounts: readonly BadgeCount[];
  readonly resolvedCount: number;
  /** Sums of what is listed that are not nought, by name; and the same in words. */
  readonly delta: readonly NameValue[];
  readonly deltaText: string;
  /** Of a group: what its members have in common. */
  readonly labels: readonly NameValue[];
  /** By namespace, then repository. */
  readonly groups: readonly DigestGroup[];
  /** The groups without their items, where there are several, but not too many to be looked over. */
  readonly overview: readonly Omit<DigestGroup, "items">[];
}
export interface BadgeCount {
  readonly badge: Badge;
  readonly count: number;
}
export interface DigestGroup {
  readonly namespace: string;
  readonly repo: string;
  /** `namespace / repo`, one of them, or `Other`. */
  readonly title: string;
  /** Highest of what is not resolved; else `resolved`. */
  readonly badge: Badge;
  readonly count: number;
  /** Oldest first. */
  readonly items: readonly DigestItem[];
}
export interface DigestItem {
  readonly eventId: string;
  readonly title: string;
  readonly type: string;
  readonly source: string;
  readonly subject: string;
  readonly namespace: string;
  readonly repo: string;
  readonly resource: string;
  readonly severity: Badge;
  /** Resolved, else the severity. */
  readonly badge: Badge;
  /** `firing`, `resolved`, or empty. */
  readonly alertState: string;
  /** Epoch ms; and in UTC, with the date only where the window goes over midnight. */
  readonly at: number;
  readonly when: string;
  /** What is not nought, by name; and the same in words. */
  readonly delta: readonly NameValue[];
  readonly deltaText: string;
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

/**
 * Everything that a template may tell of a delivery and its event, and of what that event's message tells of besides.
 * Bounded: what is left out shows.
 */
export function renderContext(site: string, delivery: Delivery, event: Event, aggregate?: Aggregate): RenderContext {
  const data = isJsonObject(event.data) ? event.data : {};
  const title = titleOf(event, data);
  const message = MESSAGES.map((name) => data[name]).find((text) => isText(text) && oneLine(text) !== title);
  const isResolved = event.alertState === "resolved";
  return {
    ...origin(site, delivery),
    title,
    message: isText(message) ? clean(message) : "",
    badge: isResolved ? BADGES.resolved : BADGES[delivery.severity],
    isResolved,
    event: plain({ ...event }),
    labels: rows(event.labels),
    details: rows(detailsOf(event, data), new Set(["labels", "scope", ...TITLES, ...MESSAGES])),
    receivedAt: event.receivedAt,
    ...(aggregate === undefined ? {} : { aggregate: { count: aggregate.count, openedAt: aggregate.openedAt } }),
  };
}

/** What a person sends by hand keeps what else it says apart, as evidence. */
function detailsOf(event: Event, data: JsonObject): JsonObject {
  return isHandSent(event) && isJsonObject(data["evidence"]) ? { ...data["evidence"], ...data } : data;
}

type Origin = Pick<RenderContext, "site" | "tenant" | "severity" | "rule" | "action" | "channel" | "delivery">;

/** Where a message comes from and why, whatever it tells of. */
export function origin(site: string, delivery: Delivery): Origin {
  return {
    site,
    tenant: delivery.tenant,
    severity: BADGES[delivery.severity],
    rule: { id: delivery.rule.replace(/@[0-9a-f]*$/, ""), ref: delivery.rule },
    action: delivery.action,
    channel: delivery.channel,
    delivery: { id: delivery.id },
  };
}

/** What happened, in one bounded line, as the event says it; what a window keeps of its member. */
export function eventTitle(event: Event): string {
  return titleOf(event, isJsonObject(event.data) ? event.data : {});
}

function titleOf(event: Event, data: Readonly<Record<string, Json>>): string {
  const candidates = [...TITLES.map((name) => data[name]), event.labels["alertname"], event.subject, event.type];
  const found = candidates.filter(isText).map(oneLine);
  return cut(found.find((text) => text !== "") ?? event.type, MAX_TITLE);
}

/** Plain values of an object as rows, by name; what exceeds the limit is counted in a last row. */
export function rows(values: Readonly<Record<string, Json>>, without: ReadonlySet<string> = new Set()): NameValue[] {
  const names = Object.keys(values).filter((name) => !without.has(name) && isScalar(values[name]));
  const told = names.toSorted(byCodeUnits).slice(0, MAX_ITEMS);
  const made = told.map((name) => ({ name: cut(oneLine(name), MAX_TITLE), value: clean(textOf(values[name])) }));
  return names.length > told.length ? [...made, { name: "…", value: `${names.length - told.length} more` }] : made;
}

/** A bounded copy: keys sorted, texts cut, nothing inherited, nothing that a template could call. */
export function plain(value: unknown): unknown {
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
export function byCodeUnits(left: string, right: string): number {
  return left < right ? -1 : 1;
}
