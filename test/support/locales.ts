/**
 * What is rendered in languages and zones, here or in another process.
 * @module
 */
import { compileTemplate, render, type Rendered } from "../../src/core/render.ts";
import { renderContext } from "../../src/core/render-context.ts";
import type { Speech } from "../../src/core/render-messages.ts";
import { Template } from "../../src/core/template.ts";
import { deliveryOf, sampleEvent, shippedTemplate } from "./samples.ts";

/** Every kind of piece, in a language that Intl knows, one that it knows by its parent and one that it does not know. */
const PIECES = `{n, plural, =0 {none} one {# one} few {# few} other {# other}} {n, selectordinal, one {#st} other {#th}}
  {k, select, host {H} other {O}} {x, number} {x, number, ::percent} {x, number, ::compact-short} {x, number, ::currency/EUR}
  {at, date} {at, date, short} {at, date, full} {at, time} {at, time, full} {at, date, ::yyyyMMMMEEEEdjmz} {k}`;
const TAGS = ["en", "bg", "de", "ar", "tr", "tlh"];
const call = '{{t "pieces" n=event.labels.n k=event.type x=receivedAt at=receivedAt}}';
const EVERYTHING = Template.parse({
  schema: "template/v1",
  id: "everything",
  subject: call,
  text: call,
  html: call,
  messages: Object.fromEntries(TAGS.map((tag) => [tag, { pieces: PIECES }])),
});

export const SPEECHES: readonly Speech[] = [
  { locale: "en", fallback: "en", zone: "UTC" },
  { locale: "en-GB", fallback: "en", zone: "Europe/London" },
  { locale: "bg-BG", fallback: "de", zone: "Europe/Sofia" },
  { locale: "de-AT", fallback: "en", zone: "Europe/Vienna" },
  { locale: "ar-EG", fallback: "en", zone: "Africa/Cairo" },
  { locale: "tr-TR", fallback: "en", zone: "Asia/Kathmandu" },
  { locale: "tlh", fallback: "xx-ab-ab", zone: "Australia/Lord_Howe" },
  { locale: "xx", fallback: "xx", zone: "America/St_Johns" },
];

export function renderedEverywhere(): Rendered[] {
  const told = { ...sampleEvent("01-disk-full"), labels: { n: "3" } };
  const context = renderContext("plant-7", deliveryOf(told), told);
  const templates = [EVERYTHING, shippedTemplate("tmpl-event")].map(compileTemplate);
  return templates.flatMap((template) => SPEECHES.map((speech) => render(template, context, speech)));
}
