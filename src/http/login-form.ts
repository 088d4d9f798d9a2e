import { decodeUtf8 } from "../core/strict-json.ts";
import { readBody } from "./body.ts";
import { type Context, header } from "./context.ts";
import { HttpError } from "./error.ts";
import type { Http } from "./route.ts";

const FORM = "application/x-www-form-urlencoded";
const FORM_BYTES = 4096;
/** As browsers write the one field. */
const FIELD = /^token=((?:[A-Za-z0-9*._+-]|%[0-9A-Fa-f]{2})*)$/;

/** The token of a login form, without the space around it. Throws HttpError of 400, 408, 413, 415 or 422. */
export async function readToken({ limits, timeout }: Http, c: Context): Promise<string> {
  const { bytes } = await readBody(c, { mediaTypes: [FORM], limit: FORM_BYTES, ms: limits.bodyMs, timeout });
  const [, field] = FIELD.exec(decodeUtf8(bytes) ?? "") ?? [];
  const token = field === undefined ? undefined : decoded(field.replaceAll("+", " "));
  if (token === undefined) throw new HttpError("invalid", "the form has one field: token");
  return token.trim();
}

function decoded(field: string): string | undefined {
  try {
    return decodeURIComponent(field);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/**
 * Throws HttpError `forbidden` for a form that is not one of our own pages. Browsers of today say so (`Sec-Fetch-Site`), but
 * not over plain HTTP to another machine; those since about 2010 send `Origin`, and those that do not (Firefox before 70,
 * Internet Explorer) send `Referer`. No page can forge one of them, nor send another site's.
 */
export function requireOwnForm(c: Context): void {
  const site = header(c, "sec-fetch-site");
  const from = header(c, "origin") ?? header(c, "referer");
  const isOwn = site === undefined ? isSame(from, header(c, "host")) : site === "same-origin" || site === "none";
  if (!isOwn)
    throw new HttpError("forbidden", "this form was not sent from this site's own page; open the page and try again");
}

/** Whether the browser speaks TLS, if only to a proxy before us: our page's own form says from where it was sent. */
export function isOverTls(c: Context): boolean {
  const from = header(c, "origin") ?? header(c, "referer") ?? "";
  return [c.req.url, from].some((url) => URL.canParse(url) && new URL(url).protocol === "https:");
}

function isSame(from: string | undefined, host: string | undefined): boolean {
  if (from === undefined || host === undefined || host === "" || !URL.canParse(from)) return false;
  const { protocol, host: sent } = new URL(from);
  return (protocol === "http:" || protocol === "https:") && sent === host.toLowerCase();
}
