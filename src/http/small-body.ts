import type { z } from "zod";
import type { Json } from "../core/json.ts";
import { pointerOf } from "../core/pointer.ts";
import type { Fault } from "../core/source.ts";
import { readJson } from "./body.ts";
import type { Context } from "./context.ts";
import { HttpError } from "./error.ts";
import type { Http } from "./route.ts";

/** A body of the usual size as strict JSON. Throws HttpError of 400, 408, 413 or 415. */
export function readSmall(http: Http, c: Context): Promise<Json> {
  return readJson(c, { limit: http.limits.bodyBytes, ms: http.limits.bodyMs, timeout: http.timeout });
}

/** What a schema makes of a body. Throws HttpError `invalid`, which names each field, also one that is not known. */
export function parsed<T>(schema: z.ZodType<T>, value: Json): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new HttpError("invalid", "nothing was changed", { errors: result.error.issues.flatMap(faultsOf) });
}

function faultsOf(issue: z.core.$ZodIssue): Fault[] {
  if (issue.code !== "unrecognized_keys") return [{ pointer: pointerOf(issue.path), detail: issue.message }];
  return issue.keys.map((key) => ({ pointer: pointerOf([...issue.path, key]), detail: "this field is not known" }));
}
