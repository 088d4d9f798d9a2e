/**
 * Playing a story in any manner: how it is cut into commits, looks and starts of the process.
 * @module
 */
import fc from "fast-check";
import type { WindowRecord } from "../../src/core/window-record.ts";
import type { AttemptInput } from "../../src/flows/attempt.ts";
import { FlowError } from "../../src/flows/error.ts";
import type { MuteChange } from "../../src/flows/mute-change.ts";
import type { Engine } from "../../src/store/engine.ts";
import { ALL, type CutStore, openCutStore, type Remains, TENANT } from "./cut-store.ts";
import type { Step, Story } from "./generated-story.ts";

/** What the process does between two steps. */
interface Cut {
  /** Timers are looked at so far into the time between: 0 to 1. */
  readonly look?: number;
  readonly next: "go" | "wait" | "restart";
}

/** How a story is cut; none of it may change what comes of it. */
export interface Manner {
  readonly engine: "memory" | "libsql";
  readonly strict: boolean;
  readonly limits: { readonly questions: number; readonly rows: number; readonly timers: number };
  /** Between steps, one after the other and from the start again. */
  readonly cuts: readonly Cut[];
}

/** One question a commit, in memory, looking at nothing by itself. */
export const PLAIN: Manner = {
  engine: "memory",
  strict: false,
  limits: { questions: 1, rows: 8000, timers: 256 },
  cuts: [{ next: "wait" }],
};

const cut: fc.Arbitrary<Cut> = fc
  .tuple(fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }), fc.integer({ min: 0, max: 9 }))
  .map(([look, n]): Cut => ({ ...(look === undefined ? {} : { look }), next: nextOf(n) }));

function nextOf(n: number): Cut["next"] {
  if (n === 0) return "restart";
  return n < 3 ? "wait" : "go";
}

/** Any manner on an engine. */
export function anyManner(engine: Manner["engine"]): fc.Arbitrary<Manner> {
  return fc.record({
    engine: fc.constant(engine),
    strict: fc.boolean(),
    limits: fc.record({
      questions: fc.constantFrom(1, 2, 3, 7, 1000),
      rows: fc.constantFrom(1, 9, 50, 8000),
      timers: fc.constantFrom(1, 2, 5, 256),
    }),
    cuts: fc.array(cut, { minLength: 1, maxLength: 12 }),
  });
}

/** What a story came to, three days after its last step. */
export interface Outcome extends Remains {
  /** What each question of the story was answered, in order; a refusal by its code. */
  readonly answers: readonly unknown[];
}
export interface Played {
  readonly outcome: Outcome;
  /** What is left when nothing that the story began can go on any more. */
  readonly rest: Remains;
  readonly commits: number;
}

const DAY = 86_400_000;
const HORIZON = 7 * DAY;
const TOLD_AFTER = 3 * DAY;
const OVER_AFTER = 80 * DAY;

/** Plays a story and answers what came of it. Throws what went wrong beside the questions. */
export async function playStory(story: Story, { engine, strict, limits, cuts }: Manner): Promise<Played> {
  const start = story.steps[0]?.at ?? 0;
  const store = await openCutStore({ engine, strict, limits }, start);
  try {
    await store.configure(story.configurations[0] ?? [], start);
    const answers = await playSteps(story, store, cuts);
    const end = shownAfter(story.steps.at(-1)) ?? start;
    await store.look(end + TOLD_AFTER);
    const outcome = { ...(await store.remains()), answers };
    await store.look(end + OVER_AFTER);
    return { outcome, rest: await store.remains(), commits: store.commits() };
  } finally {
    await store.close();
  }
}

/** What the wall clock shows after a step. */
function shownAfter(step: Step | undefined): number | undefined {
  return step?.kind === "jump" ? step.to : step?.at;
}

async function playSteps({ steps, configurations }: Story, store: CutStore, cuts: readonly Cut[]): Promise<unknown[]> {
  const asked: Promise<unknown>[] = [];
  for (const [index, step] of steps.entries()) {
    const shown = shownAfter(steps[index - 1]) ?? step.at;
    const { look, next } = cuts[index % cuts.length] ?? { next: "go" };
    if (look !== undefined) asked.push(store.look(shown + Math.floor((step.at - shown) * look)));
    if (next !== "go") await store.idle();
    if (next === "restart") await store.restart();
    asked.push(...(await askStep(step, store, configurations)));
  }
  return (await Promise.all(asked)).filter((answer) => answer !== undefined);
}

/** Asks what a step asks, at once; what can only be chosen when all before it is decided waits for that. */
async function askStep(step: Step, store: CutStore, all: Story["configurations"]): Promise<Promise<unknown>[]> {
  const { at } = step;
  if (step.kind === "events") {
    const input = { actor: "source:test", horizon: HORIZON, events: step.events };
    return [answered(store.ask(at, ({ transact }) => transact({ flow: "ingest", tenant: TENANT, input })))];
  }
  if (step.kind === "mute") {
    const input = { actor: "user:test", changes: [muteOf(step)] };
    return [answered(store.ask(at, ({ transact }) => transact({ flow: "mute-change", tenant: TENANT, input })))];
  }
  await store.look(at);
  if (step.kind === "jump") await store.jump(at, step.to);
  if (step.kind === "configured") await store.configure(all[step.version] ?? [], at);
  if (step.kind === "sent") {
    const input = triesOf(store.engine());
    return [answered(store.ask(at, ({ transact }) => transact({ flow: "attempt", tenant: TENANT, input })))];
  }
  const named = step.kind === "window" ? windowOf(step, store.engine()) : undefined;
  if (step.kind !== "window" || named === undefined) return [];
  const input = { actor: "user:test", command: step.command, ...named };
  return [answered(store.ask(at, ({ transact }) => transact({ flow: "window-command", tenant: TENANT, input })))];
}

async function answered(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof FlowError) return error.code;
    throw error;
  }
}

function muteOf({ what, pick, ms, at }: Extract<Step, { kind: "mute" }>): MuteChange {
  const stated = { id: `m${pick % 4}`, startsAt: at, endsAt: at + ms, author: "ana", comment: "test" };
  if (what === "suppressions") return { kind: what, put: { ...stated, rule: `r${pick % 3}` } };
  const matchers = [`host="h${(pick % 2) + 1}"`];
  return what === "silences"
    ? { kind: what, put: { ...stated, matchers } }
    : { kind: what, put: { ...stated, matchers } };
}

/** One of the windows that the command could mean. */
function windowOf(
  { command, pick }: Extract<Step, { kind: "window" }>,
  engine: Engine,
): Pick<WindowRecord, "actionKey" | "window" | "openedAt"> | undefined {
  const state: WindowRecord["state"] = command === "reopen" ? "flushed" : "open";
  const fit = engine
    .list("window", TENANT, "", ALL)
    .flatMap(([, record]) => (record.state === state ? [record] : []))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const found = fit[pick % Math.max(1, fit.length)];
  if (found === undefined) return undefined;
  const { actionKey, window, openedAt } = found;
  return { actionKey, window, openedAt };
}

/** The other side takes all that waits for its first try. */
function triesOf(engine: Engine): AttemptInput {
  const waiting = engine
    .list("delivery", TENANT, "", ALL)
    .flatMap(([, delivery]) => (delivery.status === "pending" ? [delivery] : []))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return {
    tries: waiting.map(({ id, channel, attempts }) => ({
      kind: "tried",
      delivery: id,
      channel,
      n: attempts + 1,
      outcome: { kind: "sent", out: { code: "250", st: "ok", ms: 1 } },
    })),
  };
}
