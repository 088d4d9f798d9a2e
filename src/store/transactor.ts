/**
 * The store: questions wait, a batch of them is one durable commit (group commit), then all of it are answered.
 * @module
 */
import type {
  AnswerOf,
  Configurations,
  FlowTable,
  InputOf,
  Log,
  Question,
  Store,
  StoredObject,
  Timeout,
} from "../ports.ts";
import { askedQuestion, askedTick, flowOf } from "./asked.ts";
import { Committer } from "./committer.ts";
import type { Engine } from "./engine.ts";
import { StoreError, storeErrorOf } from "./error.ts";
import { DEFAULT_LIMITS, type StoreLimits } from "./limits.ts";
import { Queue } from "./queue.ts";
import type { Stamper } from "./stamper.ts";
import { TimerIndex } from "./timer-index.ts";
import { createWake, type Wake } from "./wake.ts";

/** Timers that could not be committed are tried again after this, ms. */
const TICK_BACKOFF_MS = 5_000;

export interface StoreOptions<F extends FlowTable> {
  readonly engine: Engine;
  readonly flows: F;
  readonly configurations: Configurations;
  readonly stamper: Stamper;
  readonly timeout: Timeout;
  readonly log: Log;
  /** Id of this start of the process: `boot` of leaves. */
  readonly boot: string;
  /** ms of a clock that never steps, since the process started. */
  readonly mono: () => number;
  /** Called once when the engine can no longer be trusted to be durable (an I/O error): the process must end. */
  readonly fatal: (error: unknown) => void;
  readonly limits?: Partial<StoreLimits>;
  /** Deciding may only read what was loaded before: what it lacks is loaded, and it decides again. */
  readonly strict?: boolean;
}

/** Opens a store over an engine, which it owns from then on. Throws what the engine throws. */
export function createStore<F extends FlowTable>(options: StoreOptions<F>): Store<F> {
  const transactor = new Transactor(options);
  return {
    transact: (question) => transactor.transact(question),
    read: options.engine.read,
    stage: (objects) => transactor.stage(objects),
    onCommit: (listen) => transactor.committer.listen(listen),
    pressure: () => transactor.queue.pressure(),
    close: () => transactor.close(),
  };
}

class Transactor<F extends FlowTable> {
  readonly queue: Queue;
  readonly committer: Committer;
  private readonly options: StoreOptions<F>;
  private readonly timers: TimerIndex;
  private readonly wake: Wake;
  private readonly staging = new Set<Promise<void>>();
  private scheduled = false;
  private ticking = false;
  private ended: StoreError | undefined;
  private closed: Promise<void> | undefined;
  private drained: (() => void) | undefined;

  constructor(options: StoreOptions<F>) {
    const { engine, stamper, timeout, log, strict = false } = options;
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const timers = new TimerIndex({ engine, timeout, log, retry: () => this.tick(true) });
    this.options = options;
    this.timers = timers;
    this.queue = new Queue(limits);
    this.committer = new Committer({ ...options, timers, queue: this.queue, limits, strict });
    this.wake = createWake(
      timeout,
      () => this.now(stamper),
      () => this.tick(false),
    );
    this.wake.at(timers.earliest());
  }

  transact<N extends keyof F & string>(question: Question<N, InputOf<F[N]>>): Promise<AnswerOf<F[N]>> {
    return new Promise((resolve, reject) => {
      if (this.ended !== undefined) throw this.ended;
      const flow = flowOf(this.options.flows, question.flow);
      const asked = askedQuestion(flow, question, this.options.configurations, { resolve, reject });
      if (!this.queue.hasRoom(asked.bytes)) throw new StoreError("overloaded", "too much waits to be committed");
      this.queue.add(asked);
      this.schedule();
    });
  }

  async stage(objects: readonly StoredObject[]): Promise<void> {
    if (this.ended !== undefined) throw this.ended;
    const staged = this.options.engine.stage(objects);
    this.staging.add(staged);
    try {
      await staged;
    } catch (error) {
      throw storeErrorOf(error);
    } finally {
      this.staging.delete(staged);
    }
  }

  close(): Promise<void> {
    this.closed ??= this.drain();
    return this.closed;
  }

  private async drain(): Promise<void> {
    this.end(new StoreError("closed", "the store is closed"));
    if (!this.queue.empty) await new Promise<void>((resolve) => (this.drained = resolve));
    await Promise.allSettled(this.staging);
    this.options.engine.close();
  }

  /** Takes no more questions, and no more timers. */
  private end(error: StoreError): void {
    this.ended ??= error;
    this.wake.stop();
    this.timers.stop();
  }

  /** Runs after what is ready to be read now, so that requests which came together are committed together. */
  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => this.run());
  }

  /** A jump is recorded as soon as it is seen: timers wait for it. */
  private now(stamper: Stamper): number {
    if (stamper.jump?.() !== undefined) this.tick(false);
    return stamper.now();
  }

  private tick(again: boolean): void {
    if (this.ended !== undefined || (this.ticking && !again)) return;
    this.ticking = true;
    this.queue.add(askedTick((error) => this.ticked(error), again));
    this.schedule();
  }

  private ticked(error: unknown): void {
    this.ticking = false;
    if (error !== undefined) this.wake.hold(TICK_BACKOFF_MS);
  }

  private run(): void {
    this.scheduled = false;
    const asked = this.queue.take();
    try {
      const rest = asked.length === 0 ? [] : this.committer.commit(asked);
      this.queue.putBack(rest);
    } catch (error) {
      this.die(error);
    }
    if (!this.queue.empty) this.schedule();
    else this.drained?.();
    if (this.ended === undefined) this.wake.at(this.timers.earliest());
  }

  private die(error: unknown): void {
    const refusal = storeErrorOf(error);
    this.end(refusal);
    for (const one of this.queue.drain()) this.queue.refuse(one, refusal);
    this.options.fatal(error);
  }
}
