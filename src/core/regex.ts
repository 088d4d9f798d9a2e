/**
 * Regular expressions of people: RE2 syntax in linear time. The only module that compiles a pattern that someone wrote;
 * JavaScript's own engine never sees one, because it backtracks.
 * @module
 */
import { RE2JS, RE2JSSyntaxException } from "re2js";
import { patternCost } from "./regex-cost.ts";
import { unopenedParenthesis } from "./regex-literal.ts";

/** Instructions that a compiled pattern may have: what one character of text can cost at worst. */
const MAX_PROGRAM = 1000;
/** Sum of the counts in `{n}` and `{n,m}` that a pattern may have; each is spelled out when compiled. */
const MAX_REPEATS = 1000;
/** Steps that compiling a pattern may take: what repeats much, or names many classes, is refused before it is compiled. */
const MAX_COST = 40_000;
/** Steps of the compiled patterns that are kept, together: more than those of any one body. */
const MAX_KEPT = 2 ** 17;
/** Instructions that one step of the engine handles while it is as quick as it usually is. */
const QUICK_PROGRAM = 64;

/** A compiled pattern. */
export interface Regex {
  readonly pattern: string;
  /** Whether the pattern describes all of `text`: `^(?:pattern)$`. */
  readonly exact: (text: string) => boolean;
  /** Whether the pattern describes some part of `text`. */
  readonly find: (text: string) => boolean;
  /** Work that one character of text may take, in units of a quick pattern's: 1 or more. */
  readonly cost: number;
}

/** Why a pattern is refused; `at` counts characters of the pattern from 0. */
export interface RegexFault {
  readonly at: number;
  readonly detail: string;
}

/** A compiled pattern, or why there is none. */
export type CompiledRegex =
  | { readonly ok: true; readonly regex: Regex }
  | { readonly ok: false; readonly fault: RegexFault };

/** What was compiled last, the oldest first: one pattern is asked for by its schema, by the question and by the index. */
const kept = new Map<string, { readonly cost: number; readonly compiled: CompiledRegex }>();
let keptCost = 0;

/**
 * Compiles a pattern of RE2 syntax, without flags; look-around and back references are no part of it. `maxCost` is in
 * steps of `patternCost`.
 */
export function compileRegex(pattern: string, { maxCost = MAX_COST } = {}): CompiledRegex {
  const known = kept.get(pattern);
  const cost = known?.cost ?? patternCost(pattern);
  if (cost > maxCost) return { ok: false, fault: tooManyRepeats(pattern) ?? tooCostly(maxCost) };
  const compiled = known?.compiled ?? compileNew(pattern);
  keep(pattern, cost, compiled);
  return compiled;
}

function keep(pattern: string, cost: number, compiled: CompiledRegex): void {
  if (kept.delete(pattern)) keptCost -= cost;
  if (cost > MAX_KEPT) return;
  kept.set(pattern, { cost, compiled });
  keptCost += cost;
  for (const [oldest, { cost: freed }] of kept) {
    if (keptCost <= MAX_KEPT) return;
    kept.delete(oldest);
    keptCost -= freed;
  }
}

function compileNew(pattern: string): CompiledRegex {
  const repeated = tooManyRepeats(pattern);
  if (repeated !== undefined) return { ok: false, fault: repeated };
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    return { ok: false, fault: faultOf(error, pattern) };
  }
  const size = compiled.programSize();
  if (size > MAX_PROGRAM)
    return { ok: false, fault: { at: 0, detail: `takes ${size} steps, more than ${MAX_PROGRAM}` } };
  const regex: Regex = {
    pattern,
    exact: (text) => compiled.testExact(text),
    find: (text) => compiled.test(text),
    cost: Math.ceil(size / QUICK_PROGRAM),
  };
  return { ok: true, regex };
}

function tooCostly(maxCost: number): RegexFault {
  return { at: 0, detail: `takes more than ${maxCost} steps to compile` };
}

/** `{1000}` is spelled out when compiled: many of them are refused before that. */
function tooManyRepeats(pattern: string): RegexFault | undefined {
  let sum = 0;
  for (const found of pattern.matchAll(/\{(\d{1,9})(?:,(\d{0,9}))?\}/g)) {
    sum += Math.max(Number(found[1]), Number(found[2] ?? 0));
    if (sum > MAX_REPEATS) return { at: found.index, detail: `repetitions add up to more than ${MAX_REPEATS}` };
  }
  return undefined;
}

/** The engine names the fragment that it stumbled over, not its place: that is looked for. */
function faultOf(error: RE2JSSyntaxException, pattern: string): RegexFault {
  const detail = error.getDescription();
  if (detail.startsWith("unexpected )")) return { at: unopenedParenthesis(pattern), detail: "unexpected )" };
  const fragment = error.getPattern() ?? "";
  const at = fragment === pattern || fragment === "" ? -1 : pattern.indexOf(fragment);
  return at < 0 ? { at: pattern.length, detail } : { at, detail: `${detail}: ${fragment}` };
}
