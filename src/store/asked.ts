/**
 * A question on its way: prepared, decided, kept until its commit, answered once.
 * @module
 */
import {
  type AnswerOf,
  type CellRef,
  type Configurations,
  type Flow,
  type FlowTable,
  type InputOf,
  type Prepared,
  type Question,
  SITE_TENANT,
  type Stamp,
  type TimerInput,
  type View,
} from "../ports.ts";
import { StoreError } from "./error.ts";
import type { Jump } from "./stamper.ts";

/** Bytes that a question is taken for when it does not say. */
const ASSUMED_BYTES = 512;
/** The flow that records a jump of the clock. */
const JUMP_FLOW = "clock-jump";

/** A question as the store's loop handles it. */
export interface Asked {
  readonly tenant: string;
  /** A batch of its own. */
  readonly alone: boolean;
  readonly bytes: number;
  /** Decided ahead of the timers that are due. */
  readonly ahead: boolean;
  /** Given at the first dequeue, and kept when it is asked again. */
  stamp: Stamp | undefined;
  /** After a failed commit: it and each timer before it are a batch of their own. */
  again: boolean;
  /** Timers that were decided before it. */
  timers: number;
  /** Cells to load; a throw is kept as the answer. */
  readonly prepare: (now: number) => readonly CellRef[];
  /** Whether preparing succeeded, so that there is something to decide. */
  readonly ready: () => boolean;
  /** Decides and keeps the answer. Throws what the flow throws. */
  readonly decide: (view: View, stamp: Stamp) => void;
  /** Keeps an error as the answer. */
  readonly fail: (error: unknown) => void;
  /** Gives the kept answer. */
  readonly answer: () => void;
  /** Answers with an error, whatever was kept. */
  readonly refuse: (error: unknown) => void;
}

interface Settle<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}
type Kept<Answer> = { readonly answer: Answer } | { readonly error: unknown } | undefined;

/** The flow of a name with the types that the table gives it. Throws StoreError `failed` for an unknown name. */
export function flowOf<F extends FlowTable, N extends keyof F & string>(
  flows: F,
  name: N,
): Flow<InputOf<F[N]>, AnswerOf<F[N]>> {
  return typed(flows, name);
}

/** The flow of a timer. Throws StoreError `failed` for an unknown name. */
export function timerFlowOf(flows: FlowTable, name: string): Flow<TimerInput, unknown> {
  return typed(flows, name);
}

function typed<Input, Answer>(flows: FlowTable, name: string): Flow<Input, Answer> {
  const flow = Object.hasOwn(flows, name) ? flows[name] : undefined;
  if (flow === undefined) throw new StoreError("failed", `no flow ${name}`);
  // A table of flows forgets their types; its callers state them: the question's own, a timer's, a jump's.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return flow as Flow<Input, Answer>;
}

/** A question of a flow; `settle` is called once. */
export function askedQuestion<Input, Answer>(
  flow: Flow<Input, Answer>,
  question: Question<string, Input>,
  configurations: Configurations,
  settle: Settle<Answer>,
): Asked {
  const { tenant, input } = question;
  let prepared: Prepared<Answer> | undefined;
  let kept: Kept<Answer>;
  return {
    tenant,
    alone: flow.alone ?? false,
    bytes: question.bytes ?? ASSUMED_BYTES,
    ahead: false,
    stamp: undefined,
    again: false,
    timers: 0,
    prepare: (now) => {
      kept = undefined;
      prepared = undefined;
      try {
        prepared = flow.prepare({ tenant, index: configurations.of(tenant) }, input, now);
      } catch (error) {
        kept = { error };
      }
      return prepared?.cells ?? [];
    },
    ready: () => prepared !== undefined,
    decide: (view, stamp) => {
      if (prepared !== undefined) kept = { answer: prepared.decide(view, stamp) };
    },
    fail: (error) => {
      kept = { error };
    },
    answer: () => {
      if (kept === undefined) settle.reject(new Error("a question was answered before it was decided"));
      else if ("error" in kept) settle.reject(kept.error);
      else settle.resolve(kept.answer);
    },
    refuse: settle.reject,
  };
}

/** The question that records a jump of the clock; nothing may be decided between it and what was stamped before. */
export function askedJump(
  flows: FlowTable,
  { from, to }: Jump,
  configurations: Configurations,
  settle: Settle<unknown>,
): Asked {
  const flow: Flow<Omit<Jump, "mono">, unknown> = typed(flows, JUMP_FLOW);
  const question = { flow: JUMP_FLOW, tenant: SITE_TENANT, input: { from, to } };
  return { ...askedQuestion(flow, question, configurations, settle), ahead: true };
}

/** No question, but the instant at which timers are due: all of them are decided by it. */
export function askedTick(settled: (error: unknown) => void, again: boolean): Asked {
  return {
    tenant: SITE_TENANT,
    alone: false,
    bytes: 0,
    ahead: false,
    stamp: undefined,
    again,
    timers: 0,
    prepare: () => [],
    ready: () => false,
    decide: () => undefined,
    fail: () => undefined,
    answer: () => settled(undefined),
    refuse: settled,
  };
}
