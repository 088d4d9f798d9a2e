import { z } from "zod";
import { instantMs, InstantText } from "../core/instant.ts";
import { Duration, durationMs, Line } from "../core/object.ts";
import { TOKEN_STATES } from "../core/token.ts";
import { requireActive } from "../flows/token-edit.ts";
import type { GivenToken, ShownToken, TokenGiver } from "./access-services.ts";
import { answer, bare, instant, page } from "./answer.ts";
import { HttpError } from "./error.ts";
import { etag, ifMatch } from "./if-match.ts";
import { KNOWN_SCOPES, type Role, ROLES } from "./permissions.ts";
import { pageOf, readQuery } from "./query.ts";
import { type Call, type Http, param, route } from "./route.ts";
import { parsed, readSmall } from "./small-body.ts";
import { beyond, giverOf, requireWithin } from "./token-bounds.ts";

const ROLE_NAMES = Object.keys(ROLES).filter(isRole);
const MAX_SCOPES = 100;
const MAX_RATE = 1_000_000;

/** What a token shall be: its scopes, or a role that stands for some; when it ends, or after how long. */
export const TokenBody = z
  .strictObject({
    name: Line(200).min(1),
    scopes: z
      .array(z.string().refine((scope) => KNOWN_SCOPES.includes(scope), "is no scope, and no permission"))
      .min(1)
      .max(MAX_SCOPES)
      .optional(),
    role: z.enum(ROLE_NAMES).optional(),
    expiresAt: InstantText.optional(),
    expiresIn: Duration.optional(),
    requestsPerMinute: z.int().min(0).max(MAX_RATE).optional(),
  })
  .superRefine(({ scopes, role, expiresAt, expiresIn }, context) => {
    if ((scopes === undefined) === (role === undefined))
      context.addIssue({ code: "custom", path: ["scopes"], message: "one of scopes and role is needed" });
    if (expiresAt !== undefined && expiresIn !== undefined)
      context.addIssue({ code: "custom", path: ["expiresIn"], message: "expiresAt is given already" });
  });
type TokenBody = z.infer<typeof TokenBody>;

function isRole(name: string): name is Role {
  return Object.hasOwn(ROLES, name);
}

/** `GET|POST /tokens`, `GET|PUT|DELETE /tokens/{id}` (DELETE revokes): those of the request's tenant alone. */
export function routeTokens(http: Http): void {
  const { tokens } = http.services;
  route(http, "GET /api/v1/tokens", async ({ c, tenant }) => {
    const query = readQuery(c, ["limit", "cursor", "state"]);
    const { items, cursor } = await tokens.page(tenant, { ...pageOf(query), ...stateOf(query.state) });
    return page(items.map(presentToken), cursor, c.req.url);
  });
  route(http, "POST /api/v1/tokens", async (call) => {
    http.requireDisk();
    const { given, by } = await readToken(http, call);
    const { shown, text } = await tokens.make(call.caller, given, by);
    const location = `/api/v1/tokens/${shown.record.id}`;
    return answerToken(shown, { status: 201, more: { token: text }, headers: { location } });
  });
  route(http, "GET /api/v1/tokens/:id", async ({ c, tenant }) => {
    readQuery(c, []);
    return answerToken(known(await tokens.get(tenant, param(c, "id"))));
  });
  route(http, "PUT /api/v1/tokens/:id", async (call) => {
    http.requireDisk();
    const id = param(call.c, "id");
    const { record } = known(await tokens.get(call.tenant, id));
    const base = ifMatch(call.c);
    requireActive(record, http.clock.now());
    const { given, by } = await readToken(http, call);
    const change = { to: given, by, ...(base === undefined ? {} : { base }) };
    return answerToken(known(await tokens.edit(call.caller, id, change)));
  });
  route(http, "DELETE /api/v1/tokens/:id", async ({ c, caller, principal }) => {
    http.requireDisk();
    const base = ifMatch(c, { mayLack: true });
    const by = { beyond: beyond(principal.scopes) };
    const change = { to: "revoked" as const, by, ...(base === undefined ? {} : { base }) };
    known(await tokens.edit(caller, param(c, "id"), change));
    return bare(204);
  });
}

function known(found: ShownToken | undefined): ShownToken {
  if (found !== undefined) return found;
  throw new HttpError("not-found", "there is no such token in this tenant");
}

function stateOf(state: string | undefined): { readonly state?: (typeof TOKEN_STATES)[number] } {
  if (state === undefined) return {};
  const found = TOKEN_STATES.find((one) => one === state);
  if (found !== undefined) return { state: found };
  const errors = [{ pointer: "/state", detail: `must be one of ${TOKEN_STATES.join(", ")}` }];
  throw new HttpError("bad-query", "the query is not valid", { errors });
}

interface ReadToken {
  readonly given: GivenToken;
  readonly by: TokenGiver;
}

/** What a body states, and who gives it. Throws HttpError `invalid`, or `forbidden` where it would give more than he has. */
async function readToken(http: Http, { c, principal }: Call): Promise<ReadToken> {
  const body = parsed(TokenBody, await readSmall(http, c));
  const giver = await giverOf(http, principal);
  const expiresAt = endOf(body, http.clock.now());
  const { name, role, requestsPerMinute } = body;
  const given = {
    name,
    scopes: role === undefined ? [...new Set(body.scopes)] : [...ROLES[role]],
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(requestsPerMinute === undefined ? {} : { requestsPerMinute }),
  };
  const scopeAt = (scope: string): string =>
    role === undefined ? `/scopes/${body.scopes?.indexOf(scope) ?? 0}` : "/role";
  requireWithin(giver, { given, scopeAt, endAt: body.expiresIn === undefined ? "/expiresAt" : "/expiresIn" });
  const { version, beyond: more } = giver;
  return { given, by: { beyond: more, ...(version === undefined ? {} : { version }) } };
}

/** The last instant of the year 9999, which is the last that RFC 3339 can write. */
const LAST_END = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

function endOf({ expiresAt, expiresIn }: TokenBody, now: number): number | undefined {
  if (expiresIn !== undefined) return now + durationMs(expiresIn);
  if (expiresAt === undefined) return undefined;
  const at = instantMs(expiresAt) ?? 0;
  if (at > now && at <= LAST_END) return at;
  const detail = at > now ? "is after the year 9999" : "has passed already";
  throw new HttpError("invalid", "nothing was changed", { errors: [{ pointer: "/expiresAt", detail }] });
}

interface Answering {
  readonly status?: number;
  readonly more?: { readonly token: string };
  readonly headers?: Readonly<Record<string, string>>;
}

function answerToken(shown: ShownToken, { status = 200, more, headers }: Answering = {}): Response {
  const text = JSON.stringify({ ...presentToken(shown), ...more });
  return answer(status, "application/json", text, { ...headers, ...etag(shown.tag) });
}

function presentToken({ record, state, lastUsedAt }: ShownToken): object {
  const { id, name, tenant, scopes, createdAt, createdBy, expiresAt, revokedAt, requestsPerMinute } = record;
  return {
    id,
    name,
    tenant,
    scopes,
    state,
    createdAt: instant(createdAt),
    ...(createdBy === undefined ? {} : { createdBy }),
    ...(expiresAt === undefined ? {} : { expiresAt: instant(expiresAt) }),
    ...(lastUsedAt === undefined ? {} : { lastUsedAt: instant(lastUsedAt) }),
    ...(revokedAt === undefined ? {} : { revokedAt: instant(revokedAt) }),
    ...(requestsPerMinute === undefined ? {} : { requestsPerMinute }),
  };
}
