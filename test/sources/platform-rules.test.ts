import * as fs from "node:fs";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { compile } from "../../src/core/compile.ts";
import type { EventInput } from "../../src/core/event.ts";
import type { Json } from "../../src/core/json.ts";
import { assembleContent } from "../../src/core/kit-spec.ts";
import { matchRules } from "../../src/core/match.ts";
import { PLATFORM_KINDS } from "../../src/core/platform/index.ts";
import { cloudEvents } from "../../src/sources/cloudevents.ts";
import { checked } from "../support/objects.ts";
import { SAMPLE_NOW } from "../support/samples.ts";

const root = path.join(import.meta.dirname, "../..");
const folder = path.join(root, "seeds/rules/default");
const Seed = z.object({ id: z.string() }).catchall(z.json());

const rules = fs
  .readdirSync(folder)
  .map((file) => checked("rules", Seed.parse(JSON.parse(fs.readFileSync(path.join(folder, file), "utf8")))).object);
const compiled = compile("default", Object.fromEntries(rules.map(({ id, hash }) => [`rules/${id}`, hash])), rules);

/** The starter rules that tell of an event. */
function toldBy(event: EventInput): string[] {
  return matchRules(compiled.rules, event, SAMPLE_NOW).rules.map(({ rule }) => rule.id);
}

function eventOf(type: string, data: Json | undefined, more: Readonly<Record<string, Json>> = {}): EventInput {
  const event = { specversion: "1.0", id: "1", source: "/test", type, data, ...more };
  const read = cloudEvents.read(Buffer.from(JSON.stringify(event)));
  const [first] = read.ok ? read.events : [];
  if (first === undefined) throw new Error(JSON.stringify(read));
  return first;
}

const SAMPLES: Readonly<Record<string, readonly string[]>> = {
  "scanner.report.ready": ["kev-found"],
  "scheduler.rescan.delta": ["platform-hourly"],
  "vexlens.verdict.changed": ["verdict-affected"],
  "attestor.logged": ["platform-daily"],
  "taskrunner.run.started": [],
  "taskrunner.run.succeeded": ["platform-daily"],
  "taskrunner.run.failed": ["run-failed"],
  "taskrunner.run.cancelled": ["platform-daily"],
  "taskrunner.step.failed": ["platform-hourly"],
  "taskrunner.step.retried": [],
  taskrunner: [],
  "zastava.admission": ["admission-denied"],
  "pack.approval.requested": ["pack-approvals"],
  "pack.approval.updated": ["pack-approvals"],
  "pack.policy.hold": ["pack-approvals"],
};
const REPORT = { reportId: "r", verdict: "pass" };
const VERDICT = { vulnerabilityId: "CVE-2024-3094", product: "pkg:deb/debian/xz-utils@5.6.1" };

describe("the starter rules", () => {
  it.each(PLATFORM_KINDS.map((kind) => [kind.name, kind] as const))("tell of the sample of %s", (name, { sample }) => {
    expect(toldBy(eventOf(sample.type, sample.data))).toEqual(SAMPLES[name]);
  });

  it.each<[string, string, Json, readonly string[]]>([
    ["a report without findings", "scanner.report.ready", REPORT, ["platform-daily"]],
    ["quieted findings", "scanner.report.ready", { ...REPORT, delta: { quieted: 3 } }, ["platform-daily"]],
    ["new medium findings", "scanner.report.ready", { ...REPORT, delta: { newMedium: 1 } }, ["platform-hourly"]],
    ["new critical findings", "scanner.report.ready", { ...REPORT, delta: { newCritical: 1 } }, ["scan-grave"]],
    ["an exploited one in a rescan", "scheduler.rescan.delta", { scheduleId: "s", delta: { kev: 1 } }, ["kev-found"]],
    [
      "a verdict that is open again",
      "vexlens.verdict.changed",
      { ...VERDICT, current: { status: "under_investigation" } },
      ["platform-hourly"],
    ],
    [
      "a verdict that is open again of an exploited one",
      "vexlens.verdict.changed",
      { ...VERDICT, current: { status: "under_investigation" }, kev: true },
      ["kev-found"],
    ],
    [
      "an exploited one that does not concern us",
      "vexlens.verdict.changed",
      { ...VERDICT, current: { status: "not_affected" }, kev: true },
      ["platform-daily"],
    ],
    [
      "an exploited one that does",
      "vexlens.verdict.changed",
      { ...VERDICT, current: { status: "affected" }, kev: true },
      ["kev-found"],
    ],
    ["a workload that was let in", "zastava.admission", { decision: "allow" }, []],
    ["a workload with a warning", "zastava.admission", { decision: "warn" }, ["platform-hourly"]],
    [
      "an attestation that the log did not take",
      "attestor.logged",
      { artifactSha256: `sha256:${"a".repeat(64)}`, rekor: { status: "failed" } },
      ["platform-hourly"],
    ],
  ])("tell of %s", (_name, type, data, expected) => {
    expect(toldBy(eventOf(type, data))).toEqual(expected);
  });

  it("tell at once of what is known to be exploited, however grave its sender thinks it is", () => {
    const data = { ...REPORT, kev: true };
    for (const severitytext of ["info", "high", "critical"])
      expect(toldBy(eventOf("scanner.report.ready", data, { severitytext }))).toEqual(["kev-found"]);
  });

  it("tell at once of anything that its sender calls high", () => {
    for (const { sample } of PLATFORM_KINDS) {
      const told = toldBy(eventOf(sample.type, sample.data, { severitytext: "high" }));
      expect(told.filter((id) => !id.startsWith("platform-"))).toHaveLength(1);
    }
  });

  it("leave alone what is of no platform kind", () => {
    expect(toldBy(eventOf("host.disk.full", {}, { severitytext: "critical" }))).toEqual(["everything-high"]);
    expect(toldBy(eventOf("host.disk.full", {}))).toEqual(["low"]);
  });

  it("travel in the starter kit, and no schema or sample with them", () => {
    const names = fs.readdirSync(path.join(root, "seeds"), { recursive: true, encoding: "utf8" });
    const files = names
      .filter((name) => name.endsWith(".json"))
      .map((name) => `seeds/${name.split(path.sep).join("/")}`);
    const content = assembleContent((name) => fs.readFileSync(path.join(root, name)), files);
    const paths = content.map((file) => file.path);
    expect(paths.filter((name) => name.startsWith("content/rules/"))).toEqual(
      rules.map(({ id }) => `content/rules/default/${id}.json`).toSorted(),
    );
    expect(paths.filter((name) => /schemas|events/.test(name))).toEqual([]);
  });
});
