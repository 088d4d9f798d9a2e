import * as fs from "node:fs";
import * as path from "node:path";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import type { Event } from "../../src/core/event.ts";
import { sha256Hex } from "../../src/core/hash.ts";
import { compileTemplate, payloadHash, render, type Rendered } from "../../src/core/render.ts";
import { BADGES, renderContext } from "../../src/core/render-context.ts";
import type { Template } from "../../src/core/template.ts";
import { deliveryOf, sampleEvent, sampleNames, shippedTemplate } from "../support/samples.ts";

const golden = path.join(import.meta.dirname, "../golden");
const SHIPPED = ["tmpl-event", "tmpl-critical"];

const template = (parts: Partial<Pick<Template, "subject" | "text" | "html">>): Template => ({
  schema: "template/v1",
  id: "t",
  channelTypes: ["email"],
  subject: "s",
  text: "t",
  ...parts,
});
const event = (given: Partial<Event> = {}): Event => ({ ...sampleEvent("01-disk-full"), ...given });
const renderWith = (parts: Parameters<typeof template>[0], given: Partial<Event> = {}): Rendered => {
  const told = event(given);
  return render(compileTemplate(template(parts)), renderContext("plant-7", deliveryOf(told), told));
};
const text = (source: string, given: Partial<Event> = {}): string => renderWith({ text: source }, given).text.trimEnd();

describe("the shipped templates", () => {
  const cases = SHIPPED.flatMap((id) => sampleNames().map((name) => [id, name] as const));

  test.each(cases)("%s tells of %s as its golden file says", async (id, name) => {
    const told = sampleEvent(name);
    const rendered = render(compileTemplate(shippedTemplate(id)), renderContext("plant-7", deliveryOf(told), told));
    const { subject, text: body, html = "" } = rendered;
    await expect(`Subject: ${subject}\nPayload: ${payloadHash(rendered)}\n\n${body}\n${html}`).toMatchFileSnapshot(
      path.join(golden, `${id}.${name}.txt`),
    );
  });

  test("there is a golden file for each, and none besides", () => {
    const files = fs.readdirSync(golden).filter((file) => SHIPPED.some((id) => file.startsWith(`${id}.`)));
    expect(files.toSorted()).toEqual(cases.map(([id, name]) => `${id}.${name}.txt`).toSorted());
  });

  test.each(SHIPPED)("%s tells in one line of what was swallowed before its event", (id) => {
    const told = event();
    const aggregate = { count: 4, openedAt: told.receivedAt - 12_000 };
    const rendering = (given?: typeof aggregate): Rendered =>
      render(compileTemplate(shippedTemplate(id)), renderContext("plant-7", deliveryOf(told), told, given));
    const line = "4 more events like this since 2026-11-20 07:30:53 UTC.";
    const { text: body, html = "" } = rendering(aggregate);
    expect(body).toContain(`\n\n${line}\n\n`);
    expect(html).toContain(`>${line}</td>`);
    expect(body.replace(`\n${line}\n`, "")).toBe(rendering().text);
    expect(rendering({ ...aggregate, count: 1 }).text).toContain("\n1 more event like this since");
  });

  test.each(SHIPPED)("%s survives an event that has next to nothing", (id) => {
    const { subject: _subject, time: _time, data: _data, ...rest } = event();
    const bare: Event = { ...rest, labels: {}, scope: {} };
    const {
      subject,
      text: body,
      html,
    } = render(compileTemplate(shippedTemplate(id)), renderContext("plant-7", deliveryOf(bare), bare));
    for (const part of [subject, body, html]) {
      expect(part).toContain("host.disk.full");
      expect(part).not.toMatch(/undefined|null|\[object/);
    }
  });

  test.each(SHIPPED)("%s escapes what an event says, and never says more than it may", (id) => {
    const hostile = event({
      labels: { '"><script>alert(1)</script>': "<img src=x onerror=alert(2)>" },
      subject: "a\r\nBcc: eve@example.org",
      data: {
        summary: "x\r\nBcc: eve\u2028\u0000\u202e",
        description: "<b>".repeat(100_000),
        huge: Object.fromEntries(Array.from({ length: 3000 }, (_, at) => [`k${at}`, "v"])),
      },
    });
    const {
      subject,
      text: body,
      html = "",
    } = render(compileTemplate(shippedTemplate(id)), renderContext("plant-7", deliveryOf(hostile), hostile));
    expect(subject).toMatch(/^[^\p{Cc}\u2028\u2029\u202a-\u202e]+$/u);
    expect(subject.length).toBeLessThanOrEqual(200);
    expect(html).not.toMatch(/<script|<img|<b>/);
    expect(body).toContain("more characters]");
    expect(body.length + html.length).toBeLessThan(310_000);
  });
});

/** Relative luminance of `#rrggbb`, as WCAG defines it. */
const luminance = (color: string): number => {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

describe("severities", () => {
  test.each(Object.values(BADGES))("$word: white on $color is readable (WCAG AA)", ({ color }) => {
    expect(1.05 / (luminance(color) + 0.05)).toBeGreaterThanOrEqual(4.5);
  });

  test("a resolved event says so, and how bad it was", () => {
    const rendered = renderWith(
      { subject: "{{badge.word}}/{{severity.word}}/{{isResolved}}" },
      { alertState: "resolved" },
    );
    expect(rendered.subject).toBe("Resolved/Critical/true");
    expect(renderWith({ subject: "{{badge.word}}/{{severity.word}}" }).subject).toBe("Critical/Critical");
  });
});

describe("what a template sees", () => {
  test.each([
    [{ summary: "one", message: "two" }, "one|two"],
    [{ title: "one", description: "two\nlines" }, "one|two\nlines"],
    [{ message: "one" }, "one|"],
    [{ summary: "  ", message: 3 }, "db-01:/var/lib/postgresql|"],
    [["no object"], "db-01:/var/lib/postgresql|"],
    [undefined, "db-01:/var/lib/postgresql|"],
  ])("title and message of data %j", (data, expected) => {
    const { data: _, ...rest } = event();
    const told: Event = data === undefined ? rest : { ...rest, data };
    const rendered = render(
      compileTemplate(template({ text: "{{title}}|{{message}}" })),
      renderContext("p", deliveryOf(told), told),
    );
    expect(rendered.text.trimEnd()).toBe(expected);
  });

  test("an alert's name stands in for a title", () => {
    expect(text("{{title}}", { labels: { alertname: "DiskFull" }, data: {} })).toBe("DiskFull");
    expect(text("[{{title}}]", { subject: "\u0007", type: " ", labels: {}, data: {} })).toBe("[ ]");
  });

  test("labels by name, plain data as details, who decided, and when", () => {
    expect(text("{{#each labels}}{{name}}={{value}};{{/each}} {{#each details}}{{name}}={{value}};{{/each}}")).toBe(
      "host=db-01;site-area=hall 2;team=platform; freePercent=0.4;mount=/var/lib/postgresql;",
    );
    expect(
      text("{{rule.id}} {{rule.ref}} {{action}} {{channel}} {{site}} {{tenant}} {{delivery.id}} {{time receivedAt}}"),
    ).toBe(
      "everything-high everything-high@0123456789ab high-mail ops-mail plant-7 default dl_01kafw9h7e0123456789abcdef 2026-11-20 07:31:05 UTC",
    );
  });

  test("what is left out shows", () => {
    const many = Object.fromEntries(Array.from({ length: 130 }, (_, at) => [`l${String(at).padStart(3, "0")}`, "x"]));
    expect(text("{{#each labels}}{{name}} {{value}};{{/each}}", { labels: many })).toMatch(/l099 x;… 30 more;$/);
    expect(text("{{event.data.list}}", { data: { list: Array.from({ length: 103 }, (_, at) => at) } })).toMatch(
      /,99,… 3 more$/,
    );
    expect(text("{{event.data.a}}", { data: { a: "x".repeat(5000) } })).toMatch(/^x{3999}… \[1000 more characters\]$/);
    expect(text("{{event.data}}", { data: { a: { a: { a: { a: { a: { a: { a: { a: 1 } } } } } } } } })).toContain(
      '"…"',
    );
    const wide = { data: Array.from({ length: 100 }, () => Array.from({ length: 100 }, () => [1])) };
    expect(text("{{json event.data}}", wide)).toContain("…");
  });

  test("an object prints as JSON, whatever its members are called", () => {
    const data = { toHTML: "x", toString: "y", valueOf: 1, b: [1, { c: null }], a: true, "bad\u202ename": 1 };
    expect(text("{{event.data}}", { data })).toBe('{"a":true,"b":[1,{"c":null}],"toString":"y","valueOf":1}');
    expect(renderWith({ html: "{{event.data}}" }, { data: { toHTML: "x", q: '"' } }).html).toBe(
      "{&quot;q&quot;:&quot;\\&quot;&quot;}",
    );
  });

  test("nothing inherited can be reached", () => {
    expect(
      text(
        "[{{event.hasOwnProperty}}{{event.labels.toString}}{{lookup event 'constructor'}}{{labels.map}}{{title.big}}]",
      ),
    ).toBe("[]");
  });

  test("a missing key is empty, at any depth", () => {
    expect(
      text(
        "[{{nope}}{{nope.a.b}}{{#each nope}}x{{/each}}{{#if nope.a}}x{{else}}y{{/if}}{{#with nope}}x{{/with}}{{time nope}}{{upper nope}}{{json nope}}{{truncate nope 3}}]",
      ),
    ).toBe("[y]");
  });
});

describe("helpers", () => {
  const CASES: readonly (readonly [string, string])[] = [
    ["{{#if (eq severity.id 'critical')}}yes{{/if}}", "yes"],
    ["{{#if (ne severity.id 'critical')}}yes{{else}}no{{/if}}", "no"],
    ["{{#if (and title labels)}}yes{{/if}}{{#if (and title nope)}}no{{/if}}", "yes"],
    ["{{or nope title}}|{{or nope nope}}", "Disk of db-01 is full|"],
    ["{{#if (not labels)}}no{{else}}yes{{/if}}", "yes"],
    [
      "{{default nope 'dash'}} {{default title 'dash'}} {{default event.data.freePercent 1}}",
      "dash Disk of db-01 is full 0.4",
    ],
    ["{{upper 'äß'}} {{lower 'ÄI'}}", "ÄSS äi"],
    ["{{truncate title 6}} {{truncate title 100}} {{truncate title 'x'}}", "Disk … Disk of db-01 is full …"],
    ["{{truncate '😀😀😀' 2}} {{truncate '😀😀' 3}}", "😀… 😀😀"],
    ["{{time 0}} {{time 'soon'}} {{time -5}}", "1970-01-01 00:00:00 UTC soon -5"],
    ["{{json event.scope}}", '{\n  "namespace": "plant",\n  "resource": "db-01"\n}'],
    ["{{lookup event.labels 'site-area'}}", "hall 2"],
    ["{{#each labels}}{{@index}}{{#if @first}}f{{/if}}{{#if @last}}l{{/if}} {{/each}}", "0f 1 2l"],
    ["{{#each event.scope}}{{@key}}={{this}} {{/each}}", "namespace=plant resource=db-01"],
    [
      "{{#each labels as |label at|}}{{at}}{{label.name}} {{@root.site}} {{../site}};{{/each}}",
      "0host plant-7 plant-7;1site-area plant-7 plant-7;2team plant-7 plant-7;",
    ],
    ["{{#unless nope}}yes{{/unless}}", "yes"],
    ["{{default (eq 1 1) 'x'}} {{default (eq 1 2) 'x'}} {{default 0 'x'}}", "true false 0"],
  ];
  test.each(CASES)("%s", (source, expected) => {
    expect(text(source)).toBe(expected);
  });
});

describe("rendering", () => {
  test("the same context gives the same bytes, and the order of keys in the event does not matter", () => {
    const compiled = compileTemplate(shippedTemplate("tmpl-event"));
    const told = sampleEvent("01-disk-full");
    const turned: Event = { ...told, labels: Object.fromEntries(Object.entries(told.labels).toReversed()) };
    const once = render(compiled, renderContext("p", deliveryOf(told), told));
    expect(render(compiled, renderContext("p", deliveryOf(turned), turned))).toEqual(once);
    expect(render(compileTemplate(shippedTemplate("tmpl-event")), renderContext("p", deliveryOf(told), told))).toEqual(
      once,
    );
  });

  test("the subject is one line whatever the template says", () => {
    expect(renderWith({ subject: "a\n\tb {{event.subject}}\n" }, { subject: "x\u0085y\u0007z" }).subject).toBe(
      "a b x yz",
    );
    expect(renderWith({ subject: "x".repeat(300) }).subject).toBe(`${"x".repeat(199)}…`);
  });

  test("a list without end is cut, and says so", () => {
    const data = { list: Array.from({ length: 100 }, (_, at) => at) };
    const loops =
      "{{#each event.data.list}}{{#each ../event.data.list}}{{#each ../../event.data.list}}x{{/each}}{{/each}}{{/each}}";
    const rendered = renderWith({ text: loops, html: `<p>${loops}</p>` }, { data });
    expect(rendered.text.length).toBeLessThan(6000);
    expect(rendered.text).toContain("[cut here: a list is longer than 5000 rounds]");
    expect(rendered.html).toMatch(/^<pre>x/);
    const wide = renderWith({ text: `{{#each event.data.list}}${"y".repeat(20_000)}{{/each}}` }, { data });
    expect(wide.text).toMatch(/\[cut here: \d+ more characters\]\n$/);
    expect(wide.text.length).toBeLessThan(100_100);
  });

  test("HTML that is too long gives way to the text", () => {
    const data = { list: Array.from({ length: 100 }, (_, at) => at) };
    const html = `{{#each event.data.list}}<p>${"z".repeat(3000)}</p>{{/each}}`;
    expect(renderWith({ text: "a < b", html }, { data }).html).toBe("<pre>a &lt; b</pre>\n");
  });

  test("a template that fails while it renders has its own error", () => {
    const broken = {
      ...compileTemplate(template({})),
      text: (): string => {
        throw new TypeError("x");
      },
    };
    expect(() => render(broken, renderContext("p", deliveryOf(event()), event()))).toThrow(
      expect.objectContaining({ name: "CoreError", code: "render-failed" }),
    );
  });

  test("a template with a fault is not compiled", () => {
    expect(() => compileTemplate(template({ text: "{{> x}}" }))).toThrow(
      expect.objectContaining({
        name: "CoreError",
        code: "bad-template",
        message: "t/text: line 1, column 1: partials are not supported",
      }),
    );
  });

  test("the payload is SHA-256 over RFC 8785 of the parts", () => {
    expect(payloadHash({ subject: "s", text: "t\n" })).toBe(sha256Hex('{"subject":"s","text":"t\\n"}'));
    expect(payloadHash({ subject: "s", text: "t", html: "<p>" })).toBe(
      sha256Hex(canonicalJson({ html: "<p>", subject: "s", text: "t" })),
    );
  });
});
