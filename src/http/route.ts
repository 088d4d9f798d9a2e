import type { Hono } from "hono";
import { authenticate, heldRecord, type Principal, requirePermission, tenantOf } from "./auth.ts";
import { onceRead } from "./body.ts";
import { bindings, type Context, type Env, header, type HttpContext } from "./context.ts";
import { noteDenial } from "./denial.ts";
import { HttpError } from "./error.ts";
import { answerOnce } from "./idempotency.ts";
import { ROUTES, type RouteName, type RouteRule } from "./permissions.ts";
import type { DiskGate, RateGate } from "./pressure.ts";
import { refusalOf } from "./refusal.ts";
import { requestId } from "./request-id.ts";
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
  const rule: RouteRule = ROUTES[name];
  register(http, name, async (c, asked) => {
    const call = await admit(http, { c, rule, asked });
    return await answerOnce(http, call, { name, handle });
  });
}

/** Registers the handler of an open route. */
export function openRoute(http: Http, name: RouteName, handle: (c: Context) => Response | Promise<Response>): void {
  const rule: RouteRule = ROUTES[name];
  if (rule.permission !== undefined) throw new HttpError("internal", `${name} is not open`);
  register(http, name, async (c) => await handle(c));
}

/** Registers the handler of a route that the site has opened to everybody by its settings, whatever the table says. */
export function unguardedRoute(http: Http, name: "GET /metrics", handle: (c: Context) => Promise<Response>): void {
  register(http, name, handle);
}

/** What is known of who asked, as it becomes known. */
interface Asked {
  principal?: Principal;
}

function register(http: Http, name: RouteName, run: (c: Context, asked: Asked) => Promise<Response>): void {
  const [method = "", path = ""] = name.split(" ");
  http.app.on(method, path, async (c) => {
    const began = http.clock.mono();
    const asked: Asked = {};
    if (header(c, "x-request-id") !== undefined) requestId(http.random, c);
    const { response, code } = await run(c, asked).then(
      (good) => ({ response: good, code: undefined }),
      async (error: unknown) => {
        await noteDenial(http, { route: name, error, principal: asked.principal });
        const { problem, response: bad } = refusalOf(http, error, c);
        return { response: bad, code: problem.code };
      },
    );
    http.observe?.({
      route: name,
      status: response.status,
      ms: http.clock.mono() - began,
      id: () => requestId(http.random, c),
      ...(asked.principal === undefined ? {} : { principal: asked.principal.id }),
      ...(code === undefined ? {} : { code }),
    });
    return response;
  });
}

async function admit(
  http: Http,
  { c, rule, asked }: { readonly c: Context; readonly rule: RouteRule; readonly asked: Asked },
): Promise<Call> {
  if (rule.permission === undefined) throw new HttpError("internal", "the route has no permission");
  const { permission, also } = rule;
  const principal = await authenticate(http, c);
  asked.principal = principal;
  if (bindings(c).local === undefined) http.countRequest(principal, c);
  const tenant = await tenantOf(http, c, { principal, rule });
  requirePermission(principal, permission);
  if (also !== undefined) requirePermission(principal, also);
  onceRead(c, async () => {
    const now = await heldRecord(http, principal);
    await tenantOf(http, c, { principal, rule });
    requirePermission(now ?? principal, permission);
    if (also !== undefined) requirePermission(now ?? principal, also);
  });
  const request = http.log.isInfo === true ? { request: requestId(http.random, c) } : {};
  return { c, principal, tenant, caller: { tenant, actor: principal.id, ...request } };
}

/** Ids and origins are printable ASCII: nothing else is worth a look. */
const PARAMETER = /^[!-~]{1,512}$/;

/** A parameter of the path. Throws HttpError `not-found` for what can name nothing. */
export function param(c: Context, name: string): string {
  const value = c.req.param(name) ?? "";
  if (!PARAMETER.test(value)) throw new HttpError("not-found", "there is no such thing");
  return value;
}
