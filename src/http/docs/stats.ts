import { z } from "zod";
import type { RouteName } from "../permissions.ts";
import { DeliveryStatus, Instant } from "./common.ts";
import type { RouteDoc } from "./doc.ts";

const Count = z.int().min(0);
const Counts = z
  .partialRecord(DeliveryStatus, Count)
  .meta({ id: "StatusCounts", description: "By status; one that none has is absent" });

const Stats = z
  .strictObject({
    since: Instant.meta({ description: "From here on deliveries that have ended were counted" }),
    byStatus: Counts,
    backlog: Count.meta({ description: "Deliveries that have not ended" }),
    held: Count,
    throttled: Count,
    byRule: z.array(z.strictObject({ rule: z.string(), byStatus: Counts })),
    openDigestCount: Count.meta({ description: "Open digests and groups" }),
    openWindows: z.strictObject({ digest: Count, group: Count, quiet: Count, flap: Count }),
    downChannels: z.array(z.strictObject({ id: z.string(), since: Instant, reason: z.string() })),
    ruleFaults: z
      .array(z.strictObject({ rule: z.string(), count: Count, at: Instant, detail: z.string() }))
      .meta({ description: "Rules whose expression could not be evaluated, by version" }),
  })
  .meta({ id: "Stats" });

export const STATS_DOCS = {
  "GET /api/v1/stats": {
    summary: "What is open, waiting, and was done lately",
    tag: "Stats",
    query: {},
    answers: { 200: { description: "The figures", schema: Stats } },
  },
} as const satisfies Partial<Record<RouteName, RouteDoc>>;
