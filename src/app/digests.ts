import { SITE_TENANT, type WindowRecord } from "../core/cells.ts";
import { FlowError } from "../flows/error.ts";
import type { WindowCommand } from "../flows/window-command.ts";
import type { DigestService, ShownWindow, Stats, StatsService } from "../http/services.ts";
import type { Parts } from "./parts.ts";

/** Windows and channels that one answer tells of. */
const MAX_LISTED = 100_000;
/** Deliveries that are at their end are counted for so long, ms. */
const RECENT_MS = 86_400_000;

/** Open windows, and what people do with them. */
export function digestService(parts: Pick<Parts, "store" | "sends">): DigestService {
  return {
    open: (tenant, actionKey) => openWindows(parts, tenant, actionKey),
    command: async ({ tenant, actor }, command) => {
      const ask = (): Promise<readonly WindowRecord[]> =>
        parts.store.transact({ flow: "window-command", tenant, input: { actor, ...command } });
      const windows = command.command === "reopen" ? await withheld(parts, tenant, { command, ask }) : await ask();
      const offset = await offsetOf(parts);
      return windows.map((record) => shown(record, offset));
    },
  };
}

interface Asking {
  readonly command: Omit<WindowCommand, "actor">;
  readonly ask: () => Promise<readonly WindowRecord[]>;
}

/**
 * A message that is being sent cannot be taken back, and is not begun while it is. A window that is still open when it is
 * looked at is refused without asking: if it ended meanwhile, its messages would not be withheld.
 */
async function withheld(
  { store, sends }: Pick<Parts, "store" | "sends">,
  tenant: string,
  { command, ask }: Asking,
): Promise<readonly WindowRecord[]> {
  const { actionKey, window = "", openedAt = 0 } = command;
  const id = `digest:${tenant}:${actionKey}:${window}:${openedAt}`;
  const record = await store.read.cell("window", tenant, id);
  if (record?.state === "open") throw new FlowError("conflict", `${id} is open`);
  const windows = await sends.without(record?.deliveries ?? [], ask);
  if (windows === undefined) throw new FlowError("conflict", `${id} is being sent`);
  return windows;
}

async function openWindows(
  parts: Pick<Parts, "store">,
  tenant: string,
  actionKey: string | undefined,
): Promise<ShownWindow[]> {
  const { read } = parts.store;
  const prefixes = actionKey === undefined ? [""] : [`${actionKey}:`, `${actionKey}~`];
  const found = await Promise.all(prefixes.map((prefix) => read.cells("open", tenant, prefix, MAX_LISTED)));
  const offset = await offsetOf(parts);
  const windows: ShownWindow[] = [];
  for (const [, { id }] of found.flat()) {
    const record = await read.cell("window", tenant, id);
    if (record?.state === "open") windows.push(shown(record, offset));
  }
  return windows.toSorted((a, b) => a.dueAt - b.dueAt || (a.id < b.id ? -1 : 1));
}

function shown(record: WindowRecord, offset: number): ShownWindow {
  return { ...record, dueAt: record.due + offset };
}

async function offsetOf({ store }: Pick<Parts, "store">): Promise<number> {
  return (await store.read.cell("clock", SITE_TENANT, "current"))?.offset ?? 0;
}

/** What a tenant has open, waiting and behind it. */
export function statsService({ store: { read }, instants }: Pick<Parts, "store" | "instants">): StatsService {
  return {
    of: async (tenant): Promise<Stats> => {
      const open = await read.cells("open", tenant, "", MAX_LISTED);
      const kinds = open.map(([key]) => key.split(":")[1] ?? "");
      const countOf = (wanted: string): number => kinds.filter((kind) => kind === wanted).length;
      const channels = await read.cells("channel", tenant, "", MAX_LISTED);
      const faults = await read.cells("fault", tenant, "", MAX_LISTED);
      const group = countOf("group");
      const gathering = kinds.filter(isGathering).length;
      return {
        ...(await read.counts(tenant, instants.now() - RECENT_MS)),
        openDigestCount: gathering,
        openWindows: { digest: gathering - group, group, quiet: countOf("quiet"), flap: countOf("flap") },
        downChannels: channels.flatMap(([id, { down }]) => (down === undefined ? [] : [{ id, ...down }])),
        ruleFaults: faults.map(([rule, fault]) => ({ rule, ...fault })),
      };
    },
  };
}

function isGathering(kind: string): boolean {
  return kind !== "quiet" && kind !== "flap";
}
