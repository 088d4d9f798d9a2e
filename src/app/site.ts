/**
 * An opened site with its API.
 * @module
 */
import type { Settings } from "../config.ts";
import { SITE_TENANT } from "../core/cells.ts";
import { FlowError } from "../flows/error.ts";
import { type HttpContext, DEFAULT_LIMITS, type Seen } from "../http/context.ts";
import type { Services } from "../http/services.ts";
import { type Api, createHttp } from "../http/server.ts";
import type { Committed, Log, Reader, TokenRecord } from "../ports.ts";
import { SOURCES, sourceOf } from "../sources/index.ts";
import { checkDataDir } from "../system/data-dir.ts";
import { freeBytes } from "../system/disk.ts";
import { userId } from "../system/process.ts";
import { statsService } from "./digests.ts";
import { siteMetrics, type SiteMetrics } from "./metrics.ts";
import { openParts, type Parts, siteOf } from "./parts.ts";
import { createServices } from "./services.ts";

/** A site with its API, the one writer of its folder. */
export interface OpenedSite {
  readonly parts: Parts;
  readonly site: string;
  readonly app: Api;
  readonly services: Services;
}

export interface OpenOptions {
  readonly dir: string;
  readonly settings: Settings;
  readonly log: Log;
  readonly fatal: (error: unknown) => void;
  /** Why nothing is accepted now, in words. */
  readonly unready?: () => readonly string[];
}

/** Opens the site in a folder. Throws SystemError `no-site`, OpenError `locked`, or what the parts throw. */
export async function openApi({ dir, settings, log, fatal, unready = () => [] }: OpenOptions): Promise<OpenedSite> {
  const files = checkDataDir(dir);
  const parts = await openParts({ files, settings, log, fatal });
  try {
    const site = await siteOf(parts);
    if (site === undefined) throw new FlowError("missing", `${dir} holds no finished site`);
    const metrics = siteMetrics(parts, statsService(parts));
    const services = createServices(parts, metrics);
    return {
      parts,
      site,
      services,
      app: createHttp(
        { ...httpContext(parts, services, unready), observe: observed(log, metrics) },
        SOURCES.flatMap(({ mediaTypes }) => mediaTypes),
      ),
    };
  } catch (error) {
    await parts.stops.stop();
    throw error;
  }
}

/** Tells metrics of each answer, and the log where it tells of requests. */
function observed(log: Log, { observe }: SiteMetrics): (seen: Seen) => void {
  if (log.isInfo !== true) return observe;
  return (seen) => {
    observe(seen);
    const { route, status, ms, id, principal = "", code = "" } = seen;
    log.info("request", { request: id(), route, status, ms: Math.round(ms * 100) / 100, principal, code });
  };
}

/** Answers a request of this very process: it has the folder, so it is the site's local principal. */
export async function answerLocally({ app }: OpenedSite, request: Request): Promise<Response> {
  return await app.fetch(request, { local: { uid: userId() } });
}

/** What the API of an opened site works with. */
export function httpContext(parts: Parts, services: Services, unready: () => readonly string[]): HttpContext {
  const { store, settings, files, instants, random, log, timeout } = parts;
  return {
    services,
    sourceOf,
    tokens: tokenLookup(parts),
    hasTenant: async (id) => parts.configurations.tenants().includes(id),
    isClosed: parts.closed.has,
    access: parts.access,
    diskFree: () => freeBytes(files.dir),
    unready: () => [...unready(), ...pressureReasons(store.pressure())],
    uploads: files.staging,
    limits: {
      ...DEFAULT_LIMITS,
      bodyBytes: settings.maxBodyBytes,
      kitBytes: settings.maxKitBytes,
      freeDiskBytes: settings.minFreeDisk,
      requestsPerMinute: settings.requestsPerMinute,
      openMetrics: settings.openMetrics,
    },
    clock: instants, // which a small step back does not move: what has expired stays so
    random,
    log,
    timeout,
  };
}

function pressureReasons({
  waitingBytes,
  maxWaitingBytes,
}: {
  waitingBytes: number;
  maxWaitingBytes: number;
}): string[] {
  return waitingBytes < maxWaitingBytes ? [] : ["too much waits to be committed"];
}

/** Tokens by id, from memory once seen; each commit that changes one is followed before the next request. */
function tokenLookup({
  store,
}: {
  store: { readonly read: Pick<Reader, "cell">; readonly onCommit: (listen: (committed: Committed) => void) => void };
}): (id: string) => Promise<TokenRecord | undefined> {
  const known = new Map<string, TokenRecord>();
  let changes = 0;
  store.onCommit(({ cells }) => {
    for (const cell of cells) {
      if (cell.noun !== "token") continue;
      known.delete(cell.key);
      changes++;
    }
  });
  return async (id) => {
    const held = known.get(id);
    if (held !== undefined) return held;
    const before = changes;
    const read = await store.read.cell("token", SITE_TENANT, id);
    if (read !== undefined && changes === before) known.set(id, read); // else it may have been read before the change
    return read;
  };
}
