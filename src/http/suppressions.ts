import { z } from "zod";
import { Id } from "../core/object.ts";
import { Comment, type MuteBody, oneEnd, routeMutes, STATED } from "./mutes.ts";
import type { Http } from "./route.ts";

export const Suppression: z.ZodType<MuteBody> = z
  .strictObject({ ...STATED, rule: Id, comment: Comment.default("") })
  .superRefine(oneEnd)
  .transform((given) => ({ kind: "suppressions" as const, ...given }));

/** `GET|POST /suppressions`, `GET|PUT|DELETE /suppressions/{id}` (DELETE ends it): of single rules. */
export function routeSuppressions(http: Http): void {
  routeMutes(http, { kind: "suppressions", one: "suppression", body: Suppression, filter: "rule" });
}
