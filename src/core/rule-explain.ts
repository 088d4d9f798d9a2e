/**
 * Why a rule matches an event or not: the first predicate that fails, with what was seen, in words.
 * @module
 */
import { conditionHolds, valueAt } from "./condition.ts";
import type { EventInput } from "./event.ts";
import { severityRank } from "./event.ts";
import { globMatches } from "./glob.ts";
import type { CompiledRule } from "./index.ts";
import { instantText } from "./instant.ts";
import { labelValue } from "./label-matcher.ts";
import { pointerOf } from "./pointer.ts";

const MAX_SEEN = 200;

/** What a rule asked for that the event is not. */
export interface FailedPredicate {
  /** RFC 6901 pointer into the rule, such as `/match/labels/0`. */
  readonly pointer: string;
  readonly wanted: string;
  /** What the event has there, at most 200 characters; empty where it has nothing. */
  readonly seen: string;
  readonly sentence: string;
}
/** Whether a rule matches an event at an instant, and if not, what failed first. */
export interface RuleExplanation {
  /** `id@` + 12 hex digits of the rule's hash. */
  readonly rule: string;
  readonly matched: boolean;
  readonly failed?: FailedPredicate;
}

/** One rule and the event that it is looked at with, at `now`, epoch ms. */
interface Looking {
  readonly compiled: CompiledRule;
  readonly event: EventInput;
  readonly now: number;
}
type Check = (looking: Looking) => FailedPredicate | undefined;

/** The order in which predicates are looked at; the first that fails is told. */
const CHECKS: readonly Check[] = [
  checkEnabled,
  checkValidFrom,
  checkValidUntil,
  checkSeverity,
  checkTypes,
  checkSources,
  checkNamespaces,
  checkRepos,
  checkKev,
  checkVerdicts,
  checkVexInclude,
  checkVexExclude,
  checkLabels,
  checkConditions,
  checkWhen,
];

/**
 * Explains one rule for one event at `now` (epoch ms): enabled, validity, severity, type, source, namespace, repo, kev,
 * verdict, vex, labels, conditions, expression, in this order. What an earlier rule's `stop` does is not looked at.
 */
export function explainRule(compiled: CompiledRule, event: EventInput, now: number): RuleExplanation {
  for (const check of CHECKS) {
    const failed = check({ compiled, event, now });
    if (failed !== undefined) return { rule: compiled.ref, matched: false, failed };
  }
  return { rule: compiled.ref, matched: true };
}

function checkEnabled({ compiled }: Looking): FailedPredicate | undefined {
  if (compiled.rule.isEnabled) return undefined;
  return { pointer: "/isEnabled", wanted: "true", seen: "false", sentence: "The rule is switched off." };
}

function checkValidFrom({ compiled: { rule, from }, now }: Looking): FailedPredicate | undefined {
  if (now >= from) return undefined;
  const wanted = rule.validFrom ?? "";
  const sentence = `The rule holds only from ${wanted} on; the event came at ${instantText(now)}.`;
  return { pointer: "/validFrom", wanted: `from ${wanted}`, seen: instantText(now), sentence };
}

function checkValidUntil({ compiled: { rule, until }, now }: Looking): FailedPredicate | undefined {
  if (now < until) return undefined;
  const wanted = rule.validUntil ?? "";
  const sentence = `The rule ended at ${wanted}; the event came at ${instantText(now)}.`;
  return { pointer: "/validUntil", wanted: `before ${wanted}`, seen: instantText(now), sentence };
}

function checkSeverity({ compiled: { rule, minRank }, event: { severity } }: Looking): FailedPredicate | undefined {
  if (severityRank(severity) >= minRank) return undefined;
  const wanted = rule.match.minSeverity ?? "info";
  const sentence = `The event's severity is ${severity}; the rule takes ${wanted} and above.`;
  return { pointer: "/match/minSeverity", wanted: `${wanted} or above`, seen: severity, sentence };
}

function checkTypes({ compiled: { rule }, event }: Looking): FailedPredicate | undefined {
  return checkGlobs("types", "type", rule.match.types, event.type);
}

function checkSources({ compiled: { rule }, event }: Looking): FailedPredicate | undefined {
  return checkGlobs("sources", "source", rule.match.sources, event.source);
}

function checkNamespaces({ compiled: { rule }, event }: Looking): FailedPredicate | undefined {
  return checkGlobs("namespaces", "namespace", rule.match.namespaces, event.scope.namespace);
}

function checkRepos({ compiled: { rule }, event }: Looking): FailedPredicate | undefined {
  return checkGlobs("repos", "repo", rule.match.repos, event.scope.repo);
}

function checkGlobs(
  field: string,
  noun: string,
  globs: readonly string[] | undefined,
  text: string | undefined,
): FailedPredicate | undefined {
  if (globs === undefined || globs.some((glob) => globMatches(glob, text ?? ""))) return undefined;
  return lacking(field, noun, globs, text);
}

/** None of the entries of a list fits what the event has, or the event has nothing. */
function lacking(field: string, noun: string, entries: readonly string[], text: string | undefined): FailedPredicate {
  const wanted = listed(entries);
  const seen = cut(text ?? "");
  const has = text === undefined ? `The event has no ${noun}` : `The event's ${noun} is "${seen}"`;
  return { pointer: `/match/${field}`, wanted, seen, sentence: `${has}; the rule wants ${wanted}.` };
}

function checkKev({ compiled: { rule }, event: { vuln } }: Looking): FailedPredicate | undefined {
  const { kev } = rule.match;
  if (kev === undefined || kev === (vuln?.kev === true)) return undefined;
  const sentence = kev
    ? "The event is not of a vulnerability that is known to be exploited; the rule takes only those."
    : "The event is of a vulnerability that is known to be exploited; the rule takes only others.";
  return { pointer: "/match/kev", wanted: String(kev), seen: String(vuln?.kev ?? ""), sentence };
}

function checkVerdicts({ compiled: { rule }, event: { vuln } }: Looking): FailedPredicate | undefined {
  const { verdicts } = rule.match;
  if (verdicts === undefined || verdicts.some((verdict) => verdict === vuln?.verdict)) return undefined;
  return lacking("verdicts", "verdict", verdicts, vuln?.verdict);
}

function checkVexInclude({ compiled: { rule }, event: { vuln } }: Looking): FailedPredicate | undefined {
  const include = rule.match.vex?.include;
  if (include === undefined || include.some((status) => status === vuln?.vex?.status)) return undefined;
  return lacking("vex/include", "VEX status", include, vuln?.vex?.status);
}

function checkVexExclude({ compiled: { rule }, event: { vuln } }: Looking): FailedPredicate | undefined {
  const status = vuln?.vex?.status;
  const exclude = rule.match.vex?.exclude;
  if (exclude === undefined || status === undefined || !exclude.includes(status)) return undefined;
  const seen = cut(status);
  const sentence = `The event's VEX status is "${seen}"; the rule leaves such events out.`;
  return { pointer: "/match/vex/exclude", wanted: `none of ${listed(exclude)}`, seen, sentence };
}

function checkLabels({ compiled: { rule, labels }, event }: Looking): FailedPredicate | undefined {
  const at = labels.findIndex(({ name, test }) => !test(labelValue(event.labels, name)));
  const matcher = labels[at];
  if (matcher === undefined) return undefined;
  const wanted = rule.match.labels?.[at] ?? "";
  const seen = cut(labelValue(event.labels, matcher.name));
  const has = Object.hasOwn(event.labels, matcher.name)
    ? `The event's label ${matcher.name} is "${seen}"`
    : `The event has no label ${matcher.name}, which counts as empty`;
  return { pointer: `/match/labels/${at}`, wanted, seen, sentence: `${has}; the rule wants ${wanted}.` };
}

function checkConditions({ compiled: { conditions }, event }: Looking): FailedPredicate | undefined {
  const failed = conditions.find((condition) => !conditionHolds(condition, event));
  if (failed === undefined) return undefined;
  const value = valueAt(event, failed.segments);
  const wanted = JSON.stringify(failed.value);
  const seen = value === undefined ? "" : cut(JSON.stringify(value));
  const has =
    value === undefined ? `The event has nothing at ${failed.path}` : `The event has ${seen} at ${failed.path}`;
  const sentence = `${has}; the rule wants ${wanted}.`;
  return { pointer: pointerOf(["match", "conditions", failed.path]), wanted, seen, sentence };
}

function checkWhen({ compiled: { when }, event }: Looking): FailedPredicate | undefined {
  const evaluation = when?.evaluate(event);
  if (when === undefined || evaluation === undefined || (evaluation.ok && evaluation.value)) return undefined;
  const seen = evaluation.ok ? "false" : cut(`not evaluated: ${evaluation.detail}`);
  const sentence = evaluation.ok
    ? "The rule's expression is false for this event."
    : `The rule's expression could not be evaluated for this event, so the rule does not match: ${evaluation.detail}.`;
  return { pointer: "/match/when", wanted: when.text, seen, sentence };
}

function listed(entries: readonly string[]): string {
  const shown = entries.slice(0, 5).join(", ");
  if (entries.length > 5) return `one of ${shown} and ${entries.length - 5} more`;
  return entries.length > 1 ? `one of ${shown}` : shown;
}

/** At most 200 characters, whole ones. */
function cut(text: string): string {
  if (text.length <= MAX_SEEN) return text;
  return `${text.slice(0, MAX_SEEN - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
