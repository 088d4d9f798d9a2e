/**
 * The due timers of all tenants in one batch, as an order of tenants by their first ones.
 * @module
 */
import { MinHeap } from "./min-heap.ts";
import { compareFirsts, type FirstTimer, type TenantTimer } from "./timer-order.ts";

export interface TimerQueueSource {
  /** Tenants with a committed timer due by `now` (epoch ms), and an instant that their first one is not due before. */
  readonly due: (now: number) => readonly FirstTimer[];
  /** Tenants of which the batch has read or changed anything. */
  readonly known: () => Iterable<string>;
  /** Tenants whose first timer may be another one since this was called last. */
  readonly changed: () => readonly string[];
  /** The first timer of a tenant that is due by `now`, as the batch sees it. */
  readonly first: (tenant: string, now: number) => TenantTimer | undefined;
}

/** Finds the first due timer of all tenants; reads only those that come first, and asks again only those that changed. */
export class TimerQueue {
  private readonly source: TimerQueueSource;
  private heap = new MinHeap(compareFirsts);
  /** What stands for a tenant in the heap; anything else there of that tenant is of no meaning. */
  private readonly places = new Map<string, FirstTimer>();
  /** The instant by which all that is due has a place, epoch ms. */
  private now: number | undefined;

  constructor(source: TimerQueueSource) {
    this.source = source;
  }

  /** The first timer of all that is due by `now`, epoch ms. */
  next(now: number): TenantTimer | undefined {
    const changed = this.source.changed();
    if (this.now === now) for (const tenant of changed) this.place(tenant, this.source.first(tenant, now));
    else this.fill(now);
    for (let { first } = this.heap; first !== undefined; { first } = this.heap) {
      const found = this.places.get(first.tenant) === first ? this.source.first(first.tenant, now) : undefined;
      if (found !== undefined && found.timer.due === first.due) return found;
      this.heap.drop();
      // What stood there was no timer but the instant that the first one is not due before.
      if (this.places.get(first.tenant) === first) this.place(first.tenant, found);
    }
    return undefined;
  }

  private fill(now: number): void {
    this.now = now;
    this.heap = new MinHeap(compareFirsts);
    this.places.clear();
    for (const first of this.source.due(now)) this.put(first);
    for (const tenant of this.source.known()) this.place(tenant, this.source.first(tenant, now));
  }

  private place(tenant: string, found: TenantTimer | undefined): void {
    if (found === undefined) this.places.delete(tenant);
    else if (this.places.get(tenant)?.due !== found.timer.due) this.put({ tenant, due: found.timer.due });
  }

  private put(first: FirstTimer): void {
    this.places.set(first.tenant, first);
    this.heap.add(first);
  }
}
