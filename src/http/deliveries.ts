import { type Delivery, type Reason, STATUSES } from "../core/delivery.ts";
import { reasonText } from "../core/reason.ts";
import { instant, json, page, text } from "./answer.ts";
import { HttpError } from "./error.ts";
import { oneOf, pageOf, readQuery } from "./query.ts";
import { type Http, param, route } from "./route.ts";
import type { Attempt } from "./services.ts";

/** `GET /deliveries`, `/deliveries/{id}`, its attempts and its receipt. */
export function routeDeliveries(http: Http): void {
  const { deliveries } = http.services;
  route(http, "GET /api/v1/deliveries", async ({ c, tenant }) => {
    const query = readQuery(c, ["limit", "cursor", "status", "channel", "event", "window"]);
    const { status: given, ...filters } = query;
    const status = oneOf(given, { name: "status", words: STATUSES });
    const wanted = { ...filters, ...(status === undefined ? {} : { status }), ...pageOf(query) };
    const { items, cursor } = await deliveries.page(tenant, wanted);
    return page(items.map(presentDelivery), cursor, c.req.url);
  });
  route(http, "GET /api/v1/deliveries/:id", async ({ c, tenant }) => {
    readQuery(c, []);
    return json(presentDelivery(known(await deliveries.get(tenant, param(c, "id")))));
  });
  route(http, "GET /api/v1/deliveries/:id/attempts", async ({ c, tenant }) => {
    readQuery(c, []);
    const attempts = known(await deliveries.attempts(tenant, param(c, "id")));
    return json({ items: attempts.map(presentAttempt) });
  });
  route(http, "GET /api/v1/deliveries/:id/receipt", async ({ c, tenant }) => {
    const { format = "tlog-proof", leaf } = readQuery(c, ["format", "leaf"]);
    if (format !== "tlog-proof")
      throw new HttpError("bad-query", "", { errors: [{ pointer: "/format", detail: "must be tlog-proof" }] });
    return text(known(await deliveries.receipt(tenant, param(c, "id"), leafOf(leaf))));
  });
}

function leafOf(given: string | undefined): number | undefined {
  if (given === undefined || /^(0|[1-9][0-9]{0,14})$/.test(given))
    return given === undefined ? undefined : Number(given);
  throw new HttpError("bad-query", "", { errors: [{ pointer: "/leaf", detail: "must be a whole number" }] });
}

function known<T>(found: T | undefined): T {
  if (found === undefined) throw new HttpError("not-found", "there is no such delivery");
  return found;
}

/** A delivery as the API shows it: instants as text, the reason in words, the rule apart from its version. */
function presentDelivery(delivery: Delivery): object {
  const {
    to,
    rule,
    template,
    reason,
    payload,
    leaves,
    draft: _draft,
    trace: _trace, // explain tells it
    createdAt,
    dueAt,
    deliveredAt,
    ...rest
  } = delivery;
  const [ruleId, version] = rule.split("@");
  return {
    ...rest,
    rule: { id: ruleId, version },
    ...(to === "" ? {} : { recipient: to }),
    ...(template === undefined ? {} : { template: { id: template.id, version: template.hash.slice(0, 12) } }),
    ...(reason === undefined ? {} : { reason: presentReason(reason) }),
    ...(payload === undefined ? {} : { payloadHash: payload }),
    createdAt: instant(createdAt),
    ...(dueAt === undefined ? {} : { dueAt: instant(dueAt) }),
    ...(deliveredAt === undefined ? {} : { deliveredAt: instant(deliveredAt) }),
    retryCount: Math.max(0, delivery.attempts - 1),
    leaves,
  };
}

function presentReason({ code, by }: Reason): object {
  return { code, text: reasonText(code), ...(by === undefined ? {} : { by }) };
}

function presentAttempt({ at, due, reason, ...rest }: Attempt): object {
  return {
    ...rest,
    at: instant(at),
    ...(due === undefined ? {} : { due: instant(due) }),
    ...(reason === undefined ? {} : { reason: presentReason(reason) }),
  };
}
