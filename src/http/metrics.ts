import { answer } from "./answer.ts";
import { readQuery } from "./query.ts";
import type { Context } from "./context.ts";
import { type Http, route, unguardedRoute } from "./route.ts";

export interface MetricsService {
  /** In the text format of Prometheus. */
  readonly scrape: () => Promise<{ readonly type: string; readonly text: string }>;
}

/** `GET /metrics`. */
export function routeMetrics(http: Http): void {
  const show = async (c: Context): Promise<Response> => {
    readQuery(c, []);
    const { type, text } = await http.services.metrics.scrape();
    return answer(200, type, text);
  };
  if (http.limits.openMetrics) unguardedRoute(http, "GET /metrics", show);
  else route(http, "GET /metrics", ({ c }) => show(c));
}
