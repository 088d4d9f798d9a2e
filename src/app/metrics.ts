/**
 * What is counted: by what commits changed and requests came to, and at each scrape by what stands in the store.
 * @module
 */
import { SITE_TENANT } from "../core/cells.ts";
import type { Seen } from "../http/context.ts";
import type { MetricsService } from "../http/metrics.ts";
import type { Services } from "../http/services.ts";
import type { Committed } from "../ports.ts";
import { freeBytes } from "../system/disk.ts";
import { createMetrics, type Metrics } from "../system/metrics.ts";
import { version } from "../system/version.ts";
import type { Parts } from "./parts.ts";

/** Seconds of a request's duration. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const FAILURES: ReadonlySet<string> = new Set(["retrying", "failed", "dead"]);
const SENT: ReadonlySet<string> = new Set(["sent", "digested"]);

export interface SiteMetrics extends MetricsService {
  /** Told of each answered request. */
  readonly observe: (seen: Seen) => void;
  /** Told of each accepted batch. */
  readonly accepted: (tenant: string, counts: { readonly accepted: number; readonly duplicates: number }) => void;
}

/** Counts from now on. */
export function siteMetrics(parts: Parts, stats: Services["stats"]): SiteMetrics {
  const metrics = createMetrics();
  const begin = countDeliveries(parts, metrics);
  const requests = metrics.counter({
    name: "sealpost_http_requests_total",
    help: "Requests by route and status of the answer.",
    labels: ["route", "status"],
  });
  const seconds = metrics.histogram(
    { name: "sealpost_http_request_duration_seconds", help: "From the headers to the answer.", labels: ["route"] },
    BUCKETS,
  );
  const events = metrics.counter({
    name: "sealpost_events_total",
    help: "Events that were answered 202, by whether they were new.",
    labels: ["tenant", "outcome"],
  });
  const levels = createLevels(parts, metrics, stats);
  return {
    observe: ({ route, status, ms }) => {
      requests.add([route, String(status)]);
      seconds.observe([route], ms / 1000);
    },
    accepted: (tenant, { accepted, duplicates }) => {
      events.add([tenant, "accepted"], accepted);
      if (duplicates > 0) events.add([tenant, "duplicate"], duplicates);
    },
    scrape: async () => {
      begin();
      await levels();
      return { type: metrics.contentType, text: await metrics.text() };
    },
  };
}

/** Counts deliveries by what became of them, as commits tell. What it answers has every series begin at 0, so that none is missed. */
function countDeliveries({ store, configurations }: Parts, metrics: Metrics): () => void {
  const labels = ["tenant", "channel_type"];
  const sent = metrics.counter({ name: "notify_sent_total", help: "Messages that were sent.", labels });
  const failed = metrics.counter({
    name: "notify_failed_total",
    help: "Tries of messages that failed, the last one of each included.",
    labels,
  });
  const coalesced = metrics.counter({
    name: "notify_digest_coalesced_total",
    help: "Messages that were absorbed into a digest, group or other window.",
    labels: ["tenant"],
  });
  const transitions = metrics.counter({
    name: "sealpost_delivery_transitions_total",
    help: "Changes of deliveries, by the status that they led to.",
    labels: ["tenant", "status"],
  });
  store.onCommit(({ cells }: Committed) => {
    for (const cell of cells) {
      if (cell.noun !== "delivery" || cell.value === undefined) continue;
      const { tenant, value } = cell;
      transitions.add([tenant, value.status]);
      if (value.status === "coalesced") coalesced.add([tenant]);
      const outcome = SENT.has(value.status) ? sent : failed;
      if (outcome === failed && !FAILURES.has(value.status)) continue;
      outcome.add([tenant, configurations.of(tenant).channels.get(value.channel)?.channel.type ?? "none"]);
    }
  });
  return () => {
    for (const tenant of configurations.tenants()) {
      if (tenant === SITE_TENANT) continue;
      coalesced.add([tenant], 0);
      for (const { channel } of configurations.of(tenant).channels.values())
        for (const one of [sent, failed]) one.add([tenant, channel.type], 0);
    }
  };
}

/** What stands in the store and on the disk, read at each scrape. */
function createLevels(parts: Parts, metrics: Metrics, stats: Services["stats"]): () => Promise<void> {
  const { store, configurations, files } = parts;
  const level = (name: string, help: string, labels: readonly string[] = []): ReturnType<Metrics["level"]> =>
    metrics.level({ name, help, labels });
  const backlog = level("sealpost_deliveries_open", "Deliveries that are not at their end.", ["tenant"]);
  const windows = level("sealpost_windows_open", "Open windows by kind.", ["tenant", "kind"]);
  const down = level("sealpost_channels_down", "Channels that are parked.", ["tenant"]);
  const size = level("sealpost_ledger_size", "Leaves of the log.", ["tenant"]);
  const waiting = level("sealpost_store_waiting_bytes", "Bytes of questions that wait to be committed.");
  const free = level("sealpost_disk_free_bytes", "Free bytes of the data folder's disk.");
  level("sealpost_build_info", "1, with the version.", ["version"]).set([version()], 1);
  return async () => {
    const logs = await store.read.logs();
    const found: (readonly [tenant: string, stats: Awaited<ReturnType<typeof stats.of>>])[] = [];
    for (const tenant of configurations.tenants())
      if (tenant !== SITE_TENANT) found.push([tenant, await stats.of(tenant)]);
    // from here on in one go: another scrape may be under way, and sums would hold both
    waiting.set([], store.pressure().waitingBytes);
    free.set([], freeBytes(files.dir));
    for (const one of [backlog, windows, down, size]) one.reset();
    for (const log of logs) size.set([log.tenant], log.size);
    for (const [tenant, { backlog: open, openWindows, downChannels }] of found) {
      backlog.set([tenant], open);
      down.set([tenant], downChannels.length);
      for (const [kind, count] of Object.entries(openWindows)) windows.set([tenant, kind], count);
    }
  };
}
