/**
 * The page for people with a browser: `GET /`, `POST /login`, `POST /logout`. No script; it shows what the permissions of
 * whoever is logged in grant, and nothing of the site to anybody else.
 * @module
 */
import { SITE_TENANT } from "../core/cells.ts";
import { authenticate, holderOf, type Principal, tokenOf } from "./auth.ts";
import { answer } from "./answer.ts";
import { bindings, type Context, header } from "./context.ts";
import { HttpError } from "./error.ts";
import { unreadyReasons } from "./health.ts";
import { cookieHeader, cookieName, cookieValue, createSessions, createTries, type Sessions, triesOf } from "./login.ts";
import { isOverTls, readToken, requireOwnForm } from "./login-form.ts";
import { readQuery } from "./query.ts";
import { type Http, openRoute } from "./route.ts";
import type { SiteStatus } from "./status-services.ts";
import { loginPage, statusPage } from "./status-view.ts";

const DEFAULT_TENANT = "default";
const SEE_OTHER = 303;

/** `GET /`, `POST /login`, `POST /logout`. */
export function routeStatusPage(http: Http): void {
  const sessions = createSessions(http);
  const tries = createTries(http);
  openRoute(http, "GET /", async (c) => {
    const principal = await principalIn(http, c, sessions);
    return principal === undefined ? loginPage(200) : await show(http, c, principal);
  });
  openRoute(http, "POST /login", async (c) => {
    requireOwnForm(c);
    const given = await readToken(http, c);
    const from = triesOf(bindings(c).incoming?.socket.remoteAddress);
    const wait = tries.take(from);
    if (wait > 0) throw tooMany(wait);
    const record = await tokenOf(http, given);
    holderOf(http, record);
    tries.forgive(from);
    endSession(c, sessions);
    return toPage(c, sessions.begin(record));
  });
  openRoute(http, "POST /logout", async (c) => {
    requireOwnForm(c);
    endSession(c, sessions);
    return toPage(c, undefined);
  });
}

function sessionIn(c: Context): string | undefined {
  return cookieValue(cookieName(header(c, "host")), header(c, "cookie"));
}

function endSession(c: Context, sessions: Sessions): void {
  const value = sessionIn(c);
  if (value !== undefined) sessions.end(value);
}

/** Back to the page, with the cookie of a session or without any. */
function toPage(c: Context, value: string | undefined): Response {
  return answer(SEE_OTHER, "text/plain; charset=utf-8", "", {
    location: "/",
    "set-cookie": cookieHeader(cookieName(header(c, "host")), value, isOverTls(c)),
  });
}

function tooMany(waitMs: number): HttpError {
  return new HttpError("rate-limited", "too many wrong tokens from this address; wait a minute, then try again", {
    headers: { "retry-after": String(Math.max(1, Math.ceil(waitMs / 1000))) },
  });
}

/**
 * Of the unix socket who can open it; else whose token the session stands for, as that token is now. Undefined without a
 * session; throws HttpError `unauthenticated` or `forbidden` where its token is no longer good, and ends it.
 */
async function principalIn(http: Http, c: Context, sessions: Sessions): Promise<Principal | undefined> {
  if (bindings(c).local !== undefined) return await authenticate(http, c);
  const value = sessionIn(c);
  const token = value === undefined ? undefined : sessions.find(value);
  if (token === undefined) return undefined;
  const record = await http.tokens(token.id);
  try {
    if (record?.hash === token.hash) return holderOf(http, record);
  } catch (error) {
    endSession(c, sessions);
    throw error;
  }
  endSession(c, sessions);
  return undefined;
}

async function show(http: Http, c: Context, principal: Principal): Promise<Response> {
  const isLocal = bindings(c).local !== undefined;
  if (!isLocal) http.countRequest(principal, c);
  const { tenant: asked } = readQuery(c, ["tenant"]);
  const { status } = http.services;
  const site = await status.site();
  const tenant = tenantFor(principal, site, asked);
  return statusPage({
    principal,
    tenant,
    site,
    status: await status.tenant(tenant),
    unready: unreadyReasons(http),
    isLocal,
    host: header(c, "host"),
  });
}

/** The tenant that is shown. Throws HttpError `tenant-mismatch` or `tenant-unknown`. */
function tenantFor(principal: Principal, { tenants }: SiteStatus, asked: string | undefined): string {
  const { isSite, tenant } = principal;
  if (!isSite && asked !== undefined && asked !== tenant)
    throw new HttpError("tenant-mismatch", "the token belongs to another tenant", { by: principal });
  if (!isSite) return tenant;
  const wanted = asked ?? (tenants.includes(DEFAULT_TENANT) ? DEFAULT_TENANT : SITE_TENANT);
  if (wanted === SITE_TENANT || tenants.includes(wanted)) return wanted;
  throw new HttpError("tenant-unknown", "there is no such tenant on this site");
}
