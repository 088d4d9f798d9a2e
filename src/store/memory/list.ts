import type { Noun, Page } from "../../ports.ts";
import type { ListRef, Row } from "../cell-overlay.ts";
import { compareText } from "../key-order.ts";
import { isListedAsMade } from "../noun-order.ts";
import type { MemoryState } from "./state.ts";

/** The first cells whose key starts with `prefix`, in the order of their noun. */
export function listCells<N extends Noun>(state: MemoryState, { noun, tenant, prefix, limit }: ListRef<N>): Row<N>[] {
  const found = [...state.drawer(noun, tenant)].filter(([key]) => key.startsWith(prefix));
  if (isListedAsMade(noun)) return found.slice(0, limit); // a Map keeps that order
  return found.toSorted(([left], [right]) => compareText(left, right)).slice(0, limit);
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
