import { describe, expect, test } from "vitest";
import { z } from "zod";
import { type ContentFile, assembleContent } from "../../src/core/kit-spec.ts";
import { checkObject } from "../../src/core/objects.ts";

const PARTS = { "templates/mail/subject.hbs": "S\n", "templates/mail/text.hbs": '{{t "a"}}\n' };
const assembled = (files: Readonly<Record<string, string>>): ContentFile[] =>
  assembleContent((name) => Buffer.from(files[name] ?? ""), Object.keys(files));

describe("a template's folder in a kit's source", () => {
  test("holds its messages, one file a language", () => {
    const [file, ...others] = assembled({
      ...PARTS,
      "templates/mail/locales/en.json": '{ "b": "B",\n"a": "\\u0041" }',
      "templates/mail/locales/bg-BG.json": '{ "a": "А" }',
      "templates/mail/meta.json": '{ "purpose": "digest", "defaultLocale": "en" }',
    });
    expect(others).toEqual([]);
    expect([file?.path, file?.role]).toEqual(["content/templates/_/mail.json", "object"]);
    const text = String(Buffer.from(file?.bytes ?? new Uint8Array()));
    expect(text).toBe(
      '{"defaultLocale":"en","id":"mail","messages":{"bg-BG":{"a":"А"},"en":{"a":"A","b":"B"}},"purpose":"digest",' +
        '"schema":"template/v1","subject":"S","text":"{{t \\"a\\"}}\\n"}',
    );
    expect(checkObject("templates", "mail", z.json().parse(JSON.parse(text)))).toMatchObject({ ok: true });
  });

  test("may hold them in its meta.json", () => {
    const [file] = assembled({ ...PARTS, "templates/mail/meta.json": '{ "messages": { "en": { "a": "A" } } }' });
    expect(String(Buffer.from(file?.bytes ?? new Uint8Array()))).toContain('"messages":{"en":{"a":"A"}}');
  });

  const REFUSED: readonly (readonly [name: string, files: Readonly<Record<string, string>>, detail: string])[] = [
    ["a file of locales that is no JSON", { "locales/en.json": "{" }, "locales/en.json"],
    ["a list of messages", { "locales/en.json": "[]" }, "is no JSON object"],
    ["a key that is there twice", { "locales/en.json": '{"a": "1", "a": "2"}' }, "locales/en.json"],
    ["another file among the locales", { "locales/README.md": "x" }, "locales/README.md is no part of a template"],
    [
      "messages in two places",
      { "locales/en.json": "{}", "meta.json": '{ "messages": {} }' },
      "templates/mail/ holds messages in meta.json and in locales/: keep those in locales/",
    ],
  ];
  test.each(REFUSED)("with %s is refused", (_name, files, detail) => {
    const more = Object.fromEntries(Object.entries(files).map(([name, text]) => [`templates/mail/${name}`, text]));
    expect(() => assembled({ ...PARTS, ...more })).toThrow(
      expect.objectContaining({ code: "CONTENT_INVALID", message: expect.stringContaining(detail) }),
    );
  });

  test("with nothing but messages is refused", () => {
    expect(() => assembled({ "templates/mail/locales/en.json": "{}" })).toThrow(
      expect.objectContaining({ code: "CONTENT_INVALID" }),
    );
  });
});
