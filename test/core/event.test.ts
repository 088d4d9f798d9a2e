import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import { correlationKey, SEVERITIES, severityOf, severityRank } from "../../src/core/event.ts";
import { sha256Hex } from "../../src/core/hash.ts";
import { input } from "../support/objects.ts";

test.each([
  ["warning", "medium"],
  ["ERROR", "high"],
  ["Critical", "critical"],
  ["info", "info"],
  ["emerg", "critical"],
  ["notice", "low"],
  ["loud", undefined],
])("%s means %s", (word, severity) => {
  expect(severityOf(word)).toBe(severity);
});

test("severities rank from info to critical", () => {
  expect(SEVERITIES.map(severityRank)).toEqual([0, 1, 2, 3, 4]);
});

test("the correlation key is the one given", () => {
  expect(correlationKey(input("1"), "mine")).toBe("mine");
});

test("without labels and subject, the key is that of source, type and scope", () => {
  const event = input("1", { scope: { resource: "sda1" } });
  expect(correlationKey(event, undefined)).toBe(
    sha256Hex(canonicalJson({ scope: { resource: "sda1" }, source: event.source, type: event.type })),
  );
});

test("with labels or a subject, the key is RFC 8785 of source, subject and labels", () => {
  const text = fc.string({ unit: "grapheme" });
  fc.assert(
    fc.property(fc.dictionary(text, text), fc.option(text, { nil: undefined }), text, (labels, subject, source) => {
      if (subject === undefined && Object.keys(labels).length === 0) return;
      const event = input("1", { labels, source, ...(subject === undefined ? {} : { subject }) });
      const about = { labels, source, ...(subject === undefined ? {} : { subject }) };
      expect(correlationKey(event, undefined)).toBe(sha256Hex(canonicalJson(about)));
    }),
  );
});
