import { z } from "zod";
import { Conditions } from "./condition.ts";
import { SEVERITIES } from "./event.ts";
import { ExpressionText } from "./expression.ts";
import { MatcherText } from "./label-matcher.ts";
import { Line } from "./object.ts";

const MAX_LIST = 100;
const MAX_MATCHERS = 50;

/**
 * A glob: `*` stands for any run of characters, `?` for one. One that can match nothing that an event may hold is refused:
 * an empty one, one that is longer than the field can be, one with control characters or half a surrogate pair.
 */
const Glob = (longest: number): z.ZodString => Line(longest).min(1, "an empty glob matches nothing");
const list = <T extends z.ZodType>(item: T): z.ZodOptional<z.ZodArray<T>> =>
  z.array(item).min(1, "an empty list matches nothing: leave it out").max(MAX_LIST).optional();
const Word = Line(256).min(1, "cannot be empty");

/** `rule.match`: what an event must be. Every field that is named must agree; within a list one entry is enough. */
export const Match = z.strictObject({
  types: list(Glob(256)),
  minSeverity: z.enum(SEVERITIES).optional(),
  /** Of the event's source. */
  sources: list(Glob(1024)),
  /** Of `scope.namespace` and `scope.repo`; a missing one is the empty text. */
  namespaces: list(Glob(1024)),
  repos: list(Glob(1024)),
  /** Alertmanager's matchers, all of which must agree. */
  labels: z.array(MatcherText).max(MAX_MATCHERS).optional(),
  /** `true`: only what is known to be exploited; `false`: only what is not, or does not say. */
  kev: z.boolean().optional(),
  /** Equal to `vuln.verdict`. */
  verdicts: list(Word),
  /** Statuses of `vuln.vex`; an event without one fails `include` only. */
  vex: z.strictObject({ include: list(Word), exclude: list(Word) }).optional(),
  /** What must stand at a place of the event document. */
  conditions: Conditions.optional(),
  /** A CEL expression over `event` that must be true. */
  when: ExpressionText.optional(),
});
export type Match = z.infer<typeof Match>;
