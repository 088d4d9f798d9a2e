/**
 * From a delivery to the message that leaves: its event, its template as it was decided, rendered.
 * @module
 */
import type { CompiledChannel } from "../core/config.ts";
import type { Delivery, Reason } from "../core/delivery.ts";
import { CoreError } from "../core/error.ts";
import { type CompiledTemplate, compileTemplate, payloadHash, render } from "../core/render.ts";
import { renderContext } from "../core/render-context.ts";
import { Template } from "../core/template.ts";
import type { AcceptedEvent, LogRecord, Message, Reader } from "../ports.ts";

const TEMPLATES_KEPT = 200;
/** Deliveries of one event follow each other. */
const EVENTS_KEPT = 32;

export interface MessageDoors {
  readonly read: Pick<Reader, "event" | "objects">;
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
export function messageMaker({ read, site, head }: MessageDoors): MessageMaker {
  const templates = keeper(TEMPLATES_KEPT, async (hash: string) => compiled((await read.objects([hash]))[0]?.text));
  const events = keeper(EVENTS_KEPT, async (key: string): Promise<AcceptedEvent | undefined> => {
    const [tenant = "", id = ""] = key.split(" ");
    return await read.event(tenant, id);
  });
  return async (delivery, channel) => {
    const to = delivery.to || channel.to.join(", "); // a bound `to` may have come after the decision: then all are told
    if (to === "") return never("dropped", { code: "no-recipient", by: channel.id });
    if (delivery.template === undefined) return never("dead", { code: "template-missing" });
    const template = await templates(delivery.template.hash);
    if (template === undefined) return never("dead", { code: "template-missing", by: delivery.template.id });
    const accepted = delivery.event === undefined ? undefined : await events(`${delivery.tenant} ${delivery.event}`);
    const rendered =
      accepted === undefined || template === "broken" ? undefined : renderOne(template, { site, delivery, accepted });
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

function never(status: "dead" | "dropped", reason: Reason): Made {
  return { ok: false, status, reason };
}

interface Telling {
  readonly site: string;
  readonly delivery: Delivery;
  readonly accepted: AcceptedEvent;
}

function renderOne(
  template: CompiledTemplate,
  { site, delivery, accepted }: Telling,
): { subject: string; text: string; html?: string } | undefined {
  return attempted(() => render(template, renderContext(site, delivery, accepted.event)));
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
