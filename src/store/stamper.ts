/**
 * The instants of questions: they never decrease, unless the wall clock was set back for good.
 * @module
 */
import type { Clock, Random, Stamp } from "../ports.ts";

/** A backward step up to this is waited out at the last instant, ms. */
export const WAITED_OUT_MS = 5 * 60_000;
/** The wall clock may run ahead of the monotonic one by this before it counts as set, ms. */
export const FORWARD_JUMP_MS = 5_000;

const SALT_BYTES = 32;
const SALTS_DRAWN = 128;

/** Stamps questions as they are dequeued. */
export interface Stamper {
  readonly stamp: () => Stamp;
  /** The instant that a question would have now, epoch ms; draws no salt. Never behind what was stamped, but after `follow`. */
  readonly now: () => number;
  /** A jump that must be recorded first: until `follow`, instants go on as if the clock had not been set. Absent: never one. */
  readonly jump?: () => Jump | undefined;
  /** The jump is recorded: instants follow the wall clock. */
  readonly follow?: (jump: Jump) => void;
}

/** A wall clock that was set: the instant that was due and the one that it showed, epoch ms. */
export interface Jump {
  readonly from: number;
  readonly to: number;
  /** When it was looked at on the clock that never steps, ms: recording the jump takes time that passes on both clocks. */
  readonly mono: number;
}

export interface StamperOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** The last recorded instant of an earlier run, epoch ms. */
  readonly last?: number;
}

/** A stamper on the clock and randomness ports; random bytes are drawn for many questions at once. */
export function createStamper({ clock, random, last }: StamperOptions): Required<Stamper> {
  const salts = createSalts(random);
  /** The last instant that was told, and when on the clock that never steps. */
  let reference = last === undefined ? undefined : { now: last, mono: Number.NEGATIVE_INFINITY };

  function look(): Jump | undefined {
    const wall = clock.now();
    const mono = clock.mono();
    // Before the first look of this run nothing is known of the time in between: only a step back can be seen.
    const isFirst = reference === undefined || reference.mono === Number.NEGATIVE_INFINITY;
    const before = reference ?? { now: wall, mono };
    const expected = isFirst ? wall : before.now + (mono - before.mono);
    const steady = Math.max(before.now, expected);
    if (before.now - wall > WAITED_OUT_MS || wall - expected > FORWARD_JUMP_MS) {
      reference = { now: steady, mono };
      return { from: Math.floor(steady), to: wall, mono };
    }
    reference = wall < before.now ? { now: before.now, mono: isFirst ? mono : before.mono } : { now: wall, mono };
    return undefined;
  }

  function now(): number {
    look();
    return Math.floor(reference?.now ?? 0);
  }

  return {
    now,
    jump: look,
    follow: ({ to, mono }) => {
      reference = { now: to, mono };
    },
    stamp: () => {
      const instant = now();
      return { now: instant, t: instant, salt: salts() };
    },
  };
}

/** The clock for what compares with recorded instants (jobs): it shows those of questions, and steps as they do. */
export function createInstantClock({ mono }: Pick<Clock, "mono">, { now }: Pick<Stamper, "now">): Clock {
  return { now, mono };
}

function createSalts(random: Random): () => Uint8Array {
  let pool = new Uint8Array(0);
  let used = 0;
  return () => {
    if (used === pool.length) {
      pool = Uint8Array.from(random.bytes(SALT_BYTES * SALTS_DRAWN));
      used = 0;
    }
    used += SALT_BYTES;
    return pool.subarray(used - SALT_BYTES, used);
  };
}
