/**
 * Explanations of events, deliveries and windows: reads what was recorded, and lets core/ put it into words.
 * @module
 */
import { setImmediate as pause } from "node:timers/promises";
import type { Delivery } from "../core/delivery.ts";
import type { Event } from "../core/event.ts";
import {
  type DeliveryExplanation,
  type EventExplanation,
  explainDelivery,
  explainEvent,
  explainWindow,
  type FiringFacts,
  type GatheringExplanation,
} from "../core/explain.ts";
import { type DecidedBy, type DraftFacts, isFollowed, windowId } from "../core/explain-facts.ts";
import { type RuleVerdict, ruleVerdict, withoutValues } from "../core/explain-rules.ts";
import { parseLeaf } from "../core/leaf-parse.ts";
import { FlowError } from "../flows/error.ts";
import type { ExplainAsker, ExplainService } from "../http/services.ts";
import type { AcceptedEvent, Page } from "../ports.ts";
import { configFinder, type FindConfig } from "./explain-config.ts";
import type { DecidingLeaf } from "./explain-history.ts";
import { readKnown } from "./explain-known.ts";
import type { Parts } from "./parts.ts";

type ExplainParts = Pick<Parts, "store" | "configurations" | "instants">;
interface Doors extends ExplainParts {
  readonly find: FindConfig;
}

const PAGE = 500;
/** Rules that are asked in one go. */
const SLICE = 500;
/** Pages of events before a resolution that are looked through for its firing. */
const MAX_PAGES = 20;

/** Explains from the store. */
export function explainService(parts: ExplainParts): ExplainService {
  const doors: Doors = { ...parts, find: configFinder(parts) };
  return {
    event: async (tenant, id, asker) => {
      const accepted = await parts.store.read.event(tenant, id);
      return accepted === undefined ? undefined : await eventExplanation(doors, { tenant, accepted, asker });
    },
    delivery: (tenant, id) => deliveryExplanation(doors, tenant, id),
  };
}

interface AskedEvent {
  readonly tenant: string;
  readonly accepted: AcceptedEvent;
  readonly asker: ExplainAsker;
  /** The firing of a resolution is explained without looking further. */
  readonly isFiring?: true;
}

async function eventExplanation(
  doors: Doors,
  { tenant, accepted, asker, isFiring }: AskedEvent,
): Promise<EventExplanation> {
  const { event, seq } = accepted;
  const decided = await doors.find(tenant, await decidingLeaf(doors, tenant, seq));
  const all = await verdictsOf(decided, event, asker);
  const rules = onlyOf(all, asker.rule);
  const deliveries = (await deliveriesOf(doors, tenant, event.id)).filter(
    ({ rule }) => asker.rule === undefined || rule.startsWith(`${asker.rule}@`),
  );
  const drafts = draftsOf(event, deliveries, decided);
  const known = await readKnown(doors, tenant, { deliveries, decided });
  const isUntold = drafts.length === 0 && isFollowed(event, decided) && isFiring === undefined;
  const firing = isUntold ? await firingOf(doors, { tenant, accepted, asker }) : undefined;
  const left = await leftOf(doors, tenant, accepted);
  return explainEvent({
    event,
    rules,
    drafts,
    known,
    left,
    ...(asker.rule === undefined || rules[0] === undefined ? {} : { asked: rules[0] }),
    ...(firing === undefined ? {} : { firing }),
    ...(isFiring === undefined ? {} : { isFiring }),
  });
}

function onlyOf(all: readonly RuleVerdict[], rule: string | undefined): readonly RuleVerdict[] {
  const found = rule === undefined ? all : all.filter(({ id }) => id === rule);
  if (found.length > 0 || rule === undefined) return found;
  throw new FlowError("missing", `the configuration that decided has no rule "${rule}", is not kept, or was not found`);
}

/** What a leaf says of its decision; undefined where the leaf is not kept. */
async function decidingLeaf({ store }: Doors, tenant: string, seq: number): Promise<DecidingLeaf | undefined> {
  const [line] = await store.read.leaves(tenant, seq, 1);
  if (line === undefined) return undefined;
  const { cfg, t } = parseLeaf(line);
  return cfg === undefined ? undefined : { cfg, seq, t };
}

/** Every rule in its order; who may not read the site's rules is not told what they want. */
async function verdictsOf(decided: DecidedBy, event: Event, { isSite }: ExplainAsker): Promise<readonly RuleVerdict[]> {
  const verdicts: RuleVerdict[] = [];
  let stopper: string | undefined;
  for (const [at, compiled] of decided.rules.entries()) {
    if (at > 0 && at % SLICE === 0) await pause();
    const verdict = ruleVerdict(compiled, { event, now: event.receivedAt, stopper });
    if (verdict.stops === true) stopper = verdict.id;
    verdicts.push(isSite || !decided.globals.has(verdict.id) ? verdict : withoutValues(verdict));
  }
  return verdicts;
}

/** Deliveries of an event in the order of its leaves. */
async function deliveriesOf({ store }: Doors, tenant: string, event: string): Promise<readonly Delivery[]> {
  const found: Delivery[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.read.deliveries(tenant, {
      event,
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    found.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return found.toSorted((a, b) => (a.leaves[0] ?? 0) - (b.leaves[0] ?? 0) || a.draft - b.draft);
}

/** Deliveries by the (rule, action) that they were judged as. */
function draftsOf(event: Event, deliveries: readonly Delivery[], decided: DecidedBy): DraftFacts[] {
  const isResolution = isFollowed(event, decided);
  const groups = Map.groupBy(deliveries, ({ rule, action }) => `${rule} ${action}`);
  return [...groups.values()].flatMap((group) => {
    const [delivery] = group;
    return delivery === undefined ? [] : [{ delivery, deliveries: group, event, isResolution }];
  });
}

/** Deliveries beyond the limit of one event, as the last of its leaves counts them. */
async function leftOf({ store }: Doors, tenant: string, { event, seq }: AcceptedEvent): Promise<number> {
  for (let at = seq; ; at++) {
    const [line] = await store.read.leaves(tenant, at, 1);
    const leaf = line === undefined ? undefined : parseLeaf(line);
    if (leaf?.type !== "event.decision" || leaf.id !== event.id) return 0;
    const counted = leaf.drafts?.find(({ reason }) => reason?.code === "draft-limit");
    if (counted !== undefined) return Number(counted.reason?.by ?? 0);
    if ((leaf.drafts ?? []).length === 0) return 0;
  }
}

/** Looks back through the events of the same source for the alert that a resolution ends. */
async function firingOf(doors: Doors, asked: AskedEvent): Promise<FiringFacts> {
  const { tenant, accepted } = asked;
  let looked = 0;
  let isAll = false;
  for await (const page of pagesBefore(doors, tenant, accepted.event)) {
    isAll = page.cursor === undefined;
    const at = page.items.findIndex((one) => isOfAlert(one, accepted.event));
    const found = page.items[at];
    looked += found === undefined ? page.items.length : at + 1;
    if (found === undefined) continue;
    if (found.alertState === "resolved") return { found: "resolved", by: found };
    const firing = await doors.store.read.event(tenant, found.id);
    return firing === undefined
      ? { found: "none", looked, isAll }
      : await firingFacts(doors, { ...asked, accepted: firing });
  }
  return { found: "none", looked, isAll };
}

function isOfAlert({ correlationId, alertState }: Event, end: Event): boolean {
  return alertState !== undefined && correlationId === end.correlationId;
}

async function firingFacts(doors: Doors, { tenant, accepted, asker }: AskedEvent): Promise<FiringFacts> {
  const { cause, drafts } = await eventExplanation(doors, {
    tenant,
    accepted,
    asker: { isSite: asker.isSite },
    isFiring: true,
  });
  const isTold = drafts.some(({ deliveries }) =>
    deliveries.some(({ attempts, cause: one }) => attempts > 0 || one.code === "told"),
  );
  return { found: "firing", firing: accepted.event, cause, isTold };
}

/** Events of the same source that were accepted before one, the newest first, up to a limit. */
async function* pagesBefore({ store }: Doors, tenant: string, { id, source }: Event): AsyncGenerator<Page<Event>> {
  let place: { readonly before: string } | { readonly cursor: string } = { before: id };
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const page: Page<Event> = await store.read.events(tenant, { source, limit: PAGE, ...place });
    yield page;
    if (page.cursor === undefined) return;
    place = { cursor: page.cursor };
  }
}

async function deliveryExplanation(
  doors: Doors,
  tenant: string,
  id: string,
): Promise<DeliveryExplanation | GatheringExplanation | undefined> {
  const { read } = doors.store;
  const delivery = await read.cell("delivery", tenant, id);
  if (delivery === undefined) return await windowOnly(doors, tenant, id);
  const decided = await doors.find(tenant, await decidingLeaf(doors, tenant, delivery.leaves[0] ?? 0));
  const accepted = delivery.event === undefined ? undefined : await read.event(tenant, delivery.event);
  const known = await readKnown(doors, tenant, { deliveries: [delivery], decided });
  const event = accepted?.event;
  const isResolution = event !== undefined && isFollowed(event, decided);
  const draft = { delivery, deliveries: [delivery], isResolution, ...(event === undefined ? {} : { event }) };
  return explainDelivery(draft, known);
}

/** A window that is open, or whose messages have other ids. */
async function windowOnly(doors: Doors, tenant: string, id: string): Promise<GatheringExplanation | undefined> {
  if (!id.startsWith("digest:") || windowId(id) !== id) return undefined;
  const { cfg } = doors.configurations.of(tenant);
  const decided = await doors.find(tenant, { cfg, seq: 0, t: doors.instants.now() });
  return explainWindow(id, await readKnown(doors, tenant, { deliveries: [], windows: [id], decided }));
}
