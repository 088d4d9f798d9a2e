/**
 * How much a silence would mute, seen by the last events of its tenant and its open windows.
 * @module
 */
import { setImmediate as pause } from "node:timers/promises";
import type { SilenceRecord } from "../core/cells.ts";
import type { Event } from "../core/event.ts";
import { compileMutes, FOREVER, NO_MUTES, silencedBy } from "../core/mute.ts";
import type { MutePut } from "../core/mute-edit.ts";
import type { MutePreview } from "../http/services.ts";
import type { Reader } from "../ports.ts";

/** Events that are looked at, the newest. */
const LOOKED = 1000;
/** Fewer than that say nothing of a share. */
const ENOUGH = 100;
/** Events and windows that a preview shows. */
const SHOWN = 50;
const MAX_WINDOWS = 1000;
/** Silences that are counted before others have their turn. */
const SLICE = 20;

type Labels = Readonly<Record<string, string>>;

/** What is too broad: `at` counts the puts, and is 0 where they are so only all together. */
interface BreadthFault {
  readonly at: number;
  readonly detail: string;
}

/** Silences that would mute more than `maxShare` of a hundred of the last events, alone or together. */
export async function breadthFaults(
  read: Reader,
  tenant: string,
  { puts, maxShare }: { readonly puts: readonly MutePut[]; readonly maxShare: number | undefined },
): Promise<BreadthFault[]> {
  const silences = puts.flatMap((one, at) => (one.kind === "silences" ? [{ at, matchers: one.put.matchers }] : []));
  if (maxShare === undefined || silences.length === 0) return [];
  const events = await lastEvents(read, tenant);
  if (events.length < ENOUGH) return [];
  const faults: BreadthFault[] = [];
  const judge = (at: number, all: readonly (readonly string[])[]): void => {
    const isMuted = muter(all);
    const count = events.filter(({ labels }) => isMuted(labels)).length;
    if (count * 100 <= maxShare * events.length) return;
    faults.push({ at, detail: (all.length > 1 ? "together they " : "") + told(count, events.length, maxShare) });
  };
  for (const [nth, { at, matchers }] of silences.entries()) {
    judge(at, [matchers]);
    if (nth % SLICE === SLICE - 1) await pause();
  }
  if (faults.length === 0 && silences.length > 1)
    judge(
      silences[0]?.at ?? 0,
      silences.map(({ matchers }) => matchers),
    );
  return faults;
}

function told(muted: number, looked: number, maxShare: number): string {
  return `would mute ${muted} of the last ${looked} events; the policy allows ${maxShare} of 100, and "force" to an admin`;
}

/** What a silence with these matchers would mute now: of the last events, and of the windows whose message is judged again. */
export async function previewMatchers(read: Reader, tenant: string, matchers: readonly string[]): Promise<MutePreview> {
  const isMuted = muter([matchers]);
  const events = await lastEvents(read, tenant);
  const mutedEvents = events.filter(({ labels }) => isMuted(labels));
  const open = await read.cells("open", tenant, "", MAX_WINDOWS);
  const windows = await Promise.all(open.map(([, { id }]) => read.cell("window", tenant, id)));
  const mutedWindows = windows.filter((one) => one?.flap !== undefined && isMuted(one.flap.labels));
  return {
    events: { looked: events.length, muted: mutedEvents.length, items: mutedEvents.slice(0, SHOWN) },
    windows: {
      looked: open.length,
      muted: mutedWindows.length,
      items: mutedWindows
        .slice(0, SHOWN)
        .flatMap((one) => (one === undefined ? [] : [{ id: one.id, action: one.action, count: one.count }])),
    },
  };
}

/** Whether one of these sets of matchers agrees, whenever that is. */
function muter(all: readonly (readonly string[])[]): (labels: Labels) => boolean {
  const silences = all.map(
    (matchers): SilenceRecord => ({
      id: "",
      matchers,
      startsAt: 0,
      endsAt: FOREVER,
      author: "",
      comment: "",
      updatedAt: 0,
    }),
  );
  const mutes = compileMutes({ ...NO_MUTES, silences });
  return (labels) => silencedBy(labels, mutes, 0) !== undefined;
}

async function lastEvents(read: Reader, tenant: string): Promise<Event[]> {
  const found: Event[] = [];
  let cursor: string | undefined;
  do {
    const limit = LOOKED - found.length;
    const page = await read.events(tenant, { limit, ...(cursor === undefined ? {} : { cursor }) });
    found.push(...page.items);
    ({ cursor } = page);
  } while (cursor !== undefined && found.length < LOOKED);
  return found;
}
