/**
 * What keeps a manifest from taking seconds: nobody need have signed it yet.
 * @module
 */
import { z } from "zod";
import { KitError } from "./kit-code.ts";

/** Values beside the file table, and those of one row. */
const MAX_MEMBERS = 50_000;
const ROW_MEMBERS = 5;
const MAX_DEPTH = 32;
const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c];
const [BRACKET, CLOSING_BRACKET, BRACE, CLOSING_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Megabytes of tiny members take seconds to judge, and nobody need have signed them: `text` may hold a file table of so
 * many rows, and 50,000 members beside it. Throws KitError KIT_MANIFEST, or KIT_JSON_DEPTH, which is judged first.
 */
export function refuseCrowd(text: string, rows = 0): void {
  const most = MAX_MEMBERS + ROW_MEMBERS * rows;
  let members = 0;
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = stringEnd(text, at);
    else if (code === CLOSING_BRACKET || code === CLOSING_BRACE) depth--;
    else if (code === COMMA || code === BRACKET || code === BRACE) {
      members++;
      if (code !== COMMA) deepest = Math.max(deepest, ++depth);
    }
  }
  if (members <= most) return;
  if (deepest > MAX_DEPTH) throw new KitError("KIT_JSON_DEPTH", `deeper than ${MAX_DEPTH} levels`);
  throw new KitError("KIT_MANIFEST", `more than ${MAX_MEMBERS} members beside the file table`);
}

/** Where the string that begins at `at` ends, or the text. */
function stringEnd(text: string, at: number): number {
  for (let end = at + 1; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === QUOTE) return end;
    if (code === BACKSLASH) end++;
  }
  return text.length;
}

/** A list that is refused at its first bad item: zod gathers them all, and there may be millions. */
export function listOf<T>(item: z.ZodType<T>): z.ZodType<T[]> {
  return z.array(z.unknown()).transform((list, context) => {
    const items: T[] = [];
    for (const [at, value] of list.entries()) {
      const parsed = item.safeParse(value);
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        context.addIssue({ code: "custom", path: [at, ...(issue?.path ?? [])], message: issue?.message ?? "" });
        return z.NEVER;
      }
      items.push(parsed.data);
    }
    return items;
  });
}
