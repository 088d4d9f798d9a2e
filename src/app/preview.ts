/**
 * Messages of templates before anybody is told: rendered as delivery does, and nothing of it is kept.
 * @module
 */
import { setImmediate as pause } from "node:timers/promises";
import { SITE_TENANT } from "../core/cells.ts";
import type { Delivery } from "../core/delivery.ts";
import { CoreError } from "../core/error.ts";
import type { Event } from "../core/event.ts";
import { recordId } from "../core/id.ts";
import { checkObject, type CheckedObject, readObject } from "../core/objects.ts";
import { isJsonObject, type Json } from "../core/json.ts";
import { missingMessages, usedLanguage } from "../core/render-languages.ts";
import { type CompiledTemplate, compileTemplate, render } from "../core/render.ts";
import { eventTitle, type RenderContext, renderContext } from "../core/render-context.ts";
import { renderWindow } from "../core/render-digest.ts";
import type { Speech } from "../core/render-messages.ts";
import { isDigestTemplate, type Template } from "../core/template.ts";
import type { WindowMember, WindowRecord } from "../core/window-record.ts";
import { FlowError } from "../flows/error.ts";
import type { Preview, PreviewItem, PreviewRequest, PreviewService } from "../http/preview-services.ts";
import type { Parts } from "./parts.ts";

type PreviewParts = Pick<Parts, "store" | "configurations" | "instants">;

/** Who would tell it: no rule, action or channel of the tenant. */
const NOBODY = "preview";
const DIGEST_MS = 3_600_000;

/** Previews over an opened site. */
export function previewService(parts: PreviewParts): PreviewService {
  return { of: (tenant, request) => previewOf(parts, tenant, request) };
}

async function previewOf(parts: PreviewParts, tenant: string, request: PreviewRequest): Promise<Preview> {
  const found = await templateOf(parts, tenant, request.template);
  if (!found.ok) return { ok: false, faults: found.faults };
  const { template, hash } = found;
  const event = await eventOf(parts, tenant, request.event);
  const site = (await parts.store.read.cell("site", SITE_TENANT, "current"))?.site ?? "";
  const context = contextOf({ site, event, hash, isDigest: request.isDigest ?? isDigestTemplate(template) });
  const { locale: fallback, zone } = parts.configurations.of(tenant).policy;
  const languages = Object.keys(template.messages ?? {});
  const compiled = compileTemplate(template);
  const items: PreviewItem[] = [];
  for (const locale of request.locales ?? (languages.length > 0 ? languages : [fallback])) {
    const speech = { locale, fallback, zone: request.zone ?? zone };
    items.push(itemOf({ template, compiled }, context, speech));
    await pause();
  }
  return { ok: true, items };
}

type FoundTemplate =
  | { readonly ok: true; readonly template: Template; readonly hash: string }
  | { readonly ok: false; readonly faults: readonly { readonly pointer: string; readonly detail: string }[] };

async function templateOf(
  { store, configurations }: PreviewParts,
  tenant: string,
  given: PreviewRequest["template"],
): Promise<FoundTemplate> {
  if (typeof given !== "string") return checkedTemplate(given.value);
  const hash = configurations.of(tenant).templates.get(given);
  const kept = hash === undefined ? undefined : (await store.read.objects([hash]))[0];
  if (kept === undefined) throw new FlowError("missing", `there is no template "${given}"`);
  const object = readObject("templates", given, kept);
  if (object.kind !== "templates") throw new FlowError("missing", `there is no template "${given}"`);
  return { ok: true, template: object.value, hash: kept.hash };
}

function checkedTemplate(value: Json): FoundTemplate {
  const id = isJsonObject(value) && typeof value["id"] === "string" ? value["id"] : "";
  const result = checkObject("templates", id, value);
  if (!result.ok) return { ok: false, faults: result.faults.map(({ pointer, detail }) => ({ pointer, detail })) };
  const { object }: CheckedObject = result.checked;
  return object.kind === "templates"
    ? { ok: true, template: object.value, hash: object.hash }
    : { ok: false, faults: [{ pointer: "", detail: "is no template" }] };
}

async function eventOf(parts: PreviewParts, tenant: string, given: PreviewRequest["event"]): Promise<Event> {
  if (typeof given === "string") {
    const accepted = await parts.store.read.event(tenant, given);
    if (accepted === undefined) throw new FlowError("missing", `there is no event "${given}"`);
    return accepted.event;
  }
  const { input } = given;
  const now = parts.instants.now();
  return { ...input, id: recordId("ev", now, [tenant, input.source, input.sourceId]), tenant, receivedAt: now };
}

interface Told {
  readonly site: string;
  readonly event: Event;
  /** Of the template. */
  readonly hash: string;
  readonly isDigest: boolean;
}

function contextOf({ site, event, hash, isDigest }: Told): RenderContext {
  const delivery = deliveryOf(event, hash);
  if (!isDigest) return renderContext(site, delivery, event);
  const window = windowOf(event, delivery);
  return renderWindow(site, { ...delivery, id: window.id }, window, [memberOf(event, delivery)]);
}

/** The delivery that would tell of it. */
function deliveryOf({ id, tenant, severity, correlationId, receivedAt }: Event, hash: string): Delivery {
  return {
    id: recordId("dl", receivedAt, [id, NOBODY, hash]),
    tenant,
    event: id,
    rule: `${NOBODY}@${hash.slice(0, 12)}`,
    action: NOBODY,
    channel: NOBODY,
    ordinal: 0,
    to: "",
    locale: "en",
    severity,
    correlationId,
    status: "pending",
    attempts: 0,
    createdAt: receivedAt,
    leaves: [],
    draft: 0,
  };
}

function windowOf({ tenant, receivedAt, severity }: Event, { rule }: Delivery): WindowRecord {
  return {
    id: `digest:${tenant}:${NOBODY}:1h:${receivedAt}`,
    kind: "digest",
    window: "1h",
    actionKey: NOBODY,
    action: NOBODY,
    rule,
    channel: NOBODY,
    openedAt: receivedAt,
    due: receivedAt + DIGEST_MS,
    count: 1,
    frontier: "",
    severity,
    state: "flushed",
    endedAt: receivedAt + DIGEST_MS,
  };
}

function memberOf(event: Event, { id: delivery }: Delivery): WindowMember {
  const { id, source, type, subject, severity, alertState, scope, vuln, receivedAt } = event;
  return {
    event: id,
    deliveries: [delivery],
    at: receivedAt,
    steady: receivedAt,
    source,
    type,
    ...(subject === undefined ? {} : { subject }),
    title: eventTitle(event),
    severity,
    ...(alertState === undefined ? {} : { alertState }),
    scope,
    ...(vuln?.delta === undefined ? {} : { delta: vuln.delta }),
  };
}

function itemOf(
  { template, compiled }: { readonly template: Template; readonly compiled: CompiledTemplate },
  context: RenderContext,
  speech: Speech,
): PreviewItem {
  const { locale } = speech;
  const used = usedLanguage(template, speech);
  const head = { locale, ...(used === undefined ? {} : { used }) };
  const missing = used === undefined ? [] : missingMessages(template, used);
  try {
    return { ...head, ...render(compiled, context, speech), problems: missing };
  } catch (error) {
    if (!(error instanceof CoreError)) throw error;
    return { ...head, subject: "", text: "", problems: [{ pointer: "/template", detail: error.message }, ...missing] };
  }
}
