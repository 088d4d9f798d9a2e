// What came of a scenario, read from the store: leaves, deliveries and members.
import { z } from "zod";
import { DecisionRoot } from "../../src/core/decision-root.ts";
import { type Leaf, parseLeaf } from "../../src/core/leaf-parse.ts";
import type { Reader } from "../../src/ports.ts";
import type { CommandInput } from "./read.ts";

/** One draft of an event, as its leaf tells of it, and its status at the end. */
export interface DraftSeen {
  readonly action: string;
  readonly rule: string;
  readonly status: string;
  readonly by?: string;
  readonly to: readonly string[];
  readonly end: string;
}

/** Something that was done to a window; `with` names an event or the window that took its items. */
export interface StepSeen {
  readonly at: number;
  readonly did: "flush" | "drop" | "reopen" | "merge";
  readonly status?: string;
  readonly by?: string;
  readonly with?: string;
}

export interface WindowSeen {
  readonly id: string;
  readonly openedAt: number;
  readonly members: readonly string[];
  /** Those of its last flush. */
  readonly deliveries: readonly string[];
  readonly history: readonly StepSeen[];
  readonly open: boolean;
}

/** A command that was answered with a problem; `index` counts all inputs from 0. */
export interface Refused {
  readonly index: number;
  readonly input: CommandInput;
}

export interface Outcome {
  readonly events: Readonly<Record<string, readonly DraftSeen[]>>;
  readonly windows: readonly WindowSeen[];
  readonly refused: readonly Refused[];
  /** CloudEvents ids, in the order of their repeats. */
  readonly duplicates: readonly string[];
  readonly root: string;
}

/** What the answers to the inputs were. */
export interface Answers {
  /** Ids of accepted events (`ev_`) with the CloudEvents ids that they came with. */
  readonly events: ReadonlyMap<string, string>;
  readonly refused: readonly Refused[];
  readonly duplicates: readonly string[];
}

const PAGE = 1000;
const MAX_MEMBERS = 1_000_000;
const Member = z.looseObject({ event: z.string() });
const OpenBody = z.looseObject({ openedAt: z.int() });
const FlushBody = z.looseObject({ with: z.string().optional() });
const ReopenBody = z.looseObject({ into: z.string().optional() });

interface Reading {
  readonly read: Reader;
  readonly tenant: string;
  /** `ev_` id to CloudEvents id. */
  readonly events: ReadonlyMap<string, string>;
}

/** Reads the whole outcome of a tenant. Throws where what is stored contradicts itself. */
export async function readOutcome(read: Reader, tenant: string, answers: Answers): Promise<Outcome> {
  const lines = await linesOf(read, tenant);
  const root = new DecisionRoot();
  for (const line of lines) root.add(tenant, line);
  const leaves = lines.map(parseLeaf);
  const reading = { read, tenant, events: answers.events };
  const { refused, duplicates } = answers;
  const events = await eventsOf(leaves, reading);
  return { events, windows: await windowsOf(leaves, reading), refused, duplicates, root: root.root() };
}

async function linesOf(read: Reader, tenant: string): Promise<string[]> {
  const lines: string[] = [];
  for (;;) {
    const page = await read.leaves(tenant, lines.length, PAGE);
    if (page.length === 0) return lines;
    lines.push(...page);
  }
}

async function eventsOf(leaves: readonly Leaf[], reading: Reading): Promise<Record<string, DraftSeen[]>> {
  const found = new Map<string, DraftSeen[]>();
  for (const { type, id = "", drafts = [] } of leaves) {
    if (type !== "event.decision") continue;
    const name = reading.events.get(id) ?? id;
    found.set(name, [...(found.get(name) ?? []), ...(await draftsOf(drafts, reading))]);
  }
  return Object.fromEntries(found);
}

type LeafDrafts = NonNullable<Leaf["drafts"]>;

/** Addressees of one (rule, action) stand beside each other: they are one draft. */
async function draftsOf(drafts: LeafDrafts, { read, tenant }: Reading): Promise<DraftSeen[]> {
  const seen: DraftSeen[] = [];
  for (const { rule = "", action = "", status, reason, delivery } of drafts) {
    const row = await read.cell("delivery", tenant, delivery);
    const last = seen.at(-1);
    const end = row?.status ?? "missing";
    if (last !== undefined && last.rule === rule && last.action === action) {
      if (last.status !== status) throw new Error(`addressees of ${action} have verdicts of their own`);
      seen[seen.length - 1] = {
        ...last,
        to: [...last.to, row?.to ?? ""],
        end: last.end === end ? end : `${last.end}, ${end}`,
      };
      continue;
    }
    const by = reason?.by === undefined ? {} : { by: reason.by };
    seen.push({ action, rule, status, ...by, to: [row?.to ?? ""], end });
  }
  return seen;
}

interface Building {
  readonly openedAt: number;
  deliveries: readonly string[];
  readonly history: StepSeen[];
  open: boolean;
}

async function windowsOf(leaves: readonly Leaf[], reading: Reading): Promise<WindowSeen[]> {
  const building = new Map<string, Building>();
  for (const leaf of leaves) {
    if (!leaf.type.startsWith("digest.")) continue;
    const id = leaf.id ?? "";
    if (leaf.type === "digest.open") {
      if (building.has(id)) throw new Error(`window ${id} was opened twice`);
      building.set(id, { openedAt: OpenBody.parse(leaf.body).openedAt, deliveries: [], history: [], open: true });
      continue;
    }
    const window = building.get(id);
    if (window === undefined) throw new Error(`${leaf.type} of window ${id}, which was never opened`);
    const step = await stepOf(leaf, reading);
    if (window.open === (step.did === "reopen" || step.did === "merge"))
      throw new Error(`${step.did} of window ${id}, which is ${window.open ? "open" : "ended"}`);
    window.history.push(step);
    window.open = step.did === "reopen";
    if (step.did === "flush") window.deliveries = (leaf.drafts ?? []).map(({ delivery }) => delivery);
  }
  const windows: WindowSeen[] = [];
  for (const [id, window] of building) windows.push({ id, ...window, members: await membersOf(id, reading) });
  return windows;
}

async function stepOf(leaf: Leaf, reading: Reading): Promise<StepSeen> {
  const at = typeof leaf.body?.["at"] === "number" ? leaf.body["at"] : leaf.t;
  const [draft] = leaf.drafts ?? [];
  const reason = draft?.reason ?? leaf.reason;
  const by = reason?.by === undefined ? {} : { by: reason.by };
  if (leaf.type === "digest.drop") return { at, did: "drop", status: draft?.status ?? leaf.status ?? "dropped", ...by };
  if (leaf.type === "digest.reopen") {
    const { into } = ReopenBody.parse(leaf.body ?? {});
    if (into === undefined) return { at, did: "reopen", ...by };
    return { at, did: "merge", status: draft?.status ?? leaf.status ?? "coalesced", with: into, ...by };
  }
  const { with: told } = FlushBody.parse(leaf.body ?? {});
  if (told === undefined) return { at, did: "flush", status: draft?.status ?? leaf.status ?? "missing", ...by };
  const teller = await reading.read.cell("delivery", reading.tenant, told);
  const event = reading.events.get(teller?.event ?? "") ?? told;
  return { at, did: "flush", status: draft?.status ?? leaf.status ?? teller?.status ?? "missing", with: event, ...by };
}

async function membersOf(window: string, { read, tenant, events }: Reading): Promise<string[]> {
  const rows = await read.members(tenant, window, 0, MAX_MEMBERS);
  return rows.map((row) => {
    const { event } = Member.parse(row);
    return events.get(event) ?? event;
  });
}
