/**
 * A real site behind a real listener, fresh or with a day's work behind it, for whoever looks at its status page.
 * @module
 */
import { mintToken } from "../../src/app/token.ts";
import { sampleEvents } from "../../src/cli/demo-events.ts";
import type { Delivery } from "../../src/core/delivery.ts";
import type { Json } from "../../src/core/json.ts";
import type { Try } from "../../src/flows/attempt.ts";
import { listenSocket, listenTcp } from "../../src/http/listen.ts";
import { SITE_TENANT } from "../../src/ports.ts";
import { silentLog } from "../../src/system/log.ts";
import { systemTimeout } from "../../src/system/timeout.ts";
import { HOSTILE } from "./hostile-text.ts";
import { makeSite, openSite, type RunningSite, temporaryFolder } from "./site.ts";

/** The worst that is a URI reference. */
const HOSTILE_SOURCE = `/'&lt;b&gt;('${"long".repeat(30)}`;
const DOORS = { timeout: systemTimeout, log: silentLog };

export interface StatusSite extends RunningSite {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  readonly socket: string;
  /** Of an admin of tenant `default`, and of one of the site. */
  readonly token: string;
  readonly siteToken: string;
  /** Another token of tenant `default`. */
  readonly tokenWith: (...scopes: readonly string[]) => Promise<string>;
}

/** A site as `init` makes it, served as `serve` does. */
export async function freshSite(): Promise<StatusSite> {
  const { dir, remove } = temporaryFolder();
  const token = await makeSite(dir);
  const site = await openSite(dir, { SEALPOST_REQUESTS_PER_MINUTE: "0" });
  const { parts, app } = site;
  await parts.store.transact({ flow: "site-start", tenant: SITE_TENANT, input: { boot: parts.boot, version: "0" } });
  await parts.checkpoint.signAll();
  const tcp = await listenTcp(app, { host: "127.0.0.1", port: 0 }, DOORS);
  const socket = await listenSocket(app, parts.files.socket, DOORS);
  const mint = (tenant: string, scopes: readonly string[]): Promise<string> =>
    mintToken(parts, { name: "people", tenant, scopes }, "job:test");
  return {
    ...site,
    url: tcp.address,
    socket: socket.address,
    token,
    siteToken: await mint(SITE_TENANT, ["notify.admin"]),
    tokenWith: (...scopes) => mint("default", scopes),
    close: async () => {
      await Promise.all([tcp.close(0), socket.close(0)]);
      await site.close();
      remove();
    },
  };
}

/** The same with something in every section of its page, and texts of people who mean no good. */
export async function busySite(): Promise<StatusSite> {
  const site = await freshSite();
  const values = { host: "127.0.0.1", port: "25", from: "alerts@plant.example", to: "bridge@plant.example" };
  await change(site, "/api/v1/channels/ops-mail/bind", { values });
  await post(site, sampleEvents());
  await post(site, [
    { specversion: "1.0", id: "h", source: HOSTILE_SOURCE, type: HOSTILE, subject: HOSTILE, severitytext: "critical" },
  ]);
  const { items } = await site.parts.store.read.deliveries("default", { status: "pending", limit: 10 });
  const [first, ...others] = items;
  await record(
    site,
    others.map((delivery, at) => tried(delivery, (["refused", "failed", "sent"] as const)[at % 3] ?? "sent")),
  );
  if (first !== undefined) await record(site, [tried(first, "down")]);
  await change(site, "/api/v1/silences", {
    matchers: ['host="db-01"', 'site-area="hall 2"'],
    duration: "2h",
    comment: HOSTILE,
    force: true,
  });
  await change(site, "/api/v1/suppressions", { rule: "everything-high", duration: "30m", comment: "new disks" });
  await site.parts.checkpoint.signAll();
  return site;
}

function tried({ id, channel }: Delivery, kind: "refused" | "failed" | "sent" | "down"): Try {
  const out = { code: kind === "down" ? "ECONNREFUSED" : "550", st: HOSTILE, ms: 12 };
  return { kind: "tried", delivery: id, channel, n: 1, outcome: { kind, out } };
}

async function record({ parts }: StatusSite, tries: readonly Try[]): Promise<void> {
  await parts.store.transact({ flow: "attempt", tenant: "default", input: { tries } });
}

async function post(site: StatusSite, events: readonly Json[]): Promise<void> {
  await change(site, "/api/v1/events", events, "application/cloudevents-batch+json");
}

async function change(site: StatusSite, path: string, body: unknown, type = "application/json"): Promise<void> {
  const response = await site.request("POST", path, { body: JSON.stringify(body), type });
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
}
