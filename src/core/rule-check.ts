/**
 * Rules that can never match: what a schema does not see. Checked when a rule is saved, never when a kept one is read.
 * @module
 */
import { parseMatchers } from "./label-matcher.ts";
import type { Match } from "./rule-match.ts";

/** What is wrong with a rule: where (RFC 6901 pointer into it) and why. */
export interface RuleFault {
  readonly pointer: string;
  readonly detail: string;
}

/** No text of an event holds these. */
const NONCHARACTER = /\p{Noncharacter_Code_Point}/u;
/** What a URI reference cannot hold; `*` and `?` are wildcards, and two of anything may follow a percent sign. */
const FOREIGN = /[^A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]/u;
const PERCENT = /%(?!\*|[0-9A-Fa-f?](?:\*|[0-9A-Fa-f?]))/;
const GLOBS = ["types", "sources", "namespaces", "repos"] as const;

/** Why a checked `match` can never hold; empty where it may. */
export function matchFaults(match: Match): RuleFault[] {
  return [...GLOBS.flatMap((name) => globFaults(name, match[name] ?? [])), ...labelFaults(match.labels ?? [])];
}

function globFaults(name: (typeof GLOBS)[number], globs: readonly string[]): RuleFault[] {
  return globs.flatMap((glob, at) => {
    const detail = name === "sources" ? sourceFault(glob) : textFault(glob);
    return detail === undefined ? [] : [{ pointer: `/match/${name}/${at}`, detail }];
  });
}

function textFault(glob: string): string | undefined {
  return NONCHARACTER.test(glob) ? "can match nothing: it holds a character that no event has" : undefined;
}

function sourceFault(glob: string): string | undefined {
  const found = FOREIGN.exec(glob)?.[0];
  if (found !== undefined)
    return `can match nothing: the source of an event is a URI reference, which cannot hold ${JSON.stringify(found)}`;
  return PERCENT.test(glob)
    ? "can match nothing: in a URI reference two hexadecimal digits follow a percent sign"
    : undefined;
}

/** A label has one value: what one matcher asks for exactly, the others must accept. */
function labelFaults(texts: readonly string[]): RuleFault[] {
  const matchers = parseMatchers(texts);
  return matchers.flatMap(({ name, test }, at) => {
    const exact = matchers.findIndex(
      (other, place) => place !== at && other.op === "=" && other.name === name && !test(other.value),
    );
    if (exact < 0) return [];
    const detail = `can never hold together with ${texts[exact] ?? ""}: no event has both`;
    return [{ pointer: `/match/labels/${at}`, detail }];
  });
}
