import type { EventInput } from "./event.ts";
import { severityRank } from "./event.ts";
import { globMatches } from "./glob.ts";
import { type CompiledRule, type GlobIndex, labelKey, type RuleIndex } from "./index.ts";
import { labelMatches } from "./label-matcher.ts";

/** The rules that an event matches, in the order of decision: by priority, then id. */
export function matchRules(index: RuleIndex, event: EventInput): readonly CompiledRule[] {
  if (index.size === 0) return [];
  const rank = severityRank(event.severity);
  const found: CompiledRule[] = [];
  const take = (rules: readonly CompiledRule[] | undefined): void => {
    if (rules !== undefined) for (const rule of rules) if (ruleMatches(rule, event, rank)) found.push(rule);
  };
  if (index.label.size > 0)
    for (const name of Object.keys(event.labels)) take(index.label.get(labelKey(name, event.labels[name] ?? "")));
  lookUp(index.type, event.type, take);
  lookUp(index.source, event.source, take);
  for (let at = 0; at <= rank; at++) take(index.severity[at]);
  return found.length > 1 ? inOrder(found) : found;
}

/** Whether one rule matches: every field that it names; the plain form that the index must agree with. */
export function ruleMatches(compiled: CompiledRule, event: EventInput, rank: number): boolean {
  const { match } = compiled.rule;
  return (
    rank >= compiled.minRank &&
    (match.types === undefined || match.types.some((glob) => globMatches(glob, event.type))) &&
    (match.sources === undefined || match.sources.some((glob) => globMatches(glob, event.source))) &&
    compiled.labels.every((matcher) => labelMatches(matcher, event.labels))
  );
}

function lookUp(globs: GlobIndex, text: string, take: (rules: readonly CompiledRule[] | undefined) => void): void {
  take(globs.exact.get(text));
  for (const [length, texts] of globs.prefix) if (length <= text.length) take(texts.get(text.slice(0, length)));
  for (const [length, texts] of globs.suffix)
    if (length <= text.length) take(texts.get(text.slice(text.length - length)));
}

/** Sorted, each once: a rule with several keys of one field may have been found by several. */
function inOrder(found: readonly CompiledRule[]): CompiledRule[] {
  const sorted = found.toSorted((a, b) => a.order - b.order);
  return sorted.filter((rule, at) => rule !== sorted[at - 1]);
}
