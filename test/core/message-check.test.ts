import { describe, expect, test } from "vitest";
import type { Json } from "../../src/core/json.ts";
import { checkObject, publishedSchemas } from "../../src/core/objects.ts";
import { checkTemplate } from "../../src/core/render-check.ts";
import { Template } from "../../src/core/template.ts";
import { shippedTemplate } from "../support/samples.ts";

type Told = readonly (readonly [pointer: string, detail: string])[];
const faultsOf = (fields: Readonly<Record<string, Json>>): Told => {
  const value = { schema: "template/v1", id: "t", subject: "s", text: "t", ...fields };
  const result = checkObject("templates", "t", value);
  return result.ok ? [] : result.faults.map(({ pointer, detail }) => [pointer, detail]);
};
const messageFaults = (...texts: readonly string[]): Told =>
  faultsOf({ messages: { en: Object.fromEntries(texts.map((text, at) => [`k${at}`, text])) } });
const many = (count: number, text: (at: number) => string): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, text(at)]));

const style = (at: number): string => `{a, number, ::.${"0".repeat(at % 20)}${"#".repeat(Math.floor(at / 20) + 1)}}`;

describe("messages of a template", () => {
  const KEY = "is no name here: a key of a message such as disk.full, at most 64 characters";
  const TAG = "is no name here: a language tag such as en or bg-BG, at most 35 characters";
  const SHAPES: readonly (readonly [name: string, fields: Readonly<Record<string, Json>>, told: Told])[] = [
    ["of several languages", { messages: { en: { "disk.full": "a" }, "bg-BG": {}, "zh-Hant-TW": { a: "" } } }, []],
    ["none", {}, []],
    ["whose default is there", { messages: { de: {} }, defaultLocale: "de" }, []],
    ["whose default is there in short", { messages: { de: {} }, defaultLocale: "de-AT" }, []],
    [
      "a bad key",
      { messages: { en: { "1x": "a", "a b": "b", "a..b": "c" } } },
      ["1x", "a b", "a..b"].map((key) => [`/messages/en/${key}`, KEY]),
    ],
    ["a long key", { messages: { en: { [`k${"k".repeat(64)}`]: "a" } } }, [[`/messages/en/k${"k".repeat(64)}`, KEY]]],
    [
      "a bad tag",
      { messages: { EN: {}, e: {} } },
      [
        ["/messages/EN", TAG],
        ["/messages/e", TAG],
      ],
    ],
    [
      "a tag that is none",
      { messages: { en: {}, "de-ab-ab": {} } },
      [["/messages/de-ab-ab", "is no language tag such as en or bg-BG"]],
    ],
    [
      "a tag that is there twice",
      { messages: { en: {}, "en-GB": {}, "en-gb": {} } },
      [["/messages/en-gb", "is there twice, in other letters"]],
    ],
    [
      "a long text",
      { messages: { en: { a: "x".repeat(2001) } } },
      [["/messages/en/a", "Too big: expected string to have <=2000 characters"]],
    ],
    [
      "a control character",
      { messages: { en: { a: "\u0007" } } },
      [["/messages/en/a", "holds a control character or half a surrogate pair"]],
    ],
    [
      "no text",
      { messages: { en: { a: 3 } } },
      [["/messages/en/a", "Invalid input: expected string, received number"]],
    ],
    [
      "too many messages",
      { messages: { en: many(501, () => "x") } },
      [["/messages/en", "holds more than 500 messages"]],
    ],
    [
      "too many languages",
      { messages: Object.fromEntries(Array.from({ length: 41 }, (_, at) => [`en-1${100 + at}`, {}])) },
      [["/messages", "holds more than 40 languages"]],
    ],
    [
      "too many messages in all",
      {
        messages: Object.fromEntries(
          ["en", "de", "bg", "fr", "it", "es", "pt", "pl", "cs", "sk", "hu"].map((tag) => [tag, many(500, () => "")]),
        ),
      },
      [["/messages", "holds more than 5000 messages in all"]],
    ],
    [
      "too much text in all",
      { messages: { en: many(51, () => "x".repeat(2000)) } },
      [["/messages", "holds more than 100000 characters in all"]],
    ],
    [
      "no default",
      { messages: { de: {} } },
      [["/messages", 'holds no "en": add it, or name another language in "defaultLocale"']],
    ],
    [
      "no language",
      { messages: {} },
      [["/messages", 'holds no "en": add it, or name another language in "defaultLocale"']],
    ],
    [
      "another default",
      { messages: { en: {} }, defaultLocale: "de" },
      [["/defaultLocale", 'there are no messages of "de"']],
    ],
    ["a default of none", { defaultLocale: "de" }, [["/defaultLocale", 'there are no messages of "de"']]],
    [
      "a bad default",
      { messages: { en: {} }, defaultLocale: "English" },
      [["/defaultLocale", "a language tag such as en or bg-BG"]],
    ],
  ];
  test.each(SHAPES)("%s", (_name, fields, told) => {
    expect(faultsOf(fields)).toEqual(told);
  });

  const TEXTS: readonly (readonly [text: string, detail: string])[] = [
    ["a\n{", "line 2, column 1: a { is not closed by a }"],
    ["{}", "line 1, column 1: {} holds no name"],
    ["{a b}", "line 1, column 1: between { and } stands no name; write '{' in quotes to show a brace"],
    ["{a,}", "line 1, column 4: a comma with nothing behind it"],
    ["{a, colour}", "line 1, column 5: is none of number, date, time, plural, selectordinal, select"],
    ["{a, number, }", "line 1, column 13: a comma with no style behind it"],
    ["{a, number, 'x}", "line 1, column 14: a quote is not closed"],
    ["{a, number, ::}", "line 1, column 13: is no skeleton of a number"],
    ["{a, plural}", "line 1, column 11: choices are missing: a comma, then such as other {...}"],
    ["{a, plural, one {x}}", "line 1, column 20: the choice other {...} is missing"],
    ["{a, plural, other {x} other {y}}", "line 1, column 23: a choice that is there twice"],
    ["{a, select, other {x} other {y}}", "line 1, column 23: a choice that is there twice"],
    ["{a, plural, =x {x} other {y}}", "line 1, column 14: a choice is missing, such as one {...} or other {...}"],
    ["{a, plural, =99999999999999999 {x} other {y}}", "line 1, column 14: = with no whole number behind it"],
    ["{a, date, ::}", "line 1, column 1: :: with no skeleton of a date or time behind it"],
    ["{a, plural, offset:x other {y}}", "line 1, column 20: offset: with no number behind it"],
    ["{a, select, one}", "line 1, column 16: a choice without its {...}"],
    ["{a, date, ::YYYY}", "`Y/u/U/r` (year) patterns are not supported, use `y` instead"],
    ["{a, date, yyyy-MM-dd}", 'there is no style "yyyy-MM-dd" of a date: short, medium, long, full or ::skeleton'],
    ["{a, time, constructor}", 'there is no style "constructor" of a time: short, medium, long, full or ::skeleton'],
    ["{a, number, money}", 'there is no style "money" of a number: integer, currency, percent or ::skeleton'],
    ["{a, number, currency}", "Currency code is required with currency style."],
    ["{a, number, ::currency/12}", "Invalid currency code : 12"],
    ["{a, number, ::unit/parsec}", expect.stringContaining("parsec")],
    [`{a, number, ::.${"0".repeat(101)}}`, "minimumFractionDigits value is out of range."],
    ["{a, number, ::something}", "its ::skeleton holds nothing that is known"],
    ["{a, select, x {{b, plural, other {{c, number, money}}}} other {}}", expect.stringContaining('no style "money"')],
    ["{a, select, other {".repeat(9) + "}}".repeat(9), "is nested deeper than 8"],
    ["{a, select, other {".repeat(100), expect.stringContaining("a { is not closed by a }")],
    ["{a}".repeat(201), "has more than 200 parts"],
  ];
  test.each(TEXTS)("%s: %s", (text, detail) => {
    expect(messageFaults(text)).toEqual([["/messages/en/k0", detail]]);
  });

  test("of every kind are taken", () => {
    expect(
      messageFaults(
        "it''s '{' <b>",
        "{n, plural, offset:1 =0 {none} one {#} other {{k, select, a {x} other {{d, date, ::yMMMdjm}}}}}",
        "{n, selectordinal, one {#st} other {#th}} {n, number} {n, number, integer} {n, number, ::.00 currency/EUR}",
        "{d, date} {d, date, full} {d, time} {d, time, short} {d, time, ::jmmz} {0} {ü}",
        `${"{a, select, other {".repeat(8)}${"}}".repeat(8)}`,
        "{a}".repeat(200),
      ),
    ).toEqual([]);
  });

  test("have so many styles of numbers and dates and no more, those that are there twice counted once", () => {
    expect(messageFaults(...Array.from({ length: 800 }, (_, at) => style(at % 400)).slice(0, 500))).toEqual([]);
    expect(messageFaults(...Array.from({ length: 402 }, (_, at) => style(at))).map(([pointer]) => pointer)).toEqual([
      "/messages/en/k400",
      "/messages/en/k401",
    ]);
  });

  test("tell at most twenty faults", () => {
    expect(faultsOf({ messages: { en: many(100, () => "{"), de: many(100, () => "{") } })).toHaveLength(20);
    expect(faultsOf({ messages: { en: {} }, text: '{{t "x"}}'.repeat(30) })).toHaveLength(20);
  });

  test("are found at fault soon", () => {
    const began = performance.now();
    expect(messageFaults("{".repeat(2000), `{a, plural, ${"=1{}".repeat(450)}}`, "'".repeat(2000))).toHaveLength(2);
    const all = ["en", "de", "bg", "fr", "it", "es", "pt", "pl", "cs", "sk"].map(
      (tag) => [tag, many(500, () => "{a}{b}{c}{d}{e}")] as const,
    );
    expect(faultsOf({ messages: Object.fromEntries(all) })).toEqual([]);
    expect(performance.now() - began).toBeLessThan(5000);
  });

  test("are in the published schema, with their bounds", () => {
    expect(publishedSchemas()["template/v1"]).toMatchObject({
      properties: {
        messages: {
          maxProperties: 40,
          propertyNames: { pattern: expect.any(String), maxLength: 35 },
          additionalProperties: {
            maxProperties: 500,
            propertyNames: { pattern: expect.any(String), maxLength: 64 },
            additionalProperties: { type: "string", maxLength: 2000 },
          },
        },
        defaultLocale: { type: "string" },
      },
    });
  });
});

describe("a call of a message", () => {
  const messages = {
    en: { plain: "a", disks: "{n, plural, one {# disk} other {# disks}} of {host}" },
    bg: { disks: "{n, plural, one {# диск} other {# диска}}", only: "x" },
  };
  const CALLS: readonly (readonly [text: string, told: Told])[] = [
    ['{{t "plain"}} {{t "disks" n=1 host=title more=2}} {{upper (t "plain" x=(t "plain"))}}', []],
    ["{{t badge.id}} {{t (lookup event 'type') n=1}} {{this.t}}", []],
    ['{{#each labels}}{{#if (eq (t "plain") "a")}}{{t "disks" n=1 host=name}}{{/if}}{{/each}}', []],
    ['a\n {{t "disk"}}', [["/text", 'line 2, column 2: there is no message "disk" in "en", the default locale']]],
    ['{{t "only"}}', [["/text", 'line 1, column 1: there is no message "only" in "en", the default locale']]],
    [
      '{{t "constructor"}}',
      [["/text", 'line 1, column 1: there is no message "constructor" in "en", the default locale']],
    ],
    ['{{upper (t "x")}}', [["/text", 'line 1, column 9: there is no message "x" in "en", the default locale']]],
    [
      '{{t "disks" n=1}}',
      [["/text", 'line 1, column 1: message "disks" of "en" needs "host", which is not given here']],
    ],
    [
      '{{t "disks" host=1}}',
      [["/text", 'line 1, column 1: message "disks" of "en" needs "n", which is not given here']],
    ],
    ["{{t}}", [["/text", 'line 1, column 1: "t" takes 1 arguments, not 0']]],
    ['{{t "plain" 1}}', [["/text", 'line 1, column 1: "t" takes 1 arguments, not 2']]],
    ['{{#t "plain"}}{{/t}}', [["/text", 'line 1, column 1: "t" is no block: {{t ...}}']]],
    ['{{t "plain" x=(foo 1)}}', [["/text", 'line 1, column 15: there is no helper "foo"']]],
    ['{{t "plain" constructor=1}}', [["/text", 'line 1, column 13: "constructor" cannot be named']]],
    ['{{t "plain" __proto__=1}}', [["/text", 'line 1, column 13: "__proto__" cannot be named']]],
    ['{{upper "plain" x=1}}', [["/text", "line 1, column 17: named arguments are not supported"]]],
    ["{{title x=1}}", [["/text", "line 1, column 9: named arguments are not supported"]]],
    [
      "{{foo (upper title x=1)}}",
      [
        ["/text", 'line 1, column 1: there is no helper "foo"'],
        ["/text", "line 1, column 20: named arguments are not supported"],
      ],
    ],
  ];
  test.each(CALLS)("%s", (text, told) => {
    expect(faultsOf({ messages, text })).toEqual(told);
  });

  test("goes by the default locale and its shorter form", () => {
    const all = { "de-AT": { a: "a" }, de: { b: "b" }, en: { c: "c" } };
    const text = '{{t "a"}}{{t "b"}}';
    expect(faultsOf({ messages: all, defaultLocale: "de-AT", text })).toEqual([]);
    expect(faultsOf({ messages: all, defaultLocale: "de", text })).toEqual([
      ["/text", 'line 1, column 1: there is no message "a" in "de", the default locale'],
    ]);
    expect(faultsOf({ messages: all, defaultLocale: "de-AT", html: '{{t "c"}}' })).toEqual([
      ["/html", 'line 1, column 1: there is no message "c" in "de-AT", the default locale'],
    ]);
  });

  test("of a template without messages, or without its default locale, is one fault", () => {
    expect(faultsOf({ subject: "{{t badge.id}}" })).toEqual([
      ["/subject", 'line 1, column 1: "t" needs "messages", and there are none'],
    ]);
    expect(faultsOf({ messages: { de: {} }, text: '{{t "a"}}' }).map(([pointer]) => pointer)).toEqual(["/messages"]);
  });

  test("a fault of it tells its place", () => {
    const template = Template.parse({ schema: "template/v1", id: "t", subject: "s", text: '\n{{t "x"}}', messages });
    expect(checkTemplate(template)).toEqual([
      {
        pointer: "/text",
        detail: 'line 2, column 1: there is no message "x" in "en", the default locale',
        line: 2,
        column: 1,
      },
    ]);
  });

  test("the shipped template with languages has no fault", () => {
    expect(checkTemplate(shippedTemplate("tmpl-event"))).toEqual([]);
  });
});
