/**
 * Answers whose items may be large (an event has up to a MiB): they end by bytes as well as by count.
 * @module
 */
import type { Page } from "../ports.ts";

/** Bytes of items after which an answer ends; what is left is for the next one. */
export const ANSWER_BYTES: number = 8 * 2 ** 20;
/** Items that are held at once, beside those of the answer. */
const AT_ONCE = 16;

type Place = { readonly limit: number; readonly cursor?: string };

/** A page as JSON texts. It is short, with a cursor, where more than about 8 MiB were asked for; never empty for that. */
export async function gatherPage<T>(
  ask: (place: Place) => Promise<Page<T>>,
  { limit, cursor }: Place,
  present: (item: T) => object,
): Promise<Page<string>> {
  const items: string[] = [];
  let room = ANSWER_BYTES;
  let at = cursor;
  while (items.length < limit) {
    const asked = Math.min(AT_ONCE, limit - items.length);
    const found = await ask(placeOf(asked, at));
    const texts = found.items.map((item) => JSON.stringify(present(item)));
    const fitting = Math.max(countWithin(texts, room), items.length === 0 ? 1 : 0);
    if (fitting === 0) return pageOfTexts(items, at);
    if (fitting < texts.length) {
      const fewer = await ask(placeOf(fitting, at)); // asked again, for the cursor after them
      return pageOfTexts([...items, ...fewer.items.map((item) => JSON.stringify(present(item)))], fewer.cursor);
    }
    items.push(...texts);
    room -= texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    at = found.cursor;
    if (at === undefined || texts.length < asked) break;
  }
  return pageOfTexts(items, at);
}

function placeOf(limit: number, cursor: string | undefined): Place {
  return cursor === undefined ? { limit } : { limit, cursor };
}

function pageOfTexts(items: readonly string[], cursor: string | undefined): Page<string> {
  return cursor === undefined ? { items } : { items, cursor };
}

/** How many texts from the first on have `room` bytes together. */
function countWithin(texts: readonly string[], room: number): number {
  let left = room;
  const over = texts.findIndex((text) => (left -= Buffer.byteLength(text)) < 0);
  return over < 0 ? texts.length : over;
}
