import type { Page } from "../../src/ports.ts";

/** Every item of a list, page by page. */
export async function whole<T>(page: (cursor?: string) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  for (let next = await page(); ; next = await page(next.cursor)) {
    items.push(...next.items);
    if (next.cursor === undefined) return items;
  }
}
