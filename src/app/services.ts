/**
 * What the routes ask for, from flows and the store.
 * @module
 */
import { SITE_TENANT } from "../core/cells.ts";
import type { ChangeVia } from "../core/change.ts";
import type { EventReceipt } from "../core/delivery.ts";
import type { EventInput } from "../core/event.ts";
import type { Json } from "../core/json.ts";
import { parseStrictJson } from "../core/strict-json.ts";
import { applyConfig, type CheckedPlan, planBinding, planConfig } from "../flows/config-apply.ts";
import { FlowError } from "../flows/error.ts";
import { makeReceipt, readTile } from "../flows/ledger-read.ts";
import type { Caller, ConfigChange, Services, ShownConfig, ShownObject } from "../http/services.ts";
import { answerService } from "./answers.ts";
import { readAttempts } from "./attempts.ts";
import { digestService, statsService } from "./digests.ts";
import { explainService } from "./explain.ts";
import { kitService } from "./kits.ts";
import { maildropService } from "./maildrop.ts";
import type { SiteMetrics } from "./metrics.ts";
import { muteService } from "./mutes.ts";
import type { Log } from "../ports.ts";
import { objectService } from "./objects.ts";
import type { Parts } from "./parts.ts";
import { previewService } from "./preview.ts";
import { sendService } from "./send.ts";
import { statusService } from "./status.ts";
import { tenantService } from "./tenants.ts";
import { tokenService } from "./tokens.ts";
import { trustService } from "./trust.ts";
import { createTurns, type Turns } from "./turns.ts";

/** What configuration objects may be nested. */
const MAX_DEPTH = 64;

/** Services over an opened site. */
export function createServices(parts: Parts, metrics: SiteMetrics): Services {
  const turns = createTurns();
  return {
    answers: answerService(parts),
    events: eventService(parts, metrics),
    deliveries: deliveryService(parts),
    digests: digestService(parts),
    explain: explainService(parts),
    stats: statsService(parts),
    status: statusService(parts),
    config: configService(parts, turns),
    kits: kitService(parts, turns),
    trust: trustService(parts),
    ledger: ledgerService(parts),
    maildrop: maildropService(parts),
    metrics,
    mutes: muteService(parts),
    objects: objectService(parts, turns),
    preview: previewService(parts),
    send: sendService(parts),
    tokens: tokenService(parts),
    tenants: tenantService(parts, turns),
  };
}

function eventService(
  { store, settings, log }: Parts,
  { accepted }: Pick<SiteMetrics, "accepted">,
): Services["events"] {
  return {
    ingest: async ({ tenant, request }, { source, events, bytes }) => {
      const input = { actor: `source:${source}`, events, horizon: settings.duplicateHorizon };
      const receipts = await store.transact({ flow: "ingest", tenant, input, bytes });
      const duplicates = receipts.filter(({ duplicate }) => duplicate).length;
      const counts = { accepted: receipts.length - duplicates, duplicates };
      accepted(tenant, counts);
      if (log.isInfo === true) tellOfEvents(log, { tenant, request, events, receipts });
      return { ...counts, events: receipts };
    },
    page: (tenant, query) => store.read.events(tenant, query),
    get: (tenant, id) => store.read.event(tenant, id),
  };
}

/** A line for each event, by which it is found again in the lines of its deliveries and in its messages. */
function tellOfEvents(
  log: Log,
  {
    tenant,
    request = "",
    events,
    receipts,
  }: {
    readonly tenant: string;
    readonly request: string | undefined;
    readonly events: readonly EventInput[];
    readonly receipts: readonly EventReceipt[];
  },
): void {
  receipts.forEach(({ id, duplicate, deliveries }, at) => {
    const correlation = events[at]?.correlationId ?? "";
    log.info("event", { request, tenant, event: id, correlation, duplicate, deliveries: deliveries.length });
  });
}

function deliveryService({ store, checkpoint }: Parts): Services["deliveries"] {
  const { read } = store;
  return {
    page: (tenant, query) => read.deliveries(tenant, query),
    get: (tenant, id) => read.cell("delivery", tenant, id),
    attempts: (tenant, id) => readAttempts(read, tenant, id),
    receipt: async (tenant, id, leaf) => {
      const leaves = (await read.cell("delivery", tenant, id))?.leaves;
      const seq = leaf ?? leaves?.at(-1);
      if (leaves === undefined || seq === undefined) return undefined;
      if (!leaves.includes(seq)) throw new FlowError("missing", `leaf ${seq} does not tell of this delivery`);
      const note = await checkpoint.current(tenant);
      if (note === undefined) throw new FlowError("missing", "the log has no signed note");
      return await makeReceipt(read, tenant, { seq, note });
    },
  };
}

function configService(parts: Parts, turns: Turns): Services["config"] {
  return {
    show: (tenant, { isSite }) => shown(parts, tenant, isSite),
    plan: (tenant, change) => planOn(parts, tenant, change),
    apply: (caller, change) => {
      const apply = async (): Promise<CheckedPlan> => {
        const plan = await planOn(parts, caller.tenant, change);
        return await applied(parts, caller, { plan, why: change.why, via: "config" });
      };
      // What was planned on a generation that is gone is a conflict, however often it is tried.
      return turns(caller.tenant, apply, change.base === undefined ? undefined : 1);
    },
    bind: (caller, { channel, values }) =>
      turns(caller.tenant, async () => {
        const plan = await planBinding(parts, caller.tenant, { id: channel, values });
        return await applied(parts, caller, { plan, why: undefined, via: "bind" });
      }),
  };
}

/** The site's own objects serve every tenant, but only the site's principals read them. */
async function shown({ store, configurations }: Parts, tenant: string, isSite: boolean): Promise<ShownConfig> {
  const own = configurations.own(tenant);
  const objects = configurations.objects(tenant);
  const hashes = [...new Set(objects.map(({ hash }) => hash))];
  const texts = new Map((await store.read.objects(hashes)).map(({ hash, text }) => [hash, text]));
  return {
    own,
    cfg: configurations.of(tenant).cfg,
    objects: objects.map((object): ShownObject => {
      const { kind, id, hash } = object;
      const isGlobal = tenant === SITE_TENANT || own.objects[`${kind}/${id}`] !== hash;
      const name = "name" in object.value ? object.value.name : undefined;
      return {
        kind,
        id,
        hash,
        isGlobal,
        ...(name === undefined ? {} : { name }),
        ...(isGlobal && !isSite ? {} : { value: storedValue(texts.get(hash)) }),
      };
    }),
  };
}

function storedValue(text: string | undefined): Json {
  const parsed = parseStrictJson(text ?? "", { depth: MAX_DEPTH });
  if (!parsed.ok) throw new FlowError("missing", "an object is not in the store");
  return parsed.value;
}

async function planOn(parts: Parts, tenant: string, { objects, prune, base }: ConfigChange): Promise<CheckedPlan> {
  requireBase(parts.configurations.own(tenant).id, tenant, base); // before what takes long
  const plan = await planConfig(parts, { tenant, objects, prune });
  requireBase(plan.base, tenant, base);
  return plan;
}

function requireBase(held: string, tenant: string, base: string | undefined): void {
  if (base !== undefined && base !== held)
    throw new FlowError("conflict", `the configuration of ${tenant} was changed meanwhile; plan again`);
}

/** A plan with faults changes nothing and is answered as it is. */
async function applied(
  parts: Parts,
  { actor }: Caller,
  { plan, why, via }: { plan: CheckedPlan; why: string | undefined; via: ChangeVia },
): Promise<CheckedPlan> {
  if (plan.faults.length === 0) await applyConfig(parts, plan, { actor, via, ...(why === undefined ? {} : { why }) });
  return plan;
}

function ledgerService({ store, checkpoint }: Parts): Services["ledger"] {
  const { read } = store;
  return {
    logs: async () => (await read.logs()).map(({ origin, tenant, size }) => ({ origin, tenant, size })),
    log: async (tenant) => {
      const log = await read.log(tenant);
      return log === undefined ? undefined : { origin: log.origin, tenant, size: log.size };
    },
    checkpoint: (tenant) => checkpoint.current(tenant),
    tile: (tenant, tile) => readTile(read, tenant, tile),
    leaves: (tenant, from, count) => read.leaves(tenant, from, count),
    openings: (tenant, from, count) => read.openings(tenant, from, count),
  };
}
