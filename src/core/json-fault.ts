import type { JsonFault } from "./strict-json.ts";

const PROTO = "__proto__";
const WHITESPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
// A string is read piece by piece: one pattern for all of it would run out of stack at a million escapes.
// oxlint-disable-next-line eslint/no-control-regex -- JSON forbids exactly these
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const LITERAL = /true|false|null/y;

/**
 * The first fault of a JSON text in reading order, or undefined where it is sound: a slow and exact reading, for texts
 * that are known or suspected to have one. A text that is no JSON at all has only `depth` and `syntax` faults.
 */
export function findJsonFault(text: string, maxDepth: number): JsonFault | undefined {
  const structure = read(text, maxDepth, false);
  return structure ?? read(text, maxDepth, true);
}

/** Carries a fault out of the recursion; never leaves this file. */
class Found extends Error {
  readonly fault: JsonFault;

  constructor(fault: JsonFault) {
    super(fault.detail);
    this.fault = fault;
  }
}

function read(text: string, maxDepth: number, content: boolean): JsonFault | undefined {
  try {
    new Reading(text, maxDepth, content).document();
    return undefined;
  } catch (error) {
    if (error instanceof Found) return error.fault;
    throw error;
  }
}

/** One pass over a text; recursion ends at `maxDepth`. With `content` it also judges keys, strings and numbers. */
class Reading {
  readonly #text: string;
  readonly #maxDepth: number;
  readonly #content: boolean;
  readonly #path: (string | number)[] = [];
  #at = 0;

  constructor(text: string, maxDepth: number, content: boolean) {
    this.#text = text;
    this.#maxDepth = maxDepth;
    this.#content = content;
  }

  document(): void {
    this.#value(1);
    if (this.#peek() !== "") this.#syntax();
  }

  #value(depth: number): void {
    const first = this.#peek();
    if (first === "{" || first === "[") {
      if (depth > this.#maxDepth) this.#fail("depth", `nested deeper than ${this.#maxDepth} levels`);
      if (first === "{") this.#object(depth);
      else this.#array(depth);
    } else if (first === '"') this.#string();
    else if (first === "-" || (first >= "0" && first <= "9")) this.#number();
    else this.#token(LITERAL);
  }

  #object(depth: number): void {
    this.#at++;
    if (this.#taken("}")) return;
    const seen = new Set<string>();
    do {
      if (this.#peek() !== '"') this.#syntax();
      this.#key(seen);
      if (!this.#taken(":")) this.#syntax();
      this.#value(depth + 1);
      this.#path.pop();
    } while (this.#taken(","));
    if (!this.#taken("}")) this.#syntax();
  }

  #key(seen: Set<string>): void {
    const key = parseString(this.#stringToken());
    this.#path.push(key);
    if (!this.#content) return;
    if (key === PROTO) this.#fail("prototype-key", "the key __proto__ is not allowed");
    if (seen.has(key)) this.#fail("duplicate-key", "the key occurs twice");
    if (!key.isWellFormed()) this.#fail("lone-surrogate", "the key holds a lone surrogate");
    seen.add(key);
  }

  #array(depth: number): void {
    this.#at++;
    if (this.#taken("]")) return;
    let index = 0;
    do {
      this.#path.push(index++);
      this.#value(depth + 1);
      this.#path.pop();
    } while (this.#taken(","));
    if (!this.#taken("]")) this.#syntax();
  }

  #string(): void {
    const value = parseString(this.#stringToken());
    if (this.#content && !value.isWellFormed()) this.#fail("lone-surrogate", "the string holds a lone surrogate");
  }

  #number(): void {
    const digits = this.#token(NUMBER);
    if (this.#content && !Number.isFinite(Number(digits))) this.#fail("syntax", "the number is too large");
  }

  /** The next character that is no whitespace, "" at the end. */
  #peek(): string {
    WHITESPACE.lastIndex = this.#at;
    WHITESPACE.test(this.#text);
    this.#at = WHITESPACE.lastIndex;
    return this.#text.charAt(this.#at);
  }

  #taken(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at++;
    return true;
  }

  #token(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    if (!pattern.test(this.#text)) this.#syntax();
    const token = this.#text.slice(this.#at, pattern.lastIndex);
    this.#at = pattern.lastIndex;
    return token;
  }

  #stringToken(): string {
    let end = this.#at;
    if (this.#text.charAt(end) !== '"') this.#syntax();
    for (end++; ; end = ESCAPE.lastIndex) {
      PLAIN.lastIndex = end;
      PLAIN.test(this.#text);
      end = PLAIN.lastIndex;
      if (this.#text.charAt(end) === '"') break;
      ESCAPE.lastIndex = end;
      if (!ESCAPE.test(this.#text)) this.#syntax();
    }
    const token = this.#text.slice(this.#at, end + 1);
    this.#at = end + 1;
    return token;
  }

  #syntax(): never {
    if (this.#at >= this.#text.length) this.#fail("syntax", "the text ends too early");
    const before = this.#text.slice(0, this.#at);
    const line = before.split("\n").length;
    this.#fail("syntax", `not JSON from line ${line}, column ${this.#at - before.lastIndexOf("\n")} on`);
  }

  #fail(code: JsonFault["code"], detail: string): never {
    throw new Found({ code, pointer: this.#path.map(pointerPart).join(""), detail });
  }
}

function pointerPart(part: string | number): string {
  return `/${String(part).toWellFormed().replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** The string that a token of JSON stands for. */
function parseString(token: string): string {
  return token.includes("\\") ? String(JSON.parse(token)) : token.slice(1, -1);
}
