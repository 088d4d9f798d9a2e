import { type ChangeOrigin, type ChangeVia, changeKey, namedChanges } from "../core/change.ts";
import type { ObjectChange } from "../core/config-plan.ts";
import type { GenerationRecord } from "../core/config.ts";
import { EMPTY_GENERATION } from "../core/generation.ts";
import { MAX_TENANTS } from "../core/tenants.ts";
import { type Flow, SITE_TENANT, type View } from "../ports.ts";
import type { JsonObject } from "../core/json.ts";
import { FlowError } from "./error.ts";
import { followWindows } from "./window-follow.ts";

/** A compare-and-swap of a tenant's generation; the candidate has been staged and compiled aside. */
export interface ConfigSwitchInput {
  readonly actor: string;
  readonly base: string;
  readonly candidate: GenerationRecord;
  readonly changes: readonly ObjectChange[];
  readonly why?: string;
  /** By which way it came in; the leaf does not tell. */
  readonly via?: ChangeVia;
}

/** Bytes of changes that one leaf names; a larger change is told by its count and the kept generations. */
const CHANGES_BYTES = 30_000;

/** Switches one tenant's configuration, or throws FlowError `conflict` when another change came first. */
export const configSwitch: Flow<ConfigSwitchInput, { readonly n: number }> = {
  alone: true,
  prepare: ({ tenant }, { actor, base, candidate, changes, why, via }) => ({
    cells: [{ noun: "generation", tenant, key: "current" }],
    decide: (view, stamp) => {
      const told = { actor, ...(why === undefined ? {} : { why }), ...(via === undefined ? {} : { via }) };
      switchGeneration(view, { tenant, base, candidate, changes, told }, stamp.now);
      view.leaf(tenant, {
        type: "config.change",
        actor,
        id: candidate.id,
        body: {
          base,
          changes: changesBody(changes),
          count: changes.length,
          n: candidate.n,
          ...(why === undefined ? {} : { why }),
        },
      });
      return { n: candidate.n };
    },
  }),
};

/** A tenant's generation with what follows it, and who asked for that. */
export interface Switch {
  readonly tenant: string;
  readonly base: string;
  readonly candidate: GenerationRecord;
  readonly changes: readonly ObjectChange[];
  readonly told: ChangeOrigin;
}

/**
 * Puts the candidate where `base` is the current generation, remembers the switch, and has the open windows of all that it
 * touches looked at; throws FlowError `conflict` where another one is current.
 */
export function switchGeneration(view: View, { tenant, base, candidate, changes, told }: Switch, now: number): void {
  const current = view.get("generation", tenant, "current") ?? EMPTY_GENERATION;
  if (current.id !== base || candidate.n !== current.n + 1)
    throw new FlowError("conflict", `the configuration of ${tenant} was changed meanwhile; plan again`);
  const record = recordOf(candidate);
  view.put("generation", tenant, candidate.id, record); // kept: undo, explain and replay go back to it
  view.put("generation", tenant, "current", record);
  const { n } = candidate;
  view.put("change", tenant, changeKey(n), { n, base, id: record.id, at: now, ...told, ...namedChanges(changes) });
  const touched =
    tenant === SITE_TENANT ? view.list("tenant", SITE_TENANT, "", MAX_TENANTS).map(([id]) => id) : [tenant];
  for (const one of touched) followWindows(view, { tenant: one, due: now, why: "config" });
}

/** What is kept of a generation in the commit; its maps have been staged as parts. */
function recordOf({ id, n, parts }: GenerationRecord): GenerationRecord {
  return { id, n, parts };
}

/** As many changes as fit one leaf; `count` beside them tells how many there were. */
function changesBody(changes: readonly ObjectChange[]): readonly JsonObject[] {
  const told: JsonObject[] = [];
  let bytes = 0;
  for (const { kind, id, change, before, after } of changes) {
    const one = {
      ...(after === undefined ? {} : { after }),
      ...(before === undefined ? {} : { before }),
      change,
      object: `${kind}/${id}`,
    };
    bytes += JSON.stringify(one).length + 1;
    if (bytes > CHANGES_BYTES) break;
    told.push(one);
  }
  return told;
}
