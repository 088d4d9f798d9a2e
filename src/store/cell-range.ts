import type { CellRange, Noun } from "../ports.ts";
import { compareText } from "./key-order.ts";
import { isListedAsMade } from "./noun-order.ts";

/** The range that a text means as a prefix. */
export function rangeOf(range: string | CellRange): CellRange {
  return typeof range === "string" ? { prefix: range } : range;
}

/** Whether a key can be in a range: in an order of making it depends on the rows whether it follows `after`. */
export function mayHold(noun: Noun, { prefix, after }: CellRange, key: string): boolean {
  if (!key.startsWith(prefix)) return false;
  return after === undefined || isListedAsMade(noun) || compareText(key, after) > 0;
}
