/**
 * HTML as text that cannot be forgotten to escape: whatever stands in a template is data, but for what `html` itself made.
 * @module
 */

const MADE: unique symbol = Symbol("html");

/** A piece of HTML that `html` made; nothing else can make one. */
export interface Html {
  readonly [MADE]: string;
}
/** What may stand in a template; `undefined` and `false` are nothing. */
export type HtmlValue = Html | string | number | undefined | false | readonly HtmlValue[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
/** What shows nothing or turns text around: control characters but tab and newline, and overrides of its direction. */
const UNSEEN = /[\0-\u0008\v-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** A template of HTML; attributes that hold a value are written with double quotes. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let text = strings[0] ?? "";
  for (const [at, value] of values.entries()) text += textOf(value) + (strings[at + 1] ?? "");
  return { [MADE]: text };
}

/** The HTML itself. */
export function htmlText(made: Html): string {
  return made[MADE];
}

/** Text as it stands in HTML, also inside quotes: what can be no part of a page is shown as U+FFFD. */
export function escapeHtml(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(UNSEEN, "\ufffd")
    .replaceAll(/[&<>"']/g, (found) => ENTITIES[found] ?? "");
}

function textOf(value: HtmlValue): string {
  if (value === undefined || value === false) return "";
  if (typeof value === "string") return escapeHtml(value);
  if (typeof value === "number") return String(value);
  return isList(value) ? value.map(textOf).join("") : value[MADE];
}

function isList(value: Html | readonly HtmlValue[]): value is readonly HtmlValue[] {
  return Array.isArray(value);
}
