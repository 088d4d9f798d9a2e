/**
 * Label matchers: Alertmanager's strings, its semantics. A label that is missing is the empty text, and a regular
 * expression describes all of a value.
 * @module
 */
import type { z } from "zod";
import { CoreError } from "./error.ts";
import {
  listFault,
  type MatcherFault,
  type MatcherOp,
  type MatcherParts,
  readClassicMatcher,
  readUtf8Matcher,
} from "./label-grammar.ts";
import { Text } from "./object.ts";
import { placeOf } from "./place.ts";
import { compileRegex } from "./regex.ts";

const MAX_TEXT = 8192;
const MAX_PATTERN = 1024;

/** A matcher of one label. */
export interface LabelMatcher {
  readonly name: string;
  readonly op: MatcherOp;
  readonly value: string;
  /** Whether a value of the label passes. */
  readonly test: (value: string) => boolean;
}

/** The text of one matcher; refused with the place (characters from 1) and the reason. */
export const MatcherText: z.ZodType<string> = Text(MAX_TEXT).superRefine((text, context) => {
  const read = readMatcher(text);
  if (!("detail" in read)) return;
  const place = placeOf(text, read.at);
  context.addIssue({ code: "custom", message: `not a matcher, at character ${place}: ${read.detail}` });
});

/** The matcher of a text that its schema accepted; another one throws `bad-matcher`. */
export function parseMatcher(text: string): LabelMatcher {
  const read = readMatcher(text);
  if ("detail" in read) throw new CoreError("bad-matcher", `not a matcher: ${read.detail}`);
  return read;
}

/** Matchers of texts that their schema accepted, in their order. */
export function parseMatchers(texts: readonly string[]): readonly LabelMatcher[] {
  return texts.map(parseMatcher);
}

/** Whether labels pass a matcher. */
export function matcherMatches(matcher: LabelMatcher, labels: Readonly<Record<string, string>>): boolean {
  return matcher.test(labelValue(labels, matcher.name));
}

/** The value of a label; the empty text where it is missing. */
export function labelValue(labels: Readonly<Record<string, string>>, name: string): string {
  return Object.hasOwn(labels, name) ? (labels[name] ?? "") : "";
}

function readMatcher(text: string): LabelMatcher | MatcherFault {
  const list = listFault(text);
  if (list !== undefined) return list;
  const utf8 = readUtf8Matcher(text);
  const classic = readClassicMatcher(text);
  if (classic === undefined || isSame(utf8, classic)) return build(utf8);
  const built = build(classic);
  return "detail" in built ? build(utf8) : built;
}

function isSame(a: MatcherParts | MatcherFault, b: MatcherParts): boolean {
  return !("detail" in a) && a.name === b.name && a.op === b.op && a.value === b.value;
}

function build(parts: MatcherParts | MatcherFault): LabelMatcher | MatcherFault {
  if ("detail" in parts) return parts;
  const { name, op, value, valueAt } = parts;
  if (name === "") return { at: 0, detail: "a label's name cannot be empty" };
  if (op === "=") return { name, op, value, test: (seen) => seen === value };
  if (op === "!=") return { name, op, value, test: (seen) => seen !== value };
  if (value.length > MAX_PATTERN)
    return { at: valueAt, detail: `the pattern is longer than ${MAX_PATTERN} characters` };
  const compiled = compileRegex(value);
  if (!compiled.ok)
    return {
      at: valueAt,
      detail: `character ${placeOf(value, compiled.fault.at)} of the pattern: ${compiled.fault.detail}`,
    };
  const { exact } = compiled.regex;
  return { name, op, value, test: op === "=~" ? exact : (seen) => !exact(seen) };
}
