/**
 * The settings of noise gates, as rules and policies write them, and as deciding reads them: whole numbers of ms.
 * @module
 */
import { z } from "zod";
import { CADENCES } from "./cadence.ts";
import { Duration, durationMs } from "./object.ts";

/** `instant`: sent at once, whatever the tenant's default is. */
export const DigestChoice = z.enum(["instant", ...CADENCES]);
export type DigestChoice = z.infer<typeof DigestChoice>;

/** Span of the windows within which a repeat is dropped. */
export const DedupeSpan = z.strictObject({ window: Duration });

/** `burst` at once; one more comes back every per / burst. */
export const Burst = z.strictObject({ burst: z.int().min(1).max(1_000_000), per: Duration });
export type Burst = z.infer<typeof Burst>;

/** At most `count` within any `per`. */
export const Limit = z.strictObject({ count: z.int().min(1).max(10_000), per: Duration });
export type Limit = z.infer<typeof Limit>;

/** The first sends; up to `after` more within `window` wait for one message; then `cooldown` until the next. */
export const DebounceSpan = z.strictObject({
  window: Duration.default("30s"),
  after: z.int().min(1).max(1000).default(5),
  cooldown: Duration.default("1h"),
});
export type DebounceSpan = z.infer<typeof DebounceSpan>;

/** What becomes of a held draft that is older than `after` when it is released; one message folds them anyhow. */
// oxlint-disable-next-line unicorn/no-thenable -- the field is written so; no object of it is ever awaited
export const Staleness = z.strictObject({ after: Duration, then: z.enum(["send", "fold", "drop"]) });
export type Staleness = z.infer<typeof Staleness>;

/** Whole ms: one token every `interval`, and so far ahead of time may a full bucket run. */
export interface Bucket {
  readonly burst: number;
  readonly interval: number;
  readonly tolerance: number;
}
export interface Rate {
  readonly count: number;
  readonly per: number;
}
export interface Debounce {
  readonly window: number;
  readonly after: number;
  readonly cooldown: number;
}
export interface StaleAfter {
  readonly after: number;
  readonly choice: Staleness["then"];
}

/** T = ceil(per / burst), tolerance (burst - 1) x T. */
export function bucketOf({ burst, per }: Burst): Bucket {
  const interval = Math.ceil(durationMs(per) / burst);
  return { burst, interval, tolerance: (burst - 1) * interval };
}

export function rateOf({ count, per }: Limit): Rate {
  return { count, per: durationMs(per) };
}

export function debounceOf({ window, after, cooldown }: DebounceSpan): Debounce {
  return { window: durationMs(window), after, cooldown: durationMs(cooldown) };
}

export function staleAfter({ after, then }: Staleness): StaleAfter {
  return { after: durationMs(after), choice: then };
}
