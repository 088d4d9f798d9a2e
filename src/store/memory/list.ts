import type { Page } from "../../ports.ts";
import { compareText } from "../key-order.ts";

/** The first cells whose key starts with `prefix`, in order of keys. */
export function listCells<V>(drawer: ReadonlyMap<string, V>, prefix: string, limit: number): (readonly [string, V])[] {
  return [...drawer]
    .filter(([key]) => key.startsWith(prefix))
    .toSorted(([left], [right]) => compareText(left, right))
    .slice(0, limit);
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
