import { z } from "zod";
import type { RouteName } from "../permissions.ts";
import { TenantBody, TenantEdit } from "../tenants.ts";
import type { RouteDoc } from "./doc.ts";

const Instant = z.iso.datetime();
const Tenant = z.strictObject({
  id: z.string(),
  name: z.string().optional(),
  isClosed: z.boolean(),
  createdAt: Instant,
  closedAt: Instant.optional(),
});
const List = z.strictObject({ items: z.array(Tenant), cursor: z.string().optional() });
const TAG = "tenants";
const ID = { id: { description: "Id of a tenant", schema: z.string(), example: "default" } };
const ETAG = { ETag: "Names this version: what If-Match takes" };

/** How the routes of tenants are described. */
export const TENANTS_DOCS = {
  "GET /api/v1/tenants": {
    summary: "List the tenants of the site, in the order of their ids",
    tag: TAG,
    query: {
      limit: { description: "At most so many", schema: z.int().min(1).max(1000), example: 50 },
      cursor: { description: "From the page before", schema: z.string() },
      state: { description: "Open or closed ones only", schema: z.enum(["open", "closed"]), example: "open" },
    },
    answers: { 200: { description: "A page", schema: List } },
    problems: ["bad-query"],
  },
  "POST /api/v1/tenants": {
    summary: "Open a tenant, with its own ledger and configuration",
    tag: TAG,
    headers: ["Idempotency-Key"],
    body: {
      "application/json": {
        schema: TenantBody,
        examples: { plant: { summary: "A tenant with a name", value: { id: "plant-8", name: "Plant 8" } } },
      },
    },
    answers: {
      201: {
        description: "The tenant",
        schema: Tenant,
        headers: { ...ETAG, Location: "Where the tenant is shown" },
      },
    },
    problems: ["invalid", "conflict", "disk-full"],
  },
  "GET /api/v1/tenants/:id": {
    summary: "Show a tenant",
    tag: TAG,
    path: ID,
    answers: { 200: { description: "The tenant", schema: Tenant, headers: ETAG } },
    problems: ["not-found", "bad-query"],
  },
  "PUT /api/v1/tenants/:id": {
    summary: "Name a tenant, close it or open it again",
    tag: TAG,
    description: "What is left out stays as it is; a name of null takes the name away.",
    path: ID,
    headers: ["If-Match"],
    body: {
      "application/json": {
        schema: TenantEdit,
        examples: {
          rename: { summary: "Another name", value: { name: "Plant 7" } },
          reopen: { summary: "Open again", value: { isClosed: false } },
        },
      },
    },
    answers: { 200: { description: "The tenant as it is now", schema: Tenant, headers: ETAG } },
    problems: ["not-found", "invalid", "conflict", "precondition-required", "precondition-failed", "disk-full"],
  },
  "DELETE /api/v1/tenants/:id": {
    summary: "Close a tenant",
    tag: TAG,
    description:
      "Its tokens and its events are refused from now on, deliveries under way are still made, and nothing is removed: it can be opened again. If-Match may be left out.",
    path: ID,
    headers: ["If-Match"],
    answers: { 204: { description: "It is closed", type: "none" } },
    problems: ["not-found", "conflict", "precondition-failed", "disk-full"],
  },
} as const satisfies Partial<Record<RouteName, RouteDoc>>;
