/**
 * The text of one Alertmanager matcher (0.34): read by the UTF-8 grammar, with the classic one as fallback. Where both
 * read it, but differently, the classic reading counts, as in Alertmanager.
 * @module
 */
import { readGoQuoted } from "./go-quoted.ts";

export type MatcherOp = "=" | "!=" | "=~" | "!~";

/** The three parts of a matcher. */
export interface MatcherParts {
  readonly name: string;
  readonly op: MatcherOp;
  readonly value: string;
  /** Offset of the value in the text. */
  readonly valueAt: number;
}
/** Why a text is no matcher; `at` is an offset in it. */
export interface MatcherFault {
  readonly at: number;
  readonly detail: string;
}

/** What the white space of Unicode is to Go. */
const SPACE = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
const RESERVED = /[{}!=~,\\"'`]/;
const CLASSIC = /^[\t\n\f\r ]*([a-zA-Z_:][a-zA-Z0-9_:]*)[\t\n\f\r ]*(=~|=|!=|!~)[\t\n\f\r ]*([^]*)$/;

interface Token {
  readonly kind: "op" | "quoted" | "word";
  readonly text: string;
  readonly at: number;
}

/** What makes a text several matchers or a list of them; undefined where it is a single one, sound or not. */
export function listFault(text: string): MatcherFault | undefined {
  const brace = text.startsWith("{") ? 0 : text.length - 1;
  if (text.startsWith("{") || text.endsWith("}"))
    return { at: brace, detail: "a list in braces is not one matcher: write each matcher as a text of its own" };
  let inQuotes = false;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') inQuotes = !inQuotes;
    else if (text[at] === "," && !inQuotes)
      return { at, detail: "a comma parts matchers: one matcher in a text, or put the value in double quotes" };
  }
  return undefined;
}

/** Reads one matcher by the UTF-8 grammar: name, operator, value; name and value bare or in double quotes. */
export function readUtf8Matcher(text: string): MatcherParts | MatcherFault {
  const tokens = tokensOf(text);
  if (!Array.isArray(tokens)) return tokens;
  const [name, op, value, more] = tokens;
  const nameText = wordOf(name, "a label name", text);
  if (typeof nameText !== "string") return nameText;
  if (op?.kind !== "op") return { at: op?.at ?? text.length, detail: "expected an operator: =, !=, =~ or !~" };
  const valueText = wordOf(value, "a label value", text);
  if (typeof valueText !== "string") return valueText;
  if (more !== undefined)
    return { at: more.at, detail: "expected the end: put a value with such characters in double quotes" };
  return { name: nameText, op: opOf(op.text), value: valueText, valueAt: value?.at ?? 0 };
}

/** Reads one matcher by the classic grammar; undefined where it is none. */
export function readClassicMatcher(text: string): MatcherParts | undefined {
  const [, name, op, raw] = CLASSIC.exec(text) ?? [];
  if (name === undefined || op === undefined || raw === undefined) return undefined;
  const value = readClassicValue(withoutTail(raw));
  return value === undefined ? undefined : { name, op: opOf(op), value, valueAt: text.indexOf(op) + op.length };
}

function opOf(text: string): MatcherOp {
  if (text === "=" || text === "!=" || text === "=~") return text;
  return "!~";
}

function wordOf(token: Token | undefined, wanted: string, text: string): string | MatcherFault {
  if (token === undefined) return { at: text.length, detail: `expected ${wanted}, found the end` };
  if (token.kind === "op") return { at: token.at, detail: `expected ${wanted}, found ${token.text}` };
  const word = token.kind === "quoted" ? readGoQuoted(token.text.slice(1, -1)) : token.text;
  return (
    word ?? { at: token.at, detail: "the text in quotes holds an escape that is not known, or bytes that are no UTF-8" }
  );
}

function tokensOf(text: string): Token[] | MatcherFault {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    const char = text[at] ?? "";
    if (SPACE.test(char)) at++;
    else {
      const token = tokenAt(text, at, char);
      if ("detail" in token) return token;
      tokens.push(token);
      at += token.text.length;
    }
  }
  return tokens;
}

function tokenAt(text: string, at: number, char: string): Token | MatcherFault {
  if (char === "=") return { kind: "op", text: text[at + 1] === "~" ? "=~" : "=", at };
  if (char === "!") {
    const next = text[at + 1] ?? "";
    return next === "=" || next === "~" ? { kind: "op", text: `!${next}`, at } : { at, detail: "expected != or !~" };
  }
  if (char === '"') {
    const end = quoteEnd(text, at + 1);
    return end < 0 ? { at, detail: 'the closing " is missing' } : { kind: "quoted", text: text.slice(at, end + 1), at };
  }
  if (RESERVED.test(char)) return { at, detail: `${char} must stand in double quotes` };
  let end = at + 1;
  while (end < text.length && !SPACE.test(text[end] ?? "") && !RESERVED.test(text[end] ?? "")) end++;
  return { kind: "word", text: text.slice(at, end), at };
}

function quoteEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') return at;
  }
  return -1;
}

/** A text without white space at its end; a pattern for that takes quadratic time. */
function withoutTail(text: string): string {
  let end = text.length;
  while (/[\t\n\f\r ]/.test(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

/** A classic value: quoted throughout or not at all; a backslash that escapes nothing stands for itself. */
function readClassicValue(raw: string): string | undefined {
  const isQuoted = raw.startsWith('"');
  const text = isQuoted ? raw.slice(1) : raw;
  let value = "";
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? "";
    if (char === '"') return isQuoted && at === text.length - 1 ? value : undefined;
    if (char !== "\\" || at === text.length - 1) value += char;
    else value += unescaped(text[++at] ?? "");
  }
  return isQuoted ? undefined : value;
}

function unescaped(char: string): string {
  if (char === "n") return "\n";
  return char === '"' || char === "\\" ? char : `\\${char}`;
}
