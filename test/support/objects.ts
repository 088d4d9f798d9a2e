import { compile } from "../../src/core/compile.ts";
import type { Compiled, Kind } from "../../src/core/config.ts";
import type { EventInput } from "../../src/core/event.ts";
import type { Json } from "../../src/core/json.ts";
import { checkObject, type CheckedObject } from "../../src/core/objects.ts";

export type Fields = { readonly [name: string]: Json };

/** A checked object; throws with its faults where it is not valid. */
export function checked(kind: Kind, value: { readonly id: string; readonly [name: string]: Json }): CheckedObject {
  const result = checkObject(kind, value.id, value);
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result.checked;
}

export function rule(id: string, fields: Fields = {}): CheckedObject {
  return checked("rules", { schema: "rule/v1", id, actions: [{ id: `${id}-mail`, channel: "ops-mail" }], ...fields });
}

/** The rule `hosts` with one action, `ops`. */
export function acting(action: Fields, fields: Fields = {}): CheckedObject {
  return rule("hosts", { actions: [{ id: "ops", channel: "ops-mail", ...action }], ...fields });
}

/** The tenant's policy. */
export function policy(fields: Fields): CheckedObject {
  return checked("policies", { schema: "policy/v1", id: "default", ...fields });
}

/** The calendar `nights`: quiet every night from 22:00. */
export function nights(to: string, zone?: string): CheckedObject {
  const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
  const zoned = zone === undefined ? {} : { zone };
  return checked("calendars", {
    schema: "calendar/v1",
    id: "nights",
    weekly: [{ days, from: "22:00", to }],
    ...zoned,
  });
}

export function channel(id = "ops-mail", fields: Fields = {}): CheckedObject {
  return checked("channels", {
    schema: "channel/v1",
    id,
    type: "email",
    config: { host: "127.0.0.1", port: 2525, from: "alerts@plant.example" },
    to: ["ops@plant.example"],
    ...fields,
  });
}

export function template(id = "tmpl-event", fields: Fields = {}): CheckedObject {
  return checked("templates", {
    schema: "template/v1",
    id,
    subject: "{{event.type}}",
    text: "{{event.type}}",
    ...fields,
  });
}

export function mapOf(objects: readonly CheckedObject[]): Record<string, string> {
  return Object.fromEntries(objects.map(({ object }) => [`${object.kind}/${object.id}`, object.hash]));
}

export function compiledOf(objects: readonly CheckedObject[], tenant = "default"): Compiled {
  return compile(
    tenant,
    mapOf(objects),
    objects.map(({ object }) => object),
  );
}

/** An event as a source yields it. */
export function input(sourceId: string, fields: Partial<EventInput> = {}): EventInput {
  return {
    source: "/plant/7",
    sourceId,
    type: "backup.failed",
    kind: fields.type ?? "backup.failed",
    severity: "high",
    labels: {},
    scope: {},
    correlationId: `c-${sourceId}`,
    ...fields,
  };
}
