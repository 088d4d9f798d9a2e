/** Choices that follow from a seed alone. */
export interface Draw {
  /** A whole number from 0 to below `limit`. */
  readonly below: (limit: number) => number;
  readonly chance: (share: number) => boolean;
  /** One of a list that is not empty. */
  readonly pick: <T>(list: readonly T[]) => T;
  readonly bytes: (length: number) => Buffer;
}

/** The choices of case `index` under `seed` (mulberry32). */
export function drawOf(seed: number, index: number): Draw {
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    const one = Math.imul(state ^ (state >>> 15), state | 1);
    const two = one ^ (one + Math.imul(one ^ (one >>> 7), one | 61));
    return (two ^ (two >>> 14)) >>> 0;
  };
  const below = (limit: number): number => Math.floor((next() / 2 ** 32) * limit);
  return {
    below,
    chance: (share) => next() / 2 ** 32 < share,
    pick: (list) => {
      for (const item of list.slice(below(list.length))) return item;
      throw new Error("nothing to pick from");
    },
    bytes: (length) => Buffer.from(Array.from({ length }, () => below(256))),
  };
}
