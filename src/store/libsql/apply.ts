import type { CellChange } from "../../core/cells.ts";
import { EngineError, type Plan, type TenantPlan } from "../engine.ts";
import { isListedAsMade } from "../noun-order.ts";
import type { Access } from "./access.ts";
import { writeCells } from "./cells.ts";
import { deliveryChange, writeDeliveries } from "./deliveries.ts";
import { type DeliveryChange, DeliveryTally } from "./delivery-counts.ts";
import { addEvents, type EventRows, writeEvents } from "./events.ts";
import { engineErrorOf } from "./fault.ts";
import { integer, type SqlValue } from "./guard.ts";
import type { HeapChange } from "./heap-cells.ts";
import { jsonBytes } from "./json-row.ts";
import { cellKey } from "./keys.ts";
import { leafRows, writeLeaves } from "./leaves.ts";
import type { Logs } from "./logs.ts";
import { memberRow, writeMembers } from "./members.ts";
import { Subjects } from "./openings.ts";
import { runSweeps } from "./sweeps.ts";
import type { Forgotten } from "./seen.ts";
import type { SeenPacks } from "./seen-packs.ts";
import { timerRow, writeTimers } from "./timers.ts";

type Rows = (readonly SqlValue[])[];

/** Numbers of the tenants of a plan. */
type Numbers = (tenant: string) => number;

/** Applies plans. What it keeps in memory changes only after a commit, so a plan that fails leaves nothing behind. */
export class Writer {
  private readonly access: Access;
  private readonly logs: Logs;
  private readonly packs: SeenPacks;
  private readonly subjects: Subjects;
  private readonly tally = new DeliveryTally();
  private nextSegment: number;
  /** Tables that went since the last commit: their packs go with the next. */
  private readonly forgotten: Forgotten[];

  constructor(
    access: Access,
    kept: { readonly logs: Logs; readonly packs: SeenPacks; readonly forgotten: Forgotten[] },
  ) {
    this.access = access;
    this.logs = kept.logs;
    this.packs = kept.packs;
    this.forgotten = kept.forgotten;
    this.subjects = new Subjects(access.vault);
    this.nextSegment = integer(access.connection.all("SELECT coalesce(max(id), 0) + 1 FROM segment_body", [])[0], 0);
  }

  /** Applies a plan in one durable transaction. Throws EngineError, and then nothing of the plan remains. */
  apply(plan: Plan): void {
    try {
      const adopt: (() => void)[] = [];
      this.access.connection.immediate(() => this.write(plan, adopt));
      for (const take of adopt) take();
    } catch (error) {
      this.subjects.forget();
      throw engineErrorOf(error);
    } finally {
      this.access.hashes.forget();
    }
  }

  private write(plan: Plan, adopt: (() => void)[]): void {
    const { connection, tenants } = this.access;
    // First: what the plan itself writes is as it shall be.
    if (plan.sweeps !== undefined) adopt.push(runSweeps(this.access, plan.sweeps).adopt);
    const assigned = tenants.assign(connection, tenantsOf(plan));
    adopt.push(assigned.adopt);
    const numbers: Numbers = (tenant) => {
      const log = assigned.numbers.get(tenant);
      if (log === undefined) throw new EngineError("failed", `${tenant} has no number`);
      return log;
    };
    const events = this.writeTenants(plan.tenants, numbers, adopt);
    if (events.seen.length !== identitiesOf(plan.cells)) {
      throw new EngineError("failed", "identities and events of a plan do not agree");
    }
    this.writeSeen(events, plan, adopt);
    this.writeCells(plan.cells, numbers, adopt);
    this.writeRest(plan.tenants, numbers);
  }

  private writeTenants(plans: readonly TenantPlan[], numbers: Numbers, adopt: (() => void)[]): EventRows {
    const events: EventRows = { segments: [], bodies: [], seen: [] };
    const leaves: Rows = [];
    for (const plan of plans) {
      checkEvents(plan);
      if (plan.leaves.length === 0 && plan.origin === undefined) continue;
      const log = numbers(plan.tenant);
      const { tenant } = plan;
      const grown = this.logs.grow(this.access, log, plan);
      adopt.push(grown.adopt);
      const { connection, vault } = this.access;
      const place = { connection, vault, subjects: this.subjects, tenant, log, origin: grown.origin };
      leaves.push(...leafRows(plan.leaves, place));
      const firstId = this.nextSegment + events.segments.length;
      addEvents(events, plan.events, { access: this.access, tenant, log, firstId });
    }
    writeLeaves(this.access.connection, leaves);
    writeEvents(this.access.connection, events);
    return events;
  }

  private writeSeen({ seen, segments }: EventRows, { t, sweeps = [] }: Plan, adopt: (() => void)[]): void {
    const { connection } = this.access;
    const upto = this.forgotten.at(-1)?.upto;
    if (upto !== undefined) connection.run("DELETE FROM seen_pack WHERE upto <= ?", [upto]);
    // A step back is no shift: by the wall clock, as flows count then, what is known is younger.
    const ahead = sweeps.reduce((sum, { by }) => sum + Math.max(0, by), 0);
    const packed = this.packs.write(connection, seen, { t, ahead });
    adopt.push(() => {
      this.forgotten.length = 0;
      packed.adopt();
      this.nextSegment += segments.length;
      this.access.seen.shift(ahead);
      this.access.seen.add(seen, t); // last: it may ask to forget more
    });
  }

  private writeCells(changes: readonly CellChange[], numbers: Numbers, adopt: (() => void)[]): void {
    const cells: { put: Rows; removed: Rows } = { put: [], removed: [] };
    const heaped: HeapChange[] = [];
    const deliveries: DeliveryChange[] = [];
    for (const change of changes) {
      if (change.noun === "identity") continue;
      if (change.noun === "delivery") {
        deliveries.push(deliveryChange(numbers(change.tenant), change.key, change.value));
        continue;
      }
      const key = cellKey(change.noun, change.tenant, change.key);
      const value = change.value === undefined ? undefined : jsonBytes(change.value);
      if (isListedAsMade(change.noun)) heaped.push([key, value]);
      else if (value === undefined) cells.removed.push([key]);
      else cells.put.push([key, value]);
    }
    const { connection, heap } = this.access;
    writeCells(connection, cells);
    adopt.push(heap.write(connection, heaped).adopt);
    adopt.push(this.tally.write(connection, deliveries).adopt);
    writeDeliveries(connection, deliveries);
  }

  private writeRest(plans: readonly TenantPlan[], numbers: Numbers): void {
    const timers: { set: Rows; cleared: Rows } = { set: [], cleared: [] };
    const members: Rows = [];
    for (const { tenant, timersSet, timersCleared, members: added } of plans) {
      const log = numbers(tenant);
      for (const timer of timersSet) timers.set.push(timerRow(log, timer));
      for (const timer of timersCleared) timers.cleared.push(timerRow(log, timer));
      for (const member of added) members.push(memberRow(log, member));
    }
    writeTimers(this.access.connection, timers);
    writeMembers(this.access.connection, members);
  }
}

function* tenantsOf(plan: Plan): Generator<string> {
  for (const { tenant } of plan.tenants) yield tenant;
  for (const change of plan.cells) if (change.noun === "delivery") yield change.tenant;
}

function identitiesOf(changes: readonly CellChange[]): number {
  return changes.filter(({ noun, value }) => noun === "identity" && value !== undefined).length;
}

/** The receipt of an event is read back from its decision leaf, so that leaf must be in the same plan. */
function checkEvents({ events, leaves, logSize }: TenantPlan): void {
  const stray = events.find(({ event, seq }) => leaves[seq - logSize]?.line.includes(event.id) !== true);
  if (stray !== undefined) throw new EngineError("failed", `no leaf of the plan decides event ${stray.event.id}`);
}
