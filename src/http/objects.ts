/**
 * Rules, channels, templates, calendars and policies: list, create, read, change, delete, history, revert. One code for five
 * nouns; only their filters differ.
 * @module
 */
import { z } from "zod";
import { SITE_TENANT } from "../core/cells.ts";
import { isJsonObject, type JsonObject } from "../core/json.ts";
import { answer, bare, instant, json, page, textPage } from "./answer.ts";
import { type Context, header } from "./context.ts";
import { HttpError } from "./error.ts";
import { etag, ifMatchTags } from "./if-match.ts";
import {
  type Condition,
  OBJECT_KINDS,
  type ObjectHistoryRow,
  type ObjectKind,
  type ObjectQuery,
  type ShownOne,
} from "./object-services.ts";
import { oneOf, pageOf, readQuery } from "./query.ts";
import { type Call, type Http, param, route } from "./route.ts";
import { parsed, readSmall } from "./small-body.ts";

const MAX_WHY = 1000;

/** Filters that only some kinds have. */
const FILTERS = {
  calendars: [],
  channels: ["type", "isEnabled"],
  policies: [],
  rules: ["channel", "isEnabled"],
  templates: ["purpose"],
} as const satisfies Readonly<Record<ObjectKind, readonly string[]>>;

/** What a revert goes back to: the number of a change in the history, or the hash of a version. */
export const Revert = z.strictObject({
  to: z.union([z.int().min(1).max(1_000_000_000_000), z.string().regex(/^[0-9a-f]{64}$/, "a hash in hex")], {
    error: "the number of a change, or the hash of a version",
  }),
});

/** The routes of all five kinds. */
export function routeObjects(http: Http): void {
  for (const kind of OBJECT_KINDS) {
    routeReading(http, kind);
    routeWriting(http, kind);
    routeHistory(http, kind);
  }
}

function routeReading(http: Http, kind: ObjectKind): void {
  const { objects } = http.services;
  route(http, `GET /api/v1/${kind}`, async ({ c, tenant, principal }) => {
    const query = readQuery(c, ["limit", "cursor", "name", "stream", "scope", ...FILTERS[kind]]);
    const wanted = { ...pageOf(query), ...filtersOf(query) };
    const { items, cursor } = await objects.page({ tenant, kind }, wanted, principal);
    return textPage(
      items.map((shown) => JSON.stringify(presentObject(shown))),
      cursor,
      c.req.url,
    );
  });
  route(http, `GET /api/v1/${kind}/:id`, async ({ c, tenant, principal }) => {
    readQuery(c, []);
    const id = param(c, "id");
    const shown = await objects.get(tenant, { kind, id }, principal);
    if (shown === undefined) throw new HttpError("not-found", `there is no ${kind}/${id}`);
    return answerObject(shown, 200);
  });
}

function routeWriting(http: Http, kind: ObjectKind): void {
  const { objects } = http.services;
  route(http, `POST /api/v1/${kind}`, async (call) => {
    http.requireDisk();
    const why = readWhy(call.c);
    const value = await readObject(http, call, kind);
    const { id } = value;
    if (typeof id !== "string") throw invalid("/id", "is needed: what the object is called in paths");
    const { shown } = await objects.put(call.caller, { kind, id, value, condition: "new", ...why });
    return answerObject(shown, 201);
  });
  route(http, `PUT /api/v1/${kind}/:id`, async (call) => {
    http.requireDisk();
    const { c, caller } = call;
    const [id, why, condition] = [param(c, "id"), readWhy(c), conditionOf(c)];
    const value = { id, ...(await readObject(http, call, kind)) };
    const { shown, isNew } = await objects.put(caller, { kind, id, value, condition, ...why });
    return answerObject(shown, isNew ? 201 : 200);
  });
  route(http, `DELETE /api/v1/${kind}/:id`, async ({ c, caller }) => {
    http.requireDisk();
    const { dryRun, ...query } = readQuery(c, ["why", "dryRun"]);
    const [id, why, tags] = [param(c, "id"), whyOf(query), ifMatchTags(c)];
    const isDry = oneOf(dryRun, { name: "dryRun", words: ["true", "false"] }) === "true";
    const changes = await objects.remove(caller, { kind, id, condition: tags ?? "any", isDry, ...why });
    return isDry ? json({ changes }) : bare(204);
  });
}

function routeHistory(http: Http, kind: ObjectKind): void {
  const { objects } = http.services;
  route(http, `GET /api/v1/${kind}/:id/history`, async ({ c, tenant }) => {
    const id = param(c, "id");
    const found = await objects.history(tenant, { kind, id }, pageOf(readQuery(c, ["limit", "cursor"])));
    if (found === undefined) throw new HttpError("not-found", `there is no ${kind}/${id}`);
    return page(found.items.map(presentRow), found.cursor, c.req.url);
  });
  route(http, `POST /api/v1/${kind}/:id/revert`, async ({ c, caller }) => {
    http.requireDisk();
    const [id, why] = [param(c, "id"), readWhy(c)];
    const { to } = parsed(Revert, await readSmall(http, c));
    const condition =
      header(c, "if-match") === undefined ? await unlessOwn(http, { c, caller, kind, id }) : conditionOf(c);
    const { shown, isNew } = await objects.revert(caller, { kind, id, to, condition, ...why });
    return answerObject(shown, isNew ? 201 : 200);
  });
}

/** What the tenant has no more can be brought back without naming a version; what it has, not. */
async function unlessOwn(
  http: Http,
  { c, caller, kind, id }: Pick<Call, "c" | "caller"> & { readonly kind: ObjectKind; readonly id: string },
): Promise<Condition> {
  const held = await http.services.objects.get(caller.tenant, { kind, id }, { isSite: false });
  return held?.ownerId === caller.tenant ? conditionOf(c) : "absent";
}

/** Which version a PUT means. Throws HttpError `precondition-required`, `precondition-failed` or `bad-request`. */
function conditionOf(c: Context): Condition {
  const none = header(c, "if-none-match")?.trim();
  if (none === undefined) {
    return ifMatchTags(c) ?? "any";
  }
  if (none !== "*" || header(c, "if-match") !== undefined)
    throw new HttpError("bad-request", "give If-Match with an ETag, or If-None-Match: *");
  return "absent";
}

function readWhy(c: Context): { readonly why?: string } {
  return whyOf(readQuery(c, ["why"]));
}

function whyOf({ why }: { readonly why?: string }): { readonly why?: string } {
  if (why === undefined) return {};
  if (why.length <= MAX_WHY) return { why };
  throw new HttpError("bad-query", "the query is not valid", {
    errors: [{ pointer: "/why", detail: `must have 1 to ${MAX_WHY} characters` }],
  });
}

/** The object of a body: without what an answer says about it (`meta`), with its schema where that was left out. */
async function readObject(http: Http, { c }: Call, kind: ObjectKind): Promise<JsonObject> {
  const body = await readSmall(http, c);
  if (!isJsonObject(body)) throw invalid("", `must be one object of ${kind}`);
  const { meta: _, ...value } = body;
  return { schema: schemaOf(kind), ...value };
}

/** The name of a kind's schema: its singular. */
export function schemaOf(kind: ObjectKind): string {
  return `${kind.replace(/ies$/, "y").replace(/s$/, "")}/v1`;
}

function invalid(pointer: string, detail: string): HttpError {
  return new HttpError("invalid", "nothing was changed", { errors: [{ pointer, detail }] });
}

const Filters = z.object({
  scope: z.enum(["own", "global"], { error: "must be own or global" }).optional(),
  isEnabled: z.enum(["true", "false"], { error: "must be true or false" }).optional(),
});

function filtersOf(query: Readonly<Partial<Record<string, string>>>): Omit<ObjectQuery, "limit" | "cursor"> {
  const read = Filters.safeParse(query);
  if (!read.success) {
    const errors = read.error.issues.map(({ path, message }) => ({ pointer: `/${path.join("/")}`, detail: message }));
    throw new HttpError("bad-query", "the query is not valid", { errors });
  }
  const { scope, isEnabled } = read.data;
  const { name, stream, channel, type, purpose } = query;
  return {
    ...(scope === undefined ? {} : { scope }),
    ...(isEnabled === undefined ? {} : { isEnabled: isEnabled === "true" }),
    ...(name === undefined ? {} : { name }),
    ...(stream === undefined ? {} : { stream }),
    ...(channel === undefined ? {} : { channel }),
    ...(type === undefined ? {} : { type }),
    ...(purpose === undefined ? {} : { purpose }),
  };
}

function answerObject(shown: ShownOne, status: 200 | 201): Response {
  const { kind, id, hash } = shown;
  const location = status === 201 ? { location: `/api/v1/${kind}/${id}` } : {};
  return answer(status, "application/json", JSON.stringify(presentObject(shown)), { ...etag(hash), ...location });
}

/** The object as a PUT takes it, with `meta` beside its fields; only id and name where the asker may not read it. */
function presentObject({ kind, id, name, value, ...shown }: ShownOne): object {
  const { hash, ownerId, stream, usage } = shown;
  return {
    ...(value ?? { id, ...(name === undefined ? {} : { name }) }),
    meta: {
      kind,
      hash,
      isGlobal: ownerId === SITE_TENANT,
      ownerId,
      ...(stream === undefined ? {} : { stream }),
      ...(kind === "channels" ? presentUsage(usage) : {}),
    },
  };
}

function presentUsage({ successCount = 0, failureCount = 0, lastUsedAt, lastFailureAt }: Partial<Usage> = {}): object {
  return {
    successCount,
    failureCount,
    ...(lastUsedAt === undefined ? {} : { lastUsedAt: instant(lastUsedAt) }),
    ...(lastFailureAt === undefined ? {} : { lastFailureAt: instant(lastFailureAt) }),
  };
}
type Usage = NonNullable<ShownOne["usage"]>;

function presentRow({ at, ...row }: ObjectHistoryRow): object {
  return { ...row, at: instant(at) };
}
