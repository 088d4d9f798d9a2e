/**
 * A stage judges one draft: it lets it pass, or says with a reason what becomes of it instead.
 * The order of stages is the STAGES literal of core/stages/index.ts.
 * @module
 */
import type { CompiledAction } from "./action.ts";
import type { CompiledChannel } from "./config.ts";
import type { Deciding } from "./deciding.ts";
import type { DeliveryStatus, Reason, TraceEntry } from "./delivery.ts";
import type { Event } from "./event.ts";

/** One (rule, action) of an event, judged once for all its addressees. */
export interface Draft {
  readonly event: Event;
  readonly action: CompiledAction;
  /** Absent where the configuration has no such channel. */
  readonly channel: CompiledChannel | undefined;
  /** Ids of its deliveries, one for each addressee. */
  readonly deliveries: readonly string[];
  /** Tells the end of what was announced to this action: it passes the gates that only repeat and noise must fear. */
  readonly isResolution: boolean;
}

/** What was looked at, for explain: all but the stage's name and its verdict. */
export type Saw = Omit<TraceEntry, "stage" | "code">;

/**
 * `hold` and `absorb` keep the draft for later, in `window` where they name one; `drop` ends it; all three name the
 * status that the delivery gets. `saw` of a pass is kept for explain; without it there was nothing to look at.
 */
export type Verdict =
  | {
      readonly verdict: "pass";
      readonly saw?: Saw;
      /** The window that it tells of besides, if it is sent. */
      readonly window?: string;
    }
  | {
      readonly verdict: "hold" | "absorb" | "drop";
      readonly status: DeliveryStatus;
      readonly reason: Reason;
      readonly saw?: Saw;
      /** Id of the window that takes the draft in. */
      readonly window?: string;
      /** Takes the draft into its window: called once, when this verdict stands and before any stage settles. */
      readonly take?: () => void;
    };

/** What became of a draft after all stages. */
export interface Outcome {
  readonly status: DeliveryStatus;
  readonly reason?: Reason;
  readonly window?: string;
  readonly trace: readonly TraceEntry[];
}

/** `check` only looks; `settle`, told what became of the draft, writes the stage's cells. */
export interface Stage {
  readonly name: string;
  /** A resolution of what was announced is not asked by this stage; it settles all the same. */
  readonly passesResolutions?: true;
  readonly check: (draft: Draft, deciding: Deciding) => Verdict;
  readonly settle?: (draft: Draft, outcome: Outcome, deciding: Deciding) => void;
}

export const PASS: Verdict = { verdict: "pass" };

/** Runs the stages in order until one does not let the draft pass, then lets those that were asked settle. */
export function judge(stages: readonly Stage[], draft: Draft, deciding: Deciding): Outcome {
  const trace: TraceEntry[] = [];
  let asked = 0;
  let last: Verdict = PASS;
  let told: string | undefined;
  for (const stage of stages) {
    asked++;
    last = draft.isResolution && stage.passesResolutions ? PASS : stage.check(draft, deciding);
    if (last.verdict !== "pass") {
      trace.push({ stage: stage.name, code: last.reason.code, ...byOf(last.reason), ...last.saw });
      break;
    }
    if (last.saw !== undefined) trace.push({ stage: stage.name, code: "pass", ...last.saw });
    told ??= last.window;
  }
  const outcome = outcomeOf(last, told, trace);
  if (last.verdict !== "pass") last.take?.();
  for (let at = 0; at < asked; at++) stages[at]?.settle?.(draft, outcome, deciding);
  return outcome;
}

function byOf({ by }: Reason): { by?: string } {
  return by === undefined ? {} : { by };
}

function outcomeOf(last: Verdict, told: string | undefined, trace: readonly TraceEntry[]): Outcome {
  if (last.verdict === "pass") return { status: "pending", ...(told === undefined ? {} : { window: told }), trace };
  const { status, reason, window } = last;
  return { status, reason, ...(window === undefined ? {} : { window }), trace };
}
