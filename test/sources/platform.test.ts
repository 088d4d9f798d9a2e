import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EventInput } from "../../src/core/event.ts";
import { PLATFORM_KINDS } from "../../src/core/platform/index.ts";
import type { SourceResult } from "../../src/core/source.ts";
import { cloudEvents, cloudEventsBatch } from "../../src/sources/cloudevents.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const REPORT = {
  reportId: "r",
  verdict: "fail",
  image: { repository: "a/b", tag: "1", digest: DIGEST },
  delta: { kev: 1 },
};

function event(type: string, data: unknown, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { specversion: "1.0", id: "1", source: "/test", type, data, ...more };
}
function read(value: unknown): SourceResult {
  return cloudEvents.read(Buffer.from(JSON.stringify(value)));
}
function eventIn(result: SourceResult): EventInput {
  const [first] = result.ok ? result.events : [];
  if (first === undefined) throw new Error(JSON.stringify(result));
  return first;
}

function correlationOf(type: string, more: object): string {
  return eventIn(read(event(type, { runId: "r", approvalId: "a", ...more }, { subject: "p" }))).correlationId;
}
function labelsOf(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`l${at}`, "x"]));
}

/** Labels of a failed run whose sender states so many. */
function labelCount(stated: number): number {
  const data = { runId: "r", packId: "p", labels: labelsOf(stated) };
  return Object.keys(eventIn(read(event("taskrunner.run.failed", data))).labels).length;
}

describe("an event of a platform kind", () => {
  it("gets labels, scope, severity and findings out of its body, which stays as it is", () => {
    expect(eventIn(read(event("scanner.report.ready", { ...REPORT, more: [1] })))).toMatchObject({
      kind: "scanner.report.ready",
      severity: "high",
      labels: { tag: "1" },
      scope: { repo: "a/b", digest: DIGEST },
      vuln: { kev: true, verdict: "fail", delta: { kev: 1 } },
      data: { ...REPORT, more: [1] },
    });
  });

  it("keeps what its sender states itself", () => {
    const data = { ...REPORT, labels: { tag: "mine", team: "x" }, scope: { repo: "mine", namespace: "n" } };
    expect(eventIn(read(event("scanner.report.ready", data, { severitytext: "notice" })))).toMatchObject({
      severity: "low",
      labels: { tag: "mine", team: "x" },
      scope: { repo: "mine", namespace: "n", digest: DIGEST },
    });
  });

  it("takes labels, scope and severity that are null for not stated", () => {
    const data = { ...REPORT, labels: null, scope: { repo: null } };
    const told = eventIn(read(event("scanner.report.ready", data, { severitytext: null })));
    expect(told).toMatchObject({ severity: "high", labels: { tag: "1" }, scope: { repo: "a/b" } });
  });

  it.each(["pack.approval.requested", "pack.approval.updated", "pack.policy.hold"])(
    "of the type %s is of the kind pack.approval unless it names another",
    (type) => {
      const data = PLATFORM_KINDS.find(({ name }) => name === type)?.sample.data;
      expect(eventIn(read(event(type, data))).kind).toBe("pack.approval");
      expect(eventIn(read(event(type, data, { kind: "mine" }))).kind).toBe("mine");
    },
  );

  it("has one correlation key for a request and what became of it", () => {
    const requested = correlationOf("pack.approval.requested", { planHash: DIGEST });
    expect(correlationOf("pack.approval.updated", { status: "expired" })).toBe(requested);
    expect(correlationOf("pack.approval.updated", { status: "expired", runId: "r2" })).not.toBe(requested);
  });

  it("never has more labels than an event may have", () => {
    expect([0, 98, 99, 100].map(labelCount)).toEqual([2, 100, 100, 100]);
  });
});

describe("what is refused, and where", () => {
  it.each<[string, Record<string, unknown>, string]>([
    ["a bad count", { data: { ...REPORT, delta: { newCritical: -1 } } }, "/data/delta/newCritical"],
    ["no body", { data: undefined }, "/data"],
    ["a body that is null", { data: null }, "/data"],
    ["a body that is text", { data: "{}" }, "/data"],
    ["a body in base64", { data: undefined, data_base64: "e30=" }, "/data_base64"],
    ["a label that is no text, in a good body", { data: { ...REPORT, labels: { a: 1 } } }, "/data/labels/a"],
  ])("%s", (_name, more, pointer) => {
    expect(read(event("scanner.report.ready", REPORT, more))).toMatchObject({
      ok: false,
      code: "invalid-event",
      faults: [{ pointer }],
    });
  });

  it("one bad body refuses its batch and is named by its place", () => {
    const batch = [event("some.type", {}), event("attestor.logged", { artifactSha256: "x" }, { id: "2" })];
    expect(cloudEventsBatch.read(Buffer.from(JSON.stringify(batch)))).toMatchObject({
      ok: false,
      faults: [{ pointer: "/1/data/artifactSha256" }],
    });
  });

  it("at most twenty faults are told", () => {
    const impactedDigests = Array.from({ length: 1000 }, () => "x");
    const result = read(event("scheduler.rescan.delta", { scheduleId: "s", delta: {}, impactedDigests }));
    expect(result.ok ? 0 : result.faults.length).toBe(20);
  });

  it("a type that is not known may have any body", () => {
    for (const data of [undefined, null, "text", [1], { delta: { newCritical: -1 } }])
      expect(read(event("scanner.report.begun", data))).toMatchObject({ ok: true });
  });
});

it("what is derived from any sound body could have been stated by its sender", () => {
  const word = fc.oneof(
    fc.string({ unit: "binary", minLength: 1, maxLength: 20 }),
    fc.string({ unit: "grapheme", minLength: 1 }),
  );
  const place = fc.constantFrom(...PLATFORM_KINDS).chain(({ sample: { type, data } }) => {
    const names = Object.keys(data).filter((name) => typeof data[name] === "string");
    return fc.record({
      type: fc.constant(type),
      data: fc.constant(data),
      name: fc.constantFrom(...names, "namespace"),
    });
  });
  let sound = 0;
  fc.assert(
    fc.property(place, word, ({ type, data, name }, text) => {
      const result = read(event(type, { ...data, [name]: text }));
      if (!result.ok) return;
      sound++;
      const { labels, scope } = eventIn(result);
      expect(read(event("some.type", { labels, scope }))).toMatchObject({ ok: true, events: [{ labels, scope }] });
    }),
    { numRuns: 3000 },
  );
  expect(sound).toBeGreaterThan(500);
});
