import { z } from "zod";
import { instantMs } from "../core/instant.ts";
import type { Fault } from "../core/source.ts";
import { instant, json, page } from "./answer.ts";
import type { Context } from "./context.ts";
import { HttpError } from "./error.ts";
import { pageOf, readQuery } from "./query.ts";
import { type Call, type Http, param, route } from "./route.ts";
import type { DigestCommand, ShownWindow } from "./services.ts";
import { parsed, readSmall } from "./small-body.ts";

const KEY = /^[a-z0-9][a-z0-9-]{0,62}(~[0-9a-f]{8})?$/;
const Key = z.string().regex(KEY, "an action key is an action's id; of a group ~ and 8 hex digits after it");
const Window = z.enum(["5m", "15m", "1h", "1d", "group", "quiet", "flap"]);

export const Command = z
  .strictObject({
    command: z.enum(["flush", "reopen"]),
    actionKey: Key,
    window: Window.optional(),
    /** As windows show it: a date-time, or epoch ms. */
    openedAt: z
      .union([z.int().min(0), z.string().refine((text) => instantMs(text) !== undefined, "a date-time")])
      .optional(),
  })
  .superRefine(({ command, window, openedAt }, context) => {
    if (command !== "reopen") return;
    for (const [name, value] of [["window", window] as const, ["openedAt", openedAt] as const])
      if (value === undefined) context.addIssue({ code: "custom", path: [name], message: "reopen needs it" });
  });

/** Windows: `GET /digests`, `/digests/{actionKey}` (by `limit`, `cursor`), `POST /digests`, `/digests/{actionKey}/flush`, `DELETE /digests/{actionKey}`. */
export function routeDigests(http: Http): void {
  const { digests } = http.services;
  const open = async ({ c, tenant }: Call, of: { readonly actionKey?: string }): Promise<Response> => {
    const { items, cursor } = await digests.page(tenant, { ...pageOf(readQuery(c, ["limit", "cursor"])), ...of });
    return page(items.map(presentWindow), cursor, c.req.url);
  };
  route(http, "GET /api/v1/digests", (call) => open(call, {}));
  const command = async ({ c, caller }: Call): Promise<Response> => {
    http.requireDisk();
    return list(await digests.command(caller, commandOf(parsed(Command, await readSmall(http, c)))));
  };
  const show = (call: Call): Promise<Response> => open(call, { actionKey: keyOf(call.c) });
  const drop = async ({ c, caller }: Call): Promise<Response> => {
    http.requireDisk();
    return list(await digests.command(caller, { command: "drop", actionKey: keyOf(c), ...whichOf(c) }));
  };
  const flush = async ({ c, caller }: Call): Promise<Response> => {
    http.requireDisk();
    return list(await digests.command(caller, { command: "flush", actionKey: keyOf(c), ...whichOf(c) }));
  };
  route(http, "POST /api/v1/digests", command);
  route(http, "GET /api/v1/digests/:key", show);
  route(http, "DELETE /api/v1/digests/:key", drop);
  route(http, "POST /api/v1/digests/:key/flush", flush);
}

function commandOf({ openedAt, window, ...rest }: z.infer<typeof Command>): DigestCommand {
  const at = typeof openedAt === "string" ? instantMs(openedAt) : openedAt;
  return { ...rest, ...(window === undefined ? {} : { window }), ...(at === undefined ? {} : { openedAt: at }) };
}

function keyOf(c: Context): string {
  const key = param(c, "key");
  if (!KEY.test(key)) throw new HttpError("not-found", "there is no such action key");
  return key;
}

/** The one window that is meant, by query: `window`, `openedAt`. */
function whichOf(c: Context): { window?: string; openedAt?: number } {
  const { window, openedAt } = readQuery(c, ["window", "openedAt"]);
  const errors: Fault[] = [];
  if (window !== undefined && !Window.safeParse(window).success)
    errors.push({ pointer: "/window", detail: `must be one of ${Window.options.join(", ")}` });
  const at = openedAt === undefined ? undefined : instantMs(openedAt);
  if (openedAt !== undefined && at === undefined) errors.push({ pointer: "/openedAt", detail: "a date-time" });
  if (errors.length > 0) throw new HttpError("bad-query", "", { errors });
  return { ...(window === undefined ? {} : { window }), ...(at === undefined ? {} : { openedAt: at }) };
}

function list(windows: readonly ShownWindow[]): Response {
  return json({ items: windows.map(presentWindow) });
}

function presentWindow(record: ShownWindow): object {
  const { id, kind, window, actionKey, action, rule, channel, openedAt, dueAt, count, severity, state } = record;
  const { status, endedAt, deliveries, into, group, stale } = record;
  const [ruleId, version] = rule.split("@");
  return {
    id,
    kind,
    window,
    actionKey,
    action,
    rule: { id: ruleId, version },
    channel,
    openedAt: instant(openedAt),
    dueAt: instant(dueAt),
    itemCount: count,
    severity,
    state,
    isPutOff: record.isPutOff === true,
    ...(group === undefined ? {} : { group }),
    ...(status === undefined ? {} : { status }),
    ...(endedAt === undefined ? {} : { endedAt: instant(endedAt) }),
    ...(deliveries === undefined ? {} : { deliveries }),
    ...(into === undefined ? {} : { into }),
    ...(stale === undefined ? {} : { staleCount: stale }),
  };
}
