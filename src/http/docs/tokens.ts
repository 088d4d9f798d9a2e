import { z } from "zod";
import { TOKEN_STATES } from "../../core/token.ts";
import type { RouteName } from "../permissions.ts";
import { TokenBody } from "../tokens.ts";
import type { RouteDoc } from "./doc.ts";

const Instant = z.iso.datetime();
const Token = z.strictObject({
  id: z.string(),
  name: z.string(),
  tenant: z.string(),
  scopes: z.array(z.string()),
  state: z.enum(TOKEN_STATES),
  createdAt: Instant,
  createdBy: z.string().optional(),
  expiresAt: Instant.optional(),
  lastUsedAt: Instant.optional(),
  revokedAt: Instant.optional(),
  requestsPerMinute: z.int().min(0).optional(),
});
const List = z.strictObject({ items: z.array(Token), cursor: z.string().optional() });
const TAG = "tokens";
const ID = { id: { description: "Id of a token of the tenant", schema: z.string(), example: "0123456789ab" } };
const ETAG = { ETag: "Names this version: what If-Match takes" };

/** How the routes of tokens are described. */
export const TOKENS_DOCS = {
  "GET /api/v1/tokens": {
    summary: "List the tokens of the tenant, newest first",
    tag: TAG,
    query: {
      limit: { description: "At most so many", schema: z.int().min(1).max(1000), example: 50 },
      cursor: { description: "From the page before", schema: z.string() },
      state: { description: "In this state only", schema: z.enum(TOKEN_STATES), example: "active" },
    },
    answers: { 200: { description: "A page", schema: List } },
    problems: ["bad-query"],
  },
  "POST /api/v1/tokens": {
    summary: "Make a token for the tenant",
    tag: TAG,
    description:
      "Nobody gives what he does not have: a scope that grants more, a later end and a higher rate are 403 with their pointers. Above the site's rate, or without any limit, is for the site's principals to give. The text of the token stands in this answer alone.",
    headers: ["Idempotency-Key"],
    body: {
      "application/json": {
        schema: TokenBody,
        examples: {
          role: { summary: "For a role", value: { name: "night shift", role: "noc", expiresIn: "30d" } },
          scopes: {
            summary: "With scopes and a limit of its own",
            value: { name: "scanner", scopes: ["events:write"], requestsPerMinute: 300 },
          },
        },
      },
    },
    answers: {
      201: {
        description: "The token, with its text",
        schema: Token.extend({ token: z.string() }),
        headers: { ...ETAG, Location: "Where the token is shown" },
      },
    },
    problems: ["invalid", "conflict", "disk-full"],
  },
  "GET /api/v1/tokens/:id": {
    summary: "Show a token",
    tag: TAG,
    path: ID,
    answers: { 200: { description: "The token", schema: Token, headers: ETAG } },
    problems: ["not-found", "bad-query"],
  },
  "PUT /api/v1/tokens/:id": {
    summary: "Replace name, scopes, expiry and limit of a token",
    tag: TAG,
    description:
      "What is left out is gone: without expiresAt it does not expire, without requestsPerMinute the site's limit holds. Nobody gives more than he has, nor edits a token that may do more than he; one that has expired or was revoked is not edited any more (409).",
    path: ID,
    headers: ["If-Match"],
    body: {
      "application/json": {
        schema: TokenBody,
        examples: { rename: { summary: "Another name and scope", value: { name: "ci", scopes: ["notify.viewer"] } } },
      },
    },
    answers: { 200: { description: "The token as it is now", schema: Token, headers: ETAG } },
    problems: ["not-found", "invalid", "conflict", "precondition-required", "precondition-failed", "disk-full"],
  },
  "DELETE /api/v1/tokens/:id": {
    summary: "Revoke a token",
    tag: TAG,
    description:
      "It is refused from now on, and stays listed. If-Match may be left out: then it is revoked whatever else is changed meanwhile. It needs all that the token may do, unless it is one's own. In a closed tenant the site's principals can do it too.",
    path: ID,
    headers: ["If-Match"],
    answers: { 204: { description: "It is revoked", type: "none" } },
    problems: ["not-found", "precondition-failed", "disk-full"],
  },
} as const satisfies Partial<Record<RouteName, RouteDoc>>;
