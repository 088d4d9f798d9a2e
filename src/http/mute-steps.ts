/**
 * What the patterns of one body may take to compile: looked at before any of them is.
 * @module
 */
import { isJsonObject, type Json } from "../core/json.ts";
import { matcherPatterns } from "../core/label-matcher.ts";
import { patternCost } from "../core/regex-cost.ts";
import { HttpError } from "./error.ts";

/** Steps of all patterns of a body, each counted once: about 100 ms on an idle core. */
const MAX_STEPS = 70_000;

/** Throws HttpError `invalid` at the first matcher with which the patterns of a body, one or an array, are too many. */
export function requireFewSteps(body: Json): void {
  const seen = new Set<string>();
  let steps = 0;
  for (const [pointer, text] of matcherTexts(body)) {
    for (const pattern of matcherPatterns(text)) {
      if (!seen.has(pattern)) steps += patternCost(pattern);
      seen.add(pattern);
    }
    if (steps <= MAX_STEPS) continue;
    const detail = `the patterns up to this one take more than ${MAX_STEPS} steps to compile: make them simpler, or fewer at a time`;
    throw new HttpError("invalid", "nothing was changed", { errors: [{ pointer, detail }] });
  }
}

type Texts = Iterable<readonly [pointer: string, text: string]>;

function* matcherTexts(body: Json): Texts {
  if (!isList(body)) yield* matchersOf(body, "");
  else for (const [at, one] of body.entries()) yield* matchersOf(one, `/${at}`);
}

function* matchersOf(one: Json, base: string): Texts {
  const matchers = isJsonObject(one) ? one["matchers"] : undefined;
  if (!isList(matchers)) return;
  for (const [at, text] of matchers.entries()) if (typeof text === "string") yield [`${base}/matchers/${at}`, text];
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
