/**
 * Decides questions in order over one overlay, each after the timers that are due before it.
 * @module
 */
import { hkdfSalt } from "../core/hash.ts";
import { type Configurations, type FlowTable, type Prepared, SITE_TENANT, type Stamp, type View } from "../ports.ts";
import { type Asked, timerFlowOf } from "./asked.ts";
import { EngineError, type Plan } from "./engine.ts";
import { StoreError } from "./error.ts";
import type { StoreLimits } from "./limits.ts";
import { type CommittedState, Overlay } from "./overlay.ts";
import type { TimerIndex } from "./timer-index.ts";
import type { TenantTimer } from "./timer-order.ts";
import { TimerQueue } from "./timer-queue.ts";
import { type Boot, createView } from "./view.ts";

export interface BatchOptions {
  readonly flows: FlowTable;
  readonly configurations: Configurations;
  readonly committed: CommittedState;
  readonly timers: TimerIndex;
  readonly limits: StoreLimits;
  readonly strict: boolean;
}

/** One batch, from prepared questions to a plan. */
export class Batch {
  private readonly options: BatchOptions;
  private readonly overlay: Overlay;
  private readonly view: View;
  private readonly queue: TimerQueue;
  /** Timers that the plan holds, the one that is being decided last. */
  private readonly decided: TenantTimer[] = [];
  private t = 0;

  constructor(options: BatchOptions, boot: Boot) {
    this.options = options;
    this.overlay = new Overlay(options.committed, options.strict);
    this.view = createView(this.overlay, boot);
    this.queue = new TimerQueue({
      due: (now) => options.timers.due(now),
      known: () => this.overlay.tenants,
      changed: () => this.overlay.takeChanged(),
      first: (tenant, now) => this.firstTimer(tenant, now),
    });
  }

  /** Timers that the plan holds; after a throw of `decide`, the one that it threw for last. */
  get timers(): readonly TenantTimer[] {
    return this.decided;
  }

  /**
   * Decides stamped questions in order and answers how many; the rest belongs to a later batch.
   * What a flow throws is kept as its question's answer. Throws EngineError: nothing of the batch may be used then.
   */
  decide(asked: readonly Asked[], stamps: readonly Stamp[]): number {
    this.prefetch(asked, stamps);
    for (const [at, one] of asked.entries()) {
      const stamp = stamps[at];
      if (stamp === undefined || (at > 0 && this.overlay.rows >= this.options.limits.rows)) return at;
      this.t = stamp.t;
      if (!one.ahead && !this.decideTimers(one, stamp)) return at;
      this.decideOne(one, stamp);
    }
    return asked.length;
  }

  /** What to write, or undefined when there is nothing. */
  plan(): Plan | undefined {
    const rows = this.overlay.plan();
    const isEmpty = rows.sweeps === undefined && rows.cells.length === 0 && rows.tenants.length === 0;
    return isEmpty ? undefined : { t: this.t, ...rows };
  }

  private prefetch(asked: readonly Asked[], stamps: readonly Stamp[]): void {
    for (const [at, one] of asked.entries()) {
      for (const cell of one.prepare(stamps[at]?.now ?? 0)) this.overlay.cells.want(cell);
    }
    this.overlay.cells.load();
  }

  private decideOne(asked: Asked, stamp: Stamp): void {
    if (!asked.ready()) return;
    if (asked.tenant !== SITE_TENANT && !this.overlay.part(asked.tenant).known) {
      asked.fail(new StoreError("refused-row", `tenant ${asked.tenant} has no log`));
      return;
    }
    try {
      this.attempt(stamp, () => asked.decide(this.view, stamp));
    } catch (error) {
      if (error instanceof EngineError) throw error;
      asked.fail(error);
    }
  }

  /** Decides what is due before a question; false when the batch has no room for all of it. */
  private decideTimers(asked: Asked, stamp: Stamp): boolean {
    const limit = asked.again ? 1 : this.options.limits.timers;
    for (;;) {
      const isSite = asked.tenant === SITE_TENANT;
      const next = isSite ? this.queue.next(stamp.now) : this.firstTimer(asked.tenant, stamp.now);
      // Asked again, a question is decided apart from the timers before it, so that each answers for itself.
      if (next === undefined) return !asked.again || this.decided.length === 0;
      if (this.decided.length >= limit || (this.decided.length > 0 && this.overlay.rows >= this.options.limits.rows))
        return false;
      this.decideTimer(next, asked, stamp);
    }
  }

  private decideTimer(next: TenantTimer, asked: Asked, { t, salt }: Stamp): void {
    const { tenant, timer } = next;
    const ordinal = asked.timers++;
    const info = `timer\u0000${tenant}\u0000${timer.flow}\u0000${timer.key}\u0000${timer.due}\u0000${ordinal}`;
    const stamp: Stamp = { now: timer.due, t, salt: hkdfSalt(salt, info) };
    this.decided.push(next);
    try {
      const prepared = this.prepareTimer(next);
      this.attempt(stamp, () => {
        this.overlay.append(tenant).timers.clearTimer(timer);
        prepared.decide(this.view, stamp);
      });
    } catch (error) {
      if (error instanceof EngineError) throw error;
      this.decided.pop();
      this.options.timers.park(next, error);
      this.overlay.change(tenant);
    }
  }

  private prepareTimer({ tenant, timer: { flow, key, due } }: TenantTimer): Prepared<unknown> {
    const { flows, configurations } = this.options;
    const context = { tenant, index: configurations.of(tenant) };
    const prepared = timerFlowOf(flows, flow).prepare(context, { key, due }, due);
    for (const cell of prepared.cells) this.overlay.cells.want(cell);
    this.overlay.cells.load();
    return prepared;
  }

  private firstTimer(tenant: string, now: number): TenantTimer | undefined {
    const timer = this.overlay.part(tenant).timers.due(now);
    return timer === undefined ? undefined : { tenant, timer };
  }

  /** Runs one decision with an undo list; in strict mode again and again until all it touches is loaded. */
  private attempt(stamp: Stamp, act: () => void): void {
    for (;;) {
      this.overlay.begin(stamp);
      const error = caught(act);
      const { miss } = this.overlay;
      if (miss === undefined && error === undefined) return;
      this.overlay.undo();
      if (miss === undefined) throw error?.thrown;
      this.overlay.fill(miss);
    }
  }
}

function caught(act: () => void): { readonly thrown: unknown } | undefined {
  try {
    act();
    return undefined;
  } catch (thrown) {
    return { thrown };
  }
}
