/**
 * A stage judges one draft: it lets it pass, or says with a reason what becomes of it instead.
 * The order of stages is the STAGES literal of core/stages/index.ts.
 * @module
 */
import type { Compiled, CompiledChannel } from "./config.ts";
import type { DeliveryStatus, Reason } from "./delivery.ts";
import type { Event } from "./event.ts";
import type { CompiledRule } from "./index.ts";
import type { Action } from "./rule.ts";
import type { View } from "./view.ts";

/** One (rule, action) of an event, judged once for all its addressees. */
export interface Draft {
  readonly event: Event;
  readonly rule: CompiledRule;
  readonly action: Action;
  /** Absent where the configuration has no such channel. */
  readonly channel: CompiledChannel | undefined;
}

/** What a stage may look at besides its cells. */
export interface StageContext {
  readonly view: View;
  readonly index: Compiled;
  /** The deciding instant, epoch ms. */
  readonly now: number;
}

/** `hold` and `absorb` keep the draft for later, `drop` ends it; all three name the status that the delivery gets. */
export type Verdict =
  | { readonly verdict: "pass" }
  | { readonly verdict: "hold" | "absorb" | "drop"; readonly status: DeliveryStatus; readonly reason: Reason };

/** `check` only looks; `settle`, told the draft's final status, writes the stage's cells. */
export interface Stage {
  readonly name: string;
  readonly check: (draft: Draft, context: StageContext) => Verdict;
  readonly settle?: (draft: Draft, status: DeliveryStatus, context: StageContext) => void;
}

export const PASS: Verdict = { verdict: "pass" };

/** Runs the stages in order until one does not let the draft pass, then lets those that were asked settle. */
export function judge(
  stages: readonly Stage[],
  draft: Draft,
  context: StageContext,
): { status: DeliveryStatus; reason?: Reason } {
  const asked: Stage[] = [];
  let outcome: { status: DeliveryStatus; reason?: Reason } = { status: "pending" };
  for (const stage of stages) {
    const verdict = stage.check(draft, context);
    asked.push(stage);
    if (verdict.verdict === "pass") continue;
    outcome = { status: verdict.status, reason: verdict.reason };
    break;
  }
  for (const stage of asked) stage.settle?.(draft, outcome.status, context);
  return outcome;
}
