/**
 * What the routes ask for, from flows and the store.
 * @module
 */
import { SITE_TENANT } from "../core/cells.ts";
import type { Json } from "../core/json.ts";
import { parseStrictJson } from "../core/strict-json.ts";
import { applyConfig, type CheckedPlan, planBinding, planConfig } from "../flows/config-apply.ts";
import { FlowError } from "../flows/error.ts";
import { makeReceipt, readTile } from "../flows/ledger-read.ts";
import type { Caller, ConfigChange, Services, ShownConfig, ShownObject } from "../http/services.ts";
import { readAttempts } from "./attempts.ts";
import { digestService, statsService } from "./digests.ts";
import { explainService } from "./explain.ts";
import { kitService } from "./kits.ts";
import { maildropService } from "./maildrop.ts";
import { muteService } from "./mutes.ts";
import type { Parts } from "./parts.ts";
import { trustService } from "./trust.ts";

/** What configuration objects may be nested. */
const MAX_DEPTH = 64;

/** Services over an opened site. */
export function createServices(parts: Parts): Services {
  return {
    events: eventService(parts),
    deliveries: deliveryService(parts),
    digests: digestService(parts),
    explain: explainService(parts),
    stats: statsService(parts),
    config: configService(parts),
    kits: kitService(parts),
    trust: trustService(parts),
    ledger: ledgerService(parts),
    maildrop: maildropService(parts),
    mutes: muteService(parts),
  };
}

function eventService({ store, settings }: Parts): Services["events"] {
  return {
    ingest: async ({ tenant }, { source, events, bytes }) => {
      const input = { actor: `source:${source}`, events, horizon: settings.duplicateHorizon };
      const receipts = await store.transact({ flow: "ingest", tenant, input, bytes });
      const duplicates = receipts.filter(({ duplicate }) => duplicate).length;
      return { accepted: receipts.length - duplicates, duplicates, events: receipts };
    },
    page: (tenant, query) => store.read.events(tenant, query),
    get: (tenant, id) => store.read.event(tenant, id),
  };
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

function configService(parts: Parts): Services["config"] {
  return {
    show: (tenant, { isSite }) => shown(parts, tenant, isSite),
    plan: (tenant, change) => planOn(parts, tenant, change),
    apply: async (caller, change) =>
      await applied(parts, caller, { plan: await planOn(parts, caller.tenant, change), why: change.why }),
    bind: async (caller, { channel, values }) =>
      await applied(parts, caller, {
        plan: await planBinding(parts, caller.tenant, { id: channel, values }),
        why: undefined,
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
  const plan = await planConfig(parts, { tenant, objects, prune });
  if (base === undefined || base === plan.base) return plan;
  throw new FlowError("conflict", `the configuration of ${tenant} was changed meanwhile; plan again`);
}

/** A plan with faults changes nothing and is answered as it is. */
async function applied(
  parts: Parts,
  { actor }: Caller,
  { plan, why }: { plan: CheckedPlan; why: string | undefined },
): Promise<CheckedPlan> {
  if (plan.faults.length === 0) await applyConfig(parts, plan, { actor, ...(why === undefined ? {} : { why }) });
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
