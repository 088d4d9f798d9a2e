import { describe, expect, test } from "vitest";
import { checkTemplate } from "../../src/core/render-check.ts";
import type { Template } from "../../src/core/template.ts";
import { shippedTemplate } from "../support/samples.ts";

const template = (text: string, html?: string): Template => ({
  schema: "template/v1",
  id: "t",
  channelTypes: ["email"],
  subject: "s",
  text,
  ...(html === undefined ? {} : { html }),
});

const REFUSED: readonly (readonly [source: string, words: string, line: number, column: number])[] = [
  ["{{foo 1}}", 'there is no helper "foo"', 1, 1],
  ["a\n  {{#if (foo 1)}}{{/if}}", 'there is no helper "foo"', 2, 9],
  ["{{#foo}}{{/foo}}", 'there is no helper "foo"', 1, 1],
  ["{{helperMissing 1}}", 'there is no helper "helperMissing"', 1, 1],
  ["{{#blockHelperMissing 1}}{{/blockHelperMissing}}", 'there is no helper "blockHelperMissing"', 1, 1],
  ["{{log 'x'}}", 'there is no helper "log"', 1, 1],
  ["{{{{raw}}}} {{{{/raw}}}}", 'there is no helper "raw"', 1, 1],
  ["{{> part}}", "partials are not supported", 1, 1],
  ["{{> (lookup . 'part')}}", "partials are not supported", 1, 1],
  ["{{#> part}}{{/part}}", "partials are not supported", 1, 1],
  ["{{#*inline 'a'}}{{/inline}}", "inline partials and decorators are not supported", 1, 1],
  ["{{* foo}}", "decorators are not supported", 1, 1],
  ["{{event.__proto__.x}}", '"__proto__" cannot be named', 1, 3],
  ["{{this.constructor}}", '"constructor" cannot be named', 1, 3],
  ["{{#with event as |x|}}{{x.prototype}}{{/with}}", '"prototype" cannot be named', 1, 25],
  ["{{../../../../../../../a}}", "goes up more than 6 levels", 1, 3],
  ["{{a.b.c.d.e.f.g.h.i.j.k.l.m}}", "has more than 12 names", 1, 3],
  ["{{@level}}", "there is no @level", 1, 3],
  ["{{@partial-block}}", "there is no @partial-block", 1, 3],
  ["{{#each a x=1}}{{/each}}", "named arguments are not supported", 1, 11],
  ["{{if}}", '"if" is a block: {{#if ...}}', 1, 1],
  ["{{#eq 1 2}}{{/eq}}", '"eq" is no block: {{eq ...}}', 1, 1],
  ["{{eq 1}}", '"eq" takes 2 arguments, not 1', 1, 1],
  ["{{#if}}{{/if}}", '"if" takes 1 arguments, not 0', 1, 1],
  ["{{and 1}}", '"and" takes 2 to 8 arguments, not 1', 1, 1],
  ["{{'text'}}", "only a name can stand here", 1, 1],
  ["{{#if a}}\n{{/each}}", "if doesn't match each", 1, 4],
];

describe("checkTemplate", () => {
  test.each(REFUSED)("%s: %s", (source, words, line, column) => {
    const [fault] = checkTemplate(template(source));
    expect(fault).toEqual({ pointer: "/text", detail: `line ${line}, column ${column}: ${words}`, line, column });
  });

  test("a fault of the parser names its line", () => {
    const [fault] = checkTemplate(template("fine\n{{#if"));
    expect(fault).toMatchObject({ pointer: "/text", line: 2 });
    expect(fault?.detail).toMatch(/^line 2: Expecting/);
    expect(fault).not.toHaveProperty("column");
  });

  const BOUNDS: readonly (readonly [name: string, source: string, words: string])[] = [
    ["blocks in blocks", "{{#if a}}".repeat(25) + "{{/if}}".repeat(25), "is nested deeper than 40"],
    ["blocks that are never closed", "{{#if a}}".repeat(7000), "is nested deeper than 40"],
    ["inverse blocks", "{{~^if a}}".repeat(6000), "is nested deeper than 40"],
    ["3,500 closed blocks", "{{#if a}}".repeat(3500) + "{{/if}}".repeat(3500), "is nested deeper than 40"],
    ["calls in calls", `{{#if ${"(not ".repeat(60)}a${")".repeat(60)}}}{{/if}}`, "is nested deeper than 40"],
    ["calls that are never closed", `{{#if ${"(not ".repeat(10_000)}`, "is nested deeper than 40"],
    ["chains of else", `{{#if a}}${"{{else if b}}".repeat(4000)}{{/if}}`, "is nested deeper than 40"],
    ["many values", "{{a}}".repeat(9000), "has more than 4000 parts"],
    ["many arguments", `{{or ${"a ".repeat(30_000)}}}`, "arguments, not 30000"],
    ["a long name", `{{${"a.".repeat(30_000)}b}}`, "has more than 12 names"],
    ["an open string", `{{lookup a "${"x".repeat(60_000)}`, "Expecting"],
    ["comments that are never closed", "{{!--".repeat(12_000), "line 1"],
    ["braces", "{".repeat(64_000), "Expecting"],
  ];
  test.each(BOUNDS)("%s are refused, and soon", (_name, source, words) => {
    const began = performance.now();
    expect(checkTemplate(template(source))[0]?.detail).toContain(words);
    expect(performance.now() - began).toBeLessThan(2000);
  });

  test("a template of the usual depth is not refused", () => {
    const nested = `${"{{#if a}}{{^}}".repeat(12)}x${"{{/if}}".repeat(12)}{{#if a}}${"{{else if b}}".repeat(5)}{{/if}}\\{{#x (((`;
    expect(checkTemplate(template(nested))).toEqual([]);
  });

  test("at most twenty faults are told", () => {
    expect(checkTemplate(template("{{foo 1}}".repeat(50)))).toHaveLength(20);
  });

  test("each part is checked, unescaped output only where it matters", () => {
    const faults = checkTemplate({ ...template("{{{a}}} {{&a}}", "{{{a}}}\n {{&a}}"), subject: "{{foo 1}}" });
    expect(faults.map(({ pointer, line }) => [pointer, line])).toEqual([
      ["/subject", 1],
      ["/html", 1],
      ["/html", 2],
    ]);
  });

  test("the shipped templates have no fault", () => {
    for (const id of ["tmpl-event", "tmpl-critical", "tmpl-digest-hourly", "tmpl-digest-daily"])
      expect(checkTemplate(shippedTemplate(id))).toEqual([]);
  });
});
