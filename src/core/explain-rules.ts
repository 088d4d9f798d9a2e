/**
 * Why each rule of a configuration matched an event or not, in the order in which they were asked.
 * @module
 */
import type { EventInput } from "./event.ts";
import type { CompiledRule } from "./index.ts";
import { pointerOf } from "./pointer.ts";
import { explainRule, type FailedPredicate } from "./rule-explain.ts";
import type { Match } from "./rule-match.ts";

/** What one rule said of an event. */
export interface RuleVerdict {
  readonly id: string;
  /** 12 hex digits. */
  readonly version: string;
  readonly priority: number;
  /** `not-asked`: an earlier rule matched and stops. */
  readonly verdict: "matched" | "not-matched" | "not-asked";
  readonly sentence: string;
  /** The first predicate that the event fails. */
  readonly failed?: FailedPredicate;
  /** It fits the event, and only being switched off, its validity or an earlier rule's `stop` was in the way. */
  readonly wouldMatch?: true;
  /** Id of the rule that stopped before it. */
  readonly by?: string;
  /** It matched, and no later rule is asked. */
  readonly stops?: true;
}

/** Asks one rule at the deciding instant `now` (epoch ms); `stopper` is the id of the rule that stopped before it. */
export function ruleVerdict(
  compiled: CompiledRule,
  { event, now, stopper }: { readonly event: EventInput; readonly now: number; readonly stopper?: string | undefined },
): RuleVerdict {
  const { matched, failed } = explainRule(compiled, event, now);
  const [id = "", version = ""] = compiled.ref.split("@");
  const head = { id, version, priority: compiled.rule.priority };
  if (failed !== undefined) {
    const isNear = isOutside(failed) && fits(compiled, event, now);
    return {
      ...head,
      verdict: "not-matched",
      sentence: failed.sentence,
      failed,
      ...(isNear ? { wouldMatch: true } : {}),
    };
  }
  if (stopper !== undefined) {
    const sentence = `Rule "${stopper}" matched before it and stops; it would have matched too.`;
    return { ...head, verdict: "not-asked", sentence, by: stopper, wouldMatch: true };
  }
  const stops = matched && compiled.rule.stop === true;
  if (!stops) return { ...head, verdict: "matched", sentence: "It matched." };
  return { ...head, verdict: "matched", sentence: "It matched, and stops: no later rule is asked.", stops };
}

/** The verdict of a rule whose content the asker may not read: where it failed, not what it wants. */
export function withoutValues(verdict: RuleVerdict): RuleVerdict {
  const { failed } = verdict;
  if (failed === undefined) return verdict;
  const sentence = `This rule is the site's; the event fails it at ${failed.pointer}.`;
  return { ...verdict, sentence, failed: { ...failed, wanted: "", sentence } };
}

/** Whether it was not the event that failed. */
function isOutside({ pointer }: FailedPredicate): boolean {
  return pointer === "/isEnabled" || pointer === "/validFrom" || pointer === "/validUntil";
}

/** Whether the event fits, apart from what stands outside of `match`. */
function fits(compiled: CompiledRule, event: EventInput, now: number): boolean {
  const { rule } = compiled;
  const open = { ...compiled, rule: { ...rule, isEnabled: true }, from: now, until: now + 1 };
  return explainRule(open, event, now).matched;
}

/** Whether a rule that failed at this predicate of its `match` would match the event without it. */
export function isOnlyMiss(compiled: CompiledRule, { pointer }: FailedPredicate, event: EventInput): boolean {
  return fits(without(compiled, pointer), event, 0);
}

/** The rule without one predicate; all other predicates stay as they are. */
function without(compiled: CompiledRule, pointer: string): CompiledRule {
  const { rule, labels, conditions } = compiled;
  const [, , field = "", place = ""] = pointer.split("/");
  if (field === "minSeverity") return { ...compiled, minRank: 0 };
  if (field === "when") {
    const { when: _, ...rest } = compiled;
    return rest;
  }
  if (field === "labels") return { ...compiled, labels: labels.toSpliced(Number(place), 1) };
  if (field === "conditions") {
    const others = conditions.filter(({ path }) => pointerOf(["match", "conditions", path]) !== pointer);
    return { ...compiled, conditions: others };
  }
  const cleared = field === "vex" ? { vex: { ...rule.match.vex, [place]: undefined } } : (CLEARED[field] ?? {});
  return { ...compiled, rule: { ...rule, match: { ...rule.match, ...cleared } } };
}

const CLEARED: Readonly<Record<string, Partial<Match>>> = {
  types: { types: undefined },
  sources: { sources: undefined },
  namespaces: { namespaces: undefined },
  repos: { repos: undefined },
  kev: { kev: undefined },
  verdicts: { verdicts: undefined },
};

/** Predicates in the order in which they are looked at: the later one fails, the closer the rule was. */
const NEARNESS = [
  "/isEnabled",
  "/validFrom",
  "/validUntil",
  "/match/minSeverity",
  "/match/types",
  "/match/sources",
  "/match/namespaces",
  "/match/repos",
  "/match/kev",
  "/match/verdicts",
  "/match/vex",
  "/match/labels",
  "/match/conditions",
  "/match/when",
];

/** The rule that came closest to matching: of several the first asked; undefined where there is none. */
export function closestRule(verdicts: readonly RuleVerdict[]): RuleVerdict | undefined {
  let closest: { readonly verdict: RuleVerdict; readonly rank: number } | undefined;
  for (const verdict of verdicts) {
    const rank = nearness(verdict);
    if (rank > (closest?.rank ?? -1)) closest = { verdict, rank };
  }
  return closest?.verdict;
}

/** An expression that could not be evaluated is nearer than one that is false: it may be a mistake. */
function nearness({ failed, wouldMatch }: RuleVerdict): number {
  if (failed === undefined) return -1;
  if (wouldMatch === true) return NEARNESS.length + 1;
  if (failed.seen.startsWith("not evaluated: ") && failed.pointer === "/match/when") return NEARNESS.length;
  return NEARNESS.findIndex((pointer) => failed.pointer === pointer || failed.pointer.startsWith(`${pointer}/`));
}
