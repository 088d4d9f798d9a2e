/**
 * Schemas and parameters that the descriptions of several routes share. What has an id by `meta` becomes a component of the
 * document.
 * @module
 */
import { z } from "zod";
import { STATUSES } from "../../core/delivery.ts";
import { SEVERITIES } from "../../core/event.ts";
import { REASONS } from "../../core/reason.ts";
import type { AnswerDoc, ParamDoc } from "./doc.ts";

/** Ids that examples name: who replays them puts ids of the site in their place. */
export const EXAMPLE_EVENT = "ev_01jdcq3zsr4v0k6nx8m2t7c5e9";
export const EXAMPLE_DELIVERY = "dl_01jdcq3zsr9q2w4e6r8t0y1m3n";
export const EXAMPLE_ORIGIN = "sealpost-plant-7-1a2b3c4d-default";
export const EXAMPLE_MAIL = "000001-1a2b3c4d";

/** Instants are answered in UTC. */
export const Instant = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3})?Z$/)
  .meta({ id: "Instant", format: "date-time", description: "An instant in UTC, RFC 3339" });

export const Sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .meta({ id: "Sha256", description: "SHA-256 in hex" });

export const Severity = z.enum(SEVERITIES).meta({ id: "Severity", description: "From lowest to highest" });

export const DeliveryStatus = z.enum(STATUSES).meta({
  id: "DeliveryStatus",
  description:
    "`coalesced`: told with others in one message. `digested`: that message, sent. `failed`: given up here, a fallback took over. `dead`: given up. `deferred`: put off by its channel. `held`: until quiet hours end. `sending` is shown while a send runs",
});

export const ReasonCode = z
  .enum(Object.keys(REASONS))
  .meta({ id: "ReasonCode", description: "Why something stands as it stands; the list is closed" });

export const Reason = z
  .strictObject({
    code: ReasonCode,
    text: z.string(),
    by: z
      .string()
      .exactOptional()
      .meta({ description: "Id of what decided: a silence, a window, a channel, a person" }),
  })
  .meta({ id: "Reason", description: "A reason and the sentence that people read" });

/** `id` and the first 12 hex digits of the version's hash. */
export const Version = z
  .strictObject({ id: z.string(), version: z.string().regex(/^[0-9a-f]{12}$/) })
  .meta({ id: "Version", description: "An object and the version of it that decided" });

export const Labels = z.record(z.string(), z.string()).meta({ id: "Labels", description: "What an event is about" });

export const CURSOR = z
  .string()
  .meta({ description: "Where the next page begins; absent on the last one. The header Link leads there too" });

/** A page of a list. */
export function pageOf<T extends z.ZodType>(
  item: T,
): z.ZodObject<{ items: z.ZodArray<T>; cursor: z.ZodExactOptional }> {
  return z.strictObject({ items: z.array(item), cursor: CURSOR.exactOptional() });
}

/** The answer of a list that has pages. */
export function pageAnswer(description: string, item: z.ZodType): AnswerDoc {
  return {
    description,
    schema: pageOf(item),
    headers: { Link: 'The next page: `<...>; rel="next"`; absent on the last one' },
  };
}

export const LIMIT: ParamDoc = {
  description: "How many at most",
  schema: z.int().min(1).max(1000).default(50),
  example: 20,
};
const PAGE_CURSOR: ParamDoc = {
  description: "`cursor` of the page before",
  schema: z.string().min(1).max(1024),
};
export const PAGE_QUERY = { limit: LIMIT, cursor: PAGE_CURSOR } as const;

export const EVENT_ID: ParamDoc = { description: "Id of the event", schema: z.string(), example: EXAMPLE_EVENT };
export const DELIVERY_ID: ParamDoc = {
  description: "Id of the delivery",
  schema: z.string(),
  example: EXAMPLE_DELIVERY,
};
