import { z } from "zod";
import type { EventInput } from "../core/event.ts";
import type { JsonObject } from "../core/json.ts";
import { Id, LanguageTag } from "../core/object.ts";
import { platformKind } from "../core/platform/index.ts";
import type { Fault } from "../core/source.ts";
import { isZone } from "../core/zone.ts";
import { json } from "./answer.ts";
import { HttpError } from "./error.ts";
import { schemaOf } from "./objects.ts";
import type { PreviewRequest } from "./preview-services.ts";
import { type Call, type Http, route } from "./route.ts";
import { parsed, readSmall } from "./small-body.ts";

const MAX_LOCALES = 40;
const EVENT_TYPE = "application/cloudevents+json";

const Locale = LanguageTag.max(35);
const EVENT = "must be {id} of an accepted event, {sample: type}, or a CloudEvent in structured form";

/** What is asked of the preview. The event's attributes are read as those of events that arrive. */
export const PreviewBody = z
  .strictObject({
    template: z.union([Id, z.record(z.string(), z.json())], { error: "must be an id, or a whole template" }),
    event: z.union(
      [
        z.strictObject({ id: z.string().min(1).max(64) }),
        z.strictObject({ sample: z.string().min(1).max(256) }),
        z.object({ specversion: z.json(), id: z.json() }).catchall(z.json()),
      ],
      { error: EVENT },
    ),
    locale: Locale.optional(),
    locales: z.array(Locale).min(1).max(MAX_LOCALES).optional(),
    zone: z.string().refine(isZone, "is no time zone of the IANA database").optional(),
    digest: z.boolean().optional(),
  })
  .refine(({ locale, locales }) => locale === undefined || locales === undefined, {
    path: ["locales"],
    message: "give locale or locales, not both",
  });
type PreviewBody = z.infer<typeof PreviewBody>;

/** `POST /templates/preview`: a template with an event, in each language. */
export function routePreview(http: Http): void {
  route(http, "POST /api/v1/templates/preview", async (call) => {
    const request = requestOf(http, call, parsed(PreviewBody, await readSmall(http, call.c)));
    const preview = await http.services.preview.of(call.tenant, request);
    if (preview.ok) return json({ items: preview.items });
    const errors = preview.faults.map(({ pointer, detail }) => ({ pointer: `/template${pointer}`, detail }));
    throw new HttpError("invalid", "the template has faults", { errors });
  });
}

function requestOf(http: Http, { tenant }: Call, body: PreviewBody): PreviewRequest {
  const { template, event, locale, locales, zone, digest } = body;
  const wanted = locale === undefined ? locales : [locale];
  return {
    template: typeof template === "string" ? template : { value: templateOf(template) },
    event: eventOf(http, tenant, event),
    ...(wanted === undefined ? {} : { locales: wanted }),
    ...(zone === undefined ? {} : { zone }),
    ...(digest === undefined ? {} : { isDigest: digest }),
  };
}

/** A template as `POST /templates` reads it: without what an answer says about it, with its schema where that was left out. */
function templateOf(given: JsonObject): JsonObject {
  const { meta: _, ...value } = given;
  return { schema: schemaOf("templates"), ...value };
}

function eventOf(http: Http, tenant: string, given: PreviewBody["event"]): PreviewRequest["event"] {
  if ("specversion" in given) return { input: readEvent(http, tenant, given) };
  if ("id" in given) return given.id;
  const sample = platformKind(given.sample)?.sample;
  if (sample !== undefined) return { input: readEvent(http, tenant, { ...sample }) };
  throw new HttpError("not-found", `there is no sample of "${given.sample}": GET /api/v1/schemas lists what has one`);
}

/** An event that is not recorded, read as one that arrives. Throws HttpError `invalid` or `tenant-mismatch`. */
function readEvent(http: Http, tenant: string, event: JsonObject): EventInput {
  const result = http.sourceOf(EVENT_TYPE, () => false)?.read(new TextEncoder().encode(JSON.stringify(event)));
  if (result === undefined) throw new HttpError("internal", "no source reads CloudEvents");
  if (!result.ok) throw new HttpError("invalid", "the event has faults", { errors: result.faults.map(inEvent) });
  const foreign = result.tenants.find((named) => named.tenant !== tenant);
  if (foreign !== undefined)
    throw new HttpError("tenant-mismatch", "the event names another tenant", {
      errors: [inEvent({ pointer: foreign.pointer, detail: "is not the tenant of this request" })],
    });
  const [input] = result.events;
  if (input === undefined) throw new HttpError("internal", "the source read no event");
  return input;
}

function inEvent({ pointer, detail }: Fault): Fault {
  return { pointer: `/event${pointer}`, detail };
}
