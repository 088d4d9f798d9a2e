/**
 * What a template sees of a window: its members counted and grouped, and the same in the fields that an event would fill.
 * @module
 */
import type { WindowMember, WindowRecord } from "./window-record.ts";
import type { Delivery } from "./delivery.ts";
import {
  BADGES,
  type Digest,
  type DigestItem,
  type NameValue,
  oneLine,
  origin,
  plain,
  type RenderContext,
  rows,
} from "./render-context.ts";
import { badgeCounts, deltaRows, deltaWords, digestGroups, digestItems, highestBadge } from "./render-digest-items.ts";
import { cut } from "./render-helpers.ts";

const MAX_TITLE = 200;
const MAX_LABELS_TEXT = 80;
/** Items that a template is given as details, because it may know of no digest. */
const MAX_DETAILS = 20;
const CADENCE_TEXT: ReadonlyMap<string, string> = new Map([
  ["5m", "5-minute digest"],
  ["15m", "15-minute digest"],
  ["1h", "Hourly digest"],
  ["1d", "Daily digest"],
]);

/**
 * Everything that a template may tell of a window. `members`, oldest first, are those that may be listed: the stale ones
 * left out, cut at the item cap. What an event would fill is filled too, so that any template tells what happened.
 */
export function renderWindow(
  site: string,
  delivery: Delivery,
  record: WindowRecord,
  members: readonly WindowMember[],
): RenderContext {
  const closedAt = record.endedAt ?? delivery.createdAt;
  const items = digestItems(members, [record.openedAt, closedAt]);
  const told = members.slice(0, items.length);
  const digest = { ...digestOf(record, closedAt, items), ...deltaOf(told) };
  const isWhole = items.length > 0 && items.length === record.count;
  const badge = isWhole ? highestBadge(items) : BADGES[delivery.severity];
  return {
    ...origin(site, delivery),
    title: titleOf(digest),
    message: messageOf(digest),
    badge,
    isResolved: badge === BADGES.resolved,
    event: plain({
      id: record.id,
      type: digest.kindText,
      source: sourceOf(items),
      labels: record.group ?? {},
      scope: {},
    }),
    labels: digest.labels,
    details: detailsOf(items),
    receivedAt: closedAt,
    digest,
  };
}

function deltaOf(members: readonly WindowMember[]): Pick<Digest, "delta" | "deltaText"> {
  const deltas = members.map(({ delta }) => delta ?? {});
  return { delta: deltaRows(deltas), deltaText: deltaWords(deltas) };
}

function digestOf(
  record: WindowRecord,
  closedAt: number,
  items: readonly DigestItem[],
): Omit<Digest, "delta" | "deltaText"> {
  const { id, window, kind, openedAt, count, stale = 0 } = record;
  const badges = items.map(({ badge }) => badge);
  const shown = { kind, itemCount: count, shownCount: items.length };
  const head = headOf(record);
  return {
    id,
    window,
    ...shown,
    kindText: kindText(record),
    title: isOne(shown) ? cut(`${head}: ${items[0]?.title ?? ""}`, MAX_TITLE) : head,
    openedAt,
    closedAt,
    moreCount: Math.max(0, count - stale - items.length),
    staleCount: stale,
    counts: badgeCounts(badges),
    severityCounts: badgeCounts(items.map(({ severity }) => severity)),
    resolvedCount: badges.filter((badge) => badge === BADGES.resolved).length,
    labels: rows(record.group ?? {}),
    ...digestGroups(items),
  };
}

function kindText({ kind, window }: WindowRecord): string {
  switch (kind) {
    case "digest":
      return CADENCE_TEXT.get(window) ?? "Digest";
    case "group":
      return "Group";
    case "quiet":
      return "Held during quiet hours";
    case "flap":
      return "Repeated events";
  }
}

/** `12 events held during quiet hours: 2 critical, 10 high`; of a single or a repeated event what happened. */
function titleOf(digest: Digest): string {
  const counts = countsText(digest);
  return isOne(digest) || counts === "" ? digest.title : cut(`${digest.title}: ${counts}`, MAX_TITLE);
}

/** Whether one title says what happened. */
function isOne({ kind, itemCount, shownCount }: Pick<Digest, "kind" | "itemCount" | "shownCount">): boolean {
  return shownCount > 0 && (itemCount === 1 || kind === "flap");
}

function headOf(record: WindowRecord): string {
  const { kind, count } = record;
  const events = count === 1 ? "event" : "events";
  switch (kind) {
    case "digest":
      return `${count} ${events}, ${kindText(record).toLowerCase()}`;
    case "group":
      return `${count} ${events}, ${cut(["group", ...pairs(record)].join(" "), MAX_LABELS_TEXT)}`;
    case "quiet":
      return `${count} ${events} held during quiet hours`;
    case "flap":
      return `${count} repeated ${events}`;
  }
}

function pairs({ group = {} }: WindowRecord): string[] {
  const filled = rows(group).filter(({ value }) => value !== "");
  return filled.map(({ name, value }) => oneLine(`${name}=${value}`));
}

/** `2 critical, 10 high, 37 not listed, 3 too old`. */
function countsText({ counts, moreCount, staleCount }: Digest): string {
  const told = counts.map(({ badge, count }) => `${count} ${badge.id}`);
  if (moreCount > 0) told.push(`${moreCount} not listed`);
  if (staleCount > 0) told.push(`${staleCount} too old`);
  return told.join(", ");
}

function messageOf(digest: Digest): string {
  const { deltaText, staleCount } = digest;
  const lines = [
    `${digest.kindText}: ${countsText(digest)}.`,
    ...(deltaText === "" ? [] : [`Changes: ${deltaText}.`]),
    ...(staleCount === 0 ? [] : [`${staleCount} too old to be listed.`]),
  ];
  return lines.join("\n");
}

/** The first items as rows: severity and time, then what happened and where. */
function detailsOf(items: readonly DigestItem[]): NameValue[] {
  const told = items.slice(0, MAX_DETAILS).map(({ badge, when, title, namespace, repo }) => {
    const place = [namespace, repo].filter((name) => name !== "").join(" / ");
    return { name: `${badge.word} ${when}`, value: place === "" ? title : `${title} (${place})` };
  });
  return items.length > told.length ? [...told, { name: "…", value: `${items.length - told.length} more` }] : told;
}

function sourceOf(items: readonly DigestItem[]): string {
  const sources = new Set(items.map(({ source }) => source));
  const [first = ""] = sources;
  return sources.size > 1 ? `${sources.size} sources` : first;
}
