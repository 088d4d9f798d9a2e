import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareText } from "../../src/store/key-order.ts";
import { compareTimers, type TenantTimer } from "../../src/store/timer-order.ts";
import { TimerQueue } from "../../src/store/timer-queue.ts";

const TENANTS = ["_site", "alpha", "beta", "gamma", "zeta"] as const;

/** Timers of tenants that a test changes; `early`: how far the committed instants lie before the timers at most. */
class Timers {
  readonly rows = new Map<string, number[]>();
  readonly known = new Set<string>();
  asked = 0;
  early = 0;
  private changed = new Set<string>();

  readonly queue = new TimerQueue({
    due: (now) =>
      [...this.rows].flatMap(([tenant, dues]) => {
        const due = Math.min(...dues) - this.early;
        return dues.length > 0 && due <= now ? [{ tenant, due }] : [];
      }),
    known: () => this.known,
    changed: () => {
      const changed = [...this.changed];
      this.changed.clear();
      return changed;
    },
    first: (tenant, now) => {
      this.asked += 1;
      this.known.add(tenant);
      return this.first(tenant, now);
    },
  });

  set(tenant: string, dues: readonly number[]): void {
    this.rows.set(tenant, [...dues]);
    this.known.add(tenant);
    this.changed.add(tenant);
  }

  first(tenant: string, now: number): TenantTimer | undefined {
    const due = Math.min(...(this.rows.get(tenant) ?? []));
    return due <= now ? { tenant, timer: { due, flow: "ring", key: "k" } } : undefined;
  }

  /** Takes the first one away. */
  decide({ tenant, timer: { due } }: TenantTimer): void {
    const dues = this.rows.get(tenant) ?? [];
    this.set(tenant, dues.toSpliced(dues.indexOf(due), 1));
  }

  /** The first of all, found by asking everybody. */
  plainly(now: number): TenantTimer | undefined {
    const [first] = [...this.rows.keys()]
      .flatMap((tenant) => this.first(tenant, now) ?? [])
      .toSorted(
        (left, right) =>
          left.timer.due - right.timer.due ||
          Number(left.tenant === "_site") - Number(right.tenant === "_site") ||
          compareText(left.tenant, right.tenant) ||
          compareTimers(left.timer, right.timer),
      );
    return first;
  }
}

describe("due timers of all tenants", () => {
  it("are found in their order, whatever is set, cleared and decided in between", () => {
    const tenant = fc.constantFrom(...TENANTS);
    const dues = fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 4 });
    const step = fc.record({ tenant, dues, pass: fc.integer({ min: -1, max: 3 }), decides: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(step), fc.array(dues, { maxLength: 5 }), fc.nat(3), (steps, committed, early) => {
        const timers = new Timers();
        timers.early = early;
        for (const [at, rows] of committed.entries()) timers.rows.set(TENANTS[at] ?? "other", [...rows]);
        let now = 0;
        for (const one of steps) {
          timers.set(one.tenant, one.dues);
          now += one.pass;
          for (let left = one.decides; left >= 0; left--) {
            const next = timers.queue.next(now);
            expect(next).toEqual(timers.plainly(now));
            if (next !== undefined) timers.decide(next);
          }
        }
      }),
    );
  });

  it("are read of those tenants only that come first or changed", () => {
    const timers = new Timers();
    for (let n = 0; n < 5000; n++) timers.rows.set(`t${n}`, [1 + (n % 7), 9]);
    for (let n = 0; n < 100; n++) {
      const next = timers.queue.next(9);
      if (next !== undefined) timers.decide(next);
    }
    expect(timers.asked).toBeLessThanOrEqual(200);
  });
});
