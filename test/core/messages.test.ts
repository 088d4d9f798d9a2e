import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { compileTemplate, payloadHash, render, type Rendered } from "../../src/core/render.ts";
import { renderContext } from "../../src/core/render-context.ts";
import type { Speech } from "../../src/core/render-messages.ts";
import { Template } from "../../src/core/template.ts";
import { renderedEverywhere, SPEECHES } from "../support/locales.ts";
import { deliveryOf, sampleEvent, sampleNames, shippedTemplate } from "../support/samples.ts";

type Messages = Readonly<Record<string, Readonly<Record<string, string>>>>;
const told = sampleEvent("01-disk-full");
const event = (given: Partial<typeof told>): typeof told => ({ ...told, ...given });
const templateOf = (text: string, messages: Messages, more: Partial<Template> = {}): Template =>
  Template.parse({ schema: "template/v1", id: "t", subject: "s", text, messages, ...more });
const speech = (given: Partial<Speech> = {}): Speech => ({ locale: "en", fallback: "en", zone: "UTC", ...given });
const rendered = (template: Template, to: Speech = speech(), of = told): Rendered =>
  render(compileTemplate(template), renderContext("plant-7", deliveryOf(of), of), to);
const textOf = (text: string, messages: Messages, to: Speech = speech(), of = told): string =>
  rendered(templateOf(text, messages), to, of).text.trimEnd();

describe("a message is found by its key", () => {
  const messages = {
    en: { a: "en a", b: "en b", c: "en c", d: "en d", e: "en e" },
    "bg-BG": { a: "bg-BG a" },
    bg: { a: "bg a", b: "bg b" },
    "fr-CA": { a: "fr-CA a", b: "fr-CA b", c: "fr-CA c" },
    fr: { d: "fr d" },
    de: { a: "de a", b: "de b", c: "de c", d: "de d", e: "de e" },
  };
  const text = '{{t "a"}}, {{t "b"}}, {{t "c"}}, {{t "d"}}, {{t "e"}}';
  const CASES: readonly (readonly [locale: string, fallback: string, standard: string | undefined, text: string])[] = [
    ["bg-BG", "fr-CA", undefined, "bg-BG a, bg b, fr-CA c, fr d, en e"],
    ["bg-BG", "fr-CA", "de", "bg-BG a, bg b, fr-CA c, fr d, de e"],
    ["bg-BG", "en", undefined, "bg-BG a, bg b, en c, en d, en e"],
    ["BG-bg", "en", undefined, "bg-BG a, bg b, en c, en d, en e"],
    ["bg-BG-abcde", "en", undefined, "bg-BG a, bg b, en c, en d, en e"],
    ["bg-MK", "xx", "de", "bg a, bg b, de c, de d, de e"],
    ["fr", "bg", undefined, "bg a, bg b, en c, fr d, en e"],
    ["de-AT", "bg", undefined, "de a, de b, de c, de d, de e"],
    ["xx", "xx", undefined, "en a, en b, en c, en d, en e"],
    ["xx-ab-ab", "no-12", undefined, "en a, en b, en c, en d, en e"],
    ["enx", "de", undefined, "de a, de b, de c, de d, de e"],
  ];
  test.each(CASES)("in %s, of a tenant of %s, with the default %s: %s", (locale, fallback, standard, expected) => {
    const more = standard === undefined ? {} : { defaultLocale: standard };
    expect(rendered(templateOf(text, messages, more), speech({ locale, fallback })).text.trimEnd()).toBe(expected);
  });

  test("a key that no language has shows itself, and the rest of the message is there", () => {
    const of = event({ labels: { key: "a", gone: "no.such.key", own: "constructor" } });
    expect(
      textOf(
        "{{t event.labels.key}}, {{t event.labels.gone}}, {{t event.labels.own}}, {{t receivedAt}}, {{t none}}.",
        messages,
        speech(),
        of,
      ),
    ).toBe("en a, [no.such.key], [constructor], [1795159865000], [].");
    expect(textOf("{{t event.labels.key}}", messages, speech(), event({ labels: { key: "k".repeat(300) } }))).toBe(
      `[${"k".repeat(199)}…]`,
    );
  });

  test("a template that is rendered next does not find the messages of the one before", () => {
    const speaking = templateOf('{{t "a"}}', messages);
    expect(rendered(speaking).text).toBe("en a\n");
    const { messages: _, ...without } = speaking;
    const compiled = compileTemplate({ ...without, text: "{{title}}" });
    expect(render(compiled, renderContext("p", deliveryOf(told), told)).text).toBe("Disk of db-01 is full\n");
    expect(rendered(speaking, speech({ locale: "bg" })).text).toBe("bg a\n");
  });

  test("many languages and zones of one template are told each their own", () => {
    const compiled = compileTemplate(templateOf('{{t "a"}}', messages));
    const context = renderContext("p", deliveryOf(told), told);
    for (let round = 0; round < 2; round++) {
      for (let at = 0; at < 40; at++) {
        const to = speech({ locale: at % 2 === 0 ? "bg" : "de", fallback: `xx-${at + 10}` });
        expect(render(compiled, context, to).text).toBe(at % 2 === 0 ? "bg a\n" : "de a\n");
      }
    }
  });
});

describe("a message is formatted", () => {
  const AT = told.receivedAt; // 2026-11-20 07:31:05 UTC
  const shown = (message: string, value: unknown, to: Partial<Speech> = {}): string => {
    const tag = to.locale ?? "en";
    return textOf('{{t "m" x=event.data.x}}', { en: { m: message }, [tag]: { m: message } }, speech(to), {
      ...told,
      data: z.json().parse({ x: value }),
    });
  };
  const COUNT = "{x, plural, =0 {none} one {# disk} other {# disks}}";
  const CASES: readonly (readonly [message: string, value: unknown, shown: string, to?: Partial<Speech>])[] = [
    ["[{x}]", "a", "[a]"],
    ["[{x}]", 3.5, "[3.5]"],
    ["[{x}]", true, "[true]"],
    ["[{x}]", null, "[]"],
    ["[{x}]", { a: [1] }, '[{"a":[1]}]'],
    ["{x, select, true {yes} other {no}}", true, "yes"],
    ["{x, select, true {yes} other {no}}", null, "no"],
    ["{x, select, toString {yes} other {no}}", "constructor", "no"],
    [COUNT, 0, "none"],
    [COUNT, 1, "1 disk"],
    [COUNT, 1234, "1,234 disks"],
    [COUNT, 1234, "1.234 disks", { locale: "de" }],
    [COUNT, "1", "1 disk"],
    [COUNT, "12.5", "12.5 disks"],
    [COUNT, "many", "? disks"],
    [COUNT, "", "? disks"],
    [COUNT, "0x10", "? disks"],
    [COUNT, null, "? disks"],
    [COUNT, true, "? disks"],
    ["{x}: {x, plural, other {#}}", "many", "many: ?"],
    ["{x, plural, offset:1 one {a and # more} other {a and # more}}", 3, "a and 2 more"],
    ["{x, selectordinal, one {#st} two {#nd} few {#rd} other {#th}}", 22, "22nd"],
    ["{x, plural, one {# ден} other {# дни}}", 2, "2 дни", { locale: "bg" }],
    ["{x, plural, one {#} few {# few} many {# many} other {#}}", 5, "5 many", { locale: "pl" }],
    ["{x, number}", 1234.5, "1,234.5"],
    ["{x, number}", "1234.5", "1,234.5"],
    ["{x, number}", "about ten", "about ten"],
    ["{x, number}", null, ""],
    ["{x, number, integer}", 2.5, "3"],
    ["{x, number, ::scale/100}", 0.5, "50"],
    ["{x, number, ::scale/100}", "a half", "?"],
    ["{x, number, ::.00}", 1, "1,00", { locale: "de" }],
    ["{x, date, medium}", AT, "Nov 20, 2026"],
    ["{x, date, short}", AT, "20/11/26", { locale: "en-GB" }],
    ["{x, date, long}", AT, "20. November 2026", { locale: "de-AT" }],
    ["{x, date}", AT, "20.11.2026 г.", { locale: "bg" }],
    ["{x, date, ::yyyyMMdd}", Date.UTC(2026, 10, 20, 23), "11/21/2026", { zone: "Asia/Tokyo" }],
    ["{x, date, ::yyyyMMdd}", Date.UTC(2026, 10, 20, 23), "11/20/2026"],
    ["{x, time, ::Hmm}", AT, "09:31", { zone: "Europe/Sofia" }],
    ["{x, time, ::Hmm}", Date.UTC(2026, 5, 20, 7, 31), "10:31", { zone: "Europe/Sofia" }],
    ["{x, time, ::Hmm}", "2026-11-20T06:12:00+02:00", "04:12"],
    ["{x, date}", "yesterday", "yesterday"],
    ["{x, date}", null, ""],
    ["{x, date}", -1, "-1"],
    ["{x, date}", 1e300, "1e+300"],
    ["{x, date}", [], "[]"],
    ["it''s '{x}' <b>{x}</b> #", "a", "it's {x} <b>a</b> #"],
    ["", "a", ""],
  ];
  test.each(CASES.map(([message, value, expected, to = {}]) => ({ message, value, expected, to })))(
    "$message of $value: $expected $to",
    ({ message, value, expected, to }) => {
      expect(shown(message, value, to)).toBe(expected);
    },
  );

  test("with no argument that is inherited", () => {
    expect(textOf('{{t "m" x=title constructor2=1}}', { en: { m: "{x}" } })).toBe("Disk of db-01 is full");
    const compiled = compileTemplate(templateOf("{{t event.labels.k}}", { en: { m: "[{toString}{__proto__}]" } }));
    const of = event({ labels: { k: "m" } });
    expect(render(compiled, renderContext("p", deliveryOf(of), of), speech()).text).toBe("[]\n");
  });

  test("escaped with its arguments in html, as it is in text, as a value in calls", () => {
    const of = event({ data: { x: '<img src="x">' } });
    const call = '{{t "m" x=event.data.x}}{{#if (eq (t "k") "K")}}!{{/if}} {{upper (t "k2")}}';
    const template = templateOf(call, { en: { m: "<b>{x}</b>", k: "K", k2: "&k" } }, { html: call });
    const { text, html } = rendered(template, speech(), of);
    expect(text).toBe('<b><img src="x"></b>! &K\n');
    expect(html).toBe("&lt;b&gt;&lt;img src&#x3D;&quot;x&quot;&gt;&lt;/b&gt;! &amp;K");
  });

  test("bounded: a long one is cut, and so is what calls without end would make", () => {
    const x = "x".repeat(4000);
    const of = event({ data: { x, list: Array.from({ length: 100 }, (_, at) => at) } });
    const once = textOf('{{t "m" x=event.data.x}}', { en: { m: "{x}{x}{x}" } }, speech(), of);
    expect(once).toBe(`${"x".repeat(9999)}…`);
    const mixed = textOf('{{t "m" x=event.data.x n=1}}', { en: { m: "{x}{x}{n, number}{x}" } }, speech(), of);
    expect(mixed).toHaveLength(10_000);
    const message = "{n, plural, other {}}".repeat(90);
    const calls = '{{#each event.data.list}}{{#each ../event.data.list}}{{t "m" n=1}}{{/each}}{{/each}}.';
    const began = performance.now();
    const { text, html } = rendered(
      templateOf(calls, { en: { m: message } }, { html: `<p>${calls}</p>` }),
      speech(),
      of,
    );
    expect(text).toBe(".\n\n[cut here: messages have more than 100000 parts]\n");
    expect(html).toBe("<pre>.\n\n[cut here: messages have more than 100000 parts]</pre>\n");
    expect(performance.now() - began).toBeLessThan(5000);
  });
});

describe("the shipped template with languages", () => {
  const golden = path.join(import.meta.dirname, "../golden");
  const shipped = shippedTemplate("tmpl-event");
  const LOCALES = { bg: ["bg-BG", "Europe/Sofia"], de: ["de", "Europe/Vienna"] } as const;
  const cases = (["bg", "de"] as const).flatMap((tag) => sampleNames().map((name) => [tag, name] as const));

  test.each(cases)("tells in %s of %s as its golden file says", async (tag, name) => {
    const [locale, zone] = LOCALES[tag];
    const { subject, text, html = "" } = rendered(shipped, speech({ locale, zone }), sampleEvent(name));
    await expect(`Subject: ${subject}\n\n${text}\n${html}`).toMatchFileSnapshot(
      path.join(golden, `${tag}.tmpl-event.${name}.txt`),
    );
  });

  test("has every message in each language, and shows no key", () => {
    const keys = Object.entries(shipped.messages ?? {}).map(([tag, bundle]) => [tag, Object.keys(bundle).toSorted()]);
    expect(keys.map(([tag]) => tag)).toEqual(["bg", "de", "en"]);
    expect(new Set(keys.map(([, all]) => String(all))).size).toBe(1);
    for (const severity of ["critical", "high", "medium", "low", "info"] as const) {
      const of = event({ severity });
      const { subject, text } = rendered(shipped, speech({ locale: "bg" }), of);
      expect(`${subject}\n${text}`).not.toMatch(/\[[a-z]/);
    }
  });

  test("is in English where nothing else is asked for", () => {
    expect(rendered(shipped)).toEqual(
      render(compileTemplate(shipped), renderContext("plant-7", deliveryOf(told), told)),
    );
    expect(rendered(shipped).html).toContain('<html lang="en">');
    expect(rendered(shipped, speech({ locale: "bg-BG" })).html).toContain('<html lang="bg">');
    expect(rendered(shipped, speech({ locale: "fr", fallback: "de-CH" })).html).toContain('<html lang="de">');
  });
});

describe("rendering is the same everywhere", () => {
  const run = promisify(execFile);
  const CHILD = path.join(import.meta.dirname, "../support/locale-child.ts");
  const inProcess = async (env: Readonly<Record<string, string>>): Promise<unknown> =>
    JSON.parse((await run(process.execPath, [CHILD], { env })).stdout);

  test("in processes of other zones and locales", async () => {
    const here = renderedEverywhere();
    const all = await Promise.all([
      inProcess({ TZ: "UTC", LANG: "C", LC_ALL: "C" }),
      inProcess({ TZ: "Australia/Lord_Howe", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8" }),
      inProcess({ TZ: "America/St_Johns", LANG: "ar_EG.UTF-8", LC_ALL: "ar_EG.UTF-8", LANGUAGE: "ar" }),
    ]);
    expect(all).toEqual([here, here, here]);
    expect(new Set(here.map(payloadHash)).size).toBeGreaterThan(SPEECHES.length);
  });

  test("without a look at the clock", () => {
    const here = renderedEverywhere();
    vi.useFakeTimers({ now: 7, toFake: ["Date", "performance"] });
    try {
      expect(renderedEverywhere()).toEqual(here);
    } finally {
      vi.useRealTimers();
    }
  });
});

test("there is a golden file for each language and sample, and none besides", () => {
  const files = fs.readdirSync(path.join(import.meta.dirname, "../golden")).filter((file) => /^(?:bg|de)\./.test(file));
  expect(files).toHaveLength(2 * sampleNames().length);
});
