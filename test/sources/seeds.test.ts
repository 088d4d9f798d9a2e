import * as fs from "node:fs";
import * as path from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { Kind } from "../../src/core/config.ts";
import { checkReferences } from "../../src/core/config-plan.ts";
import type { ConfigObject } from "../../src/core/objects.ts";
import { cloudEvents } from "../../src/sources/cloudevents.ts";
import { checked } from "../support/objects.ts";
import { sampleEvent, sampleNames, shippedTemplate } from "../support/samples.ts";

const seeds = path.join(import.meta.dirname, "../../seeds");
const Seed = z.object({ id: z.string() }).catchall(z.json());

function seedsOf(kind: Kind & ("rules" | "channels")): readonly ConfigObject[] {
  const dir = path.join(seeds, kind, "default");
  return fs.readdirSync(dir).map((file) => {
    const value = Seed.parse(JSON.parse(fs.readFileSync(path.join(dir, file), "utf8")));
    expect(file).toBe(`${value.id}.json`);
    return checked(kind, value).object;
  });
}

function plain(template: object): z.infer<typeof Seed> {
  return Seed.parse(JSON.parse(JSON.stringify(template)));
}

describe("what the product ships to begin with", () => {
  test("rules, channel and templates are valid and fit together", () => {
    const templates = ["tmpl-event", "tmpl-critical"].map(
      (id) => checked("templates", plain(shippedTemplate(id))).object,
    );
    const objects = [...seedsOf("rules"), ...seedsOf("channels"), ...templates];
    expect(objects.map(({ kind, id }) => `${kind}/${id}`).toSorted()).toEqual([
      "channels/ops-mail",
      "rules/admission-denied",
      "rules/alerts-critical",
      "rules/alerts-high",
      "rules/alerts-low",
      "rules/alerts-medium",
      "rules/backups",
      "rules/critical",
      "rules/everything-high",
      "rules/kev-found",
      "rules/low",
      "rules/medium",
      "rules/pack-approvals",
      "rules/platform-daily",
      "rules/platform-hourly",
      "rules/run-failed",
      "rules/scan-grave",
      "rules/verdict-affected",
      "templates/tmpl-critical",
      "templates/tmpl-event",
    ]);
    expect(checkReferences(objects)).toEqual([]);
  });

  test.each(sampleNames())("the sample event %s is a CloudEvent that the source takes", (name) => {
    const read = cloudEvents.read(fs.readFileSync(path.join(seeds, "events", `${name}.json`)));
    expect(read).toMatchObject({ ok: true, tenants: [] });
  });

  test("ten sample events, of every severity but low, each with an id of its own", () => {
    const events = sampleNames().map(sampleEvent);
    expect(new Set(events.map(({ sourceId }) => sourceId)).size).toBe(10);
    expect(new Set(events.map(({ type }) => type)).size).toBe(9);
    expect([...new Set(events.map(({ severity }) => severity))].toSorted()).toEqual([
      "critical",
      "high",
      "info",
      "medium",
    ]);
  });
});
