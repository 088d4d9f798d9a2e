/**
 * From a delivery to the message that leaves: its event or window, its template as it was decided, rendered.
 * @module
 */
import type { WindowMember, WindowRecord } from "../core/window-record.ts";
import type { CompiledChannel } from "../core/config.ts";
import type { Delivery, Reason } from "../core/delivery.ts";
import { CoreError } from "../core/error.ts";
import { type CompiledTemplate, compileTemplate, payloadHash, render } from "../core/render.ts";
import type { Speech } from "../core/render-messages.ts";
import { type RenderContext, renderContext } from "../core/render-context.ts";
import { renderWindow } from "../core/render-digest.ts";
import { Template } from "../core/template.ts";
import type { AcceptedEvent, Configurations, LogRecord, Message, Reader } from "../ports.ts";

const TEMPLATES_KEPT = 200;
/** Deliveries of one event follow each other. */
const EVENTS_KEPT = 32;
/** Deliveries of one window, one for each addressee, follow each other. */
const WINDOWS_KEPT = 4;

export interface MessageDoors {
  readonly read: Pick<Reader, "cell" | "event" | "members" | "objects">;
  /** Where a tenant's item cap is found (so many items of a window are listed), its zone and the locale it falls back to. */
  readonly configurations: Configurations;
  readonly site: string;
  /** Head of a tenant's log as it stands. */
  readonly head: (tenant: string) => Promise<Pick<LogRecord, "origin" | "size" | "root"> | undefined>;
}
/** The message with the hash of its parts, or why there will never be one. */
export type Made =
  | { readonly ok: true; readonly message: Message; readonly payload: string }
  | { readonly ok: false; readonly status: "dead" | "dropped"; readonly reason: Reason };
export type MessageMaker = (delivery: Delivery, channel: CompiledChannel) => Promise<Made>;

/** Makes messages; compiled templates are kept by the hash of their object. Rejects only where the store cannot be read. */
export function messageMaker(doors: MessageDoors): MessageMaker {
  const { read, head, configurations } = doors;
  const templates = keeper(TEMPLATES_KEPT, async (hash: string) => compiled((await read.objects([hash]))[0]?.text));
  const contextOf = contextMaker(doors);
  return async (delivery, channel) => {
    const to = delivery.to || channel.to.join(", "); // a bound `to` may have come after the decision: then all are told
    if (to === "") return never("dropped", { code: "no-recipient", by: channel.id });
    if (delivery.template === undefined) return never("dead", { code: "template-missing" });
    const template = await templates(delivery.template.hash);
    if (template === undefined) return never("dead", { code: "template-missing", by: delivery.template.id });
    const context = await contextOf(delivery);
    const rendered =
      context === undefined || template === "broken"
        ? undefined
        : attempted(() => render(template, context(), speechOf(delivery, configurations)));
    if (rendered === undefined) return never("dead", { code: "render-failed", by: delivery.template.id });
    const ledger = await head(delivery.tenant);
    const { id, tenant, severity, correlationId } = delivery;
    const message = {
      id,
      tenant,
      to,
      ...rendered,
      severity,
      correlationId,
      ...(ledger === undefined ? {} : { ledger: headLine(ledger) }),
    };
    return { ok: true, message, payload: payloadHash(rendered) };
  };
}

/** A delivery speaks its own locale, by the clock of its tenant. */
function speechOf({ tenant, locale }: Delivery, configurations: Configurations): Speech {
  const { locale: fallback, zone } = configurations.of(tenant).policy;
  return { locale, fallback, zone };
}

/** Finds what a delivery tells of; undefined where there is no such event or window. */
function contextMaker({
  read,
  site,
  configurations,
}: MessageDoors): (delivery: Delivery) => Promise<(() => RenderContext) | undefined> {
  const events = keeper(EVENTS_KEPT, async (key: string): Promise<AcceptedEvent | undefined> => {
    const [tenant = "", id = ""] = key.split(" ");
    return await read.event(tenant, id);
  });
  const members = keeper(WINDOWS_KEPT, async (key: string): Promise<readonly WindowMember[]> => {
    const [tenant = "", id = "", from, limit] = key.split(" ");
    return await read.members(tenant, id, Number(from), Number(limit));
  });
  return async (delivery) => {
    const { tenant, event } = delivery;
    const window = await windowOf(delivery, read);
    if (event !== undefined) {
      const accepted = await events(`${tenant} ${event}`);
      const aggregate = window?.kind === "flap" ? window : undefined;
      return accepted && (() => renderContext(site, delivery, accepted.event, aggregate));
    }
    if (window === undefined) return undefined;
    const { from, limit } = listed(window, window.itemCap ?? configurations.of(tenant).policy.itemCap);
    const told = (await members(`${tenant} ${window.id} ${from} ${limit}`)) ?? [];
    return () => renderWindow(site, delivery, window, told);
  };
}

/** The window that a delivery tells of, alone or besides its event; an addressee's ordinal is no part of its id. */
async function windowOf({ tenant, window }: Delivery, read: MessageDoors["read"]): Promise<WindowRecord | undefined> {
  return window === undefined ? undefined : await read.cell("window", tenant, window.split(":", 5).join(":"));
}

/** Which members are listed: those that are not too old, the first `cap` of them. */
function listed({ count, stale = 0 }: WindowRecord, cap: number): { readonly from: number; readonly limit: number } {
  return { from: stale, limit: Math.max(0, Math.min(cap, count - stale)) };
}

function never(status: "dead" | "dropped", reason: Reason): Made {
  return { ok: false, status, reason };
}

/** A template that is gone is undefined; one that no longer compiles is broken for good. */
function compiled(text: string | undefined): CompiledTemplate | "broken" | undefined {
  if (text === undefined) return undefined;
  const template = Template.safeParse(JSON.parse(text));
  return (template.success ? attempted(() => compileTemplate(template.data)) : undefined) ?? "broken";
}

/** What is made, or undefined where core/ says that it cannot be: that is an outcome of the delivery, not a failure of ours. */
function attempted<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof CoreError) return undefined;
    throw error;
  }
}

/** `<origin> <size> <root>`. */
function headLine({ origin, size, root }: Pick<LogRecord, "origin" | "size" | "root">): string {
  return `${origin} ${size} ${Buffer.from(root).toString("base64")}`;
}

/** Keeps the last values by key; what is not there yet (undefined) is asked for again. */
function keeper<T>(
  limit: number,
  make: (key: string) => Promise<T | undefined>,
): (key: string) => Promise<T | undefined> {
  const kept = new Map<string, T>();
  return async (key) => {
    const found = kept.get(key) ?? (await make(key));
    if (found === undefined) return undefined;
    kept.delete(key);
    kept.set(key, found);
    for (const oldest of kept.keys()) if (kept.size > limit) kept.delete(oldest);
    return found;
  };
}
