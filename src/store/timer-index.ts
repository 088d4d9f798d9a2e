/**
 * When each tenant's first timer is due, and the timers that are set aside after a failure.
 * @module
 */
import { errorWords } from "../core/error-words.ts";
import type { Log, Timeout, TimerRow } from "../ports.ts";
import type { Engine, TenantPlan } from "./engine.ts";
import { type FirstTimer, type TenantTimer, timerName } from "./timer-order.ts";
import type { TimerSource } from "./timer-overlay.ts";

const FIRST_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 300_000;

interface Failure {
  attempts: number;
  /** Cancels the wait; undefined once it is over. */
  waiting: (() => void) | undefined;
}

export interface TimerIndexOptions {
  readonly engine: Engine;
  readonly timeout: Timeout;
  readonly log: Log;
  /** Called when a timer that failed is due again. */
  readonly retry: () => void;
}

/** Committed timers, by the first of each tenant. */
export class TimerIndex {
  private readonly options: TimerIndexOptions;
  private readonly firsts = new Map<string, number>();
  private readonly failures = new Map<string, Map<string, Failure>>();

  /** Throws what the engine throws. */
  constructor(options: TimerIndexOptions) {
    this.options = options;
    this.load();
  }

  /** All timers were changed: reads them anew; those set aside are tried again. Throws what the engine throws. */
  reload(): void {
    this.stop();
    this.failures.clear();
    this.firsts.clear();
    this.load();
  }

  private load(): void {
    for (const { tenant, due } of this.options.engine.earliestTimers()) this.firsts.set(tenant, due);
  }

  /** Due instant of the first timer of all, epoch ms; those set aside are left out. */
  earliest(): number | undefined {
    let first: number | undefined;
    for (const due of this.firsts.values()) if (first === undefined || due < first) first = due;
    return first;
  }

  /** Tenants with a timer due by `now`, epoch ms; none of theirs is due before the instant that stands beside them. */
  due(now: number): FirstTimer[] {
    const found: FirstTimer[] = [];
    for (const [tenant, due] of this.firsts) if (due <= now) found.push({ tenant, due });
    return found;
  }

  /** What a batch reads of a tenant's timers. */
  source(tenant: string): TimerSource {
    return {
      first: (limit) => this.options.engine.timers(tenant, Number.MAX_SAFE_INTEGER, limit),
      earliest: this.firsts.get(tenant),
      parked: (name) => this.failures.get(tenant)?.get(name)?.waiting !== undefined,
    };
  }

  /** Takes over what a commit left. Throws what the engine throws. */
  committed(plans: readonly TenantPlan[]): void {
    for (const { tenant, timersSet, timersCleared } of plans) {
      const failures = this.failures.get(tenant);
      for (const timer of timersCleared) this.forgive(failures, timerName(timer));
      if (timersCleared.length > 0 || failures !== undefined) this.refresh(tenant);
      else for (const { due } of timersSet) this.advance(tenant, due);
    }
  }

  /** Sets a timer aside that failed, and tells; it is tried again later, ever more rarely. Throws what the engine throws. */
  park({ tenant, timer }: TenantTimer, error: unknown): void {
    const failures = this.failures.get(tenant) ?? new Map<string, Failure>();
    this.failures.set(tenant, failures);
    const name = timerName(timer);
    const failure = failures.get(name) ?? { attempts: 0, waiting: undefined };
    failures.set(name, failure);
    failure.waiting?.();
    const backoff = Math.min(FIRST_BACKOFF_MS * 2 ** failure.attempts, MAX_BACKOFF_MS);
    failure.attempts += 1;
    failure.waiting = this.options.timeout(backoff, () => {
      failure.waiting = undefined;
      this.advance(tenant, timer.due);
      this.options.retry();
    });
    this.refresh(tenant);
    this.tell(tenant, timer, failure.attempts, error);
  }

  /** Ends all waiting. */
  stop(): void {
    for (const failures of this.failures.values()) for (const failure of failures.values()) failure.waiting?.();
  }

  private forgive(failures: Map<string, Failure> | undefined, name: string): void {
    failures?.get(name)?.waiting?.();
    failures?.delete(name);
  }

  private advance(tenant: string, due: number): void {
    this.firsts.set(tenant, Math.min(due, this.firsts.get(tenant) ?? due));
  }

  private refresh(tenant: string): void {
    const failures = this.failures.get(tenant);
    const rows = this.options.engine.timers(tenant, Number.MAX_SAFE_INTEGER, 1 + (failures?.size ?? 0));
    const first = rows.find((timer) => failures?.get(timerName(timer))?.waiting === undefined);
    if (first === undefined) this.firsts.delete(tenant);
    else this.firsts.set(tenant, first.due);
    if (failures?.size === 0) this.failures.delete(tenant);
  }

  private tell(tenant: string, { flow }: TimerRow, attempts: number, error: unknown): void {
    this.options.log.error("a timer failed and is tried again later", { tenant, flow, attempts, ...errorWords(error) });
  }
}
