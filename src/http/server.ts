import { Hono } from "hono";
import { getPath } from "hono/utils/url";
import { aliased } from "./alias.ts";
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
import { routeMetrics } from "./metrics.ts";
import { routeObjects } from "./objects.ts";
import { routeOpenApi } from "./openapi.ts";
import { methodsOf } from "./permissions.ts";
import { createDiskGate, createRateGate } from "./pressure.ts";
import { problemAnswer, problemOf } from "./problem.ts";
import { refusalOf } from "./refusal.ts";
import type { Http } from "./route.ts";
import { routePreview } from "./preview.ts";
import { routeSchemas } from "./schemas.ts";
import { routeSend } from "./send.ts";
import { routeSilences } from "./silences.ts";
import { routeStats } from "./stats.ts";
import { routeStatusPage } from "./status-page.ts";
import { problemPage } from "./status-view.ts";
import { routeSuppressions } from "./suppressions.ts";
import { routeTenants } from "./tenants.ts";
import { routeTokens } from "./tokens.ts";

/** The API as a whole: it answers requests, over a wire or not. */
export type Api = Hono<Env>;

/** The API: every route, every error as a problem. `mediaTypes` are those that `context.sourceOf` knows. */
export function createHttp(context: HttpContext, mediaTypes: readonly string[]): Api {
  const app = new Hono<Env>({ getPath: (request) => aliased(getPath(request)) });
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
  routeObjects(http);
  routeSchemas(http);
  routePreview(http);
  routeSend(http);
  routeKits(http);
  routeTrust(http);
  routeTokens(http);
  routeTenants(http);
  routeLedger(http);
  routeMaildrop(http);
  routeMetrics(http);
  routeOpenApi(http);
  routeStatusPage(http);
  app.notFound(refuseUnknown);
  app.onError((error, c) => refusalOf(context, error, c).response); // what no route caught
  return app;
}

/** A path that other methods have is 405 and says which; any other is 404. */
function refuseUnknown(c: Context): Response {
  const methods = methodsOf(aliased(c.req.path));
  if (methods.length === 0) return problemAnswer(problemOf(new HttpError("not-found", "there is no such path")));
  const allow = methods.join(", ");
  const found = problemOf(new HttpError("method-not-allowed", `allowed here: ${allow}`, { headers: { allow } }));
  return problemPage(c, found) ?? problemAnswer(found);
}
