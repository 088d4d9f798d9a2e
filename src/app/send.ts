/**
 * Sending by hand: tried without a trace, or asked of the store.
 * @module
 */
import { type CellRef, type Cells, SITE_TENANT } from "../core/cells.ts";
import { rehearseSend, type RehearsedDraft } from "../core/decide.ts";
import { CLOCK_CELL, deciding } from "../core/deciding.ts";
import type { Delivery } from "../core/delivery.ts";
import type { Event } from "../core/event.ts";
import { SEND_STAGES, sendActions, SPARED_STAGES } from "../core/send.ts";
import { FlowError } from "../flows/error.ts";
import type { Rehearsed, SendRequest, SendService } from "../http/send-services.ts";
import type { Caller } from "../http/services.ts";
import { type MessageMaker, messageMaker } from "../jobs/deliver-message.ts";
import type { Noun, Reader, View } from "../ports.ts";
import type { Parts } from "./parts.ts";

type SendParts = Pick<Parts, "store" | "configurations" | "instants" | "settings">;

/** Sends over an opened site. */
export function sendService(parts: SendParts): SendService {
  return {
    gates: { asked: SEND_STAGES.map(({ name }) => name), passed: SPARED_STAGES },
    rehearse: (caller, request) => rehearse(parts, caller, request),
    send: ({ tenant, actor }, { event, by }) => {
      const input = { actor, horizon: parts.settings.duplicateHorizon, event, by };
      return parts.store.transact({ flow: "notify-send", tenant, input });
    },
  };
}

async function rehearse(
  parts: SendParts,
  { tenant, actor }: Caller,
  { event: input, by }: SendRequest,
): Promise<readonly Rehearsed[]> {
  const index = parts.configurations.of(tenant);
  const now = parts.instants.now();
  const found = sendActions(by, index, now);
  if (!found.ok) throw new FlowError(found.code, found.detail);
  const stamp = { now, t: now, salt: new Uint8Array() };
  const view = await viewOf(parts.store.read, tenant);
  const { event, drafts } = rehearseSend(input, found.actions, deciding({ tenant, index }, { view, stamp }, { actor }));
  const make = await makerOf(parts, event);
  const told: Rehearsed[] = [];
  for (const draft of drafts) told.push(await rehearsedOf(draft, { parts, make }));
  return told;
}

/** What delivery would make of an event that is not in the store. */
async function makerOf({ store, configurations }: SendParts, event: Event): Promise<MessageMaker> {
  const { read } = store;
  const site = (await read.cell("site", SITE_TENANT, "current"))?.site ?? "";
  return messageMaker({
    read: { cell: read.cell, members: read.members, objects: read.objects, event: async () => accepted(event) },
    configurations,
    site,
    head: async () => undefined,
  });
}

function accepted(event: Event): { event: Event; line: string; seq: number } {
  return { event, line: JSON.stringify(event), seq: 0 };
}

async function rehearsedOf(
  { action, outcome, deliveries }: RehearsedDraft,
  { parts, make }: { readonly parts: SendParts; readonly make: MessageMaker },
): Promise<Rehearsed> {
  const [first] = deliveries;
  const { status, reason, trace } = outcome;
  const stage = reason === undefined ? undefined : trace.find(({ code }) => code === reason.code)?.stage;
  return {
    rule: action.ref,
    action: action.id,
    channel: action.action.channel,
    recipients: deliveries.map(({ to }) => to).filter((to) => to !== ""),
    ...(first?.template === undefined ? {} : { template: first.template.id }),
    locale: first?.locale ?? "",
    ...(first === undefined ? {} : await messageOf({ ...first, leaves: [], draft: 0 }, parts, make)),
    verdict: { status, ...(stage === undefined ? {} : { stage }), ...(reason === undefined ? {} : { reason }) },
  };
}

/** The message; where nobody could be told there is none. */
async function messageOf(
  delivery: Delivery,
  { configurations }: SendParts,
  make: MessageMaker,
): Promise<Pick<Rehearsed, "subject" | "text" | "html" | "problem">> {
  const channel = configurations.of(delivery.tenant).channels.get(delivery.channel);
  if (channel === undefined) return {};
  const made = await make(delivery, channel);
  if (!made.ok) return { problem: made.reason };
  const { subject, text, html } = made.message;
  return { subject, text, ...(html === undefined ? {} : { html }) };
}

/** What the stages look at, as it stands now; nothing can be written. */
async function viewOf(read: Pick<Reader, "cell">, tenant: string): Promise<View> {
  const cells = {
    clock: await cellOf(read, CLOCK_CELL),
    mutes: await cellOf(read, { noun: "mutes", tenant, key: "current" }),
  };
  const known: { readonly [N in Noun]?: Cells[N] | undefined } = cells;
  return {
    get: (noun) => known[noun],
    list: () => [],
    put: refuse,
    remove: refuse,
    openLog: refuse,
    leaf: refuse,
    event: refuse,
    setTimer: refuse,
    clearTimer: refuse,
    member: refuse,
    members: () => [],
    logSize: () => 0,
    sweep: refuse,
  };
}

function refuse(): never {
  throw new FlowError("conflict", "a trial writes nothing");
}

async function cellOf<N extends Noun>(
  read: Pick<Reader, "cell">,
  { noun, tenant, key }: CellRef<N>,
): Promise<Cells[N] | undefined> {
  return await read.cell(noun, tenant, key);
}
