import { z } from "zod";
import type { ConfigPlan } from "../core/config-plan.ts";
import { KINDS, type Kind } from "../core/config.ts";
import type { ObjectFault } from "../core/objects.ts";
import { pointerOf } from "../core/pointer.ts";
import { json } from "./answer.ts";
import { readJson } from "./body.ts";
import type { Context } from "./context.ts";
import { HttpError } from "./error.ts";
import { readQuery } from "./query.ts";
import { type Http, param, route } from "./route.ts";
import type { ConfigChange, ShownConfig } from "./services.ts";
import { parsed, readSmall } from "./small-body.ts";

export const Change = z.strictObject({
  /** Keys are `<kind>/<id>`. */
  objects: z.record(
    z.string().regex(new RegExp(`^(?:${KINDS.join("|")})/[a-z0-9][a-z0-9-]{0,62}$`), "a key is <kind>/<id>"),
    z.json(),
  ),
  prune: z.boolean().default(false),
  base: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "the id of a generation")
    .optional(),
  why: z.string().max(1000).optional(),
});
/** Values by their names; null takes one away. */
export const BindValues = z.strictObject({ values: z.record(z.string().max(63), z.string().max(2000).nullable()) });

/** `GET /config`, `POST /config/plan`, `/config/apply` and `/channels/{id}/bind`. */
export function routeConfig(http: Http): void {
  const { config } = http.services;
  route(http, "GET /api/v1/config", async ({ c, tenant, principal: { isSite } }) => {
    readQuery(c, []);
    return json(presentConfig(await config.show(tenant, { isSite })));
  });
  route(http, "POST /api/v1/config/plan", async ({ c, tenant }) =>
    json(presentPlan(await config.plan(tenant, await readChange(http, c)))),
  );
  route(http, "POST /api/v1/config/apply", async ({ c, caller }) => {
    http.requireDisk();
    return json(presentPlan(faultless(await config.apply(caller, await readChange(http, c)), objectPointer)));
  });
  route(http, "POST /api/v1/channels/:id/bind", async ({ c, caller }) => {
    http.requireDisk();
    const { values } = parsed(BindValues, await readSmall(http, c));
    return json(
      presentPlan(faultless(await config.bind(caller, { channel: param(c, "id"), values }), ({ pointer }) => pointer)),
    );
  });
}

async function readChange(http: Http, c: Context): Promise<ConfigChange> {
  const { configBytes: limit, bodyMs: ms, timeout } = { ...http.limits, timeout: http.timeout };
  const { objects, prune, base, why } = parsed(Change, await readJson(c, { limit, ms, timeout }));
  return {
    objects: Object.entries(objects).map(([key, value]) => ({ ...splitKey(key), value })),
    prune,
    ...(base === undefined ? {} : { base }),
    ...(why === undefined ? {} : { why }),
  };
}

function splitKey(key: string): { kind: Kind; id: string } {
  const slash = key.indexOf("/");
  const kind = KINDS.find((name) => name === key.slice(0, slash));
  if (kind === undefined) throw new HttpError("internal", "the schema let a wrong kind pass");
  return { kind, id: key.slice(slash + 1) };
}

function objectPointer({ kind, id, pointer }: ObjectFault): string {
  return `${pointerOf(["objects", `${kind}/${id}`])}${pointer}`;
}

/** The plan, if it can be applied; throws HttpError `invalid` with where each fault stands in the body. */
function faultless(plan: ConfigPlan, pointer: (fault: ObjectFault) => string): ConfigPlan {
  if (plan.faults.length === 0) return plan;
  const errors = plan.faults.map((fault) => ({ pointer: pointer(fault), detail: fault.detail }));
  throw new HttpError("invalid", "nothing was changed", { errors });
}

function presentPlan({ base, candidate, changes, faults, left }: ConfigPlan): object {
  return {
    base,
    generation: candidate.id,
    n: candidate.n,
    changes,
    left,
    errors: faults.map((fault) => ({ pointer: objectPointer(fault), detail: fault.detail })),
  };
}

/** The merged map with its objects; `isGlobal`: that of `_site`; `stream`: what brought an own one. */
function presentConfig({ own, cfg, objects }: ShownConfig): object {
  return {
    generation: own.id,
    n: own.n,
    cfg,
    objects: objects.map(({ value, ...object }) => {
      const stream = own.streams[`${object.kind}/${object.id}`];
      return {
        ...object,
        ...(stream === undefined ? {} : { stream }),
        ...(value === undefined ? {} : { value }),
      };
    }),
  };
}
