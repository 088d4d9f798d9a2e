/**
 * Serving a site: API, timers, delivery; from the first listener to the last fsync.
 * @module
 */
import * as fs from "node:fs";
import type { Address, Settings } from "../config.ts";
import { SITE_TENANT } from "../core/cells.ts";
import { type Listener, listenSocket, listenTcp } from "../http/listen.ts";
import type { Log } from "../ports.ts";
import { dataDir } from "../system/data-dir.ts";
import { version } from "../system/version.ts";
import { type DeliveryLoop, startDelivery } from "./delivery.ts";
import { bindDemoChannel, mintDemoToken, openSink, type Sink } from "./demo-site.ts";
import { initSite } from "./init.ts";
import { type OpenedSite, openApi } from "./site.ts";
import { sweepFiles } from "./kit-files.ts";
import { writeTrustCopies } from "./trust.ts";
import { createStopStack, type StopStack } from "./stop-stack.ts";

export interface ServeOptions {
  readonly dir: string;
  readonly listen: Address;
  readonly demo: boolean;
  readonly settings: Settings;
  readonly log: Log;
  readonly stop: AbortSignal;
  readonly ready: (facts: ServeFacts) => void;
}

/** What serves, where. */
export interface ServeFacts {
  readonly site: string;
  readonly listen: Address;
  readonly socket: string;
  readonly maildrop?: Address;
  readonly token?: string;
}

/** Serves until `stop`, then answers and sends what is in flight, signs the heads and closes. Throws when the store failed. */
export async function serve(options: ServeOptions): Promise<void> {
  const { dir, demo, settings, log } = options;
  if (demo && !fs.existsSync(dataDir(dir).database)) await initSite({ dir, settings, log });
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined); // awaited below, once there is something to wait for
  const state = { reason: "starting" };
  const opened = await openApi({
    dir,
    settings,
    log,
    fatal: failed.reject,
    unready: () => (state.reason === "" ? [] : [state.reason]),
  });
  const stops = createStopStack();
  stops.push(opened.parts.stops.stop);
  try {
    const facts = await start(opened, options, stops);
    state.reason = "";
    options.ready(facts);
    await Promise.race([aborted(options.stop), failed.promise]);
    state.reason = "stopping";
  } finally {
    await stops.stop();
  }
}

/** Opens everything in the order in which it is needed; what is pushed is closed in the reverse order. */
async function start(
  opened: OpenedSite,
  { listen, demo, settings, log }: ServeOptions,
  stops: StopStack,
): Promise<ServeFacts> {
  const { parts, site, app, services } = opened;
  const { store, checkpoint, files, timeout, boot } = parts;
  stops.push(async () => void (await checkpoint.signAll()));
  const { unclean } = await store.transact({
    flow: "site-start",
    tenant: SITE_TENANT,
    input: { boot, version: version() },
  });
  if (unclean) log.warn("the last stop was not clean: messages that were being sent may come twice, with the same id");
  stops.push(async () => void (await store.transact({ flow: "site-stop", tenant: SITE_TENANT, input: {} })));
  await writeTrustCopies(parts);
  await sweepFiles(parts);
  const sink = await openSink(parts, { address: settings.maildrop, demo });
  if (sink !== undefined) stops.push(sink.close);
  if (demo && sink !== undefined) await bindDemoChannel(parts, site, sink);
  await checkpoint.signAll();
  const delivery: DeliveryLoop = startDelivery(parts, { site, kits: services.kits });
  stops.push(delivery.stop);
  const token = demo ? await mintDemoToken(parts) : undefined;
  const socket = await listenSocket(app, files.socket, { timeout, log });
  const tcp = await listenTcp(app, listen, { timeout, log }).catch(async (error: unknown) => {
    await socket.close(0);
    throw error;
  });
  stops.push(async () => void (await Promise.all([tcp, socket].map((listener) => listener.close(settings.stopGrace)))));
  return {
    site,
    listen: addressOf(tcp),
    socket: socket.address,
    ...maildropOf(sink),
    ...(token === undefined ? {} : { token }),
  };
}

function maildropOf(sink: Sink | undefined): { maildrop?: Address } {
  return sink === undefined ? {} : { maildrop: sink.address };
}

function addressOf({ address }: Listener): Address {
  const { hostname, port } = new URL(address);
  return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port === "" ? 80 : port) };
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}
