/**
 * What the status page shows, read in bounded steps and kept for a moment.
 * @module
 */
import { SITE_TENANT } from "../core/cells.ts";
import { parseLeaf } from "../core/leaf-parse.ts";
import { hashToBase64 } from "../core/merkle.ts";
import { parseCheckpoint, parseNote } from "../core/note.ts";
import type { Delivery, DeliveryStatus } from "../core/delivery.ts";
import type { Event } from "../core/event.ts";
import type { MuteKind } from "../core/mute.ts";
import type { ShownMute, Stats } from "../http/services.ts";
import type {
  Failure,
  Failures,
  LedgerHead,
  SeenSource,
  SeenSources,
  Setup,
  SiteStatus,
  SomeOf,
  StatusService,
  TenantStatus,
} from "../http/status-services.ts";
import type { Reader } from "../ports.ts";
import { version } from "../system/version.ts";
import { digestService, statsService } from "./digests.ts";
import { kitService } from "./kits.ts";
import { muteService } from "./mutes.ts";
import type { Parts } from "./parts.ts";
import { createTurns } from "./turns.ts";

/** An answer is given again for so long, ms. */
const KEPT_MS = 3000;
/** Tenants whose answers are kept. */
const MAX_KEPT = 1000;
/** Events whose sources are counted, the newest; read in pages. */
const LOOKED = 1000;
const PAGE = 100;
/** No further page is read once a list took so long, ms. */
const PATIENCE_MS = 100;
/** Rows that a table of the page has at most. */
const SHOWN = 20;
const FAILURES = 10;
/** Open windows beyond which none is listed: all would have to be read to know which is due first. */
const MAX_WINDOWS = 500;
const FAILED = ["dead", "failed", "retrying"] as const satisfies readonly DeliveryStatus[];

/** The page's questions over an opened site. */
export function statusService(parts: Parts): StatusService {
  const { mono } = parts.instants;
  const site = briefly(mono, () => readSite(parts));
  const tenant = briefly(mono, (id) => readTenant(parts, id));
  // a tenant can be chosen as soon as it is opened
  const tenants = (): readonly string[] => parts.configurations.tenants().toSorted();
  return { site: async () => ({ ...(await site("")), tenants: tenants() }), tenant };
}

/** Answers by key, each for a moment; those who ask meanwhile wait for the one that is being made. */
function briefly<T>(mono: () => number, make: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const held = new Map<string, { readonly answer: Promise<T>; until: number }>();
  return (key) => {
    const found = held.get(key);
    if (found !== undefined && mono() < found.until) return found.answer;
    const one = { answer: make(key), until: Number.POSITIVE_INFINITY };
    held.delete(key);
    if (held.size >= MAX_KEPT) for (const first of [...held.keys()].slice(0, 1)) held.delete(first);
    held.set(key, one);
    one.answer.then(
      () => (one.until = mono() + KEPT_MS),
      () => (one.until = 0), // whoever asked is told
    );
    return one.answer;
  };
}

async function readSite(parts: Parts): Promise<Omit<SiteStatus, "tenants">> {
  const { read } = parts.store;
  const [site, run, kits] = await Promise.all([
    read.cell("site", SITE_TENANT, "current"),
    read.cell("run", SITE_TENANT, "current"),
    kitService(parts, createTurns()).list(),
  ]);
  return {
    site: site?.site ?? "",
    version: version(),
    ...(run?.state === "running" ? { startedAt: run.startedAt } : {}),
    kits: kits.toSorted((a, b) => (a.stream < b.stream ? -1 : 1)),
  };
}

async function readTenant(parts: Parts, tenant: string): Promise<TenantStatus> {
  const { read } = parts.store;
  const at = parts.instants.now();
  const stats = await statsService(parts).of(tenant);
  const [sources, failures, windows, silences, maintenance, suppressions, ledger] = await Promise.all([
    readSources(parts, tenant),
    readFailures(parts, tenant, stats),
    readWindows(parts, tenant, stats),
    readMutes(parts, tenant, "silences"),
    readMutes(parts, tenant, "maintenance"),
    readMutes(parts, tenant, "suppressions"),
    readLedger(read, tenant),
  ]);
  return {
    at,
    zone: parts.configurations.of(tenant).policy.zone,
    stats,
    sources,
    failures,
    windows,
    mutes: someOf([
      ...silences.map((one) => ({ ...one, kind: "silence" }) as const),
      ...suppressions.map((one) => ({ ...one, kind: "suppression" }) as const),
    ]),
    maintenance: someOf(maintenance),
    ...(ledger === undefined ? {} : { ledger }),
    setup: setupOf(parts, tenant),
  };
}

/** In pages, so that large events are not all in memory. */
async function readSources({ store, instants }: Parts, tenant: string): Promise<SeenSources> {
  const begun = instants.mono();
  const seen = new Map<string, SeenSource>();
  let looked = 0;
  let cursor: string | undefined;
  do {
    const page = await store.read.events(tenant, { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    for (const event of page.items) seen.set(event.source, withEvent(seen.get(event.source), event));
    looked += page.items.length;
    ({ cursor } = page);
  } while (cursor !== undefined && looked < LOOKED && instants.mono() - begun < PATIENCE_MS);
  // newest first: in the order in which they were found
  return { items: [...seen.values()].slice(0, SHOWN), count: seen.size, looked, isAll: cursor === undefined };
}

/** Events come newest first. */
function withEvent(known: SeenSource | undefined, { source, receivedAt, type, severity }: Event): SeenSource {
  if (known !== undefined) return { ...known, events: known.events + 1 };
  return { source, lastAt: receivedAt, lastType: type, lastSeverity: severity, events: 1 };
}

/** Only those statuses are looked for that are counted: a page of a status that nothing has looks at all deliveries. */
async function readFailures(parts: Parts, tenant: string, { byStatus }: Stats): Promise<Failures> {
  const counted = FAILED.filter((status) => (byStatus[status] ?? 0) > 0);
  const lists = await Promise.all(counted.map((status) => newestOf(parts, tenant, status)));
  const found = lists.flatMap(({ items }) => items).toSorted((a, b) => b.createdAt - a.createdAt);
  return {
    items: found.slice(0, FAILURES).map(failureOf),
    count: counted.reduce((sum, status) => sum + (byStatus[status] ?? 0), 0),
    isCut: lists.some(({ isCut }) => isCut),
  };
}

/** The newest deliveries of a status; they may lie behind very many others. */
async function newestOf(
  { store, instants }: Parts,
  tenant: string,
  status: DeliveryStatus,
): Promise<{ readonly items: readonly Delivery[]; readonly isCut: boolean }> {
  const begun = instants.mono();
  const items: Delivery[] = [];
  let cursor: string | undefined;
  do {
    const limit = FAILURES - items.length;
    const page = await store.read.deliveries(tenant, { status, limit, ...(cursor === undefined ? {} : { cursor }) });
    items.push(...page.items);
    ({ cursor } = page);
  } while (cursor !== undefined && items.length < FAILURES && instants.mono() - begun < PATIENCE_MS);
  return { items, isCut: cursor !== undefined && items.length < FAILURES };
}

function failureOf({
  id,
  createdAt,
  status,
  channel,
  rule,
  attempts,
  reason,
  failureReason,
  dueAt,
}: Delivery): Failure {
  return {
    id,
    at: createdAt,
    status,
    channel,
    rule: rule.split("@")[0] ?? rule,
    attempts,
    ...(reason === undefined ? {} : { reason }),
    ...(failureReason === undefined ? {} : { failureReason }),
    ...(dueAt === undefined ? {} : { dueAt }),
  };
}

async function readWindows(parts: Parts, tenant: string, { openWindows }: Stats): Promise<TenantStatus["windows"]> {
  const count = Object.values(openWindows).reduce((sum, one) => sum + one, 0);
  if (count === 0 || count > MAX_WINDOWS) return { items: [], count };
  return { items: (await digestService(parts).page(tenant, { limit: SHOWN })).items, count };
}

const MAX_MUTES = 10_000;

async function readMutes(parts: Parts, tenant: string, kind: MuteKind): Promise<readonly ShownMute[]> {
  return (await muteService(parts).page(tenant, kind, { limit: MAX_MUTES, state: "active" })).items;
}

function someOf<T>(all: readonly T[]): SomeOf<T> {
  return { items: all.slice(0, SHOWN), count: all.length };
}

async function readLedger(read: Reader, tenant: string): Promise<LedgerHead | undefined> {
  const [log, kept] = await Promise.all([read.log(tenant), read.cell("note", tenant, "current")]);
  if (log === undefined) return undefined;
  const { origin, size } = log;
  if (kept === undefined) return { origin, size };
  const signed = parseCheckpoint(parseNote(kept.note).text);
  const [line] = await read.leaves(tenant, signed.size - 1, 1);
  const lastAt = line === undefined ? undefined : parseLeaf(line).t;
  return {
    origin,
    size: Math.max(size, signed.size), // it may have been signed meanwhile
    signed: { size: signed.size, root: hashToBase64(signed.root), ...(lastAt === undefined ? {} : { lastAt }) },
  };
}

function setupOf({ configurations }: Parts, tenant: string): Setup {
  const { channels, rules } = configurations.of(tenant);
  const enabled = [...channels.values()].filter(({ channel }) => channel.isEnabled);
  const ready = enabled.find(({ unbound }) => unbound.length === 0);
  return {
    channels: enabled.length,
    ...(ready === undefined ? {} : { channel: ready.id }),
    rules: rules.size,
    unbound: enabled.filter(({ unbound }) => unbound.length > 0).map(({ id, unbound: values }) => ({ id, values })),
  };
}
