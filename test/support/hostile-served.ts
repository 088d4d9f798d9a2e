/**
 * A site that is served by a process of its own, with tenants, tokens and something in each that nobody hostile may touch.
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { z } from "zod";
import { makeLogKeys } from "../../src/app/site-keys.ts";
import { sha256Hex } from "../../src/core/hash.ts";
import { makeSite, openSite, type RunningSite } from "./site.ts";

const SITE = "plant-7";
/** The tenant of the good client: what is compared leaves it out. */
export const WATCH = "watch";
const NEW_TENANTS = ["acme", "shut", WATCH] as const;
const SECRET = "hostile-requests-secret";
const DAY_MS = 86_400_000;

interface TokenSpec {
  readonly tenant: string;
  readonly scopes: readonly string[];
  readonly lives?: "expired" | "revoked";
  readonly requestsPerMinute?: number;
}
const ADMIN = ["notify.admin", "events:write"] as const;
const TOKENS = {
  admin: { tenant: "default", scopes: ADMIN },
  second: { tenant: "default", scopes: ADMIN },
  viewer: { tenant: "default", scopes: ["notify.viewer"] },
  sender: { tenant: "default", scopes: ["events:write"] },
  nothing: { tenant: "default", scopes: [] },
  slow: { tenant: "default", scopes: ADMIN, requestsPerMinute: 1 },
  expired: { tenant: "default", scopes: ADMIN, lives: "expired" },
  revoked: { tenant: "default", scopes: ADMIN, lives: "revoked" },
  acme: { tenant: "acme", scopes: ADMIN },
  shut: { tenant: "shut", scopes: ADMIN },
  site: { tenant: "_site", scopes: ADMIN },
  watch: { tenant: WATCH, scopes: ADMIN },
} as const satisfies Readonly<Record<string, TokenSpec>>;
export type TokenName = keyof typeof TOKENS;

/** What requests name. */
export interface Facts {
  readonly port: number;
  readonly socket: string;
  readonly token: (name: TokenName) => string;
  /** Origins of the logs of `default` and `acme`. */
  readonly origin: string;
  readonly acmeOrigin: string;
  /** Ids in `default` and `acme`. */
  readonly event: string;
  readonly acmeEvent: string;
  readonly delivery: string;
  readonly acmeDelivery: string;
  readonly window: string;
  /** Cursors of lists of `default` and `acme`. */
  readonly cursor: string;
  readonly acmeCursor: string;
  readonly rulesCursor: string;
}

export interface Served extends Facts {
  readonly dir: string;
  readonly pid: number;
  /** What the process wrote to stderr so far. */
  readonly said: () => string;
  readonly isAlive: () => boolean;
  /** Resident memory of the process, bytes. */
  readonly memory: () => number;
  /** Stops it as an operator does; its exit code. */
  readonly stop: () => Promise<number | null>;
}

/** Makes the site in an empty folder, fills it and serves it. */
export async function serveHostile(dir: string): Promise<Served> {
  await makeSite(dir, SITE);
  const running = await openSite(dir, { SEALPOST_REQUESTS_PER_MINUTE: "0" });
  const origins = await openTenants(running);
  const { parts } = running;
  for (const [name, spec] of Object.entries<TokenSpec>(TOKENS)) {
    const now = parts.clock.now();
    const { tenant, scopes, lives, requestsPerMinute } = spec;
    const token = {
      id: name,
      name,
      tenant,
      scopes,
      hash: sha256Hex(SECRET),
      ...(lives === "expired" ? { expiresAt: now - DAY_MS } : {}),
      ...(lives === "revoked" ? { revokedAt: now - DAY_MS } : {}),
      ...(requestsPerMinute === undefined ? {} : { requestsPerMinute }),
    };
    await parts.store.transact({ flow: "token-change", tenant: "_site", input: { actor: "job:test", token } });
  }
  const own = await fill(running, "default");
  const acme = await fill(running, "acme");
  const rules = List.parse(await (await running.request("GET", "/api/v1/rules?limit=1")).json());
  await parts.store.transact({
    flow: "tenant-change",
    tenant: "_site",
    input: { actor: "job:test", id: "shut", isClosed: true },
  });
  await running.close();
  const child = await start(dir);
  return {
    ...child,
    dir,
    token: (name) => `spk_${name}_${SECRET}`,
    origin: origins.get("default") ?? "",
    acmeOrigin: origins.get("acme") ?? "",
    event: own.event,
    acmeEvent: acme.event,
    delivery: own.delivery,
    acmeDelivery: acme.delivery,
    window: own.window,
    cursor: own.cursor,
    acmeCursor: acme.cursor,
    rulesCursor: rules.cursor ?? "",
  };
}

async function openTenants({ parts }: RunningSite): Promise<Map<string, string>> {
  const origins = new Map<string, string>();
  for (const id of NEW_TENANTS) {
    const { origin, key, seal } = makeLogKeys(parts.files, parts.keys, { site: SITE, tenant: id });
    const input = { actor: "job:test", id, origin, key, seal };
    await parts.store.transact({ flow: "tenant-open", tenant: "_site", input });
  }
  for (const { tenant, origin } of await parts.store.read.logs()) origins.set(tenant, origin);
  return origins;
}

const List = z.object({ items: z.array(z.looseObject({ id: z.string() })), cursor: z.string().optional() });

/** No boundary of a day comes near: where the wall shows noon. */
function noonZone(): string {
  const hours = 12 - new Date().getUTCHours();
  return hours === 0 ? "UTC" : `Etc/GMT${hours > 0 ? "-" : "+"}${Math.abs(hours)}`;
}

/** An object each, that a channel which is switched off, and one whose digest is open, are told of. */
function objectsOf(tenant: string): Record<string, object> {
  const email = { host: "127.0.0.1", port: 9, from: "sealpost@plant-7.example" };
  const rule = (id: string, action: object): object => ({
    schema: "rule/v1",
    id,
    name: `${id} of ${tenant}`,
    match: { types: ["desk.*"] },
    actions: [{ id: `${id}-mail`, ...action }],
  });
  const channel = (id: string, isEnabled: boolean): object => ({
    schema: "channel/v1",
    id,
    type: "email",
    config: email,
    to: [`desk@${tenant}.example`],
    isEnabled,
  });
  return {
    "policies/default": { schema: "policy/v1", id: "default", zone: noonZone() },
    "channels/desk": channel("desk", true),
    "channels/off": channel("off", false),
    "rules/desk": rule("desk", { channel: "desk", digest: "1d" }),
    "rules/desk-off": rule("desk-off", { channel: "off" }),
    "rules/contested": { ...rule("contested", { channel: "off" }), match: { types: ["contested.never"] } },
    "templates/desk": { schema: "template/v1", id: "desk", subject: "{{event.type}}", text: "{{event.type}}" },
    "calendars/desk": {
      schema: "calendar/v1",
      id: "desk",
      weekly: [{ days: ["sun"], from: "01:00", to: "02:00" }],
    },
  };
}

interface Filled {
  readonly event: string;
  readonly delivery: string;
  readonly window: string;
  readonly cursor: string;
}

async function fill({ request }: RunningSite, tenant: string): Promise<Filled> {
  const post = async (route: string, body: object, type = "application/json"): Promise<void> => {
    const response = await request("POST", route, { tenant, body: JSON.stringify(body), type });
    if (!response.ok) throw new Error(`${route}: ${await response.text()}`);
  };
  const list = async (route: string): Promise<z.infer<typeof List>> =>
    List.parse(await (await request("GET", route, { tenant })).json());
  await post("/api/v1/config/apply", { objects: objectsOf(tenant) });
  for (const id of ["1", "2", "3"])
    await post(
      "/api/v1/events",
      { specversion: "1.0", id, source: `/${tenant}`, type: "desk.note", data: { labels: { host: `h-${id}` } } },
      "application/cloudevents+json",
    );
  const span = { startsAt: "2030-01-01T00:00:00Z", endsAt: "2030-01-02T00:00:00Z", comment: "later" };
  await post("/api/v1/silences", { id: "later", matchers: ["host=h-9"], ...span });
  await post("/api/v1/maintenance", { id: "later", matchers: ["host=h-9"], ...span });
  await post("/api/v1/suppressions", { id: "later", rule: "desk", ...span });
  const events = await list("/api/v1/events?limit=1");
  const [window] = (await list("/api/v1/digests")).items;
  const [delivery] = (await list("/api/v1/deliveries?channel=off")).items;
  return {
    event: events.items[0]?.id ?? "",
    delivery: delivery?.id ?? "",
    window: window?.id ?? "",
    cursor: events.cursor ?? "",
  };
}

const Started = z.object({ url: z.string(), socket: z.string() });

async function start(
  dir: string,
): Promise<Pick<Served, "pid" | "port" | "socket" | "said" | "isAlive" | "memory" | "stop">> {
  const words = ["src/main.ts", "serve", "--data", dir, "--listen", "127.0.0.1:0", "--json"];
  const child = spawn(process.execPath, words, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], SEALPOST_REQUESTS_PER_MINUTE: "0", SEALPOST_LOG: "warn" },
  });
  const said: string[] = [];
  child.stderr.on("data", (data) => said.push(String(data)));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const line = await firstLine(child, ended, said);
  const { url, socket } = Started.parse(JSON.parse(line));
  const { pid = 0 } = child;
  return {
    pid,
    port: Number(new URL(url).port),
    socket,
    said: () => said.join(""),
    isAlive: () => child.exitCode === null && child.signalCode === null,
    memory: () => memoryOf(pid),
    stop: async () => {
      child.kill("SIGTERM");
      return await ended;
    },
  };
}

async function firstLine(child: ChildProcess, ended: Promise<number | null>, said: readonly string[]): Promise<string> {
  const line = new Promise<string>((resolve) => {
    let text = "";
    child.stdout?.on("data", (data) => {
      text += String(data);
      if (text.includes("\n")) resolve(text);
    });
  });
  const first = await Promise.race([line, ended]);
  if (typeof first === "string") return first;
  throw new Error(`the server ended: ${said.join("")}`);
}

/** VmRSS of a process, bytes. */
function memoryOf(pid: number): number {
  const status = fs.readFileSync(path.join("/proc", String(pid), "status"), "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
