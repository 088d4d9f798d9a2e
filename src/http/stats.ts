import { instant, json } from "./answer.ts";
import { readQuery } from "./query.ts";
import { type Call, type Http, route } from "./route.ts";

/** `GET /stats`: what is open, waiting, and was done lately. */
export function routeStats(http: Http): void {
  const { stats } = http.services;
  const show = async ({ c, tenant }: Call): Promise<Response> => {
    readQuery(c, []);
    const { downChannels, ruleFaults, since, ...counts } = await stats.of(tenant);
    const { held = 0, throttled = 0 } = counts.byStatus;
    return json({
      ...counts,
      since: instant(since),
      held,
      throttled,
      downChannels: downChannels.map(({ since: at, ...channel }) => ({ ...channel, since: instant(at) })),
      ruleFaults: ruleFaults.map(({ at, ...fault }) => ({ ...fault, at: instant(at) })),
    });
  };
  route(http, "GET /api/v1/stats", show);
}
