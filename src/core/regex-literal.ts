/**
 * What a pattern's text says about the values that it can match, so that an index can find it: literals and prefixes.
 * @module
 */

/** A value that the pattern matches is one of these texts, or begins with one of these prefixes. */
export interface PatternKey {
  readonly kind: "exact" | "prefix";
  readonly text: string;
}

const META = /[\\^$.|?*+()[\]{}]/;
const QUANTIFIER = /[?*+{]/;

/**
 * Keys of an anchored pattern, one for each alternative; undefined where an alternative begins with no literal, or a
 * flag changes what literals mean. Every value that the pattern matches fits a key; not every value that fits matches.
 */
export function patternKeys(pattern: string): readonly PatternKey[] | undefined {
  if (/\\[QE]|\(\?(?!:|P?<[A-Za-z_])/.test(pattern)) return undefined;
  const [, group, rest = ""] = /^\((?:\?:)?([^()[\]]*)\)(.*)$/s.exec(pattern) ?? [];
  if (group === undefined) return keysOf(pattern, "exact");
  if (QUANTIFIER.test(rest.charAt(0)) || alternatives(rest).length > 1) return undefined;
  return keysOf(group, rest === "" ? "exact" : "prefix");
}

/** Keys of all alternatives; `kind` is what an alternative that is a literal throughout stands for. */
function keysOf(pattern: string, kind: PatternKey["kind"]): readonly PatternKey[] | undefined {
  const keys = alternatives(pattern)
    .map(keyOf)
    .map((key) => ({ kind: key.kind === "exact" ? kind : key.kind, text: key.text }));
  return keys.every(({ text }) => text !== "") ? keys : undefined;
}

/** Offset of the first `)` that nothing opened; the pattern's length where there is none. */
export function unopenedParenthesis(pattern: string): number {
  let depth = 0;
  for (const { at, char } of syntaxOf(pattern)) {
    if (char === "(") depth++;
    if (char === ")" && --depth < 0) return at;
  }
  return pattern.length;
}

/** The parts between the `|` that stand in no group and no class. */
function alternatives(pattern: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (const { at, char } of syntaxOf(pattern)) {
    if (char === "(") depth++;
    if (char === ")") depth--;
    if (char !== "|" || depth > 0) continue;
    parts.push(pattern.slice(from, at));
    from = at + 1;
  }
  return [...parts, pattern.slice(from)];
}

/** Characters that are neither escaped nor in a class. */
function* syntaxOf(pattern: string): Generator<{ readonly at: number; readonly char: string }> {
  let classFrom = -1;
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] ?? "";
    if (char === "\\") at++;
    else if (classFrom < 0) {
      if (char === "[") classFrom = pattern[at + 1] === "^" ? at + 1 : at;
      else yield { at, char };
    } else if (char === "[" && pattern[at + 1] === ":") at = Math.max(at, pattern.indexOf(":]", at + 2) + 1);
    else if (char === "]" && at > classFrom + 1) classFrom = -1;
  }
}

/** The literal beginning of an alternative, and whether it is all of it. */
function keyOf(alternative: string): PatternKey {
  const chars = Array.from(alternative);
  const text: string[] = [];
  let at = chars[0] === "^" ? 1 : 0;
  for (; at < chars.length; at++) {
    const char = chars[at] ?? "";
    const escaped = chars[at + 1] ?? "";
    if (char === "\\" && /[!-/:-@[-`{-~]/.test(escaped)) {
      text.push(escaped);
      at++;
    } else if (META.test(char)) break;
    else text.push(char);
  }
  if (at >= chars.length) return { kind: "exact", text: text.join("") };
  if (QUANTIFIER.test(chars[at] ?? "")) text.pop(); // the quantifier may let the last one stand no times
  return { kind: "prefix", text: text.join("") };
}
