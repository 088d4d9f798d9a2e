/**
 * Events of the demo: posted with the token, followed until their mails are there.
 * @module
 */
import { z } from "zod";
import type { Json } from "../core/json.ts";
import { asset, assetNames } from "../system/assets.ts";
import { until, type World } from "./demo-world.ts";
import { Accepted, DeliveryRow, read } from "./wire.ts";

/** What earlier steps leave to later ones. */
export interface Seen {
  /** Ids of the ten events, in their order. */
  events: string[];
  /** Deliveries whose mail must arrive. */
  expected: Set<string>;
}

/** The ten sample events that come with the program. */
export function sampleEvents(): Json[] {
  const names = assetNames("seeds/events/")
    .filter((name) => name.endsWith(".json"))
    .slice(0, 10);
  return names.map((name) => z.json().parse(JSON.parse(new TextDecoder().decode(asset(name)))));
}

/** Posts with the token, as any sender would. */
export async function post(world: World, events: readonly Json[]): Promise<Accepted> {
  const headers = { "content-type": "application/cloudevents-batch+json" };
  const bytes = new TextEncoder().encode(JSON.stringify(events));
  return read(Accepted, await world.remote().request("POST", "/events", { bytes, headers })).value;
}

/** Notes that a mail must come for each pending delivery; answers their number. */
export function expectMails({ events }: Accepted, seen: Seen): number {
  const pending = events.flatMap(({ deliveries }) => deliveries.filter(({ status }) => status === "pending"));
  for (const { id } of pending) seen.expected.add(id);
  return pending.length;
}

/** Waits until the relay has a mail for each expected delivery, `patience` ms at most. */
export async function arrived(
  world: World,
  { expected }: Seen,
  patience?: number,
): Promise<ReturnType<World["mails"]>> {
  let mails = world.mails();
  const missing = (): string[] => [...expected].filter((id) => !mails.has(id));
  await until(
    () => {
      if (world.mailCount() < expected.size) return false;
      mails = world.mails();
      return missing().length === 0;
    },
    async () => {
      const [id = ""] = missing();
      const { status } = read(DeliveryRow, await world.local().request("GET", `/deliveries/${id}`)).value;
      return `${missing().length} of ${expected.size} deliveries have no mail, the first is ${id} (${status})`;
    },
    patience,
  );
  return mails;
}

/** So many events that lead to a mail each. */
export function storm(name: string, count: number): Json[] {
  return Array.from({ length: count }, (_, at) => ({
    specversion: "1.0",
    id: `${name}-${at}`,
    source: "demo/storm",
    type: "demo.storm",
    subject: `machine-${at}`,
    severitytext: "high",
    data: { labels: { host: `machine-${at}` }, summary: `${name} ${at}` },
  }));
}

/** Waits until each expected delivery is recorded as sent: what comes now comes for another reason. */
export async function settled(world: World, { expected }: Seen, patience?: number): Promise<void> {
  for (const id of expected) {
    await until(
      async () => read(DeliveryRow, await world.local().request("GET", `/deliveries/${id}`)).value.status === "sent",
      () => `delivery ${id} is not recorded as sent`,
      patience,
    );
  }
}
