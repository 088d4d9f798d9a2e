import { z } from "zod";
import { Address } from "./channel.ts";
import { SEVERITIES } from "./event.ts";
import { Burst, DebounceSpan, DedupeSpan, DigestChoice, Limit, Staleness } from "./gate.ts";
import { Duration, Id, LanguageTag, Line, Text } from "./object.ts";
import { Match } from "./rule-match.ts";
import { instantMs, InstantText } from "./instant.ts";

/** One message for each set of equal label values: sent `wait` after its first item, then at most every `interval`. */
const Group = z.strictObject({
  by: z.array(Line(256).min(1)).max(20),
  wait: z.union([Duration, z.literal("0s")]).default("30s"),
  interval: Duration.default("5m"),
});

export const Action = z
  .strictObject({
    id: Id,
    channel: Id,
    /** Addressees; empty or absent: the channel's own. */
    to: z.array(Address).max(100).optional(),
    template: Id.optional(),
    locale: LanguageTag.optional(),
    digest: DigestChoice.optional(),
    group: Group.optional(),
    dedupe: DedupeSpan.optional(),
    throttle: Burst.optional(),
    /** `false` switches the tenant's default off. */
    debounce: z.union([DebounceSpan, z.literal(false)]).optional(),
    /** The calendar whose quiet hours hold what is sent at once and put off what is gathered. */
    calendar: Id.optional(),
    /** From this severity on, quiet hours hold nothing. */
    bypassFrom: z.enum(SEVERITIES).optional(),
    staleness: Staleness.optional(),
  })
  .superRefine((action, context) => {
    if (action.group !== undefined && action.digest !== undefined)
      context.addIssue({ code: "custom", path: ["group"], message: "an action has digest or group, not both" });
  });

/** `rule/v1`: which events lead to which actions. Only the fields that are built; another one is refused by name. */
export const Rule = z
  .strictObject({
    schema: z.literal("rule/v1"),
    id: Id,
    name: Line(200).optional(),
    description: Text(4000).optional(),
    /** Lower first; equal ones by id. */
    priority: z.int().min(0).max(1_000_000).default(100),
    isEnabled: z.boolean().default(true),
    /** The rule holds from this instant on. */
    validFrom: InstantText.optional(),
    /** The rule holds until this instant, which is not part of it. */
    validUntil: InstantText.optional(),
    match: Match.prefault({}),
    actions: z.array(Action).min(1).max(50),
    /** What the rule may send at most. */
    limit: Limit.optional(),
    /** No later rule is looked at once this one matched. */
    stop: z.boolean().optional(),
  })
  .superRefine(({ validFrom, validUntil }, context) => {
    if (
      validFrom === undefined ||
      validUntil === undefined ||
      (instantMs(validFrom) ?? 0) < (instantMs(validUntil) ?? 0)
    )
      return;
    context.addIssue({ code: "custom", path: ["validUntil"], message: "must be later than validFrom" });
  });
export type Rule = z.infer<typeof Rule>;
export type Action = z.infer<typeof Action>;
