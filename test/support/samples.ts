import * as fs from "node:fs";
import * as path from "node:path";
import type { Delivery } from "../../src/core/delivery.ts";
import type { Event } from "../../src/core/event.ts";
import { assembleContent } from "../../src/core/kit-spec.ts";
import { Template } from "../../src/core/template.ts";
import { cloudEvents } from "../../src/sources/cloudevents.ts";

const root = path.join(import.meta.dirname, "../..");
/** Instant at which the samples were received in tests: 2026-11-20 07:31:05 UTC. */
export const SAMPLE_NOW = 1_795_159_865_000;

/** A template of the product, put together from its files as a kit does. */
export function shippedTemplate(id: string): Template {
  const names = fs.readdirSync(path.join(root, "templates", id), { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const [made] = assembleContent(
    (name) => fs.readFileSync(path.join(root, name)),
    files.map((file) => path.relative(root, file)),
  );
  return Template.parse(JSON.parse(String(made === undefined ? "" : Buffer.from(made.bytes))));
}

/** Names of the sample events in seeds/events, in order. */
export function sampleNames(): string[] {
  const files = fs.readdirSync(path.join(root, "seeds/events"));
  return files
    .filter((file) => file.endsWith(".json"))
    .map((file) => file.replace(/\.json$/, ""))
    .toSorted();
}

/** A sample event as it is once it was accepted. */
export function sampleEvent(name: string): Event {
  const read = cloudEvents.read(fs.readFileSync(path.join(root, "seeds/events", `${name}.json`)));
  const [input] = read.ok ? read.events : [];
  if (input === undefined) throw new Error(`${name} is no event: ${JSON.stringify(read)}`);
  return { ...input, id: "ev_01kafw9h7e0123456789abcdef", tenant: "default", receivedAt: SAMPLE_NOW };
}

/** A delivery that tells of an event. */
export function deliveryOf(event: Event, given: Partial<Delivery> = {}): Delivery {
  return {
    id: "dl_01kafw9h7e0123456789abcdef",
    tenant: event.tenant,
    event: event.id,
    rule: "everything-high@0123456789ab",
    action: "high-mail",
    channel: "ops-mail",
    ordinal: 0,
    to: "ops@example.org",
    locale: "en",
    severity: event.severity,
    correlationId: event.correlationId,
    status: "pending",
    attempts: 0,
    createdAt: event.receivedAt,
    dueAt: event.receivedAt,
    leaves: [0],
    draft: 0,
    ...given,
  };
}
