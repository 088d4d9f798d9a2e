// Numbers that look random and are the same in each run.

/** Draws whole numbers from a seed. */
export interface Draw {
  /** From `low` to `high`, both included. */
  readonly between: (low: number, high: number) => number;
  readonly oneOf: <T>(list: readonly [T, ...T[]]) => T;
  /** True in `share` of a hundred cases. */
  readonly chance: (share: number) => boolean;
}

/** Mulberry32: 32 bits of state, enough for test data. */
export function createDraw(seed: number): Draw {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const between = (low: number, high: number): number => low + (next() % (high - low + 1));
  return {
    between,
    oneOf: ([first, ...rest]) => rest[between(0, rest.length) - 1] ?? first,
    chance: (share) => between(1, 100) <= share,
  };
}
