/**
 * Members of a window as a message lists them: bounded texts, as many as a mail can hold, grouped by namespace and repository.
 * @module
 */
import type { WindowMember } from "./window-record.ts";
import { SEVERITIES } from "./event.ts";
import { kitInstant } from "./kit-time.ts";
import {
  type Badge,
  type BadgeCount,
  BADGES,
  byCodeUnits,
  type Digest,
  type DigestGroup,
  type DigestItem,
  type NameValue,
  oneLine,
} from "./render-context.ts";
import { cut } from "./render-helpers.ts";

/** Characters that the list may take, as text and as HTML: less than what a rendered part may have, so that it is never cut. */
const MAX_TEXT = 85_000;
const MAX_HTML = 165_000;
/** What the shipped templates need around an item's own texts, and around a group's title. */
const TEXT_AROUND = 30;
/** What is kept of each item's room for the titles of groups. */
const SPARE = 5;
const HTML_AROUND = 110;
const TITLE_AROUND = 80;
/** Groups that an overview may have. */
const MAX_OVERVIEW = 40;
const MAX_TITLE = 200;
const MAX_FIELD = 120;
/** No text is cut below this to make room. */
const MIN_ROOM = 100;
const MAX_DELTA = 20;
const MAX_NAME = 60;

/**
 * The members, oldest first, that a message lists: all where they fit, their texts cut for it if need be; else the first ones.
 * `instants` (epoch ms) are the window's own: where all is of one UTC day, items show the time alone.
 */
export function digestItems(members: readonly WindowMember[], instants: readonly number[]): DigestItem[] {
  const days = new Set([...instants, ...members.map(({ at }) => at)].map((at) => kitInstant(at).slice(0, 10)));
  const room = Math.max(MIN_ROOM, Math.floor(MAX_TEXT / Math.max(1, members.length)) - TEXT_AROUND - SPARE);
  const items: DigestItem[] = [];
  const seen = new Set<string>();
  const left = { text: MAX_TEXT, html: MAX_HTML };
  for (const member of members) {
    const item = itemOf(member, room, days.size > 1);
    const group = groupKey(item);
    spend(left, itemTexts(item).join(""), HTML_AROUND);
    if (!seen.has(group)) spend(left, group.repeat(seen.size < MAX_OVERVIEW ? 2 : 1), TITLE_AROUND);
    if (left.text < 0 || left.html < 0) break;
    seen.add(group);
    items.push(item);
  }
  return items;
}

function spend(left: { text: number; html: number }, text: string, around: number): void {
  left.text -= text.length + TEXT_AROUND;
  left.html -= escapedLength(text) + around;
}

/** Length once escaped for HTML: at most six characters for one. */
function escapedLength(text: string): number {
  return text.length + 5 * (text.match(/[&<>"'`=]/g)?.length ?? 0);
}

function itemTexts({ title, type, source, subject, resource, when, deltaText }: DigestItem): string[] {
  return [title, type, source, subject, resource, when, deltaText];
}

function itemOf(member: WindowMember, room: number, isDated: boolean): DigestItem {
  const { scope, delta = {} } = member;
  const instant = kitInstant(member.at);
  const subject = fieldOf(member.subject);
  const item: DigestItem = {
    eventId: member.event,
    title: cut(oneLine(member.title ?? "") || subject || fieldOf(member.type), MAX_TITLE),
    type: fieldOf(member.type),
    source: fieldOf(member.source),
    subject,
    namespace: fieldOf(scope.namespace),
    repo: fieldOf(scope.repo),
    resource: fieldOf(scope.resource),
    severity: BADGES[member.severity],
    badge: member.alertState === "resolved" ? BADGES.resolved : BADGES[member.severity],
    alertState: member.alertState ?? "",
    at: member.at,
    when: isDated ? instant.slice(0, 19).replace("T", " ") : instant.slice(11, 19),
    delta: deltaRows([delta]),
    deltaText: deltaWords([delta]),
  };
  return itemTexts(item).join("").length <= room ? item : shortened(item, room);
}

function fieldOf(text: string | undefined): string {
  return cut(oneLine(text ?? ""), MAX_FIELD);
}

/** The longest texts cut until all fit, the title at twice the length of the others. */
function shortened(item: DigestItem, room: number): DigestItem {
  const { title, when, type, source, subject, resource, deltaText } = item;
  const others = [type, source, subject, resource, deltaText].map((text) => text.length);
  const length = fairLength([title.length / 2, title.length / 2, ...others], room - when.length);
  const field = (text: string): string => cut(text, length);
  return {
    ...item,
    title: cut(title, 2 * length),
    type: field(type),
    source: field(source),
    subject: field(subject),
    resource: field(resource),
    deltaText: field(deltaText),
  };
}

/** The length at which texts are to be cut so that together they have `room`. */
function fairLength(lengths: readonly number[], room: number): number {
  let left = room;
  let share = 0;
  for (const [at, length] of lengths.toSorted((a, b) => a - b).entries()) {
    share = left / (lengths.length - at);
    if (length > share) break;
    left -= length;
  }
  return Math.floor(share);
}

/** The items by namespace, then repository; what lacks one comes last. */
export function digestGroups(items: readonly DigestItem[]): Pick<Digest, "groups" | "overview"> {
  const made = [...Map.groupBy(items, groupKey).values()].flatMap((grouped) => groupOf(grouped) ?? []);
  const groups = made.toSorted((a, b) => byName(a.namespace, b.namespace) || byName(a.repo, b.repo));
  const isClear = groups.length > 1 && groups.length <= MAX_OVERVIEW;
  return { groups, overview: isClear ? groups.map(({ items: _items, ...group }) => group) : [] };
}

function groupKey({ namespace, repo }: DigestItem): string {
  return `${namespace}\n${repo}`; // both are one line
}

function groupOf(items: readonly DigestItem[]): DigestGroup | undefined {
  const [first] = items;
  if (first === undefined) return undefined;
  const { namespace, repo } = first;
  const title = [namespace, repo].filter((name) => name !== "").join(" / ") || "Other";
  return { namespace, repo, title, badge: highestBadge(items), count: items.length, items };
}

function byName(left: string, right: string): number {
  if (left === right) return 0;
  if (left === "" || right === "") return left === "" ? 1 : -1;
  return byCodeUnits(left, right);
}

/** How many items have each badge: severities from the highest, then `resolved`. */
export function badgeCounts(badges: readonly Badge[]): BadgeCount[] {
  const order = [...SEVERITIES.toReversed().map((severity) => BADGES[severity]), BADGES.resolved];
  return order
    .map((badge) => ({ badge, count: badges.filter((one) => one === badge).length }))
    .filter(({ count }) => count > 0);
}

/** Badge of the highest severity of what is not resolved; else `resolved`. */
export function highestBadge(items: readonly DigestItem[]): Badge {
  return badgeCounts(items.map(({ badge }) => badge))[0]?.badge ?? BADGES.resolved;
}

/** Counts added up by name, those that are not nought, by name. */
export function deltaRows(deltas: readonly Readonly<Record<string, number>>[]): NameValue[] {
  return sums(deltas).map(([name, sum]) => ({ name, value: String(sum) }));
}

/** The same in words: `new critical 3, kev 1`. */
export function deltaWords(deltas: readonly Readonly<Record<string, number>>[]): string {
  return sums(deltas)
    .map(([name, sum]) => `${wordsOf(name)} ${sum}`)
    .join(", ");
}

/** `newCritical` as `new critical`. */
function wordsOf(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase();
}

function sums(deltas: readonly Readonly<Record<string, number>>[]): [name: string, sum: number][] {
  const found = new Map<string, number>();
  for (const delta of deltas)
    for (const [given, count] of Object.entries(delta)) {
      const name = cut(oneLine(given), MAX_NAME);
      found.set(name, (found.get(name) ?? 0) + count);
    }
  const told = [...found].filter(([, sum]) => Number.isFinite(sum) && sum !== 0);
  return told.toSorted(([a], [b]) => byCodeUnits(a, b)).slice(0, MAX_DELTA);
}
