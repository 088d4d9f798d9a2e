import { instant, json, page } from "./answer.ts";
import { HttpError } from "./error.ts";
import { pageOf, readQuery } from "./query.ts";
import { type Http, param, route } from "./route.ts";
import type { MailSummary } from "./services.ts";

/** `GET /maildrop` and `/maildrop/{id}`: what the embedded mail sink took. */
export function routeMaildrop(http: Http): void {
  const { maildrop } = http.services;
  route(http, "GET /api/v1/maildrop", async ({ c, tenant }) => {
    const { items, cursor } = await maildrop.page(tenant, pageOf(readQuery(c, ["limit", "cursor"])));
    return page(items.map(presentMail), cursor, c.req.url);
  });
  route(http, "GET /api/v1/maildrop/:id", async ({ c, tenant }) => {
    const mail = await maildrop.get(tenant, param(c, "id"));
    if (mail === undefined) throw new HttpError("not-found", "there is no such mail");
    return json(presentMail(mail));
  });
}

function presentMail({ at, ...mail }: MailSummary): object {
  return { ...mail, at: instant(at) };
}
