import type { Explanation } from "../core/explain.ts";
import { explanationText } from "../core/explain-text.ts";
import { json, text } from "./answer.ts";
import { HttpError } from "./error.ts";
import { readQuery } from "./query.ts";
import { type Http, param, route } from "./route.ts";

/** `GET /events/{id}/explain` (`rule`: of one rule) and `/deliveries/{id}/explain`, as JSON or with `format=text`. */
export function routeExplain(http: Http): void {
  const { explain } = http.services;
  route(http, "GET /api/v1/events/:id/explain", async ({ c, tenant, principal }) => {
    const { isSite } = principal;
    const { format, rule } = readQuery(c, ["format", "rule"]);
    const asker = { isSite, ...(rule === undefined ? {} : { rule }) };
    return answerOf(format, await explain.event(tenant, param(c, "id"), asker), "event");
  });
  route(http, "GET /api/v1/deliveries/:id/explain", async ({ c, tenant }) => {
    const { format } = readQuery(c, ["format"]);
    return answerOf(format, await explain.delivery(tenant, param(c, "id")), "delivery");
  });
}

function answerOf(format: string | undefined, explanation: Explanation | undefined, noun: string): Response {
  if (format !== undefined && format !== "json" && format !== "text")
    throw new HttpError("bad-query", "", { errors: [{ pointer: "/format", detail: "must be json or text" }] });
  if (explanation === undefined) throw new HttpError("not-found", `there is no such ${noun}`);
  return format === "text" ? text(`${explanationText(explanation)}\n`) : json(explanation);
}
