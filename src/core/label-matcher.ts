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
import { compileRegex, type Regex } from "./regex.ts";

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
  if ("detail" in read) throw badMatcher(read);
  return matcherOf(read);
}

/** Matchers of texts that their schema accepted, in their order. */
export function parseMatchers(texts: readonly string[]): readonly LabelMatcher[] {
  return texts.map(parseMatcher);
}

/** The same of texts that are kept: a pattern is compiled when the first value is held against it. */
export function keptMatchers(texts: readonly string[]): readonly LabelMatcher[] {
  return texts.map((text) => matcherOf(matcherParts(text)));
}

/** Name, operator and value of a text that its schema accepted; its pattern is compiled only where two readings are left. */
export function matcherParts(text: string): MatcherParts {
  const [first, second] = readingsOf(text);
  if (second === undefined && "detail" in first) throw badMatcher(first);
  const isFirst = second === undefined || "detail" in second || faultOf(first) === undefined;
  const read = isFirst ? first : second;
  if ("detail" in read) throw badMatcher(read);
  return read;
}

/** The patterns that a text may make compile; none where it is no matcher. */
export function matcherPatterns(text: string): readonly string[] {
  return readingsOf(text).flatMap((read) =>
    read === undefined || "detail" in read || !isPattern(read) || read.value.length > MAX_PATTERN ? [] : [read.value],
  );
}

/** Whether labels pass a matcher. */
export function matcherMatches(matcher: LabelMatcher, labels: Readonly<Record<string, string>>): boolean {
  return matcher.test(labelValue(labels, matcher.name));
}

/** The value of a label; the empty text where it is missing. */
export function labelValue(labels: Readonly<Record<string, string>>, name: string): string {
  return Object.hasOwn(labels, name) ? (labels[name] ?? "") : "";
}

type Reading = MatcherParts | MatcherFault;

function readMatcher(text: string): Reading {
  const [first, second] = readingsOf(text);
  const fault = faultOf(first);
  if (fault === undefined) return first;
  return second === undefined ? fault : (faultOf(second) ?? second);
}

/** The reading that counts, and the one that counts where the pattern of the first is none. */
function readingsOf(text: string): readonly [first: Reading, second?: Reading] {
  const list = listFault(text);
  if (list !== undefined) return [list];
  const utf8 = readUtf8Matcher(text);
  const classic = readClassicMatcher(text);
  return classic === undefined || isSame(utf8, classic) ? [utf8] : [classic, utf8];
}

function isSame(a: Reading, b: MatcherParts): boolean {
  return !("detail" in a) && a.name === b.name && a.op === b.op && a.value === b.value;
}

/** What is wrong with a reading: with its grammar, its name or its pattern. */
function faultOf(read: Reading): MatcherFault | undefined {
  if ("detail" in read) return read;
  const { name, value, valueAt } = read;
  if (name === "") return { at: 0, detail: "a label's name cannot be empty" };
  if (!isPattern(read)) return undefined;
  if (value.length > MAX_PATTERN)
    return { at: valueAt, detail: `the pattern is longer than ${MAX_PATTERN} characters` };
  const compiled = compileRegex(value);
  if (compiled.ok) return undefined;
  const { at, detail } = compiled.fault;
  return { at: valueAt, detail: `character ${placeOf(value, at)} of the pattern: ${detail}` };
}

function isPattern({ op }: MatcherParts): boolean {
  return op === "=~" || op === "!~";
}

function matcherOf({ name, op, value }: MatcherParts): LabelMatcher {
  if (op === "=") return { name, op, value, test: (seen) => seen === value };
  if (op === "!=") return { name, op, value, test: (seen) => seen !== value };
  let exact: Regex["exact"] | undefined;
  return { name, op, value, test: (seen) => (exact ??= exactOf(value))(seen) === (op === "=~") };
}

/** What was accepted before is compiled whatever it costs. */
function exactOf(pattern: string): Regex["exact"] {
  const compiled = compileRegex(pattern, { maxCost: Number.POSITIVE_INFINITY });
  if (!compiled.ok) throw badMatcher(compiled.fault);
  return compiled.regex.exact;
}

function badMatcher({ detail }: Pick<MatcherFault, "detail">): CoreError {
  return new CoreError("bad-matcher", `not a matcher: ${detail}`);
}
