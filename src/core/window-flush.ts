/**
 * Ending a window: its message is judged once more and becomes a delivery, in one leaf with what it holds.
 * @module
 */
import type { CompiledAction } from "./action.ts";
import { windowDeliveries } from "./announce.ts";
import type { WindowRecord } from "./window-record.ts";
import type { CompiledChannel } from "./config.ts";
import { atBody, type Deciding, steadyNow } from "./deciding.ts";
import { type Announced, draftEntries, split } from "./decision-leaf.ts";
import type { DeliveryStatus, Reason, TraceEntry } from "./delivery.ts";
import { flushed } from "./flap-cell.ts";
import { membersRoot } from "./member-root.ts";
import { mutesOf, silencedBy, suppressedBy } from "./mute.ts";
import { actionOf } from "./rule-kept.ts";
import { channelFault } from "./stages/channel.ts";
import { admission } from "./throttle.ts";
import { clearTimer, keepRule, MEMBERS_READ, openKeyOf } from "./windows.ts";

/** What a window's message was judged to be. */
interface Judged {
  readonly status: DeliveryStatus;
  readonly reason?: Reason;
  readonly trace: readonly TraceEntry[];
  /** So many of the first members, those taken in before `freshFrom` (steady ms), are too old to be told. */
  readonly stale?: number;
  readonly freshFrom?: number;
}

/**
 * Ends a window with its delivery: pending, or what silence (flap windows), throttle or a missing channel make of it.
 * Answers the ended window. Throws CoreError `bad-window` where the action is gone and its rule was not kept.
 */
export function flushWindow(record: WindowRecord, deciding: Deciding): WindowRecord {
  const action = actionOf(record, deciding);
  const channel = deciding.index.channels.get(action.action.channel);
  const judged = judgeFlush(record, { action, channel }, deciding);
  return endWindow(record, { ...judged, leaf: "digest.flush" }, deciding);
}

/** Ends a window that a person deletes: its delivery is dropped. */
export function dropWindow(record: WindowRecord, deciding: Deciding): WindowRecord {
  const reason: Reason = { code: "window-dropped", by: deciding.actor };
  return endWindow(record, { status: "dropped", reason, trace: [], leaf: "digest.drop" }, deciding);
}

interface Told {
  readonly action: CompiledAction;
  readonly channel: CompiledChannel | undefined;
}

function judgeFlush(record: WindowRecord, { action, channel }: Told, deciding: Deciding): Judged {
  const trace: TraceEntry[] = [];
  const ended = (stage: string, status: DeliveryStatus, reason: Reason, saw: Partial<TraceEntry> = {}): Judged => {
    trace.push({ stage, code: reason.code, ...(reason.by === undefined ? {} : { by: reason.by }), ...saw });
    return { status, reason, trace };
  };
  const fault = channelFault(action, channel);
  if (fault !== undefined) return ended("channel", "dropped", fault);
  const muted = mutedFlush(record, action, deciding);
  if (muted !== undefined) return ended(muted.stage, muted.status, muted.reason, { until: muted.until });
  const { stale, freshFrom } = staleMembers(record, action, deciding);
  if (stale >= record.count) return { ...ended("staleness", "dropped", { code: "stale", by: action.id }), stale };
  const { refused, saw, charge } = admission(action, deciding);
  if (refused !== undefined && record.hasResolution !== true)
    return ended("throttle", "throttled", refused.reason, refused.saw);
  if (refused === undefined) charge();
  if (saw !== undefined) trace.push({ stage: "throttle", code: "pass", ...saw });
  return { status: "pending", trace, ...(stale > 0 ? { stale, freshFrom } : {}) };
}

interface Muted {
  readonly stage: string;
  readonly status: DeliveryStatus;
  readonly reason: Reason;
  readonly until: number;
}

/** Whether a silence or a suppression covers what a flap window would tell. */
export function isMuted(record: WindowRecord, action: CompiledAction, deciding: Deciding): boolean {
  return mutedFlush(record, action, deciding) !== undefined;
}

/** What a timer sends of repeats is judged as the last of them: silences and suppressions may have come since. */
function mutedFlush({ flap }: WindowRecord, { rule }: CompiledAction, deciding: Deciding): Muted | undefined {
  if (flap === undefined) return undefined;
  const { view, tenant, stamp } = deciding;
  const mutes = mutesOf(view, tenant);
  const silence = silencedBy(flap.labels, mutes, stamp.now);
  if (silence !== undefined)
    return { stage: "silence", status: "silenced", reason: { code: "silenced", by: silence.id }, until: silence.until };
  const suppression = suppressedBy({ labels: flap.labels, rule }, mutes, stamp.now);
  if (suppression === undefined) return undefined;
  const { code, id: by, until } = suppression;
  return { stage: "maintenance", status: "suppressed", reason: { code, by }, until };
}

/** How many of the first held drafts are older than the action tells, and which are not; they came in order of time. */
function staleMembers(
  { kind, id, count }: WindowRecord,
  { staleness }: CompiledAction,
  deciding: Deciding,
): { stale: number; freshFrom: number } {
  if (kind !== "quiet" || staleness === undefined || staleness.choice !== "drop") return { stale: 0, freshFrom: 0 };
  const { view, tenant } = deciding;
  const freshFrom = steadyNow(deciding) - staleness.after;
  for (let from = 0; from < count; from += MEMBERS_READ) {
    const members = view.members(tenant, id, from, MEMBERS_READ);
    const fresh = members.findIndex(({ steady }) => steady >= freshFrom);
    if (fresh >= 0) return { stale: from + fresh, freshFrom };
  }
  return { stale: count, freshFrom };
}

interface Ending extends Judged {
  readonly leaf: "digest.flush" | "digest.drop";
}

function endWindow(
  record: WindowRecord,
  { leaf, status, reason, trace, stale, freshFrom }: Ending,
  deciding: Deciding,
): WindowRecord {
  const { view, tenant, index, actor, stamp } = deciding;
  const action = actionOf(record, deciding);
  const channel = index.channels.get(action.action.channel);
  const { id, window, severity } = record;
  const telling = { id, window, severity, action, channel, status, trace, ...(reason === undefined ? {} : { reason }) };
  const made = windowDeliveries(telling, deciding);
  const [first] = made;
  const ref = {
    digest: id,
    rule: action.ref,
    ...(first?.template === undefined ? {} : { template: `${first.template.id}@${first.template.hash.slice(0, 12)}` }),
  };
  const body = { ...membersBody(record, deciding), ...(stale === undefined ? {} : { stale }) };
  split(made).forEach((group, part) => {
    const { drafts, recipients } = draftEntries(group, { ordinal: deciding.ordinal.next++, salt: stamp.salt });
    const n = part === 0 ? {} : { n: part + 1 };
    const seq = view.leaf(tenant, { type: leaf, actor, cfg: index.cfg, drafts, id, ...n, ref, body }, { recipients });
    group.forEach((delivery, draft) => keepDelivery(delivery, { seq, draft }, deciding));
  });
  const deliveries = made.map((delivery) => delivery.id);
  const state = leaf === "digest.flush" ? "flushed" : "dropped";
  const { itemCap } = index.policy;
  keepRule(action, deciding);
  const ended = close(
    { ...record, rule: action.ref },
    {
      state,
      status,
      deliveries,
      itemCap,
      ...(stale === undefined ? {} : { stale }),
      ...(freshFrom === undefined ? {} : { freshFrom }),
    },
    deciding,
  );
  if (record.kind === "flap") flushed(ended, action.debounce, deciding);
  if (record.kind === "quiet") settleMembers(id, deciding);
  if (record.kind === "group" && state === "flushed") rememberFlush(record, action, deciding);
  return ended;
}

/** One that was told once before, its window having been reopened, keeps its leaves. */
function keepDelivery(
  delivery: Announced,
  { seq, draft }: { readonly seq: number; readonly draft: number },
  { view, tenant }: Deciding,
): void {
  const before = view.get("delivery", tenant, delivery.id);
  const place = { leaves: [...(before?.leaves ?? []), seq], draft: before?.draft ?? draft };
  view.put("delivery", tenant, delivery.id, { ...delivery, ...place });
}

/** Count and root of what the window holds, with the instant of a timer. */
function membersBody(
  { count, frontier }: WindowRecord,
  deciding: Deciding,
): { count: number; root: string; at?: number } {
  return { ...atBody(deciding), count, root: membersRoot(frontier) };
}

/** Ends a flap window that an event's own delivery tells of. */
export function tellByEvent(record: WindowRecord, delivery: string, deciding: Deciding): void {
  const { view, tenant, index, actor } = deciding;
  const { id, rule } = record;
  const body = { ...membersBody(record, deciding), with: delivery };
  view.leaf(tenant, { type: "digest.flush", actor, cfg: index.cfg, drafts: [], id, ref: { digest: id, rule }, body });
  const { itemCap } = index.policy;
  close(record, { state: "flushed", status: "pending", deliveries: [delivery], itemCap }, deciding);
}

type End = Pick<WindowRecord, "state" | "status" | "deliveries" | "itemCap" | "stale" | "freshFrom" | "into">;

/** Ends a window: it is found no more, and nothing is due of it. */
export function close(record: WindowRecord, end: End, deciding: Deciding): WindowRecord {
  const { view, tenant, stamp } = deciding;
  clearTimer(record, deciding);
  view.remove("open", tenant, openKeyOf(record));
  const flap = record.flap === undefined ? {} : { flap: { ...record.flap, labels: {} } };
  const ended: WindowRecord = { ...record, ...flap, ...end, endedAt: stamp.now, endedSteady: steadyNow(deciding) };
  view.put("window", tenant, record.id, ended);
  return ended;
}

/** Held deliveries become part of what was sent, in bounded steps. */
function settleMembers(id: string, { view, tenant, stamp }: Deciding): void {
  view.setTimer(tenant, { due: stamp.now, flow: "member-settle", key: `${id}#0` });
}

/** A flush is remembered so long at the least, ms: the interval of its action may be edited. */
const GROUP_MEMORY_MS = 7 * 86_400_000;

/** How long the flush of a group is remembered, ms. */
export function groupMemory(interval: number): number {
  return Math.max(interval, GROUP_MEMORY_MS);
}

/** A group's next window waits for the interval since this one. */
function rememberFlush({ actionKey }: WindowRecord, { group }: CompiledAction, deciding: Deciding): void {
  const { view, tenant, offset } = deciding;
  const flushedAt = steadyNow(deciding);
  const isKnown = view.get("group", tenant, actionKey) !== undefined; // then its timer looks again
  view.put("group", tenant, actionKey, { flushedAt });
  if (isKnown) return;
  const until = flushedAt + groupMemory(group?.interval ?? 0);
  view.setTimer(tenant, { due: until + offset, flow: "expire", key: `group:${actionKey}` });
}
