/**
 * Long work in small steps, so that others may run in between: it yields, and who runs it decides when to pause.
 * @module
 */

/** Work that may be interrupted at each `yield`; the steps between two of them are short. */
export type Steps<T> = Generator<void, T>;

/** Lets others run; undefined while what was done since the last pause is still short. */
export type Pause = () => Promise<void> | undefined;

/** Runs steps to their end, with pauses. Throws what they throw. */
export async function runSteps<T>(steps: Steps<T>, pause: Pause): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    const waiting = pause();
    if (waiting !== undefined) await waiting;
  }
}

/** Runs steps to their end in one go. Throws what they throw. */
export function runWhole<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** What is sorted or walked in one step. */
const STEP = 512;

/** Walks through values; others may run after each few hundred. */
export function* inSteps<T>(values: Iterable<T>, each: (value: T) => void): Steps<void> {
  let count = 0;
  for (const value of values) {
    each(value);
    if (++count % STEP === 0) yield;
  }
}

/** Texts in order of their UTF-16 code units, as `toSorted` gives them. */
export function sortTexts(texts: readonly string[]): Steps<string[]> {
  return sortSteps(texts, (a, b) => Number(a > b) - Number(a < b));
}

/** Values in the order of `compare`, as `toSorted` gives them. */
export function* sortSteps<T extends string | object>(
  values: readonly T[],
  compare: (a: T, b: T) => number,
): Steps<T[]> {
  let runs: T[][] = [];
  for (let from = 0; from < values.length; from += STEP) {
    runs.push(values.slice(from, from + STEP).toSorted(compare));
    yield;
  }
  while (runs.length > 1) {
    const longer: T[][] = [];
    for (let at = 0; at < runs.length; at += 2)
      longer.push(yield* mergeRuns(runs[at] ?? [], runs[at + 1] ?? [], compare));
    runs = longer;
  }
  return runs[0] ?? [];
}

/** Of equal values those of the left run come first, so the sort is stable. */
function* mergeRuns<T extends string | object>(
  left: readonly T[],
  right: readonly T[],
  compare: (a: T, b: T) => number,
): Steps<T[]> {
  const merged: T[] = [];
  for (let l = 0, r = 0; ; ) {
    const a = left[l];
    const b = right[r];
    const isLeft = a !== undefined && (b === undefined || compare(a, b) <= 0);
    const next = isLeft ? a : b;
    if (next === undefined) return merged;
    merged.push(next);
    if (isLeft) l++;
    else r++;
    if (merged.length % STEP === 0) yield;
  }
}
