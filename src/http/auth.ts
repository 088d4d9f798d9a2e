import { timingSafeEqual } from "node:crypto";
import { sha256 } from "../core/hash.ts";
import { SITE_TENANT } from "../core/cells.ts";
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
}

const LOCAL_SCOPES = ["notify.admin"] as const;
const BEARER = /^[Bb]earer +spk_([A-Za-z0-9-]{1,63})_([A-Za-z0-9_-]{16,128})$/;
/** Compared where there is no such token, so that the answer takes as long. */
const NO_HASH = "0".repeat(64);

/**
 * The principal of a request: of the unix socket who can open it, else whose token it carries. Headers make nobody
 * local. Throws HttpError `unauthenticated`, with the same words for every kind of bad token.
 */
export async function authenticate(http: Pick<HttpContext, "tokens" | "clock">, c: Context): Promise<Principal> {
  const { local } = bindings(c);
  if (local !== undefined) return { id: `local:${local.uid}`, tenant: SITE_TENANT, scopes: LOCAL_SCOPES, isSite: true };
  const given = header(c, "authorization");
  if (given === undefined) throw unauthenticated("a token is needed: Authorization: Bearer spk_...", "Bearer");
  const [, id, secret] = BEARER.exec(given) ?? [];
  const record = id === undefined ? undefined : await http.tokens(id);
  const isRight = isSecret(secret ?? "", record?.hash ?? NO_HASH);
  if (record === undefined || !isRight || !isValid(record, http.clock.now())) {
    throw unauthenticated("the token is not known, has expired or was revoked", 'Bearer error="invalid_token"');
  }
  return {
    id: `token:${record.id}`,
    tenant: record.tenant,
    scopes: record.scopes,
    isSite: record.tenant === SITE_TENANT,
  };
}

function unauthenticated(detail: string, challenge: string): HttpError {
  return new HttpError("unauthenticated", detail, { headers: { "www-authenticate": challenge } });
}

function isSecret(secret: string, hash: string): boolean {
  const expected = Buffer.from(hash, "hex");
  const given = sha256(secret);
  return expected.length === given.length && timingSafeEqual(given, expected);
}

function isValid({ expiresAt, revokedAt }: TokenRecord, now: number): boolean {
  return revokedAt === undefined && (expiresAt === undefined || now < expiresAt);
}

/** Throws HttpError `forbidden` where the principal's scopes do not grant the permission. */
export function requirePermission({ scopes }: Principal, permission: Permission): void {
  if (!grants(scopes, permission)) throw new HttpError("forbidden", `needs the permission ${permission}`);
}

/**
 * The tenant of a request: the principal's own, or for the site's the one that the header `Sealpost-Tenant` names.
 * Throws HttpError `tenant-mismatch`, `tenant-required`, `tenant-unknown` or `site-only`.
 */
export async function tenantOf(
  http: Pick<HttpContext, "hasTenant">,
  c: Context,
  { principal, rule }: { principal: Principal; rule: RouteRule },
): Promise<string> {
  const named = header(c, "sealpost-tenant");
  if (!principal.isSite) return ownTenant(principal, named, rule);
  if (named === undefined)
    throw new HttpError("tenant-required", "a principal of the site names the tenant in the header Sealpost-Tenant");
  if (rule.isSite === true && named !== SITE_TENANT)
    throw new HttpError("tenant-required", `this concerns the whole site: Sealpost-Tenant must be ${SITE_TENANT}`);
  if (named !== SITE_TENANT && !(await http.hasTenant(named)))
    throw new HttpError("tenant-unknown", "the header Sealpost-Tenant names no tenant of this site");
  return named;
}

function ownTenant({ tenant }: Principal, named: string | undefined, rule: RouteRule): string {
  if (rule.isSite === true) throw new HttpError("site-only", "this concerns the whole site");
  if (named !== undefined && named !== tenant)
    throw new HttpError("tenant-mismatch", "the header Sealpost-Tenant names another tenant than the principal's");
  return tenant;
}
