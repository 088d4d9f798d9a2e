import { conditionHolds, valueAt } from "./condition.ts";
import type { EventInput } from "./event.ts";
import { severityRank } from "./event.ts";
import { allowance } from "./expression/meter.ts";
import { globMatches } from "./glob.ts";
import type { CompiledRule, GlobIndex, RuleIndex } from "./index.ts";
import { matcherMatches } from "./label-matcher.ts";
import type { IndexedField } from "./rule-access.ts";
import type { Match } from "./rule-match.ts";

const MAX_DETAIL = 200;

/** What the rules say of an event. */
export interface Matched {
  /** In the order of decision: by priority, then id; none after one that stops. */
  readonly rules: readonly CompiledRule[];
  /** Rules that did not match because their expression could not be evaluated, in that order. */
  readonly faults: readonly RuleFault[];
}
/** An expression that failed: the rule's `id@hash`, and words that hold nothing of the event. */
export interface RuleFault {
  readonly rule: string;
  readonly detail: string;
}

const NOTHING: Matched = { rules: [], faults: [] };

/** The rules that an event matches at the instant `now`, epoch ms. */
export function matchRules(index: RuleIndex, event: EventInput, now: number): Matched {
  if (index.size === 0) return NOTHING;
  const rank = severityRank(event.severity);
  const found: CompiledRule[] = [];
  const take = (rules: readonly CompiledRule[] | undefined): void => {
    if (rules === undefined) return;
    for (const rule of rules) if (fieldsMatch(rule, event, rank, now)) found.push(rule);
  };
  lookUpFields(index, event, take);
  for (const name of index.label.size === 0 ? [] : Object.keys(event.labels)) {
    const globs = index.label.get(name);
    if (globs !== undefined) lookUp(globs, event.labels[name], take);
  }
  for (const { segments, values } of index.condition.values()) take(values.get(valueAt(event, segments)));
  for (let at = 0; at <= rank; at++) take(index.severity[at]);
  return found.length === 0 ? NOTHING : settle(inOrder(found), event);
}

/** Whether one rule matches: every field that it names; the plain form that the index must agree with. */
export function ruleMatches(compiled: CompiledRule, event: EventInput, rank: number, now: number): boolean {
  if (!fieldsMatch(compiled, event, rank, now)) return false;
  const evaluation = compiled.when?.evaluate(event);
  return evaluation === undefined || (evaluation.ok && evaluation.value);
}

/** All of a rule but its expression. */
function fieldsMatch(compiled: CompiledRule, event: EventInput, rank: number, now: number): boolean {
  const { match } = compiled.rule;
  return (
    rank >= compiled.minRank &&
    now >= compiled.from &&
    now < compiled.until &&
    globsMatch(match.types, event.type) &&
    globsMatch(match.sources, event.source) &&
    globsMatch(match.namespaces, event.scope.namespace) &&
    globsMatch(match.repos, event.scope.repo) &&
    vulnMatches(match, event) &&
    compiled.labels.every((matcher) => matcherMatches(matcher, event.labels)) &&
    compiled.conditions.every((condition) => conditionHolds(condition, event))
  );
}

function globsMatch(globs: readonly string[] | undefined, text = ""): boolean {
  return globs === undefined || globs.some((glob) => globMatches(glob, text));
}

/** An event that does not say something is not exploited, has no verdict, and fails `include`. */
function vulnMatches({ kev, verdicts, vex }: Match, { vuln }: EventInput): boolean {
  const { verdict } = vuln ?? {};
  const { status } = vuln?.vex ?? {};
  return (
    (kev === undefined || kev === (vuln?.kev === true)) &&
    (verdicts === undefined || (verdict !== undefined && verdicts.includes(verdict))) &&
    (vex?.include === undefined || (status !== undefined && vex.include.includes(status))) &&
    (vex?.exclude === undefined || status === undefined || !vex.exclude.includes(status))
  );
}

type Take = (rules: readonly CompiledRule[] | undefined) => void;

function lookUpFields({ field }: RuleIndex, event: EventInput, take: Take): void {
  const { scope, vuln } = event;
  const look = (name: IndexedField, text: string | undefined): void => lookUp(field[name], text, take);
  look("type", event.type);
  look("source", event.source);
  look("namespace", scope.namespace);
  look("repo", scope.repo);
  if (vuln === undefined) return;
  look("verdict", vuln.verdict);
  look("vex", vuln.vex?.status);
  look("kev", vuln.kev === true ? "true" : undefined);
}

function lookUp({ exact, prefix, suffix }: GlobIndex, text: string | undefined, take: Take): void {
  if (text === undefined) return;
  if (exact.size > 0) take(exact.get(text));
  for (const { length, texts } of prefix) if (length <= text.length) take(texts.get(text.slice(0, length)));
  for (const { length, texts } of suffix) if (length <= text.length) take(texts.get(text.slice(text.length - length)));
}

/** Sorted, each once: a rule with several keys of one field may have been found by several. */
function inOrder(found: readonly CompiledRule[]): readonly CompiledRule[] {
  if (found.length < 2) return found;
  const sorted = found.toSorted((a, b) => a.order - b.order);
  return sorted.filter((rule, at) => rule !== sorted[at - 1]);
}

/** Evaluates the expressions of rules whose fields match, up to one that stops. */
function settle(candidates: readonly CompiledRule[], event: EventInput): Matched {
  const rules: CompiledRule[] = [];
  const faults: RuleFault[] = [];
  const left = allowance();
  for (const rule of candidates) {
    const evaluation = rule.when?.evaluate(event, left);
    if (evaluation?.ok === false) {
      faults.push({ rule: rule.ref, detail: evaluation.detail.slice(0, MAX_DETAIL) });
    } else if (evaluation === undefined || evaluation.value) {
      rules.push(rule);
      if (rule.rule.stop === true) break;
    }
  }
  return { rules, faults };
}
