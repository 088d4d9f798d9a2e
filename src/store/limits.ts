/** Bounds of a store; a commit blocks the event loop, so batches are bounded. */
export interface StoreLimits {
  /** Questions that one commit takes. */
  readonly questions: number;
  /** Input bytes that one commit takes; a larger question is a commit of its own. */
  readonly bytes: number;
  /** Rows from which on a commit takes no further question. */
  readonly rows: number;
  /** Timers that one commit decides. */
  readonly timers: number;
  /** Input bytes that may wait for their commit; beyond, questions are refused as `overloaded`. */
  readonly maxWaitingBytes: number;
  /** Cells of hot nouns that are kept in memory; each noun has its share. */
  readonly cachedCells: number;
}

/** What holds where the site says nothing. */
export const DEFAULT_LIMITS: StoreLimits = {
  questions: 1000,
  bytes: 8 * 1024 * 1024,
  rows: 8000,
  timers: 256,
  maxWaitingBytes: 64 * 1024 * 1024,
  cachedCells: 40_000,
};
