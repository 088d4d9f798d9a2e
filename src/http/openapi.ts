import { answer, jsonText } from "./answer.ts";
import type { MadeDocument } from "./docs/made.ts";
import { openRoute, type Http } from "./route.ts";

/** `GET /openapi.json`, and the same as a page at `GET /docs`: loaded when one of them is first asked for. */
export function routeOpenApi(http: Http): void {
  let made: Promise<MadeDocument> | undefined;
  const held = (): Promise<MadeDocument> => (made ??= import("./docs/made.ts").then((module) => module.madeDocument()));
  openRoute(http, "GET /api/v1/openapi.json", async () => jsonText((await held()).json));
  openRoute(http, "GET /api/v1/docs", async () => {
    const { page, headers } = await held();
    return answer(200, "text/html; charset=utf-8", page, headers);
  });
}
