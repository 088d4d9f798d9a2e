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
  "notifications.channels.manage",
  "notifications.maildrop.read",
  "notifications.kits.read",
  "notifications.trust.read",
  "notifications.trust.manage",
  "notifications.ledger.read",
  "notifications.ledger.manage",
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

const READ = PERMISSIONS.filter((permission) => permission.endsWith(".read"));
const OPERATE: readonly Permission[] = [
  ...READ,
  "notifications.silences.manage",
  "notifications.send",
  "incidents.ack",
  "incidents.resolve",
  "incidents.silence",
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
}

/** Every route with what it asks for: a handler can be registered under no other name. */
export const ROUTES = {
  "GET /healthz": {},
  "GET /readyz": {},
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
  "POST /digests": { permission: "notifications.digests.manage" },
  "GET /digests/:key": { permission: "notifications.digests.read" },
  "DELETE /digests/:key": { permission: "notifications.digests.manage" },
  "POST /digests/:key/flush": { permission: "notifications.digests.manage" },
  "GET /api/v1/stats": { permission: "notifications.stats.read" },
  "GET /stats": { permission: "notifications.stats.read" },
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
  "POST /api/v1/channels/:id/bind": { permission: "notifications.channels.manage" },
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
