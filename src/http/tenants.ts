import { z } from "zod";
import { SITE_TENANT } from "../core/cells.ts";
import { Id, Line } from "../core/object.ts";
import { DEFAULT_TENANT, RESERVED_TENANTS } from "../core/tenants.ts";
import type { ShownTenant } from "./access-services.ts";
import { answer, bare, instant, page } from "./answer.ts";
import { HttpError } from "./error.ts";
import { etag, ifMatch } from "./if-match.ts";
import { pageOf, readQuery } from "./query.ts";
import { type Http, param, route } from "./route.ts";
import { parsed, readSmall } from "./small-body.ts";

const Name = Line(200).min(1);
/** The id before. */
const CURSOR = /^(?:_site|[a-z0-9][a-z0-9-]{0,62})$/;

/** A tenant that is opened. */
export const TenantBody = z.strictObject({
  id: Id.refine((id) => !RESERVED_TENANTS.has(id), "is a reserved word: take another id"),
  name: Name.optional(),
});

/** What a tenant shall be; what is absent stays as it is. */
export const TenantEdit = z.strictObject({
  name: Name.nullable().optional(),
  isClosed: z.boolean().optional(),
});

/** `GET|POST /tenants`, `GET|PUT|DELETE /tenants/{id}` (DELETE closes it): for the site's principals alone. */
export function routeTenants(http: Http): void {
  const { tenants } = http.services;
  route(http, "GET /api/v1/tenants", async ({ c }) => {
    const query = readQuery(c, ["limit", "cursor", "state"]);
    requireCursor(query.cursor);
    const { items, cursor } = await tenants.page({ ...pageOf(query), ...stateOf(query.state) });
    return page(items.map(presentTenant), cursor, c.req.url);
  });
  route(http, "POST /api/v1/tenants", async ({ c, caller }) => {
    http.requireDisk();
    const { id, name } = parsed(TenantBody, await readSmall(http, c));
    const opened = await tenants.open(caller, { id, ...(name === undefined ? {} : { name }) });
    return answerTenant(opened, 201, { location: `/api/v1/tenants/${id}` });
  });
  route(http, "GET /api/v1/tenants/:id", async ({ c }) => {
    readQuery(c, []);
    return answerTenant(known(await tenants.get(param(c, "id"))));
  });
  route(http, "PUT /api/v1/tenants/:id", async ({ c, caller }) => {
    http.requireDisk();
    const id = param(c, "id");
    known(await tenants.get(id));
    const base = ifMatch(c);
    const { name, isClosed } = parsed(TenantEdit, await readSmall(http, c));
    if (isClosed === true) requireClosable(id);
    const change = { ...(name === undefined ? {} : { name }), ...(isClosed === undefined ? {} : { isClosed }) };
    return answerTenant(await tenants.change(caller, id, { ...change, ...(base === undefined ? {} : { base }) }));
  });
  route(http, "DELETE /api/v1/tenants/:id", async ({ c, caller }) => {
    http.requireDisk();
    const id = param(c, "id");
    known(await tenants.get(id));
    const base = ifMatch(c, { mayLack: true });
    requireClosable(id);
    await tenants.change(caller, id, { isClosed: true, ...(base === undefined ? {} : { base }) });
    return bare(204);
  });
}

function known(found: ShownTenant | undefined): ShownTenant {
  if (found !== undefined) return found;
  throw new HttpError("not-found", "there is no such tenant");
}

function requireClosable(id: string): void {
  if (id === SITE_TENANT || id === DEFAULT_TENANT)
    throw new HttpError("conflict", `${id} cannot be closed: every site has it`);
}

function stateOf(state: string | undefined): { readonly isClosed?: boolean } {
  if (state === undefined) return {};
  if (state === "open" || state === "closed") return { isClosed: state === "closed" };
  const errors = [{ pointer: "/state", detail: "must be open or closed" }];
  throw new HttpError("bad-query", "the query is not valid", { errors });
}

function answerTenant(shown: ShownTenant, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return answer(status, "application/json", JSON.stringify(presentTenant(shown)), { ...headers, ...etag(shown.tag) });
}

function presentTenant({ record: { id, name, createdAt, closedAt } }: ShownTenant): object {
  return {
    id,
    ...(name === undefined ? {} : { name }),
    isClosed: closedAt !== undefined,
    createdAt: instant(createdAt),
    ...(closedAt === undefined ? {} : { closedAt: instant(closedAt) }),
  };
}

function requireCursor(cursor: string | undefined): void {
  if (cursor === undefined || CURSOR.test(cursor)) return;
  const errors = [{ pointer: "/cursor", detail: "is not one of this list" }];
  throw new HttpError("bad-query", "the query is not valid", { errors });
}
