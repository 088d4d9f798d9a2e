/**
 * Strict JSON and its canonical form (RFC 8785), written from the format page alone: nothing here comes from the product.
 * @module
 */
export type Value = null | boolean | number | string | readonly Value[] | Fields;
/** Members of an object; a Map, so that no key is special. */
export type Fields = ReadonlyMap<string, Value>;

/** What is wrong with a text. */
export class JsonFault extends Error {
  readonly kind: "utf8" | "syntax" | "depth" | "form";
  constructor(kind: JsonFault["kind"]) {
    super(kind);
    this.kind = kind;
  }
}

const MAX_DEPTH = 32;
const SPACE = /[ \t\n\r]*/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;

/** The value of UTF-8 bytes in any JSON form; throws JsonFault, `form` for a key twice, a lone surrogate or a number that has no canonical form. */
export function readJson(bytes: Uint8Array): Value {
  const text = decode(bytes);
  let at = 0;
  const take = (form: RegExp): string | undefined => {
    form.lastIndex = at;
    const found = form.exec(text)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  const need = (sign: string): void => {
    if (text[at] !== sign) throw new JsonFault("syntax");
    at += 1;
  };
  const string = (): string => {
    const start = at;
    need('"');
    do take(PLAIN);
    while (take(ESCAPE) !== undefined);
    need('"');
    return String(JSON.parse(text.slice(start, at)));
  };
  const several = (end: string, one: () => void): void => {
    at += 1;
    take(SPACE);
    if (text[at] === end) {
      at += 1;
      return;
    }
    for (;;) {
      one();
      take(SPACE);
      if (text[at] !== ",") break;
      at += 1;
    }
    need(end);
  };
  const value = (depth: number): Value => {
    take(SPACE);
    const sign = text[at];
    if ((sign === "{" || sign === "[") && depth === 0) throw new JsonFault("depth");
    if (sign === "{") {
      const fields: [string, Value][] = [];
      several("}", () => {
        take(SPACE);
        const key = string();
        take(SPACE);
        need(":");
        fields.push([key, value(depth - 1)]);
      });
      doubled ||= new Set(fields.map(([key]) => key)).size < fields.length;
      return new Map(fields);
    }
    if (sign === "[") {
      const list: Value[] = [];
      several("]", () => void list.push(value(depth - 1)));
      return list;
    }
    if (sign === '"') return string();
    const word = take(WORD);
    if (word !== undefined) return word === "null" ? null : word === "true";
    const digits = take(NUMBER);
    if (digits === undefined) throw new JsonFault("syntax");
    return Number(digits);
  };
  let doubled = false;
  const found = value(MAX_DEPTH);
  take(SPACE);
  if (at !== text.length) throw new JsonFault("syntax");
  if (doubled || !canonical(found).isWellFormed()) throw new JsonFault("form");
  return found;
}

/** The value of bytes that are their own canonical form; throws JsonFault. */
export function readCanonical(bytes: Uint8Array): Value {
  const value = readJson(bytes);
  if (!Buffer.from(canonical(value)).equals(bytes)) throw new JsonFault("form");
  return value;
}

/** RFC 8785; throws JsonFault for a number that has none. A lone surrogate stays one. */
export function canonical(value: Value): string {
  if (isList(value)) return `[${value.map(canonical).join(",")}]`;
  if (isFields(value)) {
    const keys = [...value.keys()].toSorted((left, right) => (left < right ? -1 : 1));
    return `{${keys.map((key) => `${quote(key)}:${canonical(value.get(key) ?? null)}`).join(",")}}`;
  }
  if (typeof value === "string") return quote(value);
  if (typeof value === "number" && !Number.isFinite(value)) throw new JsonFault("form");
  return Object.is(value, -0) ? "0" : String(value);
}

/** JSON.stringify writes lone surrogates as escapes; here they stay what they are, so that `isWellFormed` sees them. */
function quote(text: string): string {
  return text.isWellFormed() ? JSON.stringify(text) : `"${text}"`;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new JsonFault("utf8");
  }
}

export function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

export function isFields(value: Value | undefined): value is Fields {
  return value instanceof Map;
}
