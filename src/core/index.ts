/**
 * The compiled rules of one generation. Each rule stands under its one most selective predicate (access predicate), so
 * an event looks only at rules that agree with it in that: never a scan.
 * @module
 */
import { type Condition, type ConditionValue, parseConditions } from "./condition.ts";
import { severityRank } from "./event.ts";
import { type Expression, parseExpression } from "./expression.ts";
import { instantMs } from "./instant.ts";
import { keptMatchers, type LabelMatcher } from "./label-matcher.ts";
import { type Access, accessSteps, type IndexedField } from "./rule-access.ts";
import type { Rule } from "./rule.ts";
import { inSteps, sortSteps, type Steps } from "./steps.ts";

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
  readonly conditions: readonly Condition[];
  readonly when?: Expression;
  /** The rule is valid in [from, until), epoch ms. */
  readonly from: number;
  readonly until: number;
}

/** Where rules are found. */
export interface RuleIndex {
  readonly size: number;
  readonly field: Readonly<Record<IndexedField, GlobIndex>>;
  /** By the label's name. */
  readonly label: ReadonlyMap<string, GlobIndex>;
  /** By the condition's path. */
  readonly condition: ReadonlyMap<string, ConditionIndex>;
  /** Rules with no better predicate, by the lowest severity that they take. */
  readonly severity: readonly (readonly CompiledRule[])[];
}
/** Rules by what a text is, begins with or ends with. */
export interface GlobIndex {
  readonly exact: ReadonlyMap<string, readonly CompiledRule[]>;
  readonly prefix: readonly TextsOfLength[];
  readonly suffix: readonly TextsOfLength[];
}
/** Rules by texts that are all as long. */
interface TextsOfLength {
  readonly length: number;
  readonly texts: ReadonlyMap<string, readonly CompiledRule[]>;
}
interface ConditionIndex {
  readonly segments: readonly string[];
  readonly values: ReadonlyMap<unknown, readonly CompiledRule[]>;
}

/** A rule and SHA-256 of its object, hex. */
interface HashedRule {
  readonly value: Rule;
  readonly hash: string;
}

/** Puts rules in order (priority, then id), leaving out those that are not enabled. */
export function* ruleSteps(rules: readonly HashedRule[]): Steps<CompiledRule[]> {
  const enabled: HashedRule[] = [];
  yield* inSteps(rules, (one) => {
    if (one.value.isEnabled) enabled.push(one);
  });
  const compiled: CompiledRule[] = [];
  for (const { value, hash } of yield* sortSteps(enabled, inDecision)) {
    compiled.push(compileRule(value, hash, compiled.length));
    yield;
  }
  return compiled;
}

function inDecision({ value: a }: HashedRule, { value: b }: HashedRule): number {
  return a.priority - b.priority || (a.id < b.id ? -1 : 1);
}

/** What a rule compiles to wherever it stands. */
type PlacelessRule = Omit<CompiledRule, "order">;

/** A rule that did not change, or that serves many tenants, is compiled once. */
const placeless = new WeakMap<Rule, PlacelessRule>();

/** One rule, enabled or not; `order` is its place among those that are decided with it. */
export function compileRule(rule: Rule, hash: string, order: number): CompiledRule {
  const known = placeless.get(rule);
  if (known?.hash === hash) return { ...known, order };
  const made = compilePlaceless(rule, hash);
  placeless.set(rule, made);
  return { ...made, order };
}

function compilePlaceless(rule: Rule, hash: string): PlacelessRule {
  const { match } = rule;
  return {
    rule,
    hash,
    ref: `${rule.id}@${hash.slice(0, 12)}`,
    minRank: severityRank(match.minSeverity ?? "info"),
    labels: keptMatchers(match.labels ?? []),
    conditions: parseConditions(match.conditions ?? {}),
    ...(match.when === undefined ? {} : { when: parseExpression(match.when) }),
    from: instantOr(rule.validFrom, Number.NEGATIVE_INFINITY),
    until: instantOr(rule.validUntil, Number.POSITIVE_INFINITY),
  };
}

function instantOr(text: string | undefined, absent: number): number {
  return (text === undefined ? undefined : instantMs(text)) ?? absent;
}

interface MutableTexts {
  readonly length: number;
  readonly texts: Map<string, CompiledRule[]>;
}
interface MutableGlobs {
  readonly exact: Map<string, CompiledRule[]>;
  readonly prefix: MutableTexts[];
  readonly suffix: MutableTexts[];
}
interface MutableCondition {
  readonly segments: readonly string[];
  readonly values: Map<ConditionValue, CompiledRule[]>;
}
interface MutableIndex {
  readonly size: number;
  readonly field: Readonly<Record<IndexedField, MutableGlobs>>;
  readonly label: Map<string, MutableGlobs>;
  readonly condition: Map<string, MutableCondition>;
  readonly severity: CompiledRule[][];
}

/** Compiles rules into their index. */
export function* indexSteps(rules: readonly CompiledRule[]): Steps<RuleIndex> {
  const index = emptyIndex(rules.length);
  const best = yield* accessSteps(rules);
  for (const { rule, access } of best) {
    place(index, access, rule);
    yield;
  }
  return index;
}

function emptyIndex(size: number): MutableIndex {
  const field = {
    type: emptyGlobs(),
    source: emptyGlobs(),
    namespace: emptyGlobs(),
    repo: emptyGlobs(),
    verdict: emptyGlobs(),
    vex: emptyGlobs(),
    kev: emptyGlobs(),
  };
  return { size, field, label: new Map(), condition: new Map(), severity: [[], [], [], [], []] };
}

function emptyGlobs(): MutableGlobs {
  return { exact: new Map(), prefix: [], suffix: [] };
}

function place(index: MutableIndex, access: Access | undefined, rule: CompiledRule): void {
  if (access === undefined) index.severity[rule.minRank]?.push(rule);
  else if (access.by === "condition") {
    const { path, segments, value } = access.condition;
    const made = (): MutableCondition => ({ segments, values: new Map() });
    push(madeAt(index.condition, path, made).values, value, rule);
  } else {
    const globs = access.by === "field" ? index.field[access.field] : madeAt(index.label, access.name, emptyGlobs);
    for (const { kind, text } of access.keys)
      push(kind === "exact" ? globs.exact : textsOf(globs[kind], text.length), text, rule);
  }
}

/** The texts of one length; there are few lengths. */
function textsOf(all: MutableTexts[], length: number): Map<string, CompiledRule[]> {
  const there = all.find((one) => one.length === length);
  if (there !== undefined) return there.texts;
  const texts = new Map<string, CompiledRule[]>();
  all.push({ length, texts });
  return texts;
}

function push<K>(map: Map<K, CompiledRule[]>, key: K, rule: CompiledRule): void {
  madeAt(map, key, () => []).push(rule);
}

function madeAt<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const there = map.get(key);
  if (there !== undefined) return there;
  const made = make();
  map.set(key, made);
  return made;
}
