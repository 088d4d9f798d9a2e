/**
 * From a judged draft to its deliveries: one for each addressee, all with one verdict.
 * @module
 */
import type { CompiledAction } from "./action.ts";
import type { Compiled, CompiledChannel } from "./config.ts";
import type { Deciding } from "./deciding.ts";
import type { Announced } from "./decision-leaf.ts";
import type { DeliveryStatus, Reason, TraceEntry } from "./delivery.ts";
import type { Event } from "./event.ts";
import { recordId } from "./id.ts";
import { DEFAULT_TEMPLATE, DIGEST_TEMPLATE, digestTemplateFor } from "./template.ts";
import type { Draft, Outcome } from "./stage.ts";
import { namedAddressees } from "./stages/channel.ts";

/** Addressees of an action in their order; one empty one where nothing names any. */
export function addresseesOf(action: CompiledAction, channel: CompiledChannel | undefined): readonly string[] {
  const given = namedAddressees(action, channel);
  return given.length > 0 ? given : [""];
}

/** A draft of an event with the ids of its deliveries. */
export function draftOf(event: Event, action: CompiledAction, deciding: Deciding, isResolution: boolean): Draft {
  const channel = deciding.index.channels.get(action.action.channel);
  const { now } = deciding.stamp;
  const deliveries = addresseesOf(action, channel).map((_, ordinal) =>
    recordId("dl", now, [event.id, action.rule, action.id, String(ordinal)]),
  );
  return { event, action, channel, deliveries, isResolution };
}

/** The deliveries of a draft, each before it has a place in the ledger. */
export function deliveriesOf(
  { event, action, channel, deliveries }: Draft,
  outcome: Outcome,
  deciding: Deciding,
): Announced[] {
  const template = templateOf(action.action.template, deciding.index);
  const { status, reason, window, trace } = outcome;
  return addresseesOf(action, channel).map((to, ordinal) => ({
    id: deliveries[ordinal] ?? "",
    event: event.id,
    to,
    ordinal,
    ...shared(action, deciding),
    ...(template === undefined ? {} : { template }),
    severity: event.severity,
    correlationId: event.correlationId,
    ...stateOf(status, deciding),
    ...(reason === undefined ? {} : { reason }),
    ...(window === undefined ? {} : { window }),
    ...(trace.length === 0 ? {} : { trace }),
  }));
}

/** What a window's own delivery is made of. */
export interface WindowTelling {
  readonly id: string;
  readonly window: string;
  readonly severity: Event["severity"];
  readonly action: CompiledAction;
  readonly channel: CompiledChannel | undefined;
  readonly status: DeliveryStatus;
  readonly reason?: Reason;
  readonly trace: readonly TraceEntry[];
}

/** A window's own deliveries: `<window id>`, with `:<ordinal>` at the end where there are several addressees. */
export function windowDeliveries(telling: WindowTelling, deciding: Deciding): Announced[] {
  const { id, window, severity, action, channel, status, reason, trace } = telling;
  const template = digestTemplateOf(action.action.template, window, deciding.index);
  const addressees = addresseesOf(action, channel);
  return addressees.map((to, ordinal) => ({
    id: addressees.length === 1 ? id : `${id}:${ordinal}`,
    window: id,
    to,
    ordinal,
    ...shared(action, deciding),
    ...(template === undefined ? {} : { template }),
    severity,
    correlationId: id,
    ...stateOf(status, deciding),
    ...(reason === undefined ? {} : { reason }),
    ...(trace.length === 0 ? {} : { trace }),
  }));
}

type Shared = Pick<Announced, "tenant" | "rule" | "action" | "channel" | "locale" | "attempts" | "createdAt">;

function shared({ ref, id, action }: CompiledAction, { tenant, index, stamp }: Deciding): Shared {
  return {
    tenant,
    rule: ref,
    action: id,
    channel: action.channel,
    locale: action.locale ?? index.policy.locale,
    attempts: 0,
    createdAt: stamp.now,
  };
}

function stateOf(status: DeliveryStatus, { stamp }: Deciding): Pick<Announced, "status" | "dueAt"> {
  return status === "pending" ? { status, dueAt: stamp.now } : { status };
}

interface TemplateVersion {
  readonly id: string;
  readonly hash: string;
}

/** The first template of a list that is there; a name that is gone falls back rather than lose the alert. */
function firstOf(names: readonly (string | undefined)[], index: Compiled): TemplateVersion | undefined {
  for (const id of names) {
    const hash = id === undefined ? undefined : index.templates.get(id);
    if (id !== undefined && hash !== undefined) return { id, hash };
  }
  return undefined;
}

function templateOf(name: string | undefined, index: Compiled): TemplateVersion | undefined {
  return firstOf([name, DEFAULT_TEMPLATE], index);
}

/** The action's where it is made for digests, else the shipped one for the window, else what tells of single events. */
function digestTemplateOf(name: string | undefined, window: string, index: Compiled): TemplateVersion | undefined {
  const own = name !== undefined && index.digestTemplates.has(name) ? name : undefined;
  return firstOf([own, digestTemplateFor(window), DIGEST_TEMPLATE, name, DEFAULT_TEMPLATE], index);
}
