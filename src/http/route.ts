import type { Hono } from "hono";
import { authenticate, type Principal, requirePermission, tenantOf } from "./auth.ts";
import { bindings, type Context, type Env, type HttpContext } from "./context.ts";
import { HttpError } from "./error.ts";
import { ROUTES, type RouteName, type RouteRule } from "./permissions.ts";
import type { DiskGate, RateGate } from "./pressure.ts";
import type { Caller } from "./services.ts";

/** What routes work with: app.ts's context and the gates over it. */
export interface Http extends HttpContext {
  readonly app: Hono<Env>;
  readonly requireDisk: DiskGate;
  readonly countRequest: RateGate;
}

/** A request that may be answered: its principal has the route's permission, in this tenant. */
export interface Call {
  readonly c: Context;
  readonly principal: Principal;
  readonly tenant: string;
  readonly caller: Caller;
}

/** Registers the handler of a route of the table. What it throws becomes a problem. */
export function route(http: Http, name: RouteName, handle: (call: Call) => Promise<Response>): void {
  const [method = "", path = ""] = name.split(" ");
  const rule: RouteRule = ROUTES[name];
  http.app.on(method, path, async (c) => handle(await admit(http, c, rule)));
}

/** Registers the handler of an open route. */
export function openRoute(http: Http, name: RouteName, handle: (c: Context) => Response): void {
  const [method = "", path = ""] = name.split(" ");
  const rule: RouteRule = ROUTES[name];
  if (rule.permission !== undefined) throw new HttpError("internal", `${name} is not open`);
  http.app.on(method, path, (c) => handle(c));
}

async function admit(http: Http, c: Context, rule: RouteRule): Promise<Call> {
  if (rule.permission === undefined) throw new HttpError("internal", "the route has no permission");
  const principal = await authenticate(http, c);
  if (bindings(c).local === undefined) http.countRequest(principal.id);
  const tenant = await tenantOf(http, c, { principal, rule });
  requirePermission(principal, rule.permission);
  if (rule.also !== undefined) requirePermission(principal, rule.also);
  return { c, principal, tenant, caller: { tenant, actor: principal.id } };
}

/** Ids and origins are printable ASCII: nothing else is worth a look. */
const PARAMETER = /^[!-~]{1,512}$/;

/** A parameter of the path. Throws HttpError `not-found` for what can name nothing. */
export function param(c: Context, name: string): string {
  const value = c.req.param(name) ?? "";
  if (!PARAMETER.test(value)) throw new HttpError("not-found", "there is no such thing");
  return value;
}
