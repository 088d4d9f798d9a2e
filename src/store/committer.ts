/**
 * One batch as one durable commit: decided, applied, told, answered; after a failure each question alone.
 * @module
 */
import { errorWords } from "../core/error-words.ts";
import { type Committed, type Configurations, type FlowTable, type Log, type Noun, SITE_TENANT } from "../ports.ts";
import { type Asked, askedJump } from "./asked.ts";
import { Batch } from "./batch.ts";
import { CellCache } from "./cell-cache.ts";
import { type Engine, EngineError, type Plan } from "./engine.ts";
import { storeErrorOf } from "./error.ts";
import type { StoreLimits } from "./limits.ts";
import type { MembersRef } from "./member-overlay.ts";
import type { Queue } from "./queue.ts";
import type { Jump, Stamper } from "./stamper.ts";
import type { TimerIndex } from "./timer-index.ts";

/** Nouns whose cells a sweep changes. */
const SWEPT: readonly Noun[] = ["claim", "delivery"];

/** Told of each commit, after its fsync and before anything else is prepared. */
export type Listener = (committed: Committed) => void;

export interface CommitterOptions {
  readonly engine: Engine;
  readonly flows: FlowTable;
  readonly configurations: Configurations;
  readonly stamper: Stamper;
  readonly timers: TimerIndex;
  readonly queue: Pick<Queue, "answer" | "refuse">;
  readonly log: Log;
  readonly boot: string;
  readonly mono: () => number;
  readonly limits: StoreLimits;
  readonly strict: boolean;
}

/** Commits batches over one engine. */
export class Committer {
  private readonly options: CommitterOptions;
  private readonly cache: CellCache;
  private readonly listeners: Listener[] = [];
  private isJumpAgain = false;

  constructor(options: CommitterOptions) {
    this.options = options;
    this.cache = new CellCache(options.engine, options.limits.cachedCells);
  }

  listen(listener: Listener): void {
    this.listeners.push(listener);
  }

  /**
   * Answers what it could commit, and gives back the questions to ask again, in order.
   * Throws an error after which the engine must not be used: an EngineError `io`, or a read that failed after a commit.
   */
  commit(asked: readonly Asked[]): readonly Asked[] {
    const jump = this.options.stamper.jump?.();
    const fresh = asked.findIndex(({ stamp }) => stamp === undefined);
    if (jump === undefined || fresh === -1) return this.commitBatch(asked);
    if (fresh === 0) return this.commitJump(jump, asked);
    // Those in front were stamped before the jump was seen, and come before it.
    const later = asked.slice(fresh);
    return [...this.orRefuse(later, () => this.commitBatch(asked.slice(0, fresh))), ...later];
  }

  /** Records a jump of the clock ahead of everything that waits, and gives all that back; what cannot follow it is refused. */
  private commitJump(jump: Jump, asked: readonly Asked[]): readonly Asked[] {
    const { engine, stamper, log } = this.options;
    const attempt = engine.log(SITE_TENANT) === undefined ? { plan: undefined } : this.attemptJump(jump);
    if ("error" in attempt) return this.jumpFailed(asked, attempt.error);
    this.isJumpAgain = false;
    stamper.follow?.(jump);
    log.warn("the clock was set", { from: jump.from, to: jump.to });
    const { plan } = attempt;
    if (plan !== undefined) this.orRefuse(asked, () => this.publish(plan));
    return asked;
  }

  private attemptJump(jump: Jump): { readonly plan: Plan | undefined } | { readonly error: unknown } {
    const { flows, configurations, stamper } = this.options;
    let thrown: { readonly error: unknown } | undefined;
    const reject = (error: unknown): void => {
      thrown = { error };
    };
    const question = askedJump(flows, jump, configurations, { resolve: () => undefined, reject });
    question.stamp = { ...stamper.stamp(), now: jump.to, t: jump.to };
    const attempt = this.attempt(this.newBatch(), [question]);
    if ("error" in attempt) return attempt;
    question.answer();
    return thrown ?? { plan: attempt.plan };
  }

  /** It is asked again once; then nothing that waits can be stamped, and the next question meets the jump anew. */
  private jumpFailed(asked: readonly Asked[], error: unknown): readonly Asked[] {
    const isFatal = error instanceof EngineError && error.code === "io";
    this.isJumpAgain = !this.isJumpAgain;
    if (this.isJumpAgain && !isFatal) return asked;
    for (const one of asked) this.options.queue.refuse(one, storeErrorOf(error));
    if (isFatal) throw error;
    return [];
  }

  /** Does what may throw for good; then the questions that were taken and not asked are refused with it. */
  private orRefuse<T>(asked: readonly Asked[], act: () => T): T {
    try {
      return act();
    } catch (error) {
      for (const one of asked) this.options.queue.refuse(one, storeErrorOf(error));
      throw error;
    }
  }

  private commitBatch(asked: readonly Asked[]): readonly Asked[] {
    const batch = this.newBatch();
    const attempt = this.attempt(batch, asked);
    if ("error" in attempt) return this.failed(asked, batch, attempt.error);
    const rest = asked.slice(attempt.decided);
    try {
      const { plan } = attempt;
      if (plan !== undefined) this.orRefuse(rest, () => this.publish(plan));
    } finally {
      for (const one of asked.slice(0, attempt.decided)) this.options.queue.answer(one);
    }
    return rest;
  }

  private newBatch(): Batch {
    const { engine, flows, configurations, timers, limits, strict, boot, mono } = this.options;
    const committed = {
      cells: this.cache,
      log: (tenant: string) => engine.log(tenant),
      timers: (tenant: string) => timers.source(tenant),
      members: ({ tenant, window, from, limit }: MembersRef) => engine.members(tenant, window, from, limit),
    };
    const options = { flows, configurations, committed, timers, limits, strict };
    return new Batch(options, { boot, mono: Math.floor(mono()) });
  }

  private attempt(
    batch: Batch,
    asked: readonly Asked[],
  ): { readonly decided: number; readonly plan: Plan | undefined } | { readonly error: unknown } {
    try {
      const stamps = asked.map((one) => (one.stamp ??= this.options.stamper.stamp()));
      const decided = batch.decide(asked, stamps);
      const plan = batch.plan();
      if (plan !== undefined) this.options.engine.apply(plan);
      return { decided, plan };
    } catch (error) {
      return { error };
    }
  }

  /** Nothing of the batch remains; each of its questions is asked again alone, once. */
  private failed(asked: readonly Asked[], batch: Batch, error: unknown): readonly Asked[] {
    if (error instanceof EngineError && error.code === "io") {
      for (const one of asked) this.options.queue.refuse(one, storeErrorOf(error));
      throw error;
    }
    const [first] = asked;
    if (first?.again !== true) {
      for (const one of asked) one.again = true;
      return asked;
    }
    const culprit = batch.timers.at(-1);
    const refusal = storeErrorOf(error);
    // A full disk is no fault of the timer that met it: it stays due, and the question cannot pass it.
    if (culprit !== undefined && refusal.code !== "disk-full") {
      this.options.timers.park(culprit, error);
      return asked;
    }
    for (const one of asked) this.options.queue.refuse(one, refusal);
    return [];
  }

  private publish(plan: Plan): void {
    const isSwept = plan.sweeps !== undefined;
    if (isSwept) for (const noun of SWEPT) this.cache.forget(noun);
    this.cache.keep(plan.cells);
    if (isSwept) this.options.timers.reload();
    else this.options.timers.committed(plan.tenants);
    const grown = plan.tenants.filter((tenant) => tenant.leaves.length > 0);
    const logs = grown.map(({ tenant, logSize, leaves }) => ({ tenant, size: logSize + leaves.length }));
    for (const listener of this.listeners)
      this.tell(listener, { cells: plan.cells, logs, ...(isSwept && { swept: true }) });
  }

  /** A listener's failure is its own: what was committed stays, and is answered. */
  private tell(listener: Listener, committed: Committed): void {
    try {
      listener(committed);
    } catch (error) {
      this.options.log.error("a listener of commits failed", { ...errorWords(error) });
    }
  }
}
