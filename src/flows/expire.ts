import { announcedUntil } from "../core/announced.ts";
import { type Deciding, deciding, steadyNow } from "../core/deciding.ts";
import { flapSweep } from "../core/flap-cell.ts";
import { groupMemory } from "../core/window-flush.ts";
import type { Flow, TimerInput } from "../ports.ts";
import { answerTimer, forgetAnswer } from "./answer-keep.ts";
import { dropEnded, restoreMutes } from "./mute-change.ts";

const FLOW = "expire";
/** Cells that one step looks at. */
const STEP = 500;

/** A timer: state that nothing can ask for any more goes. What was renewed meanwhile is asked again at its new end. No leaf: nothing is decided. */
export const expire: Flow<TimerInput, null> = {
  prepare: (context, { key, due }) => ({
    cells: [],
    decide: (view, stamp) => {
      const asked = deciding(context, { view, stamp }, { actor: `timer:${FLOW}`, at: due });
      const colon = key.indexOf(":");
      const kind = colon < 0 ? key : key.slice(0, colon);
      EXPIRED[kind]?.(key.slice(colon + 1), asked);
      return null;
    },
  }),
};

const EXPIRED: Readonly<Record<string, (key: string, asked: Deciding) => void>> = {
  announced: expireAnnounced,
  answer: expireAnswer,
  claims: expireClaims,
  flap: expireFlap,
  group: expireGroup,
  mutes: (_key, { view, tenant, stamp }) => dropEnded(view, tenant, stamp.now),
  "mutes-again": (_key, { view, tenant, stamp }) => restoreMutes(view, tenant, stamp.now),
};

function expireAnnounced(key: string, asked: Deciding): void {
  const { view, tenant, offset } = asked;
  const record = view.get("announced", tenant, key);
  if (record === undefined || record.timer > steadyNow(asked)) return;
  const until = announcedUntil(record, asked);
  if (until === undefined) return view.remove("announced", tenant, key);
  view.put("announced", tenant, key, { ...record, timer: until });
  view.setTimer(tenant, { due: until + offset, flow: FLOW, key: `announced:${key}` });
}

function expireAnswer(key: string, asked: Deciding): void {
  const { view, tenant } = asked;
  const record = view.get("answer", tenant, key);
  if (record === undefined) return;
  if (record.until <= steadyNow(asked)) forgetAnswer(key, record, asked);
  else view.setTimer(tenant, answerTimer(key, record, asked));
}

/** All claims of one end, in bounded steps. */
function expireClaims(end: string, { view, tenant, stamp }: Deciding): void {
  if (Number(end) > stamp.now) return; // the clock was set back: claims of that window are made anew, with a timer of their own
  const claims = view.list("claim", tenant, `${end}:`, STEP);
  for (const [key] of claims) view.remove("claim", tenant, key);
  if (claims.length === STEP) view.setTimer(tenant, { due: stamp.now, flow: FLOW, key: `claims:${end}` });
}

/**
 * Cells whose time is up and that no open window needs, in bounded steps, the oldest first: of a group, or of those made
 * after the cell `<group>:...` that a step before kept. Once all were looked at, what is left is looked at an hour later.
 */
function expireFlap(key: string, asked: Deciding): void {
  const { view, tenant, stamp } = asked;
  const now = steadyNow(asked);
  const [group = ""] = key.split(":", 1);
  const isBegun = key !== group && view.get("flap", tenant, key) !== undefined; // else from the first again
  const cells = view.list("flap", tenant, { prefix: `${group}:`, ...(isBegun ? { after: key } : {}) }, STEP);
  let kept = isBegun ? key : undefined;
  for (const [cell, { until, window }] of cells)
    if (until <= now && window === undefined) view.remove("flap", tenant, cell);
    else kept = cell;
  if (cells.length === STEP) view.setTimer(tenant, { due: stamp.now, flow: FLOW, key: `flap:${kept ?? group}` });
  else if (kept !== undefined) view.setTimer(tenant, flapSweep(group, stamp.now));
}

function expireGroup(key: string, asked: Deciding): void {
  const { view, tenant, index, offset } = asked;
  const cell = view.get("group", tenant, key);
  if (cell === undefined) return;
  const interval = index.actions.get(key.slice(0, key.indexOf("~")))?.group?.interval ?? 0;
  const until = cell.flushedAt + groupMemory(interval);
  if (until <= steadyNow(asked)) view.remove("group", tenant, key);
  else view.setTimer(tenant, { due: until + offset, flow: FLOW, key: `group:${key}` });
}
