import type { Delivery, DeliveryReceipt } from "../../src/core/delivery.ts";
import type { Event } from "../../src/core/event.ts";
import { hkdfSalt } from "../../src/core/hash.ts";
import { recordId } from "../../src/core/id.ts";
import { commitment, leafLine } from "../../src/core/leaf.ts";
import type { AcceptedEvent, CellChange, RecipientOpening, WindowMember } from "../../src/ports.ts";
import type { Plan, PlacedLeaf, TenantPlan } from "../../src/store/engine.ts";

/** One event of a plan: what differs between events of a test. */
export interface SampleEvent {
  readonly sourceId: string;
  readonly source?: string;
  readonly type?: string;
  readonly severity?: Event["severity"];
  readonly data?: Event["data"];
  /** Addressees; each has a pending delivery. */
  readonly to?: readonly string[];
  /** Deliveries in one leaf; the rest goes into further parts. */
  readonly perLeaf?: number;
}

export interface SamplePlace {
  readonly tenant: string;
  readonly t: number;
  /** Size of the log before. */
  readonly size: number;
  /** Opens the log; a genesis-like first leaf is the caller's affair. */
  readonly open?: boolean;
}

export const ORIGIN_PREFIX = "sealpost-test-00000000-";
const SALT = new Uint8Array(32).fill(5);

/** A plan as the ingest flow makes it: events, their decision leaves with openings, deliveries and identities. */
export function eventPlan(place: SamplePlace, samples: readonly SampleEvent[]): Plan {
  const leaves: PlacedLeaf[] = [];
  const events: AcceptedEvent[] = [];
  const cells: CellChange[] = [];
  for (const sample of samples) addEvent(place, sample, { leaves, events, cells });
  return { t: place.t, cells, tenants: [tenantPlan(place, { leaves, events })] };
}

/** The part of one tenant, empty but for what is given. */
export function tenantPlan({ tenant, size, open }: Omit<SamplePlace, "t">, parts: Partial<TenantPlan>): TenantPlan {
  return {
    tenant,
    logSize: size,
    leaves: [],
    events: [],
    timersSet: [],
    timersCleared: [],
    members: [],
    ...(open === true ? { origin: ORIGIN_PREFIX + tenant } : {}),
    ...parts,
  };
}

interface Made {
  readonly leaves: PlacedLeaf[];
  readonly events: AcceptedEvent[];
  readonly cells: CellChange[];
}

function addEvent(place: SamplePlace, sample: SampleEvent, made: Made): void {
  const { tenant, t } = place;
  const {
    sourceId,
    source = "//test",
    type = "test.event",
    severity = "info",
    data = { n: 1 },
    to = [],
    perLeaf = 100,
  } = sample;
  const id = recordId("ev", t, [tenant, source, sourceId]);
  const event: Event = {
    id,
    tenant,
    receivedAt: t,
    source,
    sourceId,
    type,
    kind: type,
    severity,
    labels: {},
    scope: {},
    correlationId: sourceId,
    data,
  };
  const line = JSON.stringify(event);
  const seq = place.size + made.leaves.length;
  const deliveries = to.map((address, ordinal) => delivery(event, address, ordinal));
  addLeaves(place, { id, line, deliveries, perLeaf }, made.leaves);
  made.events.push({ event, line, seq });
  for (const one of deliveries) made.cells.push({ noun: "delivery", tenant, key: one.id, value: one });
  const receipts = deliveries.map(({ id: of, status }): DeliveryReceipt => ({ id: of, status }));
  made.cells.push({
    noun: "identity",
    tenant,
    key: `${source}\u0000${sourceId}`,
    value: { id, duplicate: false, deliveries: receipts },
  });
}

/** A pending delivery of an event. */
export function delivery(event: Event, to: string, ordinal: number): Delivery {
  return {
    id: recordId("dl", event.receivedAt, [event.id, "rule", "mail", String(ordinal)]),
    tenant: event.tenant,
    event: event.id,
    rule: "rule@000000000000",
    action: "mail",
    channel: "mail-ops",
    ordinal,
    to,
    locale: "en",
    severity: event.severity,
    correlationId: event.correlationId,
    status: "pending",
    attempts: 0,
    createdAt: event.receivedAt,
    dueAt: event.receivedAt,
    leaves: [],
    draft: ordinal,
  };
}

/** A member of a window. */
export function member(title: string): WindowMember {
  return {
    event: "ev_1",
    deliveries: ["dl_1"],
    at: 1,
    steady: 1,
    source: "/s",
    type: "t",
    title,
    severity: "low",
    scope: {},
  };
}

interface Decision {
  readonly id: string;
  readonly line: string;
  readonly deliveries: readonly Delivery[];
  readonly perLeaf: number;
}

function addLeaves(place: SamplePlace, { id, line, deliveries, perLeaf }: Decision, leaves: PlacedLeaf[]): void {
  for (let from = 0, part = 1; from === 0 || from < deliveries.length; from += perLeaf, part++) {
    const group = deliveries.slice(from, from + perLeaf);
    const seq = place.size + leaves.length;
    const event = hkdfSalt(SALT, `${seq}//event`);
    const recipients = group.map(
      ({ to }, draft): RecipientOpening => ({ draft, value: to, salt: hkdfSalt(SALT, `${seq}/${draft}/recipient`) }),
    );
    const drafts = group.map(({ id: of, channel, status, rule, action }, draft) => ({
      delivery: of,
      channel,
      status,
      rule,
      action,
      sd: { recipient: commitment("recipient", recipients[draft]?.salt ?? SALT, recipients[draft]?.value ?? "") },
    }));
    const text = leafLine(
      {
        type: "event.decision",
        actor: "source:test",
        cfg: "0123456789abcdef",
        drafts,
        id,
        ...(part === 1 ? { sd: { event: commitment("event", event, line) } } : { n: part }),
        ref: { event: id },
      },
      { log: ORIGIN_PREFIX + place.tenant, seq, t: place.t, boot: "boot-1", mono: 1 },
    );
    leaves.push({ seq, line: text, openings: { ...(part === 1 ? { event } : {}), recipients } });
  }
}
