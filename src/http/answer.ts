/**
 * Every answer is made here, so that every answer carries the secure headers. Plain header objects keep the server's
 * short path: it never has to build a Headers for them.
 * @module
 */

/** Nothing here is a page: browsers must neither guess, run, frame nor keep it. There is no CORS. */
export const SECURE_HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

const JSON_HEADERS: Readonly<Record<string, string>> = { "content-type": "application/json", ...SECURE_HEADERS };

/** An answer of any type; `headers` (lower case) go before the secure ones. */
export function answer(
  status: number,
  type: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(body, { status, headers: { "content-type": type, ...SECURE_HEADERS, ...headers } });
}

/** An answer without a body. */
export function bare(status: number, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(null, { status, headers: { ...SECURE_HEADERS, ...headers } });
}

/** A JSON answer. */
export function json(value: unknown, status = 200): Response {
  return jsonText(JSON.stringify(value), status);
}

/** A JSON answer that has been written already. */
export function jsonText(body: string, status = 200): Response {
  return new Response(body, { status, headers: JSON_HEADERS });
}

/** A text answer in UTF-8. */
export function text(body: string, headers: Readonly<Record<string, string>> = {}): Response {
  return answer(200, "text/plain; charset=utf-8", body, headers);
}

/** A page of a list: `{items, cursor?}`, the next page also as a link; `url` is the request's. */
export function page(items: readonly unknown[], cursor: string | undefined, url: string): Response {
  return textPage(
    items.map((item) => JSON.stringify(item)),
    cursor,
    url,
  );
}

/** The same of items that are JSON texts already. */
export function textPage(items: readonly string[], cursor: string | undefined, url: string): Response {
  const list = `"items":[${items.join(",")}]`;
  if (cursor === undefined) return jsonText(`{${list}}`);
  const next = new URL(url);
  next.searchParams.set("cursor", cursor);
  const link = { link: `<${next.pathname}${next.search}>; rel="next"` };
  return answer(200, "application/json", `{${list},"cursor":${JSON.stringify(cursor)}}`, link);
}

/** An instant (epoch ms) as people and other programs read it. */
export function instant(ms: number): string {
  return new Date(ms).toISOString();
}
