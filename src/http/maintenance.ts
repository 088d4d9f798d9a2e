import { z } from "zod";
import { Weekly } from "../core/calendar.ts";
import { Line } from "../core/object.ts";
import { isZone } from "../core/zone.ts";
import { Comment, Matchers, type MuteBody, oneEnd, routeMutes, STATED } from "./mutes.ts";
import type { Http } from "./route.ts";

export const Maintenance: z.ZodType<MuteBody> = z
  .strictObject({
    ...STATED,
    /** None: whatever the labels are. */
    matchers: Matchers.default([]),
    zone: Line(64).refine(isZone, "a time zone such as Europe/Berlin").optional(),
    weekly: Weekly.optional(),
    comment: Comment.default(""),
  })
  .superRefine((given, context) => {
    const { zone, weekly, endsAt, duration } = given;
    if ((zone === undefined) !== (weekly === undefined)) {
      const path = [zone === undefined ? "zone" : "weekly"];
      context.addIssue({ code: "custom", path, message: "zone and weekly go together" });
    }
    if (weekly === undefined || (endsAt !== undefined && duration !== undefined)) oneEnd(given, context);
  })
  .transform(({ zone, weekly, ...given }) => ({
    kind: "maintenance" as const,
    ...given,
    ...(zone === undefined || weekly === undefined ? {} : { weekly: { zone, weekly } }),
  }));

/** `GET|POST /maintenance`, `GET|PUT|DELETE /maintenance/{id}` (DELETE ends it). */
export function routeMaintenance(http: Http): void {
  routeMutes(http, { kind: "maintenance", one: "maintenance window", body: Maintenance, filter: "matcher" });
}
