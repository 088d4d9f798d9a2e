import type { Fault } from "../core/source.ts";
import type { Context } from "./context.ts";
import { HttpError } from "./error.ts";

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1000;
const MAX_VALUE = 1024;
const UNSAFE = /[\p{Cc}\p{Cs}]/u;

/** Parameters of a query by name, all of them known; throws HttpError `bad-query` for an unknown, repeated or too long one. */
export function readQuery<Name extends string>(
  c: Context,
  known: readonly Name[],
): Partial<Readonly<Record<Name, string>>> {
  const found: Partial<Record<Name, string>> = {};
  const errors: Fault[] = [];
  for (const [name, values] of Object.entries(c.req.queries())) {
    const match = known.find((candidate) => candidate === name);
    const [value = ""] = values;
    if (match === undefined)
      errors.push({ pointer: "", detail: `an unknown parameter; known here: ${known.join(", ")}` });
    else if (values.length > 1) errors.push({ pointer: `/${match}`, detail: "is given more than once" });
    else if (UNSAFE.test(value)) errors.push({ pointer: `/${match}`, detail: "holds a control character" });
    else if (value === "" || value.length > MAX_VALUE)
      errors.push({ pointer: `/${match}`, detail: `must have 1 to ${MAX_VALUE} characters` });
    else found[match] = value;
  }
  if (errors.length > 0) throw new HttpError("bad-query", "the query is not valid", { errors });
  return found;
}

/** One of the words that a parameter may have, or undefined where it is not given; throws HttpError `bad-query`. */
export function oneOf<Word extends string>(
  value: string | undefined,
  { name, words }: { readonly name: string; readonly words: readonly Word[] },
): Word | undefined {
  const found = words.find((word) => word === value);
  if (value === undefined || found !== undefined) return found;
  throw new HttpError("bad-query", "the query is not valid", {
    errors: [{ pointer: `/${name}`, detail: `must be one of ${words.join(", ")}` }],
  });
}

/** A whole number of a query, or `preset`; throws HttpError `bad-query`. */
export function wholeNumber(
  value: string | undefined,
  { name, min, max, preset }: { name: string; min: number; max: number; preset: number },
): number {
  if (value === undefined) return preset;
  const number = /^(0|[1-9][0-9]{0,14})$/.test(value) ? Number(value) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new HttpError("bad-query", "the query is not valid", {
    errors: [{ pointer: `/${name}`, detail: `must be a whole number from ${min} to ${max}` }],
  });
}

/** Where a page begins and how long it is at most: `limit` 1 to 1,000 (50), `cursor` from the page before. */
export function pageOf(query: { readonly limit?: string; readonly cursor?: string }): {
  limit: number;
  cursor?: string;
} {
  const limit = wholeNumber(query.limit, { name: "limit", min: 1, max: MAX_LIMIT, preset: DEFAULT_LIMIT });
  return query.cursor === undefined ? { limit } : { limit, cursor: query.cursor };
}
