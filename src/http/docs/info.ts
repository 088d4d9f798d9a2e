/**
 * What the document says of the API as a whole.
 * @module
 */

/** Where generated clients begin. */
export const INFO = {
  title: "Sealpost",
  version: "1.0.0",
  summary: "Alerts for sites without internet",
  description: [
    "Events come in, rules lead them to channels, and every decision is a leaf of a log that can be verified elsewhere.",
    "**Who asks.** `Authorization: Bearer spk_<id>_<secret>`; over the socket in the site's folder nobody needs a token. A token belongs to one tenant, or to the site. `x-permission` names the permission that an operation asks for.",
    "**Tenants.** A token of a tenant may send the header `Sealpost-Tenant`, which must then name its tenant. A principal of the site must send it; what concerns the whole site takes `_site`.",
    "**Problems.** Whatever is refused is `application/problem+json` (RFC 9457): `code` is stable, `errors` names each place by an RFC 6901 pointer into the body, or by the parameter's name. A path that does not exist is 404 `not-found`; a method that a path does not have is 405 `method-not-allowed` with the header Allow. What cannot be read as HTTP is 400, 408, 417 or 431 and closes the connection.",
    "**Bodies** are read strictly: UTF-8, no key twice, at most 64 levels deep, no unknown fields, 1 MiB where nothing else is said.",
    '**Lists** have `limit` and `cursor`; the header Link leads to the next page, `rel="next"`.',
    "**Repeats.** A POST that carries an Idempotency-Key is done once within 24 hours; a repeat is answered as the first was, with `Idempotent-Replayed: true`.",
    "**Limits.** 600 requests a minute and token where nothing else is configured: RateLimit and RateLimit-Policy tell what is left. 429 and 503 carry Retry-After.",
    "HEAD is GET without a body. Each answer to a request with an X-Request-Id carries it too.",
  ].join("\n\n"),
  license: { name: "Apache-2.0", identifier: "Apache-2.0" },
} as const;

/** Groups of operations, in the order in which the page shows them. */
export const TAGS: Readonly<Record<string, string>> = {
  Events: "What happened: CloudEvents in, accepted events out",
  Deliveries: "Messages, one to one addressee each, and their receipts",
  Explain: "Why something was told, or not",
  Digests: "Windows: what is gathered before it is told",
  Send: "Messages that people send by hand",
  Rules: "Which events lead where",
  Channels: "Where messages go",
  Templates: "What messages say",
  Calendars: "Quiet times",
  Policies: "A tenant's defaults",
  Configuration: "All objects at once",
  Silences: "What people mute: silences, suppressions of rules, maintenance windows",
  Schemas: "JSON Schemas of objects and events, and samples",
  Tokens: "Who may ask",
  Tenants: "Who shares the site",
  Kits: "Signed content between sites",
  Trust: "Whose signatures count",
  Ledger: "The logs, to be verified elsewhere",
  Maildrop: "The embedded mail sink of demo sites",
  Stats: "Figures",
  Health: "Whether it works, and what this is",
  "Status page": "The page for people",
};
