// A server for the load generator: node scripts/bench/server.ts store|validate. Prints its address and a token; ends with its stdin.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { statsService } from "../../src/app/digests.ts";
import { initSite } from "../../src/app/init.ts";
import { siteMetrics } from "../../src/app/metrics.ts";
import { createServices } from "../../src/app/services.ts";
import { httpContext, openApi } from "../../src/app/site.ts";
import { readSettings } from "../../src/config.ts";
import { listenTcp } from "../../src/http/listen.ts";
import { createHttp } from "../../src/http/server.ts";
import type { Services } from "../../src/http/services.ts";
import { SOURCES } from "../../src/sources/index.ts";
import { silentLog } from "../../src/system/log.ts";
import { systemTimeout } from "../../src/system/timeout.ts";

const dir = fs.mkdtempSync(path.join(os.tmpdir(), "sealpost-bench-http-"));
const settings = readSettings({ SEALPOST_REQUESTS_PER_MINUTE: "0" });
const { token } = await initSite({ dir, site: "bench", settings, log: silentLog });
const { parts } = await openApi({
  dir,
  settings,
  log: silentLog,
  fatal: (error) => {
    throw error;
  },
});
const context = httpContext(parts, createServices(parts, siteMetrics(parts, statsService(parts))), () => []);
/** Everything but the store: the same routes, authentication, reading and checking, and an answer of the same form. */
const storing = context.services.events;
const validating: Services["events"] = {
  ...storing,
  ingest: async (_caller, { events }) => ({
    accepted: events.length,
    duplicates: 0,
    events: events.map(() => ({ id: "ev_01m7z4ytjm6kvyzdrmjz6447mk", duplicate: false, deliveries: [] })),
  }),
};
const services = process.argv[2] === "validate" ? { ...context.services, events: validating } : context.services;
const app = createHttp(
  { ...context, services },
  SOURCES.flatMap(({ mediaTypes }) => mediaTypes),
);
const { address } = await listenTcp(app, { host: "127.0.0.1", port: 0 }, { timeout: systemTimeout, log: silentLog });
process.stdout.write(`${JSON.stringify({ address, token })}\n`);
process.stdin.resume().on("end", () => {
  fs.rmSync(dir, { recursive: true });
  process.exit(0);
});
