import { timingSafeEqual } from "node:crypto";
import { sha256 } from "../core/hash.ts";
import { SITE_TENANT } from "../core/cells.ts";
import { tokenState } from "../core/token.ts";
import type { TokenRecord } from "../ports.ts";
import { bindings, type Context, header, type HttpContext } from "./context.ts";
import { HttpError } from "./error.ts";
import { grants, type Permission, type RouteRule } from "./permissions.ts";

/** Who asks. */
export interface Principal {
  /** `token:<id>` or `local:<uid>`. */
  readonly id: string;
  /** The tenant that it belongs to; `_site` for the site's. */
  readonly tenant: string;
  readonly scopes: readonly string[];
  readonly isSite: boolean;
  /** Its own limit of requests; 0: none. Absent: that of the site. */
  readonly requestsPerMinute?: number;
}

const TOKEN_PREFIX = "token:";
const LOCAL_SCOPES = ["notify.admin"] as const;
/** The scheme in any case; what a token looks like is TOKEN's to say. */
const BEARER = /^bearer +(\S{1,260})$/i;
const TOKEN = /^spk_([A-Za-z0-9-]{1,63})_([A-Za-z0-9_-]{16,128})$/;
/** Compared where there is no such token, so that the answer takes as long. */
const NO_HASH = "0".repeat(64);

/** What recognising somebody needs. */
export type Desk = Pick<HttpContext, "tokens" | "clock" | "isClosed" | "access">;

/**
 * The principal of a request: of the unix socket who can open it, else whose token it carries. Headers make nobody
 * local. Throws HttpError `unauthenticated`, with the same words for every kind of bad token, or `forbidden`.
 */
export async function authenticate(desk: Desk, c: Context): Promise<Principal> {
  const { local } = bindings(c);
  if (local !== undefined) return { id: `local:${local.uid}`, tenant: SITE_TENANT, scopes: LOCAL_SCOPES, isSite: true };
  const given = header(c, "authorization");
  if (given === undefined) throw unauthenticated("a token is needed: Authorization: Bearer spk_...", "Bearer");
  return await tokenPrincipal(desk, BEARER.exec(given)?.[1] ?? "");
}

/** The principal of a token's text. Throws as `tokenOf` and `holderOf` do. */
async function tokenPrincipal(desk: Desk, token: string): Promise<Principal> {
  return holderOf(desk, await tokenOf(desk, token));
}

/** The record of a token's text, whose secret is right. Throws HttpError `unauthenticated`. */
export async function tokenOf(desk: Pick<Desk, "tokens">, token: string): Promise<TokenRecord> {
  const [, id, secret] = TOKEN.exec(token) ?? [];
  const record = id === undefined ? undefined : await desk.tokens(id);
  const isRight = isSecret(secret ?? "", record?.hash ?? NO_HASH);
  if (record === undefined || !isRight) throw unauthenticated(BAD_TOKEN, BAD_CHALLENGE);
  return record;
}

/**
 * Who holds a token, which is noted as used. Throws HttpError `unauthenticated` where it is not in force, with the same words as
 * for an unknown one, or `forbidden` where its tenant is closed; both name the principal.
 */
export function holderOf(desk: Pick<Desk, "clock" | "isClosed" | "access">, record: TokenRecord): Principal {
  const now = desk.clock.now();
  const principal = principalOf(record);
  if (!isValid(record, now)) throw unauthenticated(BAD_TOKEN, BAD_CHALLENGE, principal);
  if (desk.isClosed(record.tenant))
    throw new HttpError("forbidden", `the tenant ${record.tenant} is closed`, { by: principal });
  desk.access.used(record.id, now);
  return principal;
}

/**
 * The record of a principal's token as it is now; undefined for one without a token. Throws HttpError `unauthenticated` where it is
 * not in force any more, or `forbidden` where its tenant is closed.
 */
export async function heldRecord(
  desk: Pick<Desk, "tokens" | "clock" | "isClosed">,
  { id, tenant }: Pick<Principal, "id" | "tenant">,
): Promise<TokenRecord | undefined> {
  if (!id.startsWith(TOKEN_PREFIX)) return undefined;
  const record = await desk.tokens(id.slice(TOKEN_PREFIX.length));
  if (record === undefined || !isValid(record, desk.clock.now())) throw notInForce();
  if (desk.isClosed(tenant)) throw new HttpError("forbidden", `the tenant ${tenant} is closed`);
  return record;
}

/** The refusal of a token that is not in force: with the same words for every reason. */
export function notInForce(): HttpError {
  return unauthenticated(BAD_TOKEN, BAD_CHALLENGE);
}

/** Whether a token is in force at `now` (epoch ms). */
export function isValid(record: TokenRecord, now: number): boolean {
  return tokenState(record, now) === "active";
}

const BAD_TOKEN = "the token is not known, has expired or was revoked";
const BAD_CHALLENGE = 'Bearer error="invalid_token"';

function principalOf({ id, tenant, scopes, requestsPerMinute }: TokenRecord): Principal {
  return {
    id: `${TOKEN_PREFIX}${id}`,
    tenant,
    scopes,
    isSite: tenant === SITE_TENANT,
    ...(requestsPerMinute === undefined ? {} : { requestsPerMinute }),
  };
}

function unauthenticated(detail: string, challenge: string, by?: Principal): HttpError {
  const headers = { "www-authenticate": challenge };
  return new HttpError("unauthenticated", detail, { headers, ...(by === undefined ? {} : { by }) });
}

function isSecret(secret: string, hash: string): boolean {
  const expected = Buffer.from(hash, "hex");
  const given = sha256(secret);
  return expected.length === given.length && timingSafeEqual(given, expected);
}

/** Throws HttpError `forbidden` where the principal's scopes do not grant the permission. */
export function requirePermission({ scopes }: Pick<Principal, "scopes">, permission: Permission): void {
  if (!grants(scopes, permission)) throw new HttpError("forbidden", `needs the permission ${permission}`);
}

/**
 * The tenant of a request: the principal's own, or for the site's the one that the header `Sealpost-Tenant` names.
 * Of a closed tenant the site's may look at everything, and change nothing but what the route's rule says.
 * Throws HttpError `tenant-mismatch`, `tenant-required`, `tenant-unknown`, `tenant-closed` or `site-only`.
 */
export async function tenantOf(
  http: Pick<HttpContext, "hasTenant" | "isClosed">,
  c: Context,
  { principal, rule }: { principal: Principal; rule: RouteRule },
): Promise<string> {
  const named = header(c, "sealpost-tenant");
  if (!principal.isSite) return ownTenant(principal, named, rule);
  if (named === undefined && rule.isWhole === true) return SITE_TENANT;
  if (named === undefined)
    throw new HttpError("tenant-required", "a principal of the site names the tenant in the header Sealpost-Tenant");
  if (rule.isSite === true && named !== SITE_TENANT)
    throw new HttpError("tenant-required", `this concerns the whole site: Sealpost-Tenant must be ${SITE_TENANT}`);
  if (named !== SITE_TENANT && !(await http.hasTenant(named)))
    throw new HttpError("tenant-unknown", "the header Sealpost-Tenant names no tenant of this site");
  const isReading = rule.permission?.endsWith(".read") === true || c.req.method === "GET" || c.req.method === "HEAD";
  if (!isReading && rule.whileClosed !== true && http.isClosed(named))
    throw new HttpError("tenant-closed", `nothing is changed in ${named} until it is opened again`);
  return named;
}

function ownTenant({ tenant }: Principal, named: string | undefined, rule: RouteRule): string {
  if (rule.isSite === true) throw new HttpError("site-only", "this concerns the whole site");
  if (named !== undefined && named !== tenant)
    throw new HttpError("tenant-mismatch", "the header Sealpost-Tenant names another tenant than the principal's");
  return tenant;
}
