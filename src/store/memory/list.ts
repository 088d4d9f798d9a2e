import type { Noun, Page } from "../../ports.ts";
import type { ListRef, Row } from "../cell-overlay.ts";
import { mayHold } from "../cell-range.ts";
import { compareText } from "../key-order.ts";
import { isListedAsMade } from "../noun-order.ts";
import type { MemoryState } from "./state.ts";

/** The first cells of a range, in the order of their noun. */
export function listCells<N extends Noun>(state: MemoryState, { noun, tenant, limit, ...range }: ListRef<N>): Row<N>[] {
  const { after } = range;
  const rows = [...state.drawer(noun, tenant)]; // a Map keeps the order of making
  const found = rows.filter(([key]) => mayHold(noun, range, key));
  if (!isListedAsMade(noun)) return found.toSorted(([left], [right]) => compareText(left, right)).slice(0, limit);
  if (after === undefined) return found.slice(0, limit);
  const place = rows.findIndex(([key]) => key === after);
  const behind = place < 0 ? [] : rows.slice(place + 1);
  return behind.filter(([key]) => mayHold(noun, range, key)).slice(0, limit);
}

/** A page of what is found; its cursor names the last item of it, where more follow. */
export function pageOf<T>(found: Iterable<T>, limit: number, cursorOf: (item: T) => string): Page<T> {
  const items: T[] = [];
  for (const item of found) {
    const last = items.at(-1);
    if (items.length >= limit && last !== undefined) return { items, cursor: cursorOf(last) };
    items.push(item);
  }
  return { items };
}
