import type { Fault } from "../core/source.ts";
import { tokenTag } from "../core/token.ts";
import type { GivenToken, TokenGiver } from "./access-services.ts";
import { instant } from "./answer.ts";
import { heldRecord, type Principal } from "./auth.ts";
import { HttpError } from "./error.ts";
import { KNOWN_SCOPES, permissionsOf } from "./permissions.ts";
import type { Http } from "./route.ts";

/** What nobody gives more of than he has himself, as it is now. */
export interface Giver extends TokenGiver {
  readonly scopes: readonly string[];
  /** Epoch ms; absent: never. */
  readonly expiresAt?: number;
  /** Requests a minute that he may give, and those that a token without a limit of its own has; Infinity: any number. */
  readonly rate: number;
  readonly siteRate: number;
}

/** The giver that a principal is now. Throws HttpError `unauthenticated` or `forbidden` where his token has ended meanwhile. */
export async function giverOf(http: Http, principal: Principal): Promise<Giver> {
  const record = await heldRecord(http, principal);
  const expiresAt = record?.expiresAt;
  const scopes = (record ?? principal).scopes;
  const siteRate = rateOf(http.limits.requestsPerMinute);
  const own = record?.requestsPerMinute === undefined ? undefined : rateOf(record.requestsPerMinute);
  return {
    scopes,
    beyond: beyond(scopes),
    rate: principal.isSite ? (own ?? Infinity) : Math.min(own ?? siteRate, siteRate),
    siteRate,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(record === undefined ? {} : { version: tokenTag(record) }),
  };
}

/** Scopes that grant what these do not. */
export function beyond(own: readonly string[]): readonly string[] {
  return KNOWN_SCOPES.filter((scope) => lackingIn(own, scope).length > 0);
}

function lackingIn(own: readonly string[], scope: string): readonly string[] {
  const has = new Set<string>(permissionsOf(own));
  return permissionsOf([scope]).filter((permission) => !has.has(permission));
}

/** Requests a minute as they compare: 0 is no limit. */
function rateOf(count: number): number {
  return count === 0 ? Infinity : count;
}

/** Where a body states what it gives. */
export interface Stated {
  readonly given: GivenToken;
  /** Pointer of a scope. */
  readonly scopeAt: (scope: string) => string;
  readonly endAt: "/expiresAt" | "/expiresIn";
}

/** Throws HttpError `forbidden`, with each place, where a token would have more than its giver. */
export function requireWithin(giver: Giver, { given, scopeAt, endAt }: Stated): void {
  const errors: Fault[] = given.scopes
    .filter((scope) => giver.beyond.includes(scope))
    .map((scope) => {
      const lacking = lackingIn(giver.scopes, scope).slice(0, 5).join(", ");
      return { pointer: scopeAt(scope), detail: `${scope} grants what you do not have: ${lacking}` };
    });
  const { expiresAt: end } = giver;
  if (end !== undefined && (given.expiresAt ?? Infinity) > end)
    errors.push({ pointer: endAt, detail: `must end by ${instant(end)}, when your own token does` });
  const wanted = given.requestsPerMinute === undefined ? giver.siteRate : rateOf(given.requestsPerMinute);
  if (wanted > giver.rate)
    errors.push({ pointer: "/requestsPerMinute", detail: `must be given, from 1 to ${giver.rate}, which you have` });
  if (errors.length > 0)
    throw new HttpError("forbidden", "nobody gives a token more than he has himself; nothing was changed", { errors });
}
