import { json } from "./answer.ts";
import { HttpError } from "./error.ts";
import { type Http, openRoute } from "./route.ts";

/** `/healthz`: 200 while the process lives. `/readyz`: 200 only while events are accepted, else 503 with the reasons. */
export function routeHealth(http: Http): void {
  openRoute(http, "GET /healthz", () => json({ status: "ok" }));
  openRoute(http, "GET /readyz", () => {
    const reasons = unreadyReasons(http);
    if (reasons.length === 0) return json({ status: "ready" });
    throw new HttpError("not-ready", reasons.join("; "), {
      errors: reasons.map((detail) => ({ pointer: "", detail })),
    });
  });
}

/** Why no events are accepted now, in words; empty when they are. */
export function unreadyReasons(http: Pick<Http, "unready" | "requireDisk">): readonly string[] {
  return [...http.unready(), ...diskReasons(http)];
}

function diskReasons(http: Pick<Http, "requireDisk">): string[] {
  try {
    http.requireDisk();
    return [];
  } catch (error) {
    return [error instanceof HttpError ? error.message : "the disk cannot be looked at"];
  }
}
