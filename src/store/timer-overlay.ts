/**
 * The timers of one tenant as a batch sees them: the committed ones, without those cleared, with those set.
 * @module
 */
import type { TimerRow } from "../ports.ts";
import type { Undo } from "./cell-overlay.ts";
import { compareTimers, timerName } from "./timer-order.ts";

const PAGE = 256;

export interface TimerSource {
  /** The first committed timers of the tenant, at most `limit`. */
  readonly first: (limit: number) => readonly TimerRow[];
  /** Due instant of the first of them, epoch ms; undefined where there is none. */
  readonly earliest: number | undefined;
  /** Whether a timer is set aside after a failure. */
  readonly parked: (name: string) => boolean;
}

/** Timers of one tenant in one batch. */
export class TimerOverlay {
  private readonly source: TimerSource;
  private readonly journal: Undo[];
  private readonly set = new Map<string, TimerRow>();
  private readonly cleared = new Map<string, TimerRow>();
  /** No timer that was set is due before this. */
  private setFrom = Number.POSITIVE_INFINITY;
  private page: { readonly name: string; readonly timer: TimerRow }[] = [];
  private complete = false;
  /** Everything before this place of the page is gone. */
  private at = 0;

  constructor(source: TimerSource, journal: Undo[]) {
    this.source = source;
    this.journal = journal;
  }

  /** Sets a timer; one that is set already stays. */
  setTimer(timer: TimerRow): void {
    this.setFrom = Math.min(this.setFrom, timer.due);
    this.move(timer, this.cleared, this.set);
  }

  /** Clears a timer; one that is not set is none. */
  clearTimer(timer: TimerRow): void {
    this.move(timer, this.set, this.cleared);
  }

  private move(timer: TimerRow, from: Map<string, TimerRow>, to: Map<string, TimerRow>): void {
    const name = timerName(timer);
    const before = from.get(name);
    const had = to.has(name);
    from.delete(name);
    to.set(name, timer);
    this.journal.push(() => {
      if (!had) to.delete(name);
      if (before !== undefined) from.set(name, before);
      this.setFrom = Math.min(this.setFrom, timer.due);
      this.at = 0;
    });
  }

  /** The first timer that is due by `now` (epoch ms) and not set aside. */
  due(now: number): TimerRow | undefined {
    const committed = this.committed(now);
    const set = this.firstSet(now);
    if (committed === undefined || set === undefined) return committed ?? set;
    return compareTimers(committed, set) <= 0 ? committed : set;
  }

  private firstSet(now: number): TimerRow | undefined {
    if (this.setFrom > now) return undefined;
    let first: TimerRow | undefined;
    for (const [name, timer] of this.set) {
      if (this.source.parked(name)) continue;
      if (first === undefined || compareTimers(timer, first) < 0) first = timer;
    }
    this.setFrom = first?.due ?? Number.POSITIVE_INFINITY;
    return first !== undefined && first.due <= now ? first : undefined;
  }

  private committed(now: number): TimerRow | undefined {
    if (this.source.earliest === undefined || this.source.earliest > now) return undefined;
    for (;;) {
      const next = this.page[this.at];
      if (next === undefined) {
        if (this.complete) return undefined;
        this.turn();
      } else if (this.gone(next.name)) {
        this.at += 1;
      } else {
        return next.timer.due <= now ? next.timer : undefined;
      }
    }
  }

  private gone(name: string): boolean {
    return this.cleared.has(name) || this.set.has(name) || this.source.parked(name);
  }

  /** Reads a longer page; what is committed does not change while the batch runs. */
  private turn(): void {
    const limit = this.page.length + PAGE;
    const rows = this.source.first(limit);
    this.complete = rows.length < limit;
    this.page = rows.map((timer) => ({ name: timerName(timer), timer }));
  }

  /** What the plan says: a timer stands in at most one of the two. */
  rows(): { readonly set: readonly TimerRow[]; readonly cleared: readonly TimerRow[] } {
    return { set: [...this.set.values()], cleared: [...this.cleared.values()] };
  }
}
