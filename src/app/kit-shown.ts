import { type FieldChange, fieldChanges } from "../core/object-diff.ts";
import type { ObjectChange } from "../core/config-plan.ts";
import type { KnownHead } from "../core/kit.ts";
import { headOf, type StreamRecord } from "../core/kit-site.ts";
import { kitInstantMs } from "../core/kit-time.ts";
import { strictJson } from "../core/strict-json.ts";
import { policyBytes, policyFingerprint } from "../core/trust.ts";
import { keptFiles, type KitPlan, type VerifiedKit } from "../flows/kit-take.ts";
import type { PlannedKit } from "../http/kit-services.ts";
import type { Parts } from "./parts.ts";

const MAX_DEPTH = 64;
/** Changes that an answer names one by one, and changed objects whose fields it compares. */
const MAX_CHANGES = 5000;
const MAX_COMPARED = 500;
const MAX_FIELDS = 50;

/** A plan as people see it; changed objects are compared field by field with what stands here. */
export async function shownPlan(
  { store }: Pick<Parts, "store">,
  { manifest, kit, signers, trust, held }: VerifiedKit,
  plan: KitPlan,
): Promise<PlannedKit> {
  const shown: (ObjectChange & { readonly tenant: string })[] = [];
  for (const { tenant, changes: list } of plan.tenants)
    for (const change of list.slice(0, MAX_CHANGES - shown.length)) shown.push({ ...change, tenant });
  const wanted = new Set(shown.slice(0, MAX_COMPARED).map(({ after }) => after));
  const given = new Map<string, string>();
  for (const { object, text } of plan.objects) if (wanted.has(object.hash)) given.set(object.hash, text);
  const changes: PlannedKit["changes"][number][] = [];
  for (const [at, change] of shown.entries()) {
    const { tenant, kind, id } = change;
    const fields = at < MAX_COMPARED ? await compared(store.read, change, given) : undefined;
    changes.push({ tenant, kind, id, change: change.change, ...(fields === undefined ? {} : { fields }) });
  }
  return {
    plan: plan.hash,
    repeated: false,
    stream: manifest.stream,
    ...headOf(manifest, kit),
    expiresAt: manifest.expiresAt === null ? null : (kitInstantMs(manifest.expiresAt) ?? null),
    ...(held === undefined ? {} : { before: placeOf(held) }),
    signers,
    ...(trust === undefined
      ? {}
      : {
          trust: {
            from: trust.from,
            to: trust.policy.version,
            fingerprint: policyFingerprint(policyBytes(trust.policy)),
          },
        }),
    changes,
    count: plan.tenants.reduce((sum, { changes: list }) => sum + list.length, 0),
    left: plan.tenants.flatMap(({ tenant, left }) => left.map(({ kind, id }) => ({ tenant, kind, id }))),
    unknownTenants: plan.unknown,
    files: keptFiles(manifest).length,
  };
}

/** The answer to a kit that stands in its stream already: nothing is done. */
export function shownRepeat({ stream, ...record }: StreamRecord & { readonly stream: string }): PlannedKit {
  const { epoch, sequence, manifest, createdAt, expiresAt, signers = [], files = 0 } = record;
  return {
    plan: null,
    repeated: true,
    stream,
    epoch,
    sequence,
    manifest,
    createdAt,
    expiresAt: expiresAt ?? null,
    signers,
    changes: [],
    count: 0,
    left: [],
    unknownTenants: [],
    files,
  };
}

function placeOf({ epoch, sequence, manifest }: StreamRecord): KnownHead {
  return { epoch, sequence, manifest };
}

async function compared(
  read: Parts["store"]["read"],
  { change, before, after }: ObjectChange,
  given: ReadonlyMap<string, string>,
): Promise<FieldChange[] | undefined> {
  if (change !== "changed" || before === undefined || after === undefined) return undefined;
  const [was] = await read.objects([before]);
  const is = given.get(after);
  const [left, right] = [strictJson(was?.text, MAX_DEPTH), strictJson(is, MAX_DEPTH)];
  return left === undefined || right === undefined ? undefined : fieldChanges(left, right).slice(0, MAX_FIELDS);
}
