/**
 * Rules, channels, templates, calendars and policies, one by one: each change is a switch of its tenant's generation.
 * @module
 */
import { SITE_TENANT } from "../core/cells.ts";
import { type ObjectChange, refusalOf } from "../core/config-plan.ts";
import type { ObjectFault } from "../core/objects.ts";
import { applyConfig, type CheckedPlan, planConfig } from "../flows/config-apply.ts";
import type { OwnedObject } from "../flows/configurations.ts";
import { FlowError } from "../flows/error.ts";
import { HttpError } from "../http/error.ts";
import { etag } from "../http/if-match.ts";
import type {
  Condition,
  ObjectDone,
  ObjectPlace,
  ObjectPut,
  ObjectRemoval,
  ObjectService,
  ShownOne,
} from "../http/object-services.ts";
import type { Caller } from "../http/services.ts";
import { formerValue, historyPage } from "./object-history.ts";
import { listObjects, type ObjectParts, showObject } from "./object-list.ts";
import type { Turns } from "./turns.ts";

/** Objects as the routes ask for them; their changes take turns with others of their tenant. */
export function objectService(parts: ObjectParts, turns: Turns): ObjectService {
  const { configurations } = parts;
  return {
    page: (at, query, asker) => listObjects(parts, at, { query, asker }),
    get: async (tenant, { kind, id }, asker) => {
      const found = configurations.find(tenant, kind, id);
      return found === undefined ? undefined : await showObject(parts, { tenant, kind, found }, asker);
    },
    put: (caller, wanted) => turns(caller.tenant, () => put(parts, caller, wanted)),
    remove: (caller, wanted) => turns(caller.tenant, () => remove(parts, caller, wanted)),
    history: (tenant, place, page) => historyPage(parts, { tenant, ...place }, page),
    revert: async (caller, { to, ...wanted }) => {
      const value = await formerValue(parts, { tenant: caller.tenant, kind: wanted.kind, id: wanted.id }, to);
      return await turns(caller.tenant, () => put(parts, caller, { ...wanted, value, via: "revert" }));
    },
  };
}

async function put(parts: ObjectParts, caller: Caller, wanted: ObjectPut): Promise<ObjectDone> {
  const { tenant } = caller;
  const { kind, id, value, condition } = wanted;
  const held = heldFor(parts, tenant, wanted);
  requireVersion({ tenant, kind, id }, held, condition);
  const plan = await planConfig(parts, { tenant, objects: [{ kind, id, value }], prune: false });
  await apply(parts, caller, { plan, wanted });
  const hash = plan.objects[0]?.object.hash ?? "";
  const after = parts.configurations.find(tenant, kind, id);
  const usage = kind === "channels" ? await parts.store.read.cell("usage", tenant, id) : undefined;
  const shown: ShownOne = {
    kind,
    id,
    hash,
    ownerId: tenant,
    value,
    ...(after?.stream === undefined ? {} : { stream: after.stream }),
    ...(usage === undefined ? {} : { usage }),
  };
  return { shown, isNew: held?.ownerId !== tenant };
}

async function remove(parts: ObjectParts, caller: Caller, wanted: ObjectRemoval): Promise<readonly ObjectChange[]> {
  const { tenant } = caller;
  const { kind, id, condition, isDry } = wanted;
  const held = heldFor(parts, tenant, wanted);
  if (held === undefined) throw new FlowError("missing", `there is no ${kind}/${id}`);
  requireVersion({ tenant, kind, id }, held, condition);
  const plan = await planConfig(parts, {
    tenant,
    objects: [],
    prune: false,
    removed: keysThatGo(parts, tenant, wanted),
  });
  requireFaultless(plan, wanted);
  if (!isDry) await apply(parts, caller, { plan, wanted });
  return plan.changes;
}

/** With a channel go the values that the tenant has filled in, unless they serve one of the site's, which is there again. */
function keysThatGo({ configurations }: ObjectParts, tenant: string, { kind, id }: ObjectPlace): string[] {
  const key = `${kind}/${id}`;
  if (kind !== "channels") return [key];
  const isUncovered = tenant !== SITE_TENANT && configurations.own(SITE_TENANT).objects[key] !== undefined;
  return isUncovered ? [key] : [key, `binding/${id}`];
}

function heldFor({ configurations }: ObjectParts, tenant: string, { kind, id }: ObjectPlace): OwnedObject | undefined {
  return configurations.find(tenant, kind, id);
}

type Wanted = Omit<ObjectPut, "value">;

async function apply(
  parts: ObjectParts,
  { actor }: Caller,
  { plan, wanted }: { readonly plan: CheckedPlan; readonly wanted: Wanted },
): Promise<void> {
  requireFaultless(plan, wanted);
  const { why, via = "api" } = wanted;
  await applyConfig(parts, plan, { actor, via, ...(why === undefined ? {} : { why }) });
}

/** Throws HttpError `invalid` for a plan that cannot be applied. */
function requireFaultless({ faults }: CheckedPlan, wanted: ObjectPlace): void {
  if (faults.length === 0) return;
  const errors = faults.map((fault) => faultAt(wanted, fault));
  throw new HttpError("invalid", "nothing was changed", { errors });
}

/** Faults of the object itself stand at their place in it; of others that it would break, the words say where. */
function faultAt({ kind, id }: ObjectPlace, fault: ObjectFault): { readonly pointer: string; readonly detail: string } {
  const { pointer, detail } = fault;
  if (fault.kind === kind && fault.id === id) return { pointer, detail };
  return { pointer: "", detail: `${fault.kind}/${fault.id} at ${pointer}: ${detail}` };
}

/** Throws where the request means another version than the one that is there, or one that may not be changed. */
function requireVersion(
  { tenant, kind, id }: ObjectPlace & { readonly tenant: string },
  held: OwnedObject | undefined,
  condition: Condition,
): void {
  const own = held?.ownerId === tenant ? held : undefined;
  if (condition === "new" && own !== undefined) throw new FlowError("exists", `${kind}/${id} exists already`);
  if (condition === "absent" && own !== undefined) throw otherVersion(own, `${kind}/${id} exists already`);
  if (condition === "new" || condition === "absent") return;
  if (own === undefined && held !== undefined) throw new HttpError("conflict", globalRefusal(kind, id));
  if (own === undefined)
    throw new HttpError("precondition-failed", `there is no ${kind}/${id} (any more): If-None-Match: * creates it`);
  if (condition !== "any" && !condition.includes(own.object.hash))
    throw otherVersion(own, `${kind}/${id} is another version now: read it again, then change it`);
  const refusal = refusalOf(own.stream, undefined);
  if (refusal !== undefined) throw new HttpError("conflict", `${kind}/${id} ${refusal}`);
}

function otherVersion({ object }: OwnedObject, detail: string): HttpError {
  return new HttpError("precondition-failed", detail, { headers: etag(object.hash) });
}

function globalRefusal(kind: string, id: string): string {
  return (
    `${kind}/${id} is the site's, for all tenants: only a principal of the site changes it, in tenant ${SITE_TENANT}. ` +
    `To put an own one in its place for this tenant alone, create it: POST, or PUT with If-None-Match: *`
  );
}
