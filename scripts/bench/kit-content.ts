// The objects of a large kit: 20,000, mostly rules, of the site and of four tenants.
import type { JsonObject } from "../../src/core/json.ts";

/** Tenants beside `default`. */
export const TENANTS = ["acme", "lab", "plant"];

/** For all tenants 200 templates, 200 channels, 100 calendars and 2,000 rules; 10,000 rules of `default`, 2,500 of each other tenant. */
export function* kitObjects(): Generator<
  readonly [tenant: string, kind: string, value: JsonObject & { readonly id: string }]
> {
  for (let at = 0; at < 200; at++) {
    yield ["_", "templates", { schema: "template/v1", id: `t-${at}`, subject: "{{event.type}}", text: "{{event.id}}" }];
    const weekly = [{ days: ["sat", "sun"], from: "00:00", to: `0${at % 9}:30` }];
    if (at < 100) yield ["_", "calendars", { schema: "calendar/v1", id: `c-${at}`, zone: "Europe/Berlin", weekly }];
    const mail = { type: "email", bind: ["host", "from", "to"], config: {} };
    yield ["_", "channels", { schema: "channel/v1", id: `ch-${at}`, ...mail }];
  }
  const rules: readonly (readonly [tenant: string, count: number])[] = [
    ["_", 2000],
    ["default", 10_000],
    ...TENANTS.map((tenant) => [tenant, 2500] as const),
  ];
  for (const [tenant, count] of rules) for (let at = 0; at < count; at++) yield [tenant, "rules", rule(tenant, at)];
}

function rule(tenant: string, at: number): JsonObject & { readonly id: string } {
  const id = `r-${tenant === "_" ? "all" : tenant}-${at}`;
  const match: JsonObject = {
    types: [`com.example.kind-${at % 50}.*`],
    labels: [`team="team-${at}"`, `host=~"host-${at}-.*"`],
    conditions: { "data.attempts": at % 7 },
    ...(at % 10 === 0 ? { when: `event.data.attempts > ${at % 5} && event.labels.env == "prod"` } : {}),
  };
  const settings = { template: `t-${at % 200}`, calendar: `c-${at % 100}`, dedupe: { window: "10m" } };
  const actions = [{ id: `${id}-mail`, channel: `ch-${at % 200}`, ...settings }];
  const description = `what team ${at} wants to hear of, and whom it tells. `.repeat(8);
  return { schema: "rule/v1", id, name: `rule ${at}`, description, priority: at % 300, match, actions };
}
