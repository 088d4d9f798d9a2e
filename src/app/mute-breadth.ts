/**
 * How much a silence would mute, seen by the last events of its tenant and its open windows.
 * @module
 */
import { setImmediate as pause } from "node:timers/promises";
import type { SilenceRecord } from "../core/cells.ts";
import type { Event } from "../core/event.ts";
import { compileMutes, FOREVER, NO_MUTES, silencedBy } from "../core/mute.ts";
import type { MutePut } from "../core/mute-edit.ts";
import { FlowError } from "../flows/error.ts";
import type { MutePreview } from "../http/services.ts";
import type { Reader } from "../ports.ts";

/** Events that are looked at, the newest. */
const LOOKED = 1000;
/** Fewer than that say nothing of a share. */
const ENOUGH = 100;
/** Events and windows that a preview shows. */
const SHOWN = 50;
const MAX_WINDOWS = 1000;
/** Counting gives others their turn after so long, and ends for good, ms. */
const TURN_MS = 5;
const PATIENCE_MS = 3000;
const TOO_SLOW = "the matchers take too long to be tried on the last events; make them simpler";

type Labels = Readonly<Record<string, string>>;

/** What is too broad: `at` counts the puts, and is 0 where they are so only all together. */
interface BreadthFault {
  readonly at: number;
  readonly detail: string;
}

/** Silences that would mute more than `maxShare` of a hundred of the last events, alone or together. */
export async function breadthFaults(
  { read, mono }: Counting,
  tenant: string,
  { puts, maxShare }: { readonly puts: readonly MutePut[]; readonly maxShare: number | undefined },
): Promise<BreadthFault[]> {
  const silences = puts.flatMap((one, at) => (one.kind === "silences" ? [{ at, matchers: one.put.matchers }] : []));
  if (maxShare === undefined || silences.length === 0) return [];
  const events = await lastEvents(read, tenant);
  if (events.length < ENOUGH) return [];
  const faults: BreadthFault[] = [];
  const turns = turnsOf(mono);
  const judge = async (at: number, all: readonly (readonly string[])[]): Promise<void> => {
    const { length: count } = await mutedOf(events, muter(all), turns);
    if (count * 100 <= maxShare * events.length) return;
    faults.push({ at, detail: (all.length > 1 ? "together they " : "") + told(count, events.length, maxShare) });
  };
  for (const { at, matchers } of silences) await judge(at, [matchers]);
  if (faults.length === 0 && silences.length > 1)
    await judge(
      silences[0]?.at ?? 0,
      silences.map(({ matchers }) => matchers),
    );
  return faults;
}

/** What counting works with: the store's reader, and ms of a clock that never steps. */
interface Counting {
  readonly read: Reader;
  readonly mono: () => number;
}

/** Pauses where a turn is over. Throws FlowError `invalid` where all of it takes too long. */
type Turns = () => Promise<void>;

/** Turns from now on; `refusal` is told where they are too many. */
export function turnsOf(mono: () => number, refusal = TOO_SLOW): Turns {
  const begun = mono();
  let turn = begun;
  return async () => {
    const now = mono();
    if (now - begun > PATIENCE_MS) throw new FlowError("invalid", refusal);
    if (now - turn < TURN_MS) return;
    await pause();
    turn = mono();
  };
}

async function mutedOf(
  events: readonly Event[],
  isMuted: (labels: Labels) => boolean,
  turns: Turns,
): Promise<readonly Event[]> {
  const muted: Event[] = [];
  for (const event of events) {
    if (isMuted(event.labels)) muted.push(event);
    await turns();
  }
  return muted;
}

function told(muted: number, looked: number, maxShare: number): string {
  return `would mute ${muted} of the last ${looked} events; the policy allows ${maxShare} of 100, and "force" to an admin`;
}

/** What a silence with these matchers would mute now: of the last events, and of the windows whose message is judged again. */
export async function previewMatchers(
  { read, mono }: Counting,
  tenant: string,
  matchers: readonly string[],
): Promise<MutePreview> {
  const isMuted = muter([matchers]);
  const events = await lastEvents(read, tenant);
  const mutedEvents = await mutedOf(events, isMuted, turnsOf(mono));
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
