import { type Cadence, CADENCES, nextBoundary } from "../core/cadence.ts";
import { type Deciding, deciding } from "../core/deciding.ts";
import type { Delivery } from "../core/delivery.ts";
import { dropWindow, flushWindow } from "../core/window-flush.ts";
import { reopenWindow } from "../core/window-reopen.ts";
import { actionOf } from "../core/rule-kept.ts";
import { dueOf } from "../core/stages/digest.ts";
import type { Flow, WindowRecord } from "../ports.ts";
import { FlowError } from "./error.ts";

/** What a person asks of windows of an action key. */
export interface WindowCommand {
  readonly actor: string;
  readonly command: "flush" | "drop" | "reopen";
  /** Action id; of a group `~` and 8 hex digits after it. */
  readonly actionKey: string;
  /** Cadence, `group`, `quiet` or `flap`. Absent: digests and groups. */
  readonly window?: string;
  /** Epoch ms; of the one window that is meant. */
  readonly openedAt?: number;
}

/** Windows that one command ends at most. */
const MAX_WINDOWS = 1000;

/**
 * Flushes, drops or reopens windows and answers them as they are then. A flush by command does not wait for quiet hours.
 * Throws FlowError `missing` where there is no such window, `conflict` where it was told already.
 */
export const windowCommand: Flow<WindowCommand, readonly WindowRecord[]> = {
  prepare: (context, command) => ({
    cells: [],
    decide: (view, stamp) => {
      const asked = deciding(context, { view, stamp }, { actor: command.actor });
      if (command.command === "reopen") return [reopen(command, asked)];
      const windows = openWindows(command, asked);
      if (windows.length === 0)
        throw new FlowError("missing", `${command.actionKey} has no open window to ${command.command}`);
      return windows.map((record) =>
        command.command === "flush" ? flushWindow(record, asked) : dropWindow(record, asked),
      );
    },
  }),
};

/** The open windows that a command means, the oldest first. */
function openWindows(command: WindowCommand, { view, tenant }: Deciding): WindowRecord[] {
  const { actionKey, window, openedAt } = command;
  const named = namedWindow(command, tenant);
  const ids =
    named === undefined
      ? view.list("open", tenant, `${actionKey}:${window ?? ""}`, MAX_WINDOWS).map(([, { id }]) => id)
      : [named];
  const found = ids.flatMap((id) => {
    const record = view.get("window", tenant, id);
    return record?.state === "open" ? [record] : [];
  });
  return found
    .filter((record) =>
      window === undefined ? record.kind === "digest" || record.kind === "group" : record.window === window,
    )
    .filter((record) => openedAt === undefined || record.openedAt === openedAt)
    .toSorted((a, b) => a.openedAt - b.openedAt);
}

/** Id of the one window that is named, or undefined where several may be meant. */
function namedWindow({ actionKey, window, openedAt }: WindowCommand, tenant: string): string | undefined {
  if (window === undefined || openedAt === undefined) return undefined;
  return `digest:${tenant}:${actionKey}:${window}:${openedAt}`;
}

/** A digest or group whose message was not yet tried goes back to being open, or into the window that was opened since. */
function reopen(command: WindowCommand, asked: Deciding): WindowRecord {
  const { view, tenant } = asked;
  const id = namedWindow(command, tenant);
  if (id === undefined) throw new FlowError("invalid", "reopen names the window and when it was opened");
  const record = view.get("window", tenant, id);
  if (record === undefined || (record.kind !== "digest" && record.kind !== "group"))
    throw new FlowError("missing", `there is no digest ${id}`);
  if (record.state !== "flushed" || !isUntried(record, asked))
    throw new FlowError("conflict", `${id} cannot be opened again: its message is not waiting for its first try`);
  return reopenWindow(record, dueAgain(record, asked), asked);
}

function isUntried({ deliveries = [] }: WindowRecord, { view, tenant }: Deciding): boolean {
  return deliveries.every((id) => {
    const delivery: Delivery | undefined = view.get("delivery", tenant, id);
    return delivery?.status === "pending" && delivery.attempts === 0;
  });
}

/** The next boundary; of a group as if it were opened now. Steady ms. */
function dueAgain(record: WindowRecord, asked: Deciding): number {
  const cadence: Cadence | undefined = CADENCES.find((known) => known === record.window);
  if (cadence === undefined) return dueOf(actionOf(record, asked), record.actionKey, asked);
  return nextBoundary(cadence, asked.index.policy.zone, asked.stamp.now) - asked.offset;
}
