/**
 * Who may do what: the permissions, the scopes that bundle them, and the one table of all routes.
 * @module
 */

/** Every permission that a route of this version asks for, or that a scope of it grants. */
export const PERMISSIONS = [
  "events.write",
  "notifications.events.read",
  "notifications.deliveries.read",
  "notifications.digests.read",
  "notifications.digests.manage",
  "notifications.stats.read",
  "notifications.silences.read",
  "notifications.silences.manage",
  "notifications.wide-silences.manage",
  "notifications.maintenance.read",
  "notifications.maintenance.manage",
  "notifications.config.read",
  "notifications.config.manage",
  "notifications.rules.read",
  "notifications.rules.manage",
  "notifications.channels.read",
  "notifications.channels.manage",
  "notifications.templates.read",
  "notifications.templates.manage",
  "notifications.calendars.read",
  "notifications.calendars.manage",
  "notifications.policies.read",
  "notifications.policies.manage",
  "notifications.tokens.read",
  "notifications.tokens.manage",
  "notifications.tenants.read",
  "notifications.tenants.manage",
  "notifications.metrics.read",
  "notifications.maildrop.read",
  "notifications.kits.read",
  "notifications.trust.read",
  "notifications.trust.manage",
  "notifications.ledger.read",
  "notifications.ledger.manage",
  "notifications.incidents.read",
  "notifications.send",
  "incidents.ack",
  "incidents.resolve",
  "incidents.silence",
  "approvals.decide",
  "kits.import",
  "kits.sign",
  "ledger.export",
  "site.admin",
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** What reading in general does not take in: who may do what, and incidents, which are for those who deal with them. */
const GUARDED: readonly Permission[] = ["notifications.tokens.read", "notifications.incidents.read"];
const READ = PERMISSIONS.filter((permission) => permission.endsWith(".read") && !GUARDED.includes(permission));
/** To silence an incident is left to admins. */
const OPERATE: readonly Permission[] = [
  ...READ,
  "notifications.incidents.read",
  "notifications.silences.manage",
  "notifications.send",
  "incidents.ack",
  "incidents.resolve",
];

/** Scopes of tokens, each a bundle of permissions. */
const SCOPES: ReadonlyMap<string, readonly Permission[]> = new Map<string, readonly Permission[]>([
  ["notify.viewer", READ],
  ["notify.read", READ],
  ["notify.operator", OPERATE],
  ["notify.admin", PERMISSIONS],
  ["events:write", ["events.write"]],
  ["Notifier.Events:Write", ["events.write"]],
  ["Packs.Approve", ["approvals.decide"]],
]);

const ON_DUTY = [
  "notify.viewer",
  "notifications.incidents.read",
  "incidents.ack",
  "incidents.resolve",
  "notifications.silences.manage",
] as const;
const LOGS = ["notifications.deliveries.read"] as const;

/** What people are, as presets: a token that is made for a role keeps these scopes, and nothing of the role. */
export const ROLES = {
  super_admin: ["notify.admin"],
  admin: ["notify.admin"],
  operator: ON_DUTY,
  analyst: ON_DUTY,
  service: ["events:write", "notifications.send", "notifications.incidents.read"],
  manager: ["notifications.channels.read", "notifications.rules.read", ...LOGS],
  noc: LOGS,
  viewer: LOGS,
  helpdesk: [],
  hr: [],
  finance: [],
  auditor: ["notify.viewer", "ledger.export"],
} as const satisfies Readonly<Record<string, readonly string[]>>;
export type Role = keyof typeof ROLES;

/** Every text that a token may have as a scope: bundles first, then permissions by their own name. */
export const KNOWN_SCOPES: readonly string[] = [...SCOPES.keys(), ...PERMISSIONS];

/** The permissions that scopes grant, in the order of PERMISSIONS; unknown scopes grant nothing. */
export function permissionsOf(scopes: readonly string[]): readonly Permission[] {
  return PERMISSIONS.filter((permission) => grants(scopes, permission));
}

/** Whether scopes (bundles, or permissions by their own name) grant a permission; unknown ones grant nothing. */
export function grants(scopes: readonly string[], permission: Permission): boolean {
  return scopes.some((scope) => scope === permission || (SCOPES.get(scope)?.includes(permission) ?? false));
}

/** What a route asks for. Without a permission it is open; with `isSite` it takes principals of the site alone, tenant `_site`. */
export interface RouteRule {
  readonly permission?: Permission;
  /** Another one that it asks for besides. */
  readonly also?: Permission;
  readonly isSite?: true;
  /** With `isSite`: the header that names the tenant may be left out. */
  readonly isWhole?: true;
  /** It changes a closed tenant too: it only takes away. */
  readonly whileClosed?: true;
}

/** Every route with what it asks for: a handler can be registered under no other name. */
export const ROUTES = {
  "GET /healthz": {},
  "GET /readyz": {},
  "GET /": {},
  "POST /login": {},
  "POST /logout": {},
  "GET /api/v1/openapi.json": {},
  "GET /api/v1/docs": {},
  "GET /metrics": { permission: "notifications.metrics.read", isSite: true, isWhole: true },
  // the handshake of a sender of CloudEvents: it tells who may send, and takes nothing
  "OPTIONS /api/v1/events": {},
  "POST /api/v1/events": { permission: "events.write" },
  "GET /api/v1/events": { permission: "notifications.events.read" },
  "GET /api/v1/events/:id": { permission: "notifications.events.read" },
  // it tells of addressees too
  "GET /api/v1/events/:id/explain": { permission: "notifications.events.read", also: "notifications.deliveries.read" },
  "GET /api/v1/deliveries": { permission: "notifications.deliveries.read" },
  "GET /api/v1/deliveries/:id": { permission: "notifications.deliveries.read" },
  "GET /api/v1/deliveries/:id/explain": { permission: "notifications.deliveries.read" },
  "GET /api/v1/deliveries/:id/attempts": { permission: "notifications.deliveries.read" },
  "GET /api/v1/deliveries/:id/receipt": { permission: "notifications.deliveries.read" },
  "GET /api/v1/digests": { permission: "notifications.digests.read" },
  "POST /api/v1/digests": { permission: "notifications.digests.manage" },
  "GET /api/v1/digests/:key": { permission: "notifications.digests.read" },
  "DELETE /api/v1/digests/:key": { permission: "notifications.digests.manage" },
  "POST /api/v1/digests/:key/flush": { permission: "notifications.digests.manage" },
  "GET /api/v1/stats": { permission: "notifications.stats.read" },
  "GET /api/v1/silences": { permission: "notifications.silences.read" },
  "POST /api/v1/silences": { permission: "notifications.silences.manage" },
  "POST /api/v1/silences/preview": { permission: "notifications.silences.read" },
  "GET /api/v1/silences/:id": { permission: "notifications.silences.read" },
  "PUT /api/v1/silences/:id": { permission: "notifications.silences.manage" },
  "DELETE /api/v1/silences/:id": { permission: "notifications.silences.manage" },
  "GET /api/v1/suppressions": { permission: "notifications.silences.read" },
  "POST /api/v1/suppressions": { permission: "notifications.silences.manage" },
  "GET /api/v1/suppressions/:id": { permission: "notifications.silences.read" },
  "PUT /api/v1/suppressions/:id": { permission: "notifications.silences.manage" },
  "DELETE /api/v1/suppressions/:id": { permission: "notifications.silences.manage" },
  "GET /api/v1/maintenance": { permission: "notifications.maintenance.read" },
  "POST /api/v1/maintenance": { permission: "notifications.maintenance.manage" },
  "GET /api/v1/maintenance/:id": { permission: "notifications.maintenance.read" },
  "PUT /api/v1/maintenance/:id": { permission: "notifications.maintenance.manage" },
  "DELETE /api/v1/maintenance/:id": { permission: "notifications.maintenance.manage" },
  "GET /api/v1/config": { permission: "notifications.config.read" },
  "POST /api/v1/config/plan": { permission: "notifications.config.manage" },
  "POST /api/v1/config/apply": { permission: "notifications.config.manage" },
  "GET /api/v1/schemas": { permission: "notifications.config.read" },
  "GET /api/v1/schemas/:name": { permission: "notifications.config.read" },
  "GET /api/v1/schemas/:name/sample": { permission: "notifications.config.read" },
  "GET /api/v1/rules": { permission: "notifications.rules.read" },
  "POST /api/v1/rules": { permission: "notifications.rules.manage" },
  "GET /api/v1/rules/:id": { permission: "notifications.rules.read" },
  "PUT /api/v1/rules/:id": { permission: "notifications.rules.manage" },
  "DELETE /api/v1/rules/:id": { permission: "notifications.rules.manage" },
  "GET /api/v1/rules/:id/history": { permission: "notifications.rules.read" },
  "POST /api/v1/rules/:id/revert": { permission: "notifications.rules.manage" },
  "GET /api/v1/channels": { permission: "notifications.channels.read" },
  "POST /api/v1/channels": { permission: "notifications.channels.manage" },
  "GET /api/v1/channels/:id": { permission: "notifications.channels.read" },
  "PUT /api/v1/channels/:id": { permission: "notifications.channels.manage" },
  "DELETE /api/v1/channels/:id": { permission: "notifications.channels.manage" },
  "GET /api/v1/channels/:id/history": { permission: "notifications.channels.read" },
  "POST /api/v1/channels/:id/revert": { permission: "notifications.channels.manage" },
  "POST /api/v1/channels/:id/bind": { permission: "notifications.channels.manage" },
  "GET /api/v1/templates": { permission: "notifications.templates.read" },
  "POST /api/v1/templates": { permission: "notifications.templates.manage" },
  // a preview shows what recorded events say
  "POST /api/v1/templates/preview": { permission: "notifications.templates.read", also: "notifications.events.read" },
  "GET /api/v1/templates/:id": { permission: "notifications.templates.read" },
  "PUT /api/v1/templates/:id": { permission: "notifications.templates.manage" },
  "DELETE /api/v1/templates/:id": { permission: "notifications.templates.manage" },
  "GET /api/v1/templates/:id/history": { permission: "notifications.templates.read" },
  "POST /api/v1/templates/:id/revert": { permission: "notifications.templates.manage" },
  "GET /api/v1/calendars": { permission: "notifications.calendars.read" },
  "POST /api/v1/calendars": { permission: "notifications.calendars.manage" },
  "GET /api/v1/calendars/:id": { permission: "notifications.calendars.read" },
  "PUT /api/v1/calendars/:id": { permission: "notifications.calendars.manage" },
  "DELETE /api/v1/calendars/:id": { permission: "notifications.calendars.manage" },
  "GET /api/v1/calendars/:id/history": { permission: "notifications.calendars.read" },
  "POST /api/v1/calendars/:id/revert": { permission: "notifications.calendars.manage" },
  "GET /api/v1/policies": { permission: "notifications.policies.read" },
  "POST /api/v1/policies": { permission: "notifications.policies.manage" },
  "GET /api/v1/policies/:id": { permission: "notifications.policies.read" },
  "PUT /api/v1/policies/:id": { permission: "notifications.policies.manage" },
  "DELETE /api/v1/policies/:id": { permission: "notifications.policies.manage" },
  "GET /api/v1/policies/:id/history": { permission: "notifications.policies.read" },
  "POST /api/v1/policies/:id/revert": { permission: "notifications.policies.manage" },
  "GET /api/v1/tokens": { permission: "notifications.tokens.read" },
  "POST /api/v1/tokens": { permission: "notifications.tokens.manage" },
  "GET /api/v1/tokens/:id": { permission: "notifications.tokens.read" },
  "PUT /api/v1/tokens/:id": { permission: "notifications.tokens.manage" },
  "DELETE /api/v1/tokens/:id": { permission: "notifications.tokens.manage", whileClosed: true },
  "GET /api/v1/tenants": { permission: "notifications.tenants.read", isSite: true },
  "POST /api/v1/tenants": { permission: "notifications.tenants.manage", isSite: true },
  "GET /api/v1/tenants/:id": { permission: "notifications.tenants.read", isSite: true },
  "PUT /api/v1/tenants/:id": { permission: "notifications.tenants.manage", isSite: true },
  "DELETE /api/v1/tenants/:id": { permission: "notifications.tenants.manage", isSite: true },
  "POST /api/v1/notify/send": { permission: "notifications.send" },
  "GET /api/v1/kits": { permission: "notifications.kits.read", isSite: true },
  "POST /api/v1/kits/plan": { permission: "kits.import", isSite: true },
  "POST /api/v1/kits/import": { permission: "kits.import", isSite: true },
  "POST /api/v1/kits/issue": { permission: "kits.sign", isSite: true },
  "GET /api/v1/kits/:stream{[a-z0-9-]+[.][a-z0-9.-]+}": { permission: "notifications.kits.read", isSite: true },
  "GET /api/v1/kits/:stream{[a-z0-9-]+[.][a-z0-9.-]+}/files/:sha": {
    permission: "notifications.kits.read",
    isSite: true,
  },
  "GET /api/v1/trust": { permission: "notifications.trust.read", isSite: true },
  "POST /api/v1/trust": { permission: "notifications.trust.manage", isSite: true },
  "GET /api/v1/ledger": { permission: "notifications.ledger.read" },
  "GET /api/v1/ledger/:origin/checkpoint": { permission: "notifications.ledger.read" },
  "GET /api/v1/ledger/:origin/tile/:path{.+}": { permission: "notifications.ledger.read" },
  "GET /api/v1/ledger/:origin/openings": { permission: "notifications.ledger.manage" },
  "GET /api/v1/maildrop": { permission: "notifications.maildrop.read" },
  "GET /api/v1/maildrop/:id": { permission: "notifications.maildrop.read" },
} as const satisfies Readonly<Record<string, RouteRule>>;
export type RouteName = keyof typeof ROUTES;

/** What is asked and changes nothing, and what is safe to repeat by itself: an event has its own id, a kit its place. */
const UNKEYED: ReadonlySet<RouteName> = new Set<RouteName>([
  "POST /api/v1/events",
  "POST /api/v1/config/plan",
  "POST /api/v1/kits/import",
  "POST /api/v1/kits/plan",
  "POST /api/v1/silences/preview",
  "POST /api/v1/templates/preview",
  "POST /login",
  "POST /logout",
]);

/** Whether a route takes the header Idempotency-Key. */
export function isKeyed(name: RouteName): boolean {
  return name.startsWith("POST ") && !UNKEYED.has(name);
}

/** Routes that take a key and no body: what a request carries all the same is not read. */
const BODILESS: ReadonlySet<RouteName> = new Set<RouteName>(["POST /api/v1/digests/:key/flush"]);

/** Whether what a request of a route asks for stands in its body too. */
export function takesBody(name: RouteName): boolean {
  return !BODILESS.has(name);
}

interface Pattern {
  readonly method: string;
  readonly path: RegExp;
}

const PATTERNS: readonly Pattern[] = Object.keys(ROUTES).map((name) => {
  const [method = "", path = ""] = name.split(" ");
  const source = path.replaceAll(/:[a-z]+\{([^}]+)\}/g, "$1").replaceAll(/:[a-z]+/g, "[^/]+");
  return { method, path: new RegExp(`^${source}$`) };
});

/** Methods that a path answers to, for `Allow`; none where there is no such path. */
export function methodsOf(path: string): string[] {
  const methods = PATTERNS.filter((pattern) => pattern.path.test(path)).map(({ method }) => method);
  return methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
}
