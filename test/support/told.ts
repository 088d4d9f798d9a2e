/**
 * What a tenant's log tells of drafts and windows, in its order.
 * @module
 */
import { z } from "zod";
import { type Leaf, parseLeaf } from "../../src/core/leaf-parse.ts";

type LeafDrafts = NonNullable<Leaf["drafts"]>;

/** One (rule, action) of an event with its deliveries. */
export interface ToldDraft {
  readonly event: string;
  readonly at: number;
  readonly rule: string;
  readonly action: string;
  readonly status: string;
  readonly reason: string | undefined;
  readonly by: string | undefined;
  readonly deliveries: readonly string[];
}

/** Something that was done to a window. */
export interface ToldStep {
  readonly window: string;
  readonly did: "open" | "flush" | "drop" | "reopen" | "merge";
  readonly at: number;
  /** Of its own message; absent where it has none. */
  readonly status?: string;
  readonly reason?: string;
  readonly action?: string;
  readonly rule?: string;
  /** Of a flush or drop: how many members, and the RFC 6962 root (hex) over their ids. */
  readonly count?: number;
  readonly root?: string;
  readonly deliveries: readonly string[];
}

export type Told = { readonly draft: ToldDraft } | { readonly step: ToldStep };

const Flush = z.looseObject({ count: z.int(), root: z.string() });
const Reopen = z.looseObject({ deliveries: z.array(z.string()), into: z.string().optional() });

/**
 * Drafts and windows' steps in the order in which they were decided: a window that an event filled is flushed within the
 * event's decision, whose leaf comes after it.
 */
export function toldOf(lines: readonly string[]): Told[] {
  const told: Told[] = [];
  let within: ToldStep[] = [];
  for (const leaf of lines.map(parseLeaf)) {
    if (leaf.type === "event.decision") {
      for (const draft of draftsOf(leaf)) {
        told.push({ draft });
        const filled = within.findIndex(({ window, did }) => did === "flush" && window === draft.by);
        if (filled >= 0) told.push(...within.splice(filled, 1).map((step) => ({ step })));
      }
      told.push(...within.map((step) => ({ step })));
      within = [];
    } else if (leaf.type.startsWith("digest.")) {
      const step = stepOf(leaf);
      const isFilled = step.did === "flush" && leaf.actor.startsWith("source:") && step.deliveries.length > 0;
      if (isFilled) within.push(step);
      else told.push({ step });
    }
  }
  return told;
}

function draftsOf({ id = "", t, drafts = [] }: Leaf): ToldDraft[] {
  const found: ToldDraft[] = [];
  for (const { rule, action = "", status, reason, delivery } of drafts) {
    const last = found.at(-1);
    if (last?.action === action) found.splice(-1, 1, { ...last, deliveries: [...last.deliveries, delivery] });
    else
      found.push({
        event: id,
        at: t,
        rule: rule?.split("@")[0] ?? "",
        action,
        status,
        reason: reason?.code,
        by: reason?.by,
        deliveries: [delivery],
      });
  }
  return found;
}

function stepOf({ type, id = "", t, body = {}, actor, drafts = [] }: Leaf): ToldStep {
  const due = body["at"];
  const at = actor.startsWith("timer:") && typeof due === "number" ? due : t;
  const place = { window: id, at };
  if (type === "digest.open") return { ...place, did: "open", deliveries: [] };
  if (type === "digest.reopen") {
    const { deliveries, into } = Reopen.parse(body);
    return { ...place, did: into === undefined ? "reopen" : "merge", deliveries };
  }
  const { count, root } = Flush.parse(body);
  return { ...place, did: type === "digest.drop" ? "drop" : "flush", count, root, ...messageOf(drafts) };
}

function messageOf(drafts: LeafDrafts): Pick<ToldStep, "status" | "reason" | "action" | "rule" | "deliveries"> {
  const [first] = drafts;
  const deliveries = drafts.map(({ delivery }) => delivery);
  if (first === undefined) return { deliveries };
  const { status, reason, action = "", rule } = first;
  return {
    deliveries,
    status,
    action,
    rule: rule?.split("@")[0] ?? "",
    ...(reason === undefined ? {} : { reason: reason.code }),
  };
}
