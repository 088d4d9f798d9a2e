/**
 * What compiling a pattern takes at worst, found from its text alone: one pass, nothing is compiled, nothing is refused.
 * @module
 */

/** Steps that a pattern takes however short it is. */
const BASE = 16;
/** Steps to look up a class of Unicode, which is a table of hundreds of ranges; a fraction of that for each copy of it. */
const TABLE = 100;
const TABLE_COPY = 8;
/** Steps to fold the cases of a range whose ends are not told by one character each; of others one for so many characters. */
const FOLDED_RANGE = 2000;
const FOLDED_PER_STEP = 64;

const GROUP = /\((?:\?(?:P?<\w*>|[a-zA-Z-]*[:)]))?/y;
const REPEAT = /\{(\d{1,9})(?:(,)(\d{0,9}))?\}/y;
const ESCAPE = /\\(?:[pP](?:\{[^}]*\}?|[^])?|x\{[^}]*\}?|[^])?/y;
const POSIX = /\[:\^?\w+:\]/y;
const RANGE = /(\\(?:x\{[^}]*\}?|[^])|[^])-(\\(?:x\{[^}]*\}?|[^])|[^\]])/gsu;

/** The engine refuses repetitions of repetitions beyond this before it spells them out. */
const MAX_TIMES = 1000;

/** A group that is still open: its steps so far, those of what a quantifier would repeat, and how often both are already. */
interface Group {
  sum: number;
  last: number;
  times: number;
  lastTimes: number;
}

/**
 * Steps that compiling this pattern takes, about 2 microseconds each: its characters, or what its repetitions spell out
 * where that is more, and the tables of its classes. No fewer than the instructions of its program.
 */
export function patternCost(pattern: string): number {
  const folds = /\(\?[a-zA-Z]*i/.test(pattern);
  const open: Group[] = [];
  let group = emptyGroup();
  let tables = 0;
  for (let at = 0; at < pattern.length; ) {
    const token = tokenAt(pattern, at, folds);
    at += token.length;
    tables += token.flat;
    if (token.kind === "open") {
      open.push(group);
      group = emptyGroup();
    } else if (token.kind === "close") group = closed(group, open.pop());
    else take(group, token);
  }
  while (open.length > 0) group = closed(group, open.pop());
  return BASE + Math.max(pattern.length, group.sum) + tables;
}

function emptyGroup(): Group {
  return { sum: 0, last: 0, times: 1, lastTimes: 1 };
}

function take(group: Group, { kind, steps, more }: Token): void {
  if (kind === "atom") return add(group, steps, 1);
  const isRefused = group.lastTimes * steps > MAX_TIMES;
  const grown = isRefused ? 0 : group.last * (steps - 1) + more;
  group.last += grown;
  group.sum += grown;
  group.lastTimes *= isRefused ? 1 : steps;
  group.times = Math.max(group.times, group.lastTimes);
}

function add(group: Group, steps: number, times: number): void {
  group.last = steps;
  group.lastTimes = times;
  group.sum += steps;
  group.times = Math.max(group.times, times);
}

/** The group around one that ends: what it took is what a quantifier behind it repeats. */
function closed(inner: Group, outer: Group = emptyGroup()): Group {
  add(outer, Math.max(inner.sum, 1) + 2, inner.times);
  return outer;
}

/** A part of a pattern: the `steps` of an atom; or how `times` as many what stands before it takes, and how many `more`. */
interface Token {
  readonly kind: "atom" | "open" | "close" | "times";
  readonly length: number;
  readonly steps: number;
  readonly more: number;
  /** Steps that stay the same however often it is repeated. */
  readonly flat: number;
}

const ONE: Token = { kind: "atom", length: 1, steps: 1, more: 0, flat: 0 };

function tokenAt(pattern: string, at: number, folds: boolean): Token {
  const char = pattern.charAt(at);
  if (char === "(") return groupAt(pattern, at);
  if (char === ")") return { ...ONE, kind: "close" };
  if (char === "[") return classAt(pattern, at, folds);
  if (char === "{") return repeatAt(pattern, at);
  if (char === "*" || char === "+" || char === "?") return { ...ONE, kind: "times", more: 1 };
  return char === "\\" ? escapeAt(pattern, at) : ONE;
}

/** Flags of their own are no atom: a quantifier behind them repeats what stands before. */
function groupAt(pattern: string, at: number): Token {
  const [text = "("] = matchAt(GROUP, pattern, at) ?? [];
  return { ...ONE, kind: text.endsWith(")") ? "times" : "open", length: text.length };
}

/** What may be left out takes a step of its own for that. */
function repeatAt(pattern: string, at: number): Token {
  const [text = "{", least, comma, most] = matchAt(REPEAT, pattern, at) ?? [];
  if (least === undefined) return ONE;
  const steps = Math.max(Number(least), Number(most ?? 0), 1);
  return { ...ONE, kind: "times", length: text.length, steps, more: comma === undefined ? 0 : steps };
}

/** A class stands for one character, whatever is in it. */
function escapeAt(pattern: string, at: number): Token {
  if (pattern.startsWith("\\Q", at)) return quotedAt(pattern, at);
  const [text = "\\"] = matchAt(ESCAPE, pattern, at) ?? [];
  const isTable = /^\\p/i.test(text);
  return { ...ONE, length: text.length, steps: isTable ? TABLE_COPY : 1, flat: isTable ? TABLE : 0 };
}

/** Nothing in quotes is no atom either. */
function quotedAt(pattern: string, at: number): Token {
  const found = pattern.indexOf("\\E", at + 2);
  const end = found < 0 ? pattern.length : found;
  const length = Math.min(end + 2, pattern.length) - at;
  const steps = end - at - 2;
  return steps > 0 ? { ...ONE, length, steps } : { ...ONE, kind: "times", length };
}

function classAt(pattern: string, at: number, folds: boolean): Token {
  const end = classEnd(pattern, at);
  const text = pattern.slice(at, end);
  const tables = text.match(/\\[pP]/g)?.length ?? 0;
  const flat = tables * TABLE + (folds ? foldedSteps(text.slice(1)) : 0);
  return { ...ONE, length: text.length, steps: 1 + tables * TABLE_COPY, flat };
}

function classEnd(pattern: string, from: number): number {
  let at = from + (pattern[from + 1] === "^" ? 2 : 1);
  if (pattern[at] === "]") at++; // the first one stands for itself
  while (at < pattern.length && pattern[at] !== "]") {
    if (pattern[at] === "\\") at += matchAt(ESCAPE, pattern, at)?.[0].length ?? 1;
    else at += matchAt(POSIX, pattern, at)?.[0].length ?? 1;
  }
  return Math.min(at + 1, pattern.length);
}

function foldedSteps(text: string): number {
  let steps = 0;
  for (const [, from = "", to = ""] of text.matchAll(RANGE)) {
    const isEscaped = from.startsWith("\\") || to.startsWith("\\");
    const wide = (to.codePointAt(0) ?? 0) - (from.codePointAt(0) ?? 0);
    steps += isEscaped ? FOLDED_RANGE : Math.max(wide, 0) / FOLDED_PER_STEP;
  }
  return Math.ceil(steps);
}

function matchAt(sticky: RegExp, text: string, at: number): RegExpExecArray | null {
  sticky.lastIndex = at;
  return sticky.exec(text);
}
