import { setImmediate as pause } from "node:timers/promises";
import type { Page } from "../../ports.ts";
import { StoreError } from "../error.ts";

/** A list in the making: something found, or work done without finding; `cursor` goes on after it. */
export type Step<T> =
  | { readonly kind: "found"; readonly item: T; readonly cursor: string }
  | { readonly kind: "worked"; readonly rows: number; readonly cursor: string };

/** Rows that one page may look at; beyond them it is short. */
const PAGE_WORK = 20_000;

/** Gathers a page of at most `limit` items; lets other work of the process run between steps. */
export async function gather<T>(steps: Iterable<Step<T>>, limit: number): Promise<Page<T>> {
  const items: T[] = [];
  let cursor = "";
  let work = PAGE_WORK;
  for (const step of steps) {
    if (step.kind === "found" && items.length >= limit) return { items, cursor };
    cursor = step.cursor;
    if (step.kind === "found") {
      items.push(step.item);
      continue;
    }
    work -= step.rows;
    if (work <= 0) return { items, cursor };
    await pause();
  }
  return { items };
}

/** The whole numbers of a cursor as `writeCursor` made it. Throws StoreError `bad-cursor`. */
export function readCursor(cursor: string, parts: number): readonly number[] {
  const numbers = cursor.split("-").map((part) => (/^\d{1,16}$/.test(part) ? Number(part) : -1));
  if (numbers.length === parts && numbers.every((number) => Number.isSafeInteger(number) && number >= 0))
    return numbers;
  throw new StoreError("bad-cursor", "the cursor is not one of this list");
}

export function writeCursor(...parts: readonly number[]): string {
  return parts.join("-");
}
