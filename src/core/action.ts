/**
 * An action as deciding reads it: its own settings, else its tenant's defaults; all times in ms.
 * @module
 */
import type { Cadence } from "./cadence.ts";
import type { CompiledCalendar } from "./calendar.ts";
import { severityRank } from "./event.ts";
import {
  type Bucket,
  bucketOf,
  type Debounce,
  debounceOf,
  type Rate,
  rateOf,
  type StaleAfter,
  staleAfter,
} from "./gate.ts";
import { durationMs } from "./object.ts";
import type { CompiledPolicy } from "./policy.ts";
import type { Action, Rule } from "./rule.ts";

/** A calendar with what leaves and windows call it by. */
export interface NamedCalendar {
  readonly id: string;
  /** SHA-256 of the object, hex. */
  readonly hash: string;
  readonly zone: string;
  readonly times: CompiledCalendar;
}

export interface GroupSettings {
  readonly by: readonly string[];
  readonly wait: number;
  readonly interval: number;
}

export interface CompiledAction {
  readonly id: string;
  /** Id of its rule. */
  readonly rule: string;
  /** `id@` + 12 hex digits of the rule's hash, as in leaves. */
  readonly ref: string;
  readonly action: Action;
  /** The rule that it stands in. */
  readonly source: Rule;
  readonly limit?: Rate;
  readonly dedupe?: number;
  readonly debounce?: Debounce;
  /** Only events that name a resource are debounced: the tenant's default. */
  readonly isDebounceForResources: boolean;
  readonly throttle?: Bucket;
  readonly digest?: Cadence;
  readonly group?: GroupSettings;
  readonly calendar?: NamedCalendar;
  /** Severities from this rank on pass quiet hours; Infinity: none does. */
  readonly bypassRank: number;
  readonly staleness?: StaleAfter;
}

/** What an action takes its defaults and its calendar from. */
export interface ActionSurroundings {
  readonly policy: CompiledPolicy;
  readonly calendars: ReadonlyMap<string, NamedCalendar>;
}

/** Compiles one action of a rule. A calendar that is gone holds nothing. */
export function compileAction(
  { rule, ref }: { readonly rule: Rule; readonly ref: string },
  action: Action,
  { policy, calendars }: ActionSurroundings,
): CompiledAction {
  const calendar = action.calendar === undefined ? undefined : calendars.get(action.calendar);
  const dedupe = action.dedupe === undefined ? policy.dedupe : durationMs(action.dedupe.window);
  const throttle = action.throttle === undefined ? policy.throttle : bucketOf(action.throttle);
  const staleness = action.staleness === undefined ? policy.staleness : staleAfter(action.staleness);
  return {
    id: action.id,
    rule: rule.id,
    ref,
    action,
    source: rule,
    ...(rule.limit === undefined ? {} : { limit: rateOf(rule.limit) }),
    ...(dedupe === undefined ? {} : { dedupe }),
    ...debounceSettings(action, policy),
    isDebounceForResources: action.debounce === undefined,
    ...(throttle === undefined ? {} : { throttle }),
    ...gathering(action, policy),
    ...(calendar === undefined ? {} : { calendar }),
    bypassRank: action.bypassFrom === undefined ? Number.POSITIVE_INFINITY : severityRank(action.bypassFrom),
    ...(staleness === undefined ? {} : { staleness }),
  };
}

/** Whether its drafts are sent at once: neither digest nor group. */
export function isInstant({ digest, group }: CompiledAction): boolean {
  return digest === undefined && group === undefined;
}

function debounceSettings({ debounce }: Action, policy: CompiledPolicy): Pick<CompiledAction, "debounce"> {
  if (debounce === false) return {};
  if (debounce !== undefined) return { debounce: debounceOf(debounce) };
  return policy.debounce === undefined ? {} : { debounce: policy.debounce };
}

function gathering({ digest, group }: Action, policy: CompiledPolicy): Pick<CompiledAction, "digest" | "group"> {
  if (group !== undefined)
    return { group: { by: group.by, wait: durationMs(group.wait), interval: durationMs(group.interval) } };
  if (digest === "instant") return {};
  const cadence = digest ?? policy.digest;
  return cadence === undefined ? {} : { digest: cadence };
}
