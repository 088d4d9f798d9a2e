import { type Context, header } from "./context.ts";
import { HttpError } from "./error.ts";

const TAG = /^"([!#-~]{1,200})"$/;
/** Entity tags of RFC 9110 with commas between them, and where one of them is. */
const TAGS = /^(?:[ \t]*(?:W\/)?"[!#-~]{0,200}"[ \t]*(?:,|$))+$/;
const EACH_TAG = /(?:W\/)?"[!#-~]{0,200}"/g;

/** A version as the header ETag names it. */
export function etag(tag: string): { readonly etag: string } {
  return { etag: `"${tag}"` };
}

/**
 * The version that a change is meant for: of If-Match, one strong tag; undefined for `*`, or where it may be left out and is.
 * Throws HttpError `precondition-required` or `precondition-failed`.
 */
export function ifMatch(c: Context, { mayLack = false }: { readonly mayLack?: boolean } = {}): string | undefined {
  const given = read(c, mayLack);
  if (given === undefined || given === "*") return undefined;
  const tag = TAG.exec(given)?.[1];
  if (tag === undefined) throw new HttpError("precondition-failed", "If-Match must be one ETag as a GET answers it");
  return tag;
}

/**
 * The versions that a change may be meant for: the strong tags of If-Match, since a weak one never matches; undefined for `*`.
 * Throws HttpError `precondition-required` or `precondition-failed`.
 */
export function ifMatchTags(c: Context): readonly string[] | undefined {
  const given = read(c, false);
  if (given === undefined || given === "*") return undefined;
  if (!TAGS.test(given))
    throw new HttpError(
      "precondition-failed",
      "If-Match must be ETags as a GET answers them, with commas between, or *",
    );
  return [...given.matchAll(EACH_TAG)].flatMap(([tag]) => TAG.exec(tag)?.[1] ?? []);
}

function read(c: Context, mayLack: boolean): string | undefined {
  const given = header(c, "if-match")?.trim();
  if (given !== undefined || mayLack) return given;
  throw new HttpError("precondition-required", "If-Match is needed: the ETag that a GET of it answers, or *");
}
