/**
 * What the routes of silences, maintenance windows and suppressions share: the same verbs, the same times.
 * @module
 */
import { z } from "zod";
import { instantMs, InstantText } from "../core/instant.ts";
import type { Json } from "../core/json.ts";
import { MatcherText } from "../core/label-matcher.ts";
import { FOREVER, type MuteKind, type MuteState } from "../core/mute.ts";
import { Duration, durationMs, Id, Line, Text } from "../core/object.ts";
import type { Fault } from "../core/source.ts";
import { instant, json, page } from "./answer.ts";
import { requirePermission } from "./auth.ts";
import { HttpError } from "./error.ts";
import { requireFewSteps } from "./mute-steps.ts";
import { pageOf, readQuery } from "./query.ts";
import { type Call, type Http, param, route } from "./route.ts";
import type { GivenMute, MuteQuery, MuteRequest, ShownMute } from "./services.ts";
import { parsed, readSmall } from "./small-body.ts";

const MAX_BATCH = 1000;
const STATES = ["pending", "active", "expired", "all"] as const satisfies readonly (MuteState | "all")[];

/** The id before. */
const CURSOR = /^[a-z0-9][a-z0-9-]{0,62}$/;

const Instant = InstantText.transform((text) => instantMs(text) ?? 0);

/** Fields of all of them. */
export const STATED = {
  id: Id.optional(),
  startsAt: Instant.optional(),
  endsAt: Instant.optional(),
  /** Instead of an end: from the start, or from now where that is later. */
  duration: Duration.transform(durationMs).optional(),
  author: Line(200).min(1).optional(),
};
export const Comment = Text(2000);
export const Matchers = z.array(MatcherText).max(100);
/** What a body states, and whether it may mute more than the policy allows. */
export type MuteBody = GivenMute & { readonly force?: boolean | undefined };

/** Refuses a body that has neither an end nor a duration, or both. */
export function oneEnd(
  { endsAt, duration }: { readonly endsAt?: number | undefined; readonly duration?: number | undefined },
  context: z.RefinementCtx,
): void {
  if ((endsAt === undefined) !== (duration === undefined)) return;
  context.addIssue({ code: "custom", path: ["endsAt"], message: "one of endsAt and duration is needed" });
}

/** A noun of this family. */
export interface MuteNoun {
  readonly kind: MuteKind;
  /** As people call one. */
  readonly one: string;
  readonly body: z.ZodType<MuteBody>;
  /** What its list is filtered by besides the state. */
  readonly filter: "matcher" | "rule";
}

/** Lists, makes, shows, edits and ends what one noun stands for. */
export function routeMutes(http: Http, noun: MuteNoun): void {
  const { kind, one } = noun;
  const { mutes } = http.services;
  const known = (found: ShownMute | undefined): ShownMute => {
    if (found !== undefined) return found;
    throw new HttpError("not-found", `there is no such ${one}`);
  };
  route(http, `GET /api/v1/${kind}`, async ({ c, tenant }) => {
    const query = readQuery(c, ["limit", "cursor", "state", noun.filter]);
    const { items, cursor } = await mutes.page(tenant, kind, { ...pageOf(query), ...filtersOf(query) });
    return page(items.map(presentMute), cursor, c.req.url);
  });
  route(http, `POST /api/v1/${kind}`, (call) => make(http, noun, call));
  route(http, `GET /api/v1/${kind}/:id`, async ({ c, tenant }) => {
    readQuery(c, []);
    return json(presentMute(known(await mutes.get(tenant, kind, param(c, "id")))));
  });
  route(http, `PUT /api/v1/${kind}/:id`, async (call) => {
    http.requireDisk();
    const id = param(call.c, "id");
    known(await mutes.get(call.tenant, kind, id));
    const given = parsed(noun.body, await readMutes(http, call));
    if (given.id !== undefined && given.id !== id)
      throw invalid([{ pointer: "/id", detail: "is not that of the path" }]);
    const [changed] = await mutes.put(call.caller, [{ ...given, id }], requestOf(call, [given], "present"));
    return json(presentMute(known(changed)));
  });
  route(http, `DELETE /api/v1/${kind}/:id`, async ({ c, caller }) => {
    http.requireDisk();
    return json(presentMute(known(await mutes.expire(caller, kind, param(c, "id")))));
  });
}

/** A body that states matchers, before its schema compiles their patterns. Throws HttpError `invalid` where those take too long. */
export async function readMutes(http: Http, { c }: Pick<Call, "c">): Promise<Json> {
  const value = await readSmall(http, c);
  requireFewSteps(value);
  return value;
}

/** One, or an array of them: all or none. */
async function make(http: Http, { body, one }: MuteNoun, call: Call): Promise<Response> {
  http.requireDisk();
  const value = await readMutes(http, call);
  if (!Array.isArray(value)) {
    const given = parsed(body, value);
    const [made] = await http.services.mutes.put(call.caller, [given], requestOf(call, [given], "absent"));
    if (made === undefined) throw new HttpError("internal", `a ${one} was made and is not there`);
    return json(presentMute(made), 201);
  }
  const given = parsed(z.array(body).min(1).max(MAX_BATCH), value);
  const request = { ...requestOf(call, given, "absent"), isBatch: true };
  return json({ items: (await http.services.mutes.put(call.caller, given, request)).map(presentMute) }, 201);
}

/** Throws HttpError `forbidden` where a principal may not ask for what mutes more than the policy allows. */
function requestOf({ principal }: Call, given: readonly MuteBody[], requires: MuteRequest["requires"]): MuteRequest {
  const isForced = given.some(({ force }) => force === true);
  if (isForced) requirePermission(principal, "notifications.wide-silences.manage");
  return { isBatch: false, isForced, requires };
}

function invalid(errors: readonly Fault[]): HttpError {
  return new HttpError("invalid", "nothing was changed", { errors });
}

function filtersOf(query: {
  readonly state?: string;
  readonly matcher?: string;
  readonly rule?: string;
  readonly cursor?: string;
}): Omit<MuteQuery, "limit"> {
  const { state, matcher, rule, cursor } = query;
  const errors: Fault[] = [];
  if (cursor !== undefined && !CURSOR.test(cursor))
    errors.push({ pointer: "/cursor", detail: "is not one of this list" });
  const wanted = STATES.find((known) => known === state);
  if (state !== undefined && wanted === undefined)
    errors.push({ pointer: "/state", detail: `must be one of ${STATES.join(", ")}` });
  const read = MatcherText.safeParse(matcher ?? "a=b");
  for (const { message } of read.error?.issues ?? []) errors.push({ pointer: "/matcher", detail: message });
  if (errors.length > 0) throw new HttpError("bad-query", "the query is not valid", { errors });
  return {
    ...(wanted === undefined ? {} : { state: wanted }),
    ...(matcher === undefined ? {} : { matcher }),
    ...(rule === undefined ? {} : { rule }),
  };
}

/** As the API shows one: instants as text; an end that is none is left out. */
function presentMute({ record, state }: ShownMute): object {
  const { id, startsAt, endsAt, author, comment, updatedAt } = record;
  const about = "rule" in record ? { rule: record.rule } : { matchers: record.matchers };
  const weekly = "weekly" in record ? record.weekly : {};
  return {
    id,
    state,
    ...about,
    startsAt: instant(startsAt),
    ...(endsAt === FOREVER ? {} : { endsAt: instant(endsAt) }),
    ...weekly,
    author,
    comment,
    updatedAt: instant(updatedAt),
  };
}
