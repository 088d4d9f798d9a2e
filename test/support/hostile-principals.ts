/**
 * Requests of those who are somebody else than they seem to be, or may less than they ask for.
 * @module
 */
import {
  ask,
  asked,
  BATCH_TYPE,
  event,
  EVENT_TYPE,
  type Expected,
  type HostileRequest,
  KIT_TYPE,
  row,
  type Said,
} from "./hostile-request.ts";
import type { Facts, TokenName } from "./hostile-served.ts";

const RULE = { schema: "rule/v1", id: "planted", actions: [{ id: "planted-mail", channel: "desk" }] };
const PLANTED: Said = { body: JSON.stringify(RULE) };
const DROP: Said = { headers: { "if-match": "*" } };

/** A header Authorization as it is, of one who wants to delete. */
function claimed(name: string, value: string | ((facts: Facts) => string)): HostileRequest {
  return row(name, "401 unauthenticated", (facts) =>
    ask(facts, "DELETE /api/v1/rules/desk", undefined, {
      headers: { "if-match": "*", authorization: typeof value === "string" ? value : value(facts) },
    }),
  );
}

/** A body that must not be read: its sender may not do this. */
function forbidden(
  line: string,
  who: TokenName,
  said: Said = {},
  expected: Expected = "403 forbidden",
): HostileRequest {
  return asked(`${line} by ${who}`, expected, [line, who, { body: "{", ...said }]);
}

/** An unsigned token of another kind of server, whose claims grant everything. */
const JWT = [{ alg: "none" }, { sub: "admin", scope: "notify.admin", exp: 9_999_999_999 }]
  .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
  .join(".");

const TOKENS: readonly HostileRequest[] = [
  asked("an expired token", "401 unauthenticated", ["DELETE /api/v1/rules/desk", "expired", DROP]),
  asked("a revoked token", "401 unauthenticated", ["DELETE /api/v1/rules/desk", "revoked", DROP]),
  asked("a token of a closed tenant", "403 forbidden", ["GET /api/v1/rules", "shut"]),
  asked("no token", "401 unauthenticated", ["DELETE /api/v1/rules/desk", undefined, DROP]),
  claimed("an empty Authorization", ""),
  claimed("Bearer alone", "Bearer"),
  claimed("Basic", `Basic ${Buffer.from("admin:admin").toString("base64")}`),
  claimed("a JWT without a signature", `Bearer ${JWT}.`),
  claimed("a token without its scheme", (facts) => facts.token("admin")),
  claimed("a token and a word", (facts) => `Bearer ${facts.token("admin")} admin`),
  claimed("two tokens in one field", (facts) => `Bearer ${facts.token("viewer")}, Bearer ${facts.token("admin")}`),
  claimed("a token in quotes", (facts) => `Bearer "${facts.token("admin")}"`),
  claimed("a token after a tab", (facts) => `Bearer\t${facts.token("admin")}`),
  claimed("a token in capitals", (facts) => `Bearer ${facts.token("admin").toUpperCase()}`),
  claimed("a token one character short", (facts) => `Bearer ${facts.token("admin").slice(0, -1)}`),
  claimed("a token one character long", (facts) => `Bearer ${facts.token("admin")}x`),
  claimed("the secret of another", "Bearer spk_admin_hostile-requests-secreT"),
  claimed("an id of a prototype", "Bearer spk_constructor_0000000000000000"),
  claimed("an id with a slash", "Bearer spk_../admin_0000000000000000"),
  claimed("an id of 64 KiB less than the limit", `Bearer spk_${"a".repeat(8000)}_0000000000000000`),
  claimed("a NUL as text", "Bearer spk_admin%00_0000000000000000"),
  claimed("Digest", 'Digest username="admin", uri="/", response="0"'),
  asked("a token in the query", "401 unauthenticated", [
    (facts) => `GET /api/v1/rules?access_token=${facts.token("admin")}`,
    undefined,
  ]),
  asked("a token in another field", "401 unauthenticated", [
    "GET /api/v1/rules",
    undefined,
    { headers: { "x-api-key": "spk_admin_hostile-requests-secret" } },
  ]),
  row("a token as a cookie", "401 unauthenticated", (facts) =>
    ask(facts, "DELETE /api/v1/rules/desk", undefined, {
      headers: { "if-match": "*", cookie: `sealpost=${facts.token("admin")}` },
    }),
  ),
  asked("a forged session", "401 unauthenticated", [
    "DELETE /api/v1/rules/desk",
    undefined,
    { headers: { "if-match": "*", cookie: `sealpost=${"A".repeat(43)}` } },
  ]),
  asked("fields that say the request is local", "401 unauthenticated", [
    "GET /api/v1/tokens",
    undefined,
    {
      tenant: "_site",
      headers: {
        "x-forwarded-for": "127.0.0.1",
        "x-real-ip": "::1",
        forwarded: "for=unix",
        local: "0",
        "x-local-uid": "0",
      },
    },
  ]),
  row(
    "a token that came too often",
    ["200", "429 rate-limited"],
    (facts) =>
      Buffer.concat([ask(facts, "GET /api/v1/stats", "slow"), ask(facts, "DELETE /api/v1/rules/desk", "slow", DROP)]),
    { isOnce: true },
  ),
];

const RIGHTS: readonly HostileRequest[] = [
  forbidden("POST /api/v1/events", "viewer", { type: EVENT_TYPE }),
  forbidden("POST /api/v1/rules", "viewer"),
  forbidden("PUT /api/v1/rules/desk", "viewer", { headers: { "if-match": "*" } }),
  forbidden("DELETE /api/v1/rules/desk", "viewer"),
  forbidden("POST /api/v1/rules/desk/revert", "viewer"),
  forbidden("POST /api/v1/channels", "viewer"),
  forbidden("POST /api/v1/channels/ops-mail/bind", "viewer"),
  forbidden("POST /api/v1/templates", "viewer"),
  forbidden("POST /api/v1/calendars", "viewer"),
  forbidden("PUT /api/v1/policies/default", "viewer"),
  forbidden("POST /api/v1/tokens", "viewer"),
  forbidden("GET /api/v1/tokens", "viewer"),
  forbidden("DELETE /api/v1/tokens/admin", "viewer"),
  forbidden("POST /api/v1/silences", "viewer"),
  forbidden("DELETE /api/v1/maintenance/later", "viewer"),
  forbidden("POST /api/v1/config/apply", "viewer"),
  forbidden("POST /api/v1/config/plan", "viewer"),
  forbidden("POST /api/v1/notify/send", "viewer"),
  forbidden("POST /api/v1/digests", "viewer"),
  forbidden("DELETE /api/v1/digests/desk-mail", "viewer"),
  forbidden("GET /api/v1/events", "sender"),
  forbidden("GET /api/v1/rules", "nothing"),
  forbidden("POST /api/v1/templates/preview", "sender"),
  forbidden("POST /api/v1/tenants", "admin", {}, "403 site-only"),
  forbidden("GET /api/v1/tenants", "admin", {}, "403 site-only"),
  forbidden("DELETE /api/v1/tenants/acme", "acme", {}, "403 site-only"),
  forbidden("POST /api/v1/kits/import", "admin", { type: KIT_TYPE }, "403 site-only"),
  forbidden("POST /api/v1/kits/issue", "admin", {}, "403 site-only"),
  forbidden("POST /api/v1/trust", "admin", {}, "403 site-only"),
  forbidden("GET /metrics", "admin", {}, "403 site-only"),
  asked("metrics of nobody", "401 unauthenticated", ["GET /metrics", undefined]),
  asked(
    "a kit of 8 GiB of nobody",
    "401 unauthenticated",
    [
      "POST /api/v1/kits/import",
      undefined,
      { headers: { "content-type": KIT_TYPE, "content-length": String(2 ** 33) } },
    ],
    { mayClose: true },
  ),
];

const WALLS: readonly HostileRequest[] = [
  asked("another tenant in the header", "403 tenant-mismatch", [
    "DELETE /api/v1/rules/desk",
    "admin",
    { ...DROP, tenant: "acme" },
  ]),
  asked("the site in the header", "403 tenant-mismatch", [
    "DELETE /api/v1/rules/desk",
    "admin",
    { ...DROP, tenant: "_site" },
  ]),
  asked("an unknown tenant in the header", "403 tenant-mismatch", ["GET /api/v1/rules", "admin", { tenant: "nobody" }]),
  asked("an empty tenant", "403 tenant-mismatch", [
    "DELETE /api/v1/rules/desk",
    "admin",
    { headers: { "if-match": "*", "sealpost-tenant": "" } },
  ]),
  asked("the own tenant in capitals", "403 tenant-mismatch", [
    "DELETE /api/v1/rules/desk",
    "admin",
    { ...DROP, tenant: "DEFAULT" },
  ]),
  asked("two tenants in one header", "403 tenant-mismatch", [
    "DELETE /api/v1/rules/desk",
    "acme",
    { ...DROP, tenant: "acme, default" },
  ]),
  row("two headers that name a tenant", "403 tenant-mismatch", (facts) =>
    ask(facts, "DELETE /api/v1/rules/desk", "acme", {
      headers: { "if-match": "*", "sealpost-tenant": "acme", "Sealpost-Tenant": "default" },
    }),
  ),
  asked("a site principal without a tenant", "400 tenant-required", ["DELETE /api/v1/rules/desk", "site", DROP]),
  asked("a site principal and a tenant with spaces inside", "404 tenant-unknown", [
    "DELETE /api/v1/rules/desk",
    "site",
    { ...DROP, tenant: "def ault" },
  ]),
  asked("a site principal and an unknown tenant", "404 tenant-unknown", [
    "DELETE /api/v1/rules/desk",
    "site",
    { ...DROP, tenant: "nobody" },
  ]),
  asked("a site principal and a prototype", "404 tenant-unknown", [
    "DELETE /api/v1/rules/desk",
    "site",
    { ...DROP, tenant: "__proto__" },
  ]),
  asked("a site principal and a path", "404 tenant-unknown", [
    "DELETE /api/v1/rules/desk",
    "site",
    { ...DROP, tenant: "../default" },
  ]),
  asked("a site principal and two tenants", "404 tenant-unknown", [
    "DELETE /api/v1/rules/desk",
    "site",
    { ...DROP, tenant: "default, acme" },
  ]),
  asked("a tenant in a field with an underscore", "400 tenant-required", [
    "DELETE /api/v1/rules/desk",
    "site",
    { headers: { "if-match": "*", sealpost_tenant: "default" } },
  ]),
  asked(
    "kits for one tenant",
    "400 tenant-required",
    ["POST /api/v1/kits/import", "site", { body: "x", type: KIT_TYPE, tenant: "default" }],
    { mayClose: true },
  ),
  asked("a change in a closed tenant", "409 tenant-closed", [
    "POST /api/v1/rules",
    "site",
    { ...PLANTED, tenant: "shut" },
  ]),
  asked("an event for a closed tenant", "409 tenant-closed", [
    "POST /api/v1/events",
    "site",
    { body: event(), type: EVENT_TYPE, tenant: "shut" },
  ]),
  asked("an event of another tenant", "403 tenant-mismatch", [
    "POST /api/v1/events",
    "admin",
    { body: event({ tenant: "acme" }), type: EVENT_TYPE },
  ]),
  asked("an event of the site", "403 tenant-mismatch", [
    "POST /api/v1/events",
    "admin",
    { body: event({ tenant: "_site" }), type: EVENT_TYPE },
  ]),
  asked("a batch whose last event is another tenant's", "403 tenant-mismatch", [
    "POST /api/v1/events",
    "admin",
    {
      body: `[${Array.from({ length: 99 }, (_, id) => event({ id: `h${id}` })).join(",")},${event({ tenant: "acme" })}]`,
      type: BATCH_TYPE,
    },
  ]),
  asked("a binary event of another tenant", "403 tenant-mismatch", [
    "POST /api/v1/events",
    "admin",
    {
      body: "{}",
      headers: {
        "ce-specversion": "1.0",
        "ce-id": "hostile",
        "ce-source": "/hostile",
        "ce-type": "x",
        "ce-tenant": "acme",
      },
    },
  ]),
  asked("an event of another tenant by its id", "404 not-found", [
    (facts) => `GET /api/v1/events/${facts.acmeEvent}`,
    "admin",
  ]),
  asked("why another tenant's event was told", "404 not-found", [
    (facts) => `GET /api/v1/events/${facts.acmeEvent}/explain`,
    "admin",
  ]),
  asked("a delivery of another tenant by its id", "404 not-found", [
    (facts) => `GET /api/v1/deliveries/${facts.acmeDelivery}`,
    "admin",
  ]),
  asked("a receipt of another tenant", "404 not-found", [
    (facts) => `GET /api/v1/deliveries/${facts.acmeDelivery}/receipt`,
    "admin",
  ]),
  asked("a log of another tenant", "404 not-found", [
    (facts) => `GET /api/v1/ledger/${facts.acmeOrigin}/checkpoint`,
    "admin",
  ]),
  asked("leaves of another tenant", "404 not-found", [
    (facts) => `GET /api/v1/ledger/${facts.acmeOrigin}/tile/entries/000.p/1`,
    "admin",
  ]),
  asked("openings of another tenant", "404 not-found", [
    (facts) => `GET /api/v1/ledger/${facts.acmeOrigin}/openings`,
    "admin",
  ]),
  asked("a token of another tenant by its id", "404 not-found", ["GET /api/v1/tokens/acme", "admin"]),
  asked("a token of the site by its id", "404 not-found", ["DELETE /api/v1/tokens/site", "admin", DROP]),
  asked("a cursor of another tenant", "200", [(facts) => `GET /api/v1/events?cursor=${facts.acmeCursor}`, "admin"]),
];

export const HOSTILE_PRINCIPALS: readonly HostileRequest[] = [...TOKENS, ...RIGHTS, ...WALLS];
