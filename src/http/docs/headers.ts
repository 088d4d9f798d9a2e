/**
 * Headers of requests and answers, told once.
 * @module
 */
import type { Json } from "../../core/json.ts";
import { isKeyed } from "../permissions.ts";
import type { AnswerDoc } from "./doc.ts";
import type { DescribedRoute } from "./problems-of.ts";

const TENANT = { name: "Sealpost-Tenant", in: "header" } as const;
const SITE = { type: "string", const: "_site" } as const;

/** Parameters in headers, by the name under which operations refer to them. */
export const REQUEST_HEADERS = {
  "Sealpost-Tenant": {
    ...TENANT,
    description: "The tenant that is meant. Required of principals of the site; a tenant's may leave it out",
    schema: { type: "string" },
    example: "default",
  },
  "Sealpost-Tenant-Site": {
    ...TENANT,
    required: true,
    description: "This concerns the whole site, and takes its principals only",
    schema: SITE,
  },
  "Sealpost-Tenant-Optional-Site": {
    ...TENANT,
    description: "This concerns the whole site, and takes its principals only; it may be left out",
    schema: SITE,
  },
  "Idempotency-Key": {
    name: "Idempotency-Key",
    in: "header",
    description: "Any text that no other request has: within 24 hours the request is done once, however often it comes",
    schema: { type: "string", pattern: "^[!-~]{1,255}$" },
    example: "8e03978e-40d5-43e8-bc93-6894a57f9324",
  },
  "If-Match": {
    name: "If-Match",
    in: "header",
    description:
      "The ETag of the version that is meant, or `*` for whichever there is. Rules, channels, templates, calendars and policies take more than one with commas between; a weak one (`W/`) never matches",
    schema: { type: "string" },
    example: "*",
  },
  "If-None-Match": {
    name: "If-None-Match",
    in: "header",
    description: "`*`: only where there is none yet",
    schema: { type: "string" },
  },
  "Sec-Fetch-Site": {
    name: "Sec-Fetch-Site",
    in: "header",
    description: "As browsers send it: where the form stood that was sent",
    schema: { type: "string" },
    example: "same-origin",
  },
  "WebHook-Request-Origin": {
    name: "WebHook-Request-Origin",
    in: "header",
    description: "Who would send events: the name of a host",
    schema: { type: "string" },
    example: "scanner.plant-7.example",
  },
} as const satisfies Readonly<Record<string, Json>>;

const text = (description: string): { description: string; schema: { type: "string" } } => ({
  description,
  schema: { type: "string" },
});

/** Headers of answers that several operations share. */
export const HEADERS = {
  "X-Request-Id": text("The id of the request in the log: the one that it came with, else one of ours"),
  "Idempotent-Replayed": text("`true` where the request was done before: this is its first answer again"),
  RateLimit: text('What is left: `"token";r=<requests>;t=<seconds until all are back>`'),
  "RateLimit-Policy": text('The limit: `"token";q=<requests>;w=<seconds>`'),
  "Retry-After": text("Seconds after which it may work"),
  ETag: text("The present version, where there is one"),
  "WWW-Authenticate": text("What is needed"),
  "Accept-Post": text("Media types that are taken"),
  "Accept-Encoding": text("Content encodings that are taken"),
} as const;

/** Headers of a good answer. */
export function answerHeaders({ name, rule }: DescribedRoute, { headers = {} }: AnswerDoc): Json {
  const own = Object.entries(headers).map(([header, words]) => [header, text(words)] as const);
  return Object.fromEntries([
    ...own,
    ...sharedHeaders([
      "X-Request-Id",
      ...(rule.permission === undefined ? [] : ["RateLimit", "RateLimit-Policy"]),
      ...(rule.permission !== undefined && isKeyed(name) ? ["Idempotent-Replayed"] : []),
    ]),
  ]);
}

/** Headers of a problem, by its status. */
export function problemHeaders(status: number): Json {
  const beside: Readonly<Record<number, readonly string[]>> = {
    401: ["WWW-Authenticate"],
    412: ["ETag"],
    415: ["Accept-Post", "Accept-Encoding"],
    429: ["Retry-After"],
    503: ["Retry-After"],
  };
  return Object.fromEntries(
    sharedHeaders(["X-Request-Id", "RateLimit", "RateLimit-Policy", "Idempotent-Replayed", ...(beside[status] ?? [])]),
  );
}

function sharedHeaders(names: readonly string[]): (readonly [string, Json])[] {
  return names.map((name) => [name, { $ref: `#/components/headers/${name}` }] as const);
}
