import { setImmediate as pause } from "node:timers/promises";
import { SITE_TENANT } from "../core/cells.ts";
import type { WindowRecord } from "../core/window-record.ts";
import { FlowError } from "../flows/error.ts";
import type { WindowCommand } from "../flows/window-command.ts";
import { HttpError } from "../http/error.ts";
import type { DigestService, ShownWindow, Stats, StatsService } from "../http/services.ts";
import type { Page } from "../ports.ts";
import type { Parts } from "./parts.ts";

/** Windows and channels that one answer tells of. */
const MAX_LISTED = 100_000;
/** Windows that are read between two pauses: requests and timers wait meanwhile. */
const CHUNK = 200;
/** Deliveries that are at their end are counted for so long, ms. */
const RECENT_MS = 86_400_000;

/** Open windows, and what people do with them. */
export function digestService(parts: Pick<Parts, "store" | "sends">): DigestService {
  return {
    page: async (tenant, query) => {
      const from = query.cursor === undefined ? undefined : readCursor(query.cursor);
      return pageOf(await openWindows(parts, tenant, query.actionKey), { from, limit: query.limit });
    },
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
  for (const [at, [, { id }]] of found.flat().entries()) {
    if (at % CHUNK === CHUNK - 1) await pause();
    const record = await read.cell("window", tenant, id);
    if (record?.state === "open") windows.push(shown(record, offset));
  }
  return windows.toSorted(compareDue);
}

type Place = Pick<WindowRecord, "due" | "id">;

function compareDue(a: Place, b: Place): number {
  if (a.due !== b.due) return a.due - b.due;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}

/** A cursor is the place of the window before: by steady ms, so that a clock which is set moves none. */
function pageOf(
  windows: readonly ShownWindow[],
  { from, limit }: { readonly from: Place | undefined; readonly limit: number },
): Page<ShownWindow> {
  const rest = from === undefined ? windows : windows.filter((window) => compareDue(window, from) > 0);
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return rest.length > limit && last !== undefined ? { items, cursor: `${last.due}:${last.id}` } : { items };
}

/** Throws HttpError `bad-query`. */
function readCursor(cursor: string): Place {
  const [, due, id] = /^(-?\d{1,16}):(digest:.+)$/.exec(cursor) ?? [];
  if (due !== undefined && id !== undefined) return { due: Number(due), id };
  throw new HttpError("bad-query", "the query is not valid", {
    errors: [{ pointer: "/cursor", detail: "is not one of this list" }],
  });
}

function shown(record: WindowRecord, offset: number): ShownWindow {
  return { ...record, dueAt: record.due + offset };
}

async function offsetOf({ store }: Pick<Parts, "store">): Promise<number> {
  return (await store.read.cell("clock", SITE_TENANT, "current"))?.offset ?? 0;
}

/** What a tenant has open, waiting and behind it. */
export function statsService({
  store: { read },
  configurations,
  instants,
}: Pick<Parts, "store" | "configurations" | "instants">): StatsService {
  return {
    of: async (tenant): Promise<Stats> => {
      const open = await read.cells("open", tenant, "", MAX_LISTED);
      const kinds = open.map(([key]) => key.split(":")[1] ?? "");
      const countOf = (wanted: string): number => kinds.filter((kind) => kind === wanted).length;
      const known = configurations.of(tenant).channels; // the state of one that was deleted stays behind
      const channels = (await read.cells("channel", tenant, "", MAX_LISTED)).filter(([id]) => known.has(id));
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
