/**
 * The compiled rules of one generation. Each rule stands under its one most selective predicate (access predicate), so
 * an event looks only at rules that agree with it in that: never a scan.
 * @module
 */
import { severityRank } from "./event.ts";
import { type GlobKey, globKey } from "./glob.ts";
import { type LabelMatcher, parseLabelMatcher } from "./label-matcher.ts";
import type { Rule } from "./rule.ts";

/** A rule ready to be matched. */
export interface CompiledRule {
  readonly rule: Rule;
  /** SHA-256 of the object, hex. */
  readonly hash: string;
  /** `id@` + 12 hex digits of the hash, as in leaves. */
  readonly ref: string;
  /** Place in the order of decision: by priority, then id. */
  readonly order: number;
  readonly minRank: number;
  readonly labels: readonly LabelMatcher[];
}

/** Where rules are found; texts of prefixes and suffixes are grouped by their length. */
export interface RuleIndex {
  readonly size: number;
  readonly label: ReadonlyMap<string, readonly CompiledRule[]>;
  readonly type: GlobIndex;
  readonly source: GlobIndex;
  /** Rules with no better predicate, by the lowest severity that they take. */
  readonly severity: readonly (readonly CompiledRule[])[];
}
export interface GlobIndex {
  readonly exact: ReadonlyMap<string, readonly CompiledRule[]>;
  readonly prefix: ReadonlyMap<number, ReadonlyMap<string, readonly CompiledRule[]>>;
  readonly suffix: ReadonlyMap<number, ReadonlyMap<string, readonly CompiledRule[]>>;
}

/** Key of a label pair in the index. */
export function labelKey(name: string, value: string): string {
  return `${name}\u0000${value}`;
}

/** Puts rules in order (priority, then id), leaving out those that are not enabled. */
export function compileRules(rules: readonly { readonly rule: Rule; readonly hash: string }[]): CompiledRule[] {
  return rules
    .filter(({ rule }) => rule.isEnabled)
    .toSorted((a, b) => a.rule.priority - b.rule.priority || (a.rule.id < b.rule.id ? -1 : 1))
    .map(({ rule, hash }, order) => ({
      rule,
      hash,
      ref: `${rule.id}@${hash.slice(0, 12)}`,
      order,
      minRank: severityRank(rule.match.minSeverity ?? "info"),
      labels: (rule.match.labels ?? []).map(parseLabelMatcher),
    }));
}

/** One way to reach a rule: the keys that it would stand under. */
interface Access {
  readonly field: "label" | "type" | "source";
  readonly keys: readonly GlobKey[];
}

/** Compiles rules into their index; the cheapest access is the one whose keys the fewest rules ask for. */
export function buildIndex(rules: readonly CompiledRule[]): RuleIndex {
  const accesses = rules.map(accessesOf);
  const asked = new Map<string, number>();
  for (const access of accesses.flat())
    for (const key of access.keys) count(asked, `${access.field} ${key.kind} ${textOf(key)}`);
  const index = emptyIndex(rules.length);
  rules.forEach((rule, at) => {
    const best = (accesses[at] ?? []).toSorted((a, b) => costOf(a, asked) - costOf(b, asked))[0];
    if (best === undefined) index.severity[rule.minRank]?.push(rule);
    else for (const key of best.keys) place(index, best.field, key, rule);
  });
  return index;
}

/** An index without rules. */
export function emptyIndex(size = 0): MutableIndex {
  return { size, label: new Map(), type: emptyGlobs(), source: emptyGlobs(), severity: [[], [], [], [], []] };
}

function emptyGlobs(): MutableGlobs {
  return { exact: new Map(), prefix: new Map(), suffix: new Map() };
}

interface MutableGlobs {
  exact: Map<string, CompiledRule[]>;
  prefix: Map<number, Map<string, CompiledRule[]>>;
  suffix: Map<number, Map<string, CompiledRule[]>>;
}
interface MutableIndex {
  size: number;
  label: Map<string, CompiledRule[]>;
  type: MutableGlobs;
  source: MutableGlobs;
  severity: CompiledRule[][];
}

function accessesOf({ rule, labels }: CompiledRule): Access[] {
  const found: Access[] = labels
    .filter(({ value }) => value !== "") // an empty value also means that the label is missing: no key finds that
    .map(({ name, value }) => ({ field: "label", keys: [{ kind: "exact", text: labelKey(name, value) }] }));
  for (const [field, globs] of [["type", rule.match.types] as const, ["source", rule.match.sources] as const]) {
    if (globs === undefined) continue;
    const keys = [...new Map(globs.map(globKey).map((key) => [`${key.kind} ${textOf(key)}`, key])).values()];
    if (keys.every((key) => key.kind !== "none")) found.push({ field, keys });
  }
  return found;
}

function costOf(access: Access, asked: ReadonlyMap<string, number>): number {
  let cost = 0;
  for (const key of access.keys) {
    const askers = asked.get(`${access.field} ${key.kind} ${textOf(key)}`) ?? 0;
    cost += key.kind === "exact" ? askers : (askers * 8) / textOf(key).length + 1; // a short prefix fits many events
  }
  return cost;
}

function textOf(key: GlobKey): string {
  return key.kind === "none" ? "" : key.text;
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function place(index: MutableIndex, field: Access["field"], key: GlobKey, rule: CompiledRule): void {
  if (field === "label") return push(index.label, textOf(key), rule);
  const globs = index[field];
  if (key.kind === "exact") return push(globs.exact, key.text, rule);
  if (key.kind === "none") return;
  const byLength = globs[key.kind];
  const texts = byLength.get(key.text.length) ?? new Map<string, CompiledRule[]>();
  byLength.set(key.text.length, texts);
  push(texts, key.text, rule);
}

function push(map: Map<string, CompiledRule[]>, key: string, rule: CompiledRule): void {
  const rules = map.get(key);
  if (rules === undefined) map.set(key, [rule]);
  else rules.push(rule);
}
