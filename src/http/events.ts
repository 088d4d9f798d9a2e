import { type Event, SEVERITIES } from "../core/event.ts";
import type { Fault, NamedTenant, Source, SourceCode, SourceResult } from "../core/source.ts";
import type { Page } from "../ports.ts";
import { instant, json, SECURE_HEADERS, textPage } from "./answer.ts";
import { readBody, readData } from "./body.ts";
import { allHeaders, type Context, header } from "./context.ts";
import { HttpError } from "./error.ts";
import { gatherPage } from "./large-answer.ts";
import { oneOf, pageOf, readQuery } from "./query.ts";
import { type Call, type Http, openRoute, param, route } from "./route.ts";
import type { Ingested } from "./services.ts";

const SENTENCES: Readonly<Record<SourceCode, string>> = {
  "bad-utf8": "",
  "empty-body": "",
  "bad-json": "",
  "unsupported-charset": "the charset must be utf-8",
  "batch-too-large": "nothing was stored",
  "invalid-event": "nothing was stored",
};
const NOTHING: Ingested = { accepted: 0, duplicates: 0, events: [] };

/** `OPTIONS /events`, `POST /events`, `GET /events`, `GET /events/{id}`. */
export function routeEvents(http: Http, mediaTypes: readonly string[]): void {
  openRoute(http, "OPTIONS /api/v1/events", (c) => greet(c, http.limits.requestsPerMinute));
  route(http, "POST /api/v1/events", (call) => postEvents(http, call, mediaTypes));
  route(http, "GET /api/v1/events", async ({ c, tenant }) => {
    const query = readQuery(c, ["limit", "cursor", "type", "source", "severity"]);
    const { severity: given, ...filters } = query;
    const severity = oneOf(given, { name: "severity", words: SEVERITIES });
    const ask = (place: ReturnType<typeof pageOf>): Promise<Page<Event>> =>
      http.services.events.page(tenant, { ...filters, ...(severity === undefined ? {} : { severity }), ...place });
    const { items, cursor } = await gatherPage(ask, pageOf(query), presentEvent);
    return textPage(items, cursor, c.req.url);
  });
  route(http, "GET /api/v1/events/:id", async ({ c, tenant }) => {
    readQuery(c, []);
    const found = await http.services.events.get(tenant, param(c, "id"));
    if (found === undefined) throw new HttpError("not-found", "there is no such event");
    return json({ ...presentEvent(found.event), seq: found.seq });
  });
}

async function postEvents(http: Http, { c, tenant, caller }: Call, mediaTypes: readonly string[]): Promise<Response> {
  http.requireDisk();
  const { source, result, size } = await readEvents(http, c, mediaTypes);
  const { events, tenants } = accepted(result);
  requireTenant(tenants, tenant);
  const batch = { source: source.name, events, bytes: size };
  return json(events.length === 0 ? NOTHING : await http.services.events.ingest(caller, batch), 202);
}

/** What a source makes of a request; `size` in bytes of its body. */
interface Read {
  readonly source: Source;
  readonly result: SourceResult;
  readonly size: number;
}

/** Finds the source by the body's media type, else by a header, and lets it read. Throws HttpError of 400, 408, 413 or 415. */
async function readEvents(http: Http, c: Context, mediaTypes: readonly string[]): Promise<Read> {
  const rules = { limit: http.limits.bodyBytes, ms: http.limits.bodyMs, timeout: http.timeout };
  const source = http.sourceOf(bareType(header(c, "content-type")), (name) => header(c, name) !== undefined);
  if (source === undefined) {
    const accepts = mediaTypes.join(", ");
    const words = `send one of: ${accepts}; or an event in binary mode: ce-specversion and its other ce- headers, and data of any type`;
    throw new HttpError("unsupported-media-type", words, { headers: { "accept-post": accepts } });
  }
  if (source.marker === undefined) {
    const { bytes } = await readBody(c, { mediaTypes, ...rules });
    return { source, result: source.read(bytes), size: bytes.length };
  }
  const bytes = await readData(c, rules);
  return { source, result: source.read(bytes, allHeaders(c)), size: bytes.length };
}

/** A media type in lower case, without parameters; empty where there is none. */
function bareType(contentType = ""): string {
  return contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

function accepted(result: SourceResult): Extract<SourceResult, { ok: true }> {
  if (result.ok) return result;
  throw new HttpError(result.code, SENTENCES[result.code], { errors: result.faults });
}

function requireTenant(tenants: readonly NamedTenant[], tenant: string): void {
  const errors: Fault[] = tenants
    .filter((named) => named.tenant !== tenant)
    .map(({ pointer }) => ({ pointer, detail: "is not the tenant of this request" }));
  if (errors.length > 0)
    throw new HttpError("tenant-mismatch", "an event names another tenant; nothing was stored", { errors });
}

const METHODS = { allow: "POST, GET, HEAD, OPTIONS" } as const;
/** A DNS name, as the handshake has it; an address or a port does no harm. */
const ORIGIN = /^[A-Za-z0-9.:[\]_-]{1,255}$/;
const RATE = /^[1-9][0-9]{0,8}$/;

/**
 * The handshake of the CloudEvents WebHook binding: any origin may send, as its token allows, at no more requests a minute
 * than `limit` (0: any number). Throws HttpError `bad-request` for an origin or a rate that is none.
 */
function greet(c: Context, limit: number): Response {
  const origin = header(c, "webhook-request-origin");
  if (origin === undefined) return answered(METHODS);
  if (!ORIGIN.test(origin)) throw new HttpError("bad-request", "WebHook-Request-Origin is a DNS name");
  const rate = header(c, "webhook-request-rate");
  if (rate !== undefined && !RATE.test(rate))
    throw new HttpError("bad-request", "WebHook-Request-Rate is a whole number of requests a minute, from 1 on");
  const asked = rate === undefined ? Number.POSITIVE_INFINITY : Number(rate);
  const allowed = Math.min(asked, limit === 0 ? Number.POSITIVE_INFINITY : limit);
  const words = Number.isFinite(allowed) ? String(allowed) : "*";
  return answered({ ...METHODS, "webhook-allowed-origin": origin, "webhook-allowed-rate": words });
}

/** An answer without a body. */
function answered(headers: Readonly<Record<string, string>>): Response {
  return new Response(null, { status: 204, headers: { ...SECURE_HEADERS, ...headers } });
}

/** An event as the API shows it: as it is kept, with its instant as text. */
function presentEvent(event: Event): object {
  return { ...event, receivedAt: instant(event.receivedAt) };
}
