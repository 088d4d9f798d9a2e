/**
 * What every request must come to, as CONTRACTS has it, and not as the table of the product does.
 * @module
 */

/** Who asks: what a principal is known by in the matrix. */
export interface MatrixPrincipal {
  readonly name: string;
  /** `none`: no token of a principal stands behind it. */
  readonly of: "none" | "tenant" | "site";
  /** Whether it has a permission. */
  readonly may: (permission: string) => boolean;
}

/** What the request says of the tenant; `others-ids` names things of another tenant under the own one. */
export type TenantCase = "own" | "others-ids" | "foreign" | "missing" | "forged" | "_site";
export const TENANT_CASES: readonly TenantCase[] = ["own", "others-ids", "foreign", "missing", "forged", "_site"];

const OPEN =
  /^(GET \/healthz|GET \/readyz|GET \/|POST \/login|POST \/logout|GET \/api\/v1\/(openapi\.json|docs)|OPTIONS \/api\/v1\/events)$/;
const OF_THE_SITE = /^(\/metrics|\/api\/v1\/(kits|trust|tenants|parity)(\/.*)?)$/;

/** Permissions that do not follow from noun and method. */
const OTHER_PERMISSIONS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^GET \/metrics$/, ["notifications.metrics.read"]],
  [/^POST \/api\/v1\/events$/, ["events.write"]],
  [/^GET \/api\/v1\/events\/:id\/explain$/, ["notifications.events.read", "notifications.deliveries.read"]],
  [/^POST \/api\/v1\/silences\/preview$/, ["notifications.silences.read"]],
  [/^POST \/api\/v1\/templates\/preview$/, ["notifications.templates.read", "notifications.events.read"]],
  [/^GET \/api\/v1\/suppressions/, ["notifications.silences.read"]],
  [/^(POST|PUT|DELETE) \/api\/v1\/suppressions/, ["notifications.silences.manage"]],
  [/^GET \/api\/v1\/schemas/, ["notifications.config.read"]],
  [/^POST \/api\/v1\/notify\/send$/, ["notifications.send"]],
  [/^POST \/api\/v1\/kits\/(plan|import)$/, ["kits.import"]],
  [/^POST \/api\/v1\/kits\/issue$/, ["kits.sign"]],
  [/^GET \/api\/v1\/ledger\/:origin\/openings$/, ["notifications.ledger.manage"]],
];

function permissionsFor(route: string): readonly string[] {
  const listed = OTHER_PERMISSIONS.find(([pattern]) => pattern.test(route));
  if (listed !== undefined) return listed[1];
  const [method = "", path = ""] = route.split(" ");
  const noun = path.split("/")[3] ?? "";
  return [`notifications.${noun}.${method === "GET" ? "read" : "manage"}`];
}

/** The status of a request as the matrix sends it: bodies are `{}`, If-Match names another version, deletions nothing that is needed. */
export function expectedStatus(route: string, tenant: TenantCase, { of, may }: MatrixPrincipal): number {
  const path = route.split(" ")[1] ?? "";
  const isOfSite = isSiteWide(route);
  if (OPEN.test(route)) return openStatus(route);
  if (of === "none") return 401;
  if (of === "tenant") {
    if (isOfSite || tenant === "foreign" || tenant === "forged" || tenant === "_site") return 403;
  } else {
    if (tenant === "missing" && path !== "/metrics") return 400; // one exporter has no header to send
    if (isOfSite && tenant !== "_site" && tenant !== "missing") return 400;
    if (tenant === "forged") return 404;
  }
  return permissionsFor(route).every(may) ? saidStatus(route, tenant) : 403;
}

/** Whether a route is about the site as a whole. */
export function isSiteWide(route: string): boolean {
  return OF_THE_SITE.test(route.split(" ")[1] ?? "");
}

/** A form of another place is refused; all else that is open answers. */
function openStatus(route: string): number {
  if (route.startsWith("POST ")) return 403;
  return route.startsWith("OPTIONS ") ? 204 : 200;
}

/** What a request comes to that passed the wall: what it names is there or not, and what it says is not enough. */
function saidStatus(route: string, tenant: TenantCase): number {
  if (isAbsent(route, tenant)) return 404;
  if (/^POST \/api\/v1\/(events|kits\/(plan|import))$/.test(route)) return 415; // no JSON is taken there
  if (route.startsWith("POST ")) return 422;
  const isMute = /\/(silences|maintenance|suppressions)\//.test(route); // they are edited without a version, and end again
  if (route.startsWith("PUT ")) return isMute ? 422 : 428;
  if (route.startsWith("DELETE ")) return isMute ? 200 : 412;
  return 200;
}

function isAbsent(route: string, tenant: TenantCase): boolean {
  const isNone = /(maildrop\/:id|\/files\/:sha|^DELETE .*:key|:key\/flush)$/.test(route);
  if (isNone) return true;
  if (tenant === "others-ids") return /\/(events|deliveries|tokens)\/:id|\/ledger\/:origin/.test(route);
  if (tenant !== "_site") return false;
  // of an object the version is asked for before it is looked for; the site has a policy, and sees all logs
  if (/^(PUT|POST) .*\/(rules|channels|templates|calendars)\/:id/.test(route)) return false;
  return /\/:id/.test(route) && !/\/(policies|tenants)\/:id/.test(route);
}

type May = MatrixPrincipal["may"];
const isRead: May = (permission) => permission.endsWith(".read") && !/\.(tokens|incidents)\./.test(permission);
const oneOf =
  (...names: readonly string[]): May =>
  (permission) =>
    names.includes(permission);
const either =
  (...all: readonly May[]): May =>
  (permission) =>
    all.some((may) => may(permission));
const onDuty = either(
  isRead,
  oneOf("notifications.incidents.read", "notifications.silences.manage", "incidents.ack", "incidents.resolve"),
);
const everything: May = () => true;
const logs = oneOf("notifications.deliveries.read");

/** What scopes and roles may. */
export const SCOPES_MAY: Readonly<Record<string, May>> = {
  "notify.viewer": isRead,
  "notify.read": isRead,
  "notify.operator": either(onDuty, oneOf("notifications.send")),
  "notify.admin": everything,
  "events:write": oneOf("events.write"),
  "Notifier.Events:Write": oneOf("events.write"),
  "Packs.Approve": oneOf("approvals.decide"),
};
export const ROLES_MAY: Readonly<Record<string, May>> = {
  super_admin: everything,
  admin: everything,
  operator: onDuty,
  analyst: onDuty,
  service: oneOf("events.write", "notifications.send", "notifications.incidents.read"),
  manager: either(logs, oneOf("notifications.channels.read", "notifications.rules.read")),
  noc: logs,
  viewer: logs,
  helpdesk: oneOf(),
  hr: oneOf(),
  finance: oneOf(),
  auditor: either(isRead, oneOf("ledger.export")),
};
