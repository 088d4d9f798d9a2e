/**
 * The ways in which a rule can be found: predicates that an event must agree with, and what looking there costs.
 * @module
 */
import type { Condition } from "./condition.ts";
import { type GlobKey, globKey } from "./glob.ts";
import type { LabelMatcher } from "./label-matcher.ts";
import { patternKeys } from "./regex-literal.ts";
import type { Match } from "./rule-match.ts";
import type { Steps } from "./steps.ts";

/** Texts of an event that rules are found by, each by its globs. */
export type IndexedField = "type" | "source" | "namespace" | "repo" | "verdict" | "vex" | "kev";

/** One way to reach a rule: the keys that it would stand under, one of which every event that it matches has. */
export type Access =
  | { readonly by: "field"; readonly field: IndexedField; readonly keys: readonly GlobKey[] }
  | { readonly by: "label"; readonly name: string; readonly keys: readonly GlobKey[] }
  | { readonly by: "condition"; readonly condition: Condition };

/** What a rule asks for, compiled. */
interface Asked {
  readonly rule: { readonly match: Match };
  readonly labels: readonly LabelMatcher[];
  readonly conditions: readonly Condition[];
}

/** Every way to reach a rule; none where only its severity is left. */
function accessesOf({ rule: { match }, labels, conditions }: Asked): readonly Access[] {
  const found: Access[] = labels.flatMap(labelAccess);
  const byField = (field: IndexedField, keys: readonly (GlobKey | undefined)[] | undefined): void => {
    const known = keys?.filter((key) => key !== undefined);
    if (known !== undefined && known.length === keys?.length) found.push({ by: "field", field, keys: distinct(known) });
  };
  byField("type", match.types?.map(globKey));
  byField("source", match.sources?.map(globKey));
  byField("namespace", match.namespaces?.map(globKey));
  byField("repo", match.repos?.map(globKey));
  byField("verdict", match.verdicts?.map(exactKey));
  byField("vex", match.vex?.include?.map(exactKey));
  byField("kev", match.kev === true ? [exactKey("true")] : undefined);
  for (const condition of conditions) found.push({ by: "condition", condition });
  return found;
}

/** A value that the empty text passes also passes where the label is missing: no key finds that. */
function labelAccess({ name, op, value }: LabelMatcher): Access[] {
  if (op === "!=" || op === "!~" || value === "") return [];
  const keys = op === "=" ? [exactKey(value)] : patternKeys(value);
  return keys === undefined ? [] : [{ by: "label", name, keys: distinct(keys) }];
}

function exactKey(text: string): GlobKey {
  return { kind: "exact", text };
}

function distinct(keys: readonly GlobKey[]): readonly GlobKey[] {
  return [...new Map(keys.map((key) => [`${key.kind} ${key.text}`, key])).values()];
}

/** For each of `rules`, in its order, the access whose keys the fewest rules ask for. */
export function* accessSteps<R extends Asked>(rules: readonly R[]): Steps<readonly { rule: R; access?: Access }[]> {
  const asked: { readonly rule: R; readonly choice: readonly Access[] }[] = [];
  const askers = new Map<string, number>();
  for (const rule of rules) {
    const choice = accessesOf(rule);
    asked.push({ rule, choice });
    for (const access of choice) for (const { name } of placesOf(access)) askers.set(name, (askers.get(name) ?? 0) + 1);
    yield;
  }
  const best: { rule: R; access?: Access }[] = [];
  for (const { rule, choice } of asked) {
    best.push({ rule, ...bestOf(choice, askers) });
    yield;
  }
  return best;
}

function bestOf(choice: readonly Access[], askers: ReadonlyMap<string, number>): { readonly access?: Access } {
  let best: { readonly access: Access; readonly cost: number } | undefined;
  for (const access of choice) {
    const cost = costOf(access, askers);
    if (best === undefined || cost < best.cost) best = { access, cost };
  }
  return best === undefined ? {} : { access: best.access };
}

/** Rules that an event looks at for this access: a short prefix or suffix fits many events, a path must be walked. */
function costOf(access: Access, askers: ReadonlyMap<string, number>): number {
  let cost = access.by === "condition" ? 1 : 0;
  for (const { name, share } of placesOf(access)) cost += (askers.get(name) ?? 0) * share;
  return cost;
}

function placesOf(access: Access): readonly { readonly name: string; readonly share: number }[] {
  if (access.by === "condition") {
    const { path, value } = access.condition;
    return [{ name: `condition ${path} ${typeof value} ${String(value)}`, share: 1 }];
  }
  const where = access.by === "field" ? access.field : `label ${access.name}`;
  return access.keys.map(({ kind, text }) => ({
    name: `${where} ${kind} ${text}`,
    share: kind === "exact" ? 1 : 1 + 8 / text.length,
  }));
}
