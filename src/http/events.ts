import type { Event } from "../core/event.ts";
import type { Fault, NamedTenant, SourceCode, SourceResult } from "../core/source.ts";
import type { Page } from "../ports.ts";
import { instant, json, textPage } from "./answer.ts";
import { readBody } from "./body.ts";
import { HttpError } from "./error.ts";
import { gatherPage } from "./large-answer.ts";
import { pageOf, readQuery } from "./query.ts";
import { type Call, type Http, param, route } from "./route.ts";
import type { Ingested } from "./services.ts";

const SENTENCES: Readonly<Record<SourceCode, string>> = {
  "bad-utf8": "",
  "empty-body": "",
  "bad-json": "",
  "batch-too-large": "nothing was stored",
  "invalid-event": "nothing was stored",
};
const NOTHING: Ingested = { accepted: 0, duplicates: 0, events: [] };

/** `POST /events`, `GET /events`, `GET /events/{id}`. */
export function routeEvents(http: Http, mediaTypes: readonly string[]): void {
  route(http, "POST /api/v1/events", (call) => postEvents(http, call, mediaTypes));
  route(http, "GET /api/v1/events", async ({ c, tenant }) => {
    const query = readQuery(c, ["limit", "cursor", "type", "source", "severity"]);
    const ask = (place: ReturnType<typeof pageOf>): Promise<Page<Event>> =>
      http.services.events.page(tenant, { ...query, ...place });
    const { items, cursor } = await gatherPage(ask, pageOf(query), presentEvent);
    return textPage(items, cursor, c.req.url);
  });
  route(http, "GET /api/v1/events/:id", async ({ c, tenant }) => {
    const found = await http.services.events.get(tenant, param(c, "id"));
    if (found === undefined) throw new HttpError("not-found", "there is no such event");
    return json({ ...presentEvent(found.event), seq: found.seq });
  });
}

async function postEvents(http: Http, { c, tenant, caller }: Call, mediaTypes: readonly string[]): Promise<Response> {
  http.requireDisk();
  const { bodyBytes: limit, bodyMs: ms } = http.limits;
  const { mediaType, bytes } = await readBody(c, { mediaTypes, limit, ms, timeout: http.timeout });
  const source = http.sourceOf(mediaType);
  if (source === undefined) throw new HttpError("unsupported-media-type", "no source reads this");
  const { events, tenants } = accepted(source.read(bytes));
  requireTenant(tenants, tenant);
  const batch = { source: source.name, events, bytes: bytes.length };
  return json(events.length === 0 ? NOTHING : await http.services.events.ingest(caller, batch), 202);
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

/** An event as the API shows it: as it is kept, with its instant as text. */
function presentEvent(event: Event): object {
  return { ...event, receivedAt: instant(event.receivedAt) };
}
