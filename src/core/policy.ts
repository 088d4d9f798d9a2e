import { z } from "zod";
import type { Cadence } from "./cadence.ts";
import {
  type Bucket,
  bucketOf,
  Burst,
  type Debounce,
  debounceOf,
  DebounceSpan,
  DedupeSpan,
  DigestChoice,
  Limit,
  type Rate,
  rateOf,
  type StaleAfter,
  staleAfter,
  Staleness,
} from "./gate.ts";
import { Zone } from "./calendar.ts";
import { StreamPattern } from "./trust.ts";
import { Duration, durationMs, LanguageTag, Line, Text } from "./object.ts";

/** Not even what the site's policy says. */
const Off = z.literal(false);

/** `policy/v1`: the defaults of a tenant, exactly one, id `default`; what it lacks comes from the site's. */
export const Policy = z.strictObject({
  schema: z.literal("policy/v1"),
  id: z.literal("default"),
  name: Line(200).optional(),
  description: Text(4000).optional(),
  dedupe: z.union([DedupeSpan, Off]).optional(),
  /** For what is sent at once of events that name a resource. */
  debounce: z.union([DebounceSpan, Off]).optional(),
  /** For each action that has none of its own. */
  throttle: z.union([Burst, Off]).optional(),
  /** For all that the tenant sends. */
  quotas: z.array(Limit).max(10).optional(),
  digest: DigestChoice.optional(),
  /** Items at which a digest or group is sent before its time. */
  itemCap: z.int().min(1).max(10_000).optional(),
  /** `follow`: a resolution goes where its firing was announced; `rules`: it is an event like any other. */
  resolutions: z.enum(["follow", "rules"]).optional(),
  staleness: z.union([Staleness, Off]).optional(),
  locale: LanguageTag.optional(),
  zone: Zone.optional(),
  /** Streams (`hq/rules`, `hq/*`) whose kits are taken in by themselves from the drop folder; only the site's own policy is asked. */
  dropImport: z.array(StreamPattern).max(100).optional(),
  /** What people may silence. */
  silences: z
    .strictObject({
      /** A silence may last so long. */
      maxLength: Duration.optional(),
      /** A silence may mute this many of a hundred of the last events; one over it must be asked for by an admin. */
      maxShare: z.int().min(1).max(100).optional(),
    })
    .optional(),
});
export type Policy = z.infer<typeof Policy>;

/** A policy as deciding reads it; all times in ms. */
export interface CompiledPolicy {
  readonly dedupe?: number;
  readonly debounce?: Debounce;
  readonly throttle?: Bucket;
  readonly quotas: readonly Rate[];
  readonly digest?: Cadence;
  readonly itemCap: number;
  readonly resolutions: "follow" | "rules";
  readonly staleness?: StaleAfter;
  readonly locale: string;
  readonly zone: string;
  readonly dropImport: readonly string[];
  readonly silences: { readonly maxLength?: number; readonly maxShare?: number };
}

const ITEM_CAP = 500;

/** What holds where nothing is set: every gate off, UTC. */
export const NO_POLICY: CompiledPolicy = compilePolicy({});

/** A policy, each field that it lacks taken from `site`. */
export function compilePolicy(own: Partial<Policy>, site: Partial<Policy> = {}): CompiledPolicy {
  const policy = { ...site, ...own };
  const { dedupe, debounce, throttle, staleness, digest } = policy;
  return {
    ...(dedupe === undefined || dedupe === false ? {} : { dedupe: durationMs(dedupe.window) }),
    ...(debounce === undefined || debounce === false ? {} : { debounce: debounceOf(debounce) }),
    ...(throttle === undefined || throttle === false ? {} : { throttle: bucketOf(throttle) }),
    ...(digest === undefined || digest === "instant" ? {} : { digest }),
    ...(staleness === undefined || staleness === false ? {} : { staleness: staleAfter(staleness) }),
    quotas: quotasOf(policy.quotas ?? []),
    itemCap: policy.itemCap ?? ITEM_CAP,
    resolutions: policy.resolutions ?? "follow",
    locale: policy.locale ?? "en",
    zone: policy.zone ?? "UTC",
    dropImport: policy.dropImport ?? [],
    silences: silencesOf(policy.silences),
  };
}

/** Of several within one time the smallest holds. */
function quotasOf(limits: readonly Limit[]): Rate[] {
  const smallest = new Map<number, number>();
  for (const { count, per } of limits.map(rateOf)) smallest.set(per, Math.min(count, smallest.get(per) ?? count));
  return [...smallest].map(([per, count]) => ({ count, per }));
}

function silencesOf({ maxLength, maxShare }: NonNullable<Policy["silences"]> = {}): CompiledPolicy["silences"] {
  return {
    ...(maxLength === undefined ? {} : { maxLength: durationMs(maxLength) }),
    ...(maxShare === undefined ? {} : { maxShare }),
  };
}
