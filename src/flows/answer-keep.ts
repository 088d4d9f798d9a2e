/**
 * Requests that carry an Idempotency-Key: each is begun once, and its answer kept for a day. Bookkeeping of the way in, which
 * decides nothing: no leaf.
 * @module
 */
import type { AnswerRecord } from "../core/cells.ts";
import { CLOCK_CELL, type Deciding, deciding, steadyNow } from "../core/deciding.ts";
import type { Flow } from "../ports.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Keys that one tenant may have taken, and bytes of their records: from either on it takes no more until some lapse. */
export const MAX_ANSWERS = 100_000;
export const MAX_ANSWER_BYTES = 32 * 2 ** 20;
const TALLY = "current";
const ACTOR = "answers";

/** `key`: of the cell; `fingerprint`: of the request, hex. */
export interface AnswerClaimInput {
  readonly key: string;
  readonly fingerprint: string;
}

/** `held`: one of this key was begun within a day; `full`: the tenant takes no more keys. */
export type AnswerClaimed =
  | { readonly kind: "new" | "full" }
  | { readonly kind: "held"; readonly record: AnswerRecord };

/** Begins a request, unless one of this key was begun within a day: then answers what is known of that one. */
export const answerClaim: Flow<AnswerClaimInput, AnswerClaimed> = {
  prepare: ({ tenant, index }, { key, fingerprint }) => ({
    cells: [CLOCK_CELL, { noun: "answer", tenant, key }, { noun: "answers", tenant, key: TALLY }],
    decide: (view, stamp) => {
      const asked = deciding({ tenant, index }, { view, stamp }, { actor: ACTOR });
      const held = view.get("answer", tenant, key);
      if (held !== undefined && steadyNow(asked) < held.until) return { kind: "held", record: held };
      if (held !== undefined) freeAnswer(key, held, asked);
      const { count, bytes } = view.get("answers", tenant, TALLY) ?? NONE;
      if (count >= MAX_ANSWERS || bytes >= MAX_ANSWER_BYTES) return { kind: "full" };
      const record = { fingerprint, until: steadyNow(asked) + DAY_MS };
      view.put("answer", tenant, key, record);
      tally({ count: 1, bytes: sizeOf(record) }, asked);
      view.setTimer(tenant, answerTimer(key, record, asked));
      return { kind: "new" };
    },
  }),
};

/** What came of a request; without it the request changed nothing, and its key is free again. */
export interface AnswerKeepInput {
  readonly key: string;
  readonly sealed?: AnswerRecord["sealed"];
}

/** Keeps the answer of a request that was begun, or forgets that it was. */
export const answerKeep: Flow<AnswerKeepInput, null> = {
  prepare: ({ tenant, index }, { key, sealed }) => ({
    cells: [CLOCK_CELL, { noun: "answer", tenant, key }, { noun: "answers", tenant, key: TALLY }],
    decide: (view, stamp) => {
      const asked = deciding({ tenant, index }, { view, stamp }, { actor: ACTOR });
      const held = view.get("answer", tenant, key);
      if (held === undefined || held.sealed !== undefined) return null;
      if (sealed === undefined) freeAnswer(key, held, asked);
      else {
        const record = { ...held, sealed };
        view.put("answer", tenant, key, record);
        tally({ count: 0, bytes: sizeOf(record) - sizeOf(held) }, asked);
      }
      return null;
    },
  }),
};

/** Forgets a key with its timer. */
function freeAnswer(key: string, record: AnswerRecord, asked: Deciding): void {
  forgetAnswer(key, record, asked);
  asked.view.clearTimer(asked.tenant, answerTimer(key, record, asked));
}

/** Forgets a key whose timer has come. */
export function forgetAnswer(key: string, record: AnswerRecord, asked: Deciding): void {
  asked.view.remove("answer", asked.tenant, key);
  tally({ count: -1, bytes: -sizeOf(record) }, asked);
}

/** The timer at which a key is free again, by the wall clock as it is now. */
export function answerTimer(
  key: string,
  { until }: AnswerRecord,
  { offset }: Deciding,
): { readonly due: number; readonly flow: "expire"; readonly key: string } {
  return { due: until + offset, flow: "expire", key: `answer:${key}` };
}

const NONE = { count: 0, bytes: 0 } as const;

function tally(by: { readonly count: number; readonly bytes: number }, { view, tenant }: Deciding): void {
  const { count, bytes } = view.get("answers", tenant, TALLY) ?? NONE;
  if (count + by.count > 0) view.put("answers", tenant, TALLY, { count: count + by.count, bytes: bytes + by.bytes });
  else view.remove("answers", tenant, TALLY);
}

function sizeOf(record: AnswerRecord): number {
  return JSON.stringify(record).length;
}
