/**
 * A real site with two tenants that hold the same things under the same ids, each with words of its own.
 * @module
 */
import { z } from "zod";
import { cloudEvent, JSON_EVENT } from "./http.ts";
import { type MatrixPrincipal, ROLES_MAY, SCOPES_MAY, type TenantCase } from "./matrix-oracle.ts";
import { openTenantSite, type TenantSite } from "./tenants.ts";

/** The two tenants; their ids are found in nothing of the other. */
export const OWN = "acme-wq7";
export const OTHER = "globex-kx9";
/** Words that nothing but a tenant's own things hold: its id, and a mark in its texts. */
export const MARKS: Readonly<Record<string, RegExp>> = { [OWN]: /acme-wq7|mark-of-a/, [OTHER]: /globex-kx9|mark-of-g/ };
const WORD: Readonly<Record<string, string>> = { [OWN]: "mark-of-a", [OTHER]: "mark-of-g" };

/** Ids of a tenant's things where they are not the same for both. */
interface Ids {
  readonly event: string;
  readonly delivery: string;
  readonly token: string;
  readonly origin: string;
}

/** A principal and the token that it comes with; `local`: over the socket. */
export interface WorldPrincipal extends MatrixPrincipal {
  readonly token?: string;
  readonly isLocal?: true;
}

export interface MatrixWorld {
  readonly site: TenantSite;
  readonly principals: readonly WorldPrincipal[];
  /** The path of a route, its parameters filled in. */
  readonly pathOf: (route: string, tenant: TenantCase) => string;
}

const nothing = (): boolean => false;

/** Makes the site; its owner closes and removes it. */
export async function openMatrixWorld(): Promise<MatrixWorld> {
  const site = await openTenantSite({ SEALPOST_REQUESTS_PER_MINUTE: "0" });
  const ids = new Map<string, Ids>();
  for (const tenant of [OWN, OTHER]) ids.set(tenant, await furnish(site, tenant));
  return {
    site,
    principals: await principalsOf(site),
    pathOf: (route, tenant) => fill(route, idsFor(ids, tenant)),
  };
}

function idsFor(ids: ReadonlyMap<string, Ids>, tenant: TenantCase): Ids {
  const found = ids.get(tenant === "others-ids" || tenant === "foreign" ? OTHER : OWN);
  if (found === undefined) throw new Error("the world is not furnished");
  return found;
}

function fill(route: string, ids: Ids): string {
  const path = route.split(" ")[1] ?? "";
  const noun = path.split("/")[3] ?? "";
  const named: Readonly<Record<string, string>> = {
    events: ids.event,
    deliveries: ids.delivery,
    tokens: ids.token,
    policies: "default",
    tenants: OWN,
    schemas: "scanner.report.ready",
  };
  return path
    .replace(":path{.+}", "0/000.p/1")
    .replace(/:stream\{[^}]+\}/, "plant-7.starter")
    .replace(":sha", "0".repeat(64))
    .replace(":origin", ids.origin)
    .replace(":key", route.startsWith("GET ") ? "gathered" : "no-such-window")
    .replace(/:(id|name)/, named[noun] ?? "shared");
}

async function furnish(site: TenantSite, tenant: string): Promise<Ids> {
  const word = WORD[tenant] ?? "";
  const send = async (path: string, json: unknown, headers = {}): Promise<unknown> => {
    const response = await site.ask("local", "POST", path, { tenant, json, headers });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return text === "" ? null : JSON.parse(text);
  };
  const opened = await site.ask("local", "POST", "/tenants", { tenant: "_site", json: { id: tenant } });
  if (opened.status !== 201) throw new Error(await opened.text());
  await send("/config/apply", { objects: objectsOf(word) });
  await send("/silences", { id: "shared", matchers: ['none="none"'], duration: "1h", comment: word });
  await send("/maintenance", { id: "shared", matchers: ['none="none"'], duration: "1h", comment: word });
  await send("/suppressions", { id: "shared", rule: "idle", duration: "1h", comment: word });
  const event = cloudEvent({ id: "same", source: "/same", type: "marked.thing", data: { labels: { word } } });
  const receipt = Receipt.parse(await send("/events", event, JSON_EVENT));
  const made = await site.mint(tenant, { name: word, role: "noc" });
  const [accepted] = receipt.events;
  const origins = z.object({ items: z.array(z.object({ origin: z.string() })) });
  const logs = origins.parse(await (await site.ask("local", "GET", "/ledger", { tenant })).json());
  return {
    event: accepted?.id ?? "",
    delivery: accepted?.deliveries[0]?.id ?? "",
    token: made.id,
    origin: logs.items[0]?.origin ?? "",
  };
}

const Receipt = z.object({
  events: z.array(z.object({ id: z.string(), deliveries: z.array(z.object({ id: z.string() })) })),
});

function objectsOf(word: string): Readonly<Record<string, unknown>> {
  const rule = (id: string, type: string, action: object): object => ({
    schema: "rule/v1",
    id,
    name: word,
    match: { types: [type] },
    actions: [{ channel: "shared", template: "shared", ...action }],
  });
  return {
    "rules/shared": rule("shared", "marked.*", { id: "told" }),
    "rules/gathers": rule("gathers", "marked.*", { id: "gathered", digest: "1d" }),
    "rules/idle": rule("idle", "never.*", { id: "idle" }),
    "channels/shared": {
      schema: "channel/v1",
      id: "shared",
      name: word,
      type: "email",
      config: { tls: "opportunistic" },
      bind: ["host", "port", "from", "to"],
    },
    "templates/shared": {
      schema: "template/v1",
      id: "shared",
      channelTypes: ["email"],
      subject: word,
      text: word,
    },
    "calendars/shared": {
      schema: "calendar/v1",
      id: "shared",
      name: word,
      zone: "UTC",
      weekly: [{ days: ["sun"], from: "01:00", to: "02:00" }],
    },
    "policies/default": { schema: "policy/v1", id: "default", zone: "UTC" },
  };
}

async function principalsOf(site: TenantSite): Promise<WorldPrincipal[]> {
  const past = await site.mint(OWN, { role: "admin", expiresIn: "1ms" });
  const revoked = await site.mint(OWN, { role: "admin" });
  await site.ask("local", "DELETE", `/tokens/${revoked.id}`, { tenant: OWN });
  const none = { of: "none" as const, may: nothing };
  const all: WorldPrincipal[] = [
    { name: "nobody", ...none },
    { name: "a forged token", ...none, token: `spk_000000000000_${"x".repeat(32)}` },
    { name: "an expired token", ...none, token: past.token },
    { name: "a revoked token", ...none, token: revoked.token },
    { name: "local:<uid>", of: "site", may: () => true, isLocal: true },
  ];
  for (const [of, tenant] of [["tenant", OWN] as const, ["site", "_site"] as const]) {
    for (const [scope, may] of Object.entries(SCOPES_MAY))
      all.push({ name: `${of} ${scope}`, of, may, token: (await site.mint(tenant, { scopes: [scope] })).token });
    for (const [role, may] of Object.entries(ROLES_MAY))
      all.push({ name: `${of} as ${role}`, of, may, token: (await site.mint(tenant, { role })).token });
  }
  return all;
}
