/**
 * What the pages are built from: the document, tables that turn into cards on a phone, marks, times.
 * @module
 */
import { localOf, offsetAt } from "../core/zone.ts";
import { answer, instant } from "./answer.ts";
import { html, type Html, htmlText, type HtmlValue } from "./status-html.ts";
import { PAGE_POLICY, STYLE } from "./status-style.ts";

const MAX_TEXT = 300;
const MINUTE_MS = 60_000;

/** A whole page. */
export interface PageParts {
  readonly title: string;
  readonly main: Html;
  /** Beside the product's name, before the page's own content. */
  readonly bar?: Html;
}

/**
 * Referrers are for ourselves alone: without any, browsers would send `Origin: null` with our own forms, which could then
 * not be told from others' where `Sec-Fetch-Site` is not sent (old browsers; plain HTTP to another machine).
 */
const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": PAGE_POLICY,
  "referrer-policy": "same-origin",
  "x-frame-options": "DENY",
};

/** The answer that a page is; `headers` in lower case. */
export function pageAnswer(
  status: number,
  { title, main, bar }: PageParts,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const page = html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title}</title>
${STYLE}
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header>${bar ?? html`<p class="bar"><strong>Sealpost</strong></p>`}</header>
<main id="main" tabindex="-1">
${main}
</main>
</body>
</html>
`;
  return answer(status, "text/html; charset=utf-8", htmlText(page), { ...PAGE_HEADERS, ...headers });
}

/** A section with its heading, to which the list of sections leads. */
export function section(id: string, heading: string, content: HtmlValue): Html {
  return html`<section aria-labelledby="${id}">
<h2 id="${id}">${heading}</h2>
${content}
</section>
`;
}

/** A column: what it is called, and what stands in it; the first one names its row. */
export interface Column<T> {
  readonly head: string;
  readonly cell: (row: T) => HtmlValue;
  readonly isNumber?: boolean;
}

/** A table; the roles keep it one for screen readers where it is shown as cards. */
export function table<T>(caption: string, columns: readonly Column<T>[], rows: readonly T[]): Html {
  const heads = columns.map(
    ({ head, isNumber = false }) => html`<th role="columnheader" scope="col"${classOf(isNumber)}>${head}</th>`,
  );
  return html`<table role="table">
<caption>${caption}</caption>
<thead role="rowgroup"><tr role="row">${heads}</tr></thead>
<tbody role="rowgroup">
${rows.map((row) => html`<tr role="row">${columns.map((column, at) => cellOf(column, row, at))}</tr>\n`)}</tbody>
</table>
`;
}

function cellOf<T>({ head, cell, isNumber = false }: Column<T>, row: T, at: number): Html {
  if (at === 0) return html`<th role="rowheader" scope="row">${cell(row)}</th>`;
  return html`<td role="cell" data-label="${head}"${classOf(isNumber)}>${cell(row)}</td>`;
}

function classOf(isNumber: boolean): HtmlValue {
  return isNumber && html` class="n"`;
}

/** A word that stands out; its colour says nothing that it does not say itself. */
export function mark(kind: "good" | "bad" | "wait" | "plain", word: string): Html {
  return html`<span class="mark ${kind}">${word}</span>`;
}

/** Text from outside: as it is, in a direction of its own, cut where it is long. */
export function outside(text: string): Html {
  return html`<bdi>${cut(text)}</bdi>`;
}

/** An id, or another text for programs. */
export function code(text: string): Html {
  return html`<code>${cut(text)}</code>`;
}

function cut(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT).toWellFormed()}… (${text.length} characters)`;
}

/** How a page writes instants (epoch ms): as the walls of its zone show them. */
export type ShowTime = (ms: number) => Html;

/** Instants in a zone. */
export function timesIn(zone: string): ShowTime {
  return (ms) => {
    const { date, time } = localOf(zone, ms);
    return html`<time datetime="${instant(ms)}">${date} ${time}</time>`;
  };
}

/** A zone in words, with what it is ahead of UTC at an instant (epoch ms). */
export function zoneWords(zone: string, ms: number): string {
  const minutes = Math.round(offsetAt(zone, ms) / MINUTE_MS);
  if (zone === "UTC") return zone;
  const ahead = Math.abs(minutes);
  return `${zone} (UTC${minutes < 0 ? "−" : "+"}${twoDigits(ahead / 60)}:${twoDigits(ahead % 60)})`;
}

function twoDigits(number: number): string {
  return String(Math.trunc(number)).padStart(2, "0");
}

/** `1 event`, `2 events`, `1,000 events`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/** A number with commas between thousands. */
export function grouped(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}
