import { Hono } from "hono";
import { routeConfig } from "./config.ts";
import { type Context, type Env, type HttpContext } from "./context.ts";
import { coarseTimeout } from "./deadline.ts";
import { routeDeliveries } from "./deliveries.ts";
import { routeDigests } from "./digests.ts";
import { HttpError } from "./error.ts";
import { routeEvents } from "./events.ts";
import { routeExplain } from "./explain.ts";
import { routeHealth } from "./health.ts";
import { routeKits } from "./kits.ts";
import { routeTrust } from "./trust.ts";
import { routeLedger } from "./ledger.ts";
import { routeMaildrop } from "./maildrop.ts";
import { routeMaintenance } from "./maintenance.ts";
import { methodsOf } from "./permissions.ts";
import { createDiskGate, createRateGate } from "./pressure.ts";
import { codeOf, problemAnswer, problemOf } from "./problem.ts";
import type { Http } from "./route.ts";
import { routeSchemas } from "./schemas.ts";
import { routeSilences } from "./silences.ts";
import { routeStats } from "./stats.ts";
import { routeSuppressions } from "./suppressions.ts";

const INSTANCE_BYTES = 8;

/** The API as a whole: it answers requests, over a wire or not. */
export type Api = Hono<Env>;

/** The API: every route, every error as a problem. `mediaTypes` are those that `context.sourceOf` knows. */
export function createHttp(context: HttpContext, mediaTypes: readonly string[]): Api {
  const app = new Hono<Env>();
  const http: Http = {
    ...context,
    timeout: coarseTimeout(context),
    app,
    requireDisk: createDiskGate(context),
    countRequest: createRateGate(context),
  };
  routeHealth(http);
  routeEvents(http, mediaTypes);
  routeDeliveries(http);
  routeExplain(http);
  routeDigests(http);
  routeStats(http);
  routeSilences(http);
  routeSuppressions(http);
  routeMaintenance(http);
  routeConfig(http);
  routeSchemas(http);
  routeKits(http);
  routeTrust(http);
  routeLedger(http);
  routeMaildrop(http);
  app.notFound(refuseUnknown);
  app.onError((error, c) => answerError(context, error, c));
  return app;
}

/** A path that other methods have is 405 and says which; any other is 404. */
function refuseUnknown(c: Context): Response {
  const methods = methodsOf(c.req.path);
  if (methods.length === 0) return problemAnswer(problemOf(new HttpError("not-found", "there is no such path")));
  const allow = methods.join(", ");
  return problemAnswer(
    problemOf(new HttpError("method-not-allowed", `allowed here: ${allow}`, { headers: { allow } })),
  );
}

/** What is a fault of ours tells the client nothing but where in the log to look. */
function answerError({ log, random }: HttpContext, error: Error, c: Context): Response {
  const found = problemOf(error);
  if (found.status !== 500) return problemAnswer(found);
  const id = Buffer.from(random.bytes(INSTANCE_BYTES)).toString("hex");
  log.error("a request failed", {
    id,
    method: c.req.method,
    error: error.name,
    code: codeOf(error) ?? "",
    at: framesOf(error),
  });
  return problemAnswer({ ...found, detail: `the log has more under ${id}` }, `urn:sealpost:error:${id}`);
}

/** Where an error was thrown, without its message, which may quote what was sent. */
function framesOf({ stack = "" }: Error): string[] {
  return stack
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => /^at .*:\d+:\d+\)?$/.test(line))
    .slice(0, 8);
}
