import fc from "fast-check";
import { expect, test } from "vitest";
import { hashToBytes, leafHash, rootOf } from "../../src/core/merkle.ts";
import type { WindowMember, WindowRecord } from "../../src/ports.ts";
import { anyManner, type Outcome, type Played, playStory } from "../support/cut-play.ts";
import { anyStory, type Story } from "../support/generated-story.ts";
import { toldOf, type ToldDraft, type ToldStep } from "../support/told.ts";

const SEED = 5;
const ENGINES = [
  { engine: "memory", runs: 120 },
  { engine: "libsql", runs: 12 },
] as const;
const TAKEN_IN: readonly string[] = ["coalesced", "held", "debounced"];
const FLOW_OF = { digest: "digest-flush", group: "digest-flush", quiet: "quiet-release", flap: "flap-flush" } as const;

test.each(ENGINES)(
  "$engine: every window holds its items once, ends once, and has one message at most",
  async ({ engine, runs }) => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(anyStory({ steps: 40, people: "all" }), anyManner(engine), async (story, manner) => {
        const played = await playStory(story, manner);
        const { outcome } = played;
        const told = toldOf(outcome.lines);
        const drafts = told.flatMap((one) => ("draft" in one ? [one.draft] : []));
        const steps = told.flatMap((one) => ("step" in one ? [one.step] : []));
        lifeOfWindows(steps, outcome);
        openWindowsAreDue(outcome, offsetOf(story));
        flushedRoots(steps, outcome.members);
        itemsStandOnce(drafts, outcome);
        pendingOnce(drafts, steps);
        nothingIsLeft(played);
        for (const { did, status } of steps) seen.add(status === undefined ? did : `${did} ${status}`);
        for (const { status } of drafts) seen.add(status);
      }),
      { seed: SEED, numRuns: runs },
    );
    if (engine === "memory") expect([...seen].toSorted()).toEqual(ALL_SEEN);
  },
);

/** What the stories must show, for the property to be worth anything. */
const ALL_SEEN = [
  "coalesced",
  "debounced",
  "deduplicated",
  "drop dropped",
  "dropped",
  "flush",
  "flush dropped",
  "flush pending",
  "flush silenced",
  "flush suppressed",
  "flush throttled",
  "held",
  "merge",
  "open",
  "pending",
  "reopen",
  "silenced",
  "suppressed",
  "throttled",
];

/** By how much the clock was set in all, ms. */
function offsetOf({ steps }: Story): number {
  return steps.reduce((sum, step) => sum + (step.kind === "jump" ? step.to - step.at : 0), 0);
}

/** Opened once, then ended and opened again in turn; the row says the same. */
function lifeOfWindows(steps: readonly ToldStep[], { windows }: Outcome): void {
  const states = new Map<string, WindowRecord["state"]>();
  const next = { open: "open", reopen: "open", flush: "flushed", drop: "dropped", merge: "merged" } as const;
  for (const { window, did } of steps) {
    const before = states.get(window);
    const from = { open: undefined, reopen: "flushed", merge: "flushed", flush: "open", drop: "open" }[did];
    expect({ window, did, before }).toEqual({ window, did, before: from });
    states.set(window, next[did]);
  }
  expect(windows.map(([id, { state }]) => [id, state])).toEqual([...states].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** An open window is found under its key, and one timer ends it at the instant that its row says. */
function openWindowsAreDue({ windows, cells, timers }: Outcome, offset: number): void {
  const open = windows.flatMap(([, record]) => (record.state === "open" ? [record] : []));
  const ids = cells["open"]?.map(([, value]) => ("id" in value ? value.id : ""));
  expect(ids?.toSorted()).toEqual(open.map(({ id }) => id));
  const wanted = open.map(({ id, kind, due }) => ({ due: due + offset, flow: FLOW_OF[kind], key: id }));
  const flows: readonly string[] = Object.values(FLOW_OF);
  expect(timers.filter(({ flow }) => flows.includes(flow)).toSorted(byKey)).toEqual(wanted.toSorted(byKey));
}

function byKey(a: { readonly key: string }, b: { readonly key: string }): number {
  return a.key < b.key ? -1 : 1;
}

/** The leaf of a window's end commits to the members that it then had. */
function flushedRoots(steps: readonly ToldStep[], members: Outcome["members"]): void {
  for (const { window, count, root } of steps) {
    if (count === undefined) continue;
    const held = (members[window] ?? []).slice(0, count);
    expect(held).toHaveLength(count);
    const hash = rootOf(held.map(({ deliveries }: WindowMember) => leafHash(deliveries.join("\n"))));
    expect(root).toBe(Buffer.from(hashToBytes(hash)).toString("hex"));
  }
}

/** What was taken in is a member of one window, once, and of that which its row leads to; nothing else is. */
function itemsStandOnce(drafts: readonly ToldDraft[], { windows, members, deliveries }: Outcome): void {
  const records = new Map(windows);
  const places = new Map<string, string>();
  for (const [id, record] of windows) {
    expect(members[id]).toHaveLength(record.count);
    if (record.state === "merged") continue;
    for (const member of members[id] ?? []) {
      const key = member.deliveries.join(" ");
      expect({ key, before: places.get(key) }).toEqual({ key, before: undefined });
      places.set(key, id);
    }
  }
  const taken = drafts.filter(({ status }) => TAKEN_IN.includes(status)).map((draft) => draft.deliveries.join(" "));
  expect([...places.keys()].toSorted()).toEqual(taken.toSorted());
  const rows = new Map(deliveries);
  for (const [key, id] of places)
    for (const delivery of key.split(" ")) {
      let at = rows.get(delivery)?.window ?? "";
      for (let into = records.get(at)?.into; into !== undefined; into = records.get(at)?.into) at = into;
      expect({ delivery, at }).toEqual({ delivery, at: id });
    }
}

/** A delivery is made pending once; a window's own once more for each time that it was taken back. */
function pendingOnce(drafts: readonly ToldDraft[], steps: readonly ToldStep[]): void {
  const lives = new Map<string, number>();
  const add = (ids: readonly string[], by: number): void => {
    for (const id of ids) {
      const life = (lives.get(id) ?? 0) + by;
      expect({ id, isOnce: life === 0 || life === 1 }).toEqual({ id, isOnce: true });
      lives.set(id, life);
    }
  };
  for (const { status, deliveries } of drafts) if (status === "pending") add(deliveries, 1);
  lives.clear();
  for (const { did, status, deliveries } of steps) {
    if (status === "pending") add(deliveries, 1);
    if (did === "reopen" || did === "merge") add(deliveries, -1);
  }
}

/** Later no window is open, nothing is held, and no timer and no running cell is left. */
function nothingIsLeft({ rest }: Played): void {
  expect(rest.timers.filter(({ key }) => key !== "mutes")).toEqual([]); // people's times stay where they are when the clock is set
  for (const noun of ["open", "claim", "flap", "group", "announced"])
    expect({ noun, rows: rest.cells[noun] }).toEqual({ noun, rows: [] });
  expect(rest.deliveries.filter(([, { status }]) => status === "held")).toEqual([]);
}
