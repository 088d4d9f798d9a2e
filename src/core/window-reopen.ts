/**
 * Taking back a window's message that was not yet tried.
 * @module
 */
import type { WindowRecord } from "./window-record.ts";
import { atBody, type Deciding, steadyNow } from "./deciding.ts";
import type { Reason } from "./delivery.ts";
import { severityRank } from "./event.ts";
import { withMembers } from "./member-root.ts";
import { MEMBERS_READ, openKeyOf, setDue } from "./windows.ts";

/**
 * Opens a flushed window again under its own id, due at a steady instant; where a newer window is open, its items are
 * appended to that, beyond its item cap too: the next one to join sends it then. Its deliveries are coalesced meanwhile;
 * no token comes back. Answers the window that holds the items.
 */
export function reopenWindow(record: WindowRecord, due: number, deciding: Deciding): WindowRecord {
  const { view, tenant } = deciding;
  const newer = view.get("open", tenant, openKeyOf(record))?.id;
  const into = newer === undefined ? undefined : view.get("window", tenant, newer);
  const reason: Reason =
    into === undefined ? { code: "reopened", by: deciding.actor } : { code: "merged", by: into.id };
  const seq = tell(record, into, deciding);
  for (const id of record.deliveries ?? []) {
    const delivery = view.get("delivery", tenant, id);
    if (delivery === undefined) continue;
    const { dueAt: _, ...rest } = delivery;
    const moved = { status: "coalesced", reason, window: into?.id ?? record.id } as const;
    view.put("delivery", tenant, id, { ...rest, ...moved, leaves: [...delivery.leaves, seq] });
  }
  return into === undefined ? open(record, due, deciding) : merge(record, into, deciding);
}

function tell(record: WindowRecord, into: WindowRecord | undefined, deciding: Deciding): number {
  const { view, tenant, index, actor } = deciding;
  const { id, rule, deliveries = [] } = record;
  const body = { ...atBody(deciding), deliveries: [...deliveries], ...(into === undefined ? {} : { into: into.id }) };
  return view.leaf(tenant, { type: "digest.reopen", actor, cfg: index.cfg, id, ref: { digest: id, rule }, body });
}

function open(record: WindowRecord, due: number, deciding: Deciding): WindowRecord {
  const { status: _s, endedAt: _e, endedSteady: _es, deliveries: _d, isPutOff: _p, ...rest } = record;
  const opened: WindowRecord = { ...rest, state: "open" };
  deciding.view.put("open", deciding.tenant, openKeyOf(record), { id: record.id });
  return setDue(opened, due, deciding);
}

/** Appends the items to the newer window. */
function merge(record: WindowRecord, into: WindowRecord, deciding: Deciding): WindowRecord {
  const { view, tenant } = deciding;
  let { count, frontier } = into;
  for (let from = 0; from < record.count; from += MEMBERS_READ) {
    const members = view.members(tenant, record.id, from, MEMBERS_READ);
    for (const body of members) view.member(tenant, { window: into.id, n: count++, body });
    frontier = withMembers(
      frontier,
      members.map(({ deliveries }) => deliveries),
    );
  }
  const merged: WindowRecord = {
    ...into,
    count,
    frontier,
    severity: severityRank(record.severity) > severityRank(into.severity) ? record.severity : into.severity,
    ...(record.hasResolution === true ? { hasResolution: true } : {}),
    ...(record.isUrgent === true ? { isUrgent: true } : {}),
  };
  view.put("window", tenant, into.id, merged);
  view.put("window", tenant, record.id, { ...record, state: "merged", status: "coalesced", into: into.id });
  const isDue = merged.isPutOff === true && merged.isUrgent === true;
  return isDue ? setDue(merged, steadyNow(deciding), deciding) : merged;
}
