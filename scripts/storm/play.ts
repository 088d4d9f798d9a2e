// The storm on a site with what the product ships: its policy, calendars, rules, channels and templates.
import * as fs from "node:fs";
import * as path from "node:path";
import { z } from "zod";
import type { Kind } from "../../src/core/config.ts";
import { assembleContent } from "../../src/core/kit-spec.ts";
import { type CheckedObject, checkObject } from "../../src/core/objects.ts";
import { type Outcome, readOutcome } from "../scenario/outcome.ts";
import { type Manner, openScenarioSite } from "../scenario/site.ts";
import type { Storm } from "./events.ts";

const TENANT = "default";
const HORIZON = 7 * 86_400_000;
const REST_MS = 3 * 3_600_000;
const ROOT = path.join(import.meta.dirname, "../..");
const Seed = z.looseObject({ id: z.string() });
const BOUND = { host: "127.0.0.1", from: "sealpost@plant.example", to: "operations@plant.example" };

/** Plays all events, each at its instant, and answers what came of them three hours after the last. */
export async function playStorm({ events }: Storm, manner: Manner): Promise<Outcome> {
  const site = await openScenarioSite(TENANT, events[0]?.at ?? 0, manner);
  try {
    await site.configure(shipped("_"), "_site");
    await site.configure([...shipped(TENANT), binding()]);
    const names = new Map<string, string>();
    const duplicates: string[] = [];
    for (const { at, event } of events) {
      await site.pass(at);
      const input = { actor: "source:storm", horizon: HORIZON, events: [event] };
      const receipts = await site.store().transact({ flow: "ingest", tenant: TENANT, input });
      for (const { id, duplicate } of receipts) {
        if (duplicate) duplicates.push(event.sourceId);
        else names.set(id, event.sourceId);
      }
    }
    await site.pass((events.at(-1)?.at ?? 0) + REST_MS);
    await site.look();
    return await readOutcome(site.store().read, TENANT, { events: names, refused: [], duplicates });
  } finally {
    await site.close();
  }
}

/** Objects of the starter content under a tenant's name, `_` for all tenants. */
function shipped(tenant: string): CheckedObject[] {
  const names = ["seeds", "templates"].flatMap((folder) =>
    fs
      .readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .map((name) => path.posix.join(folder, name.split(path.sep).join("/")))
      .filter((name) => fs.statSync(path.join(ROOT, name)).isFile()),
  );
  return assembleContent((name) => fs.readFileSync(path.join(ROOT, name)), names)
    .map((file) => ({ file, place: /^content\/([^/]+)\/([^/]+)\/[^/]+\.json$/.exec(file.path) }))
    .flatMap(({ file, place }) => {
      const kind = place === null || place[2] !== tenant ? undefined : place[1];
      return kind === undefined ? [] : [checked(kind, JSON.parse(Buffer.from(file.bytes).toString("utf8")))];
    });
}

const KindName = z.enum([
  "rules",
  "channels",
  "templates",
  "calendars",
  "policies",
  "binding",
]) satisfies z.ZodType<Kind>;

function checked(kind: string, value: unknown): CheckedObject {
  const { id } = Seed.parse(value);
  const result = checkObject(KindName.parse(kind), id, z.json().parse(value));
  if (!result.ok)
    throw new Error(result.faults.map(({ pointer, detail }) => `${kind}/${id}${pointer}: ${detail}`).join("; "));
  return result.checked;
}

function binding(): CheckedObject {
  return checked("binding", { schema: "binding/v1", id: "ops-mail", values: BOUND });
}
