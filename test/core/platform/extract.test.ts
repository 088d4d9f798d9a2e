import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Json } from "../../../src/core/json.ts";
import { PLATFORM_KINDS, platformKind } from "../../../src/core/platform/index.ts";
import type { Extracted, Extraction } from "../../../src/core/platform/kind.ts";

const A = `sha256:${"a".repeat(64)}`;
const B = `sha256:${"b".repeat(64)}`;

function extract(type: string, data: Json | undefined): Extraction {
  const kind = platformKind(type);
  if (kind === undefined) throw new Error(`${type} is no platform kind`);
  return kind.extract(data);
}
function found(type: string, data: Json): Extracted {
  const extraction = extract(type, data);
  if (!extraction.ok) throw new Error(JSON.stringify(extraction.faults));
  return extraction.found;
}

describe("the kind of a type", () => {
  it.each([
    ["scanner.report.ready", "scanner.report.ready"],
    ["scheduler.rescan.delta", "scheduler.rescan.delta"],
    ["vexlens.verdict.changed", "vexlens.verdict.changed"],
    ["attestor.logged", "attestor.logged"],
    ["zastava.admission", "zastava.admission"],
    ["pack.approval.requested", "pack.approval.requested"],
    ["pack.approval.updated", "pack.approval.updated"],
    ["pack.policy.hold", "pack.policy.hold"],
    ["taskrunner.run.failed", "taskrunner.run.failed"],
    ["taskrunner.worker.lost", "taskrunner"],
    ["taskrunner.run", "taskrunner"],
    ["taskrunner", undefined],
    ["taskrunners.run.failed", undefined],
    ["x.taskrunner.run", undefined],
    ["scanner.report.ready.v2", undefined],
    ["Scanner.report.ready", undefined],
    ["*", undefined],
    ["constructor", undefined],
    ["", undefined],
  ])("%s is that of %s", (type, name) => {
    expect(platformKind(type)?.name).toBe(name);
  });

  it("is pack.approval for all that is about an approval", () => {
    const named = PLATFORM_KINDS.filter(({ kind }) => kind !== undefined);
    expect(named.map(({ name, kind }) => [name, kind])).toEqual([
      ["pack.approval.requested", "pack.approval"],
      ["pack.approval.updated", "pack.approval"],
      ["pack.policy.hold", "pack.approval"],
    ]);
  });
});

const REPORT = { reportId: "r", verdict: "pass" };
const RESCAN = { scheduleId: "s" };
const VERDICT = { vulnerabilityId: "CVE-2024-3094", product: "pkg:deb/debian/xz@5.6.1" };
const STEP = { runId: "r", packId: "p", stepId: "s" };
const APPROVAL = { runId: "r", approvalId: "a", packId: "p" };

describe("what a body says", () => {
  const cases: readonly [string, string, Json, Extracted][] = [
    [
      "a clean report",
      "scanner.report.ready",
      REPORT,
      { labels: {}, scope: {}, severity: "info", vuln: { verdict: "pass" } },
    ],
    [
      "a report with everything",
      "scanner.report.ready",
      {
        ...REPORT,
        verdict: "blocked",
        image: { repository: "a/b", tag: "1", digest: A },
        summary: { quieted: 3 },
        delta: {
          newCritical: 1,
          newHigh: 2,
          newMedium: 3,
          newLow: 4,
          resolved: 5,
          total: 15,
          kev: ["CVE-1-1", "CVE-1-2"],
        },
      },
      {
        labels: { tag: "1" },
        scope: { repo: "a/b", digest: A },
        severity: "critical",
        vuln: {
          kev: true,
          verdict: "blocked",
          delta: { quieted: 3, newCritical: 1, newHigh: 2, newMedium: 3, newLow: 4, resolved: 5, total: 15, kev: 2 },
        },
      },
    ],
    [
      "the delta's own count of quieted findings",
      "scanner.report.ready",
      { ...REPORT, summary: { quieted: 3 }, delta: { quieted: 1, kev: false }, kev: null },
      { labels: {}, scope: {}, severity: "info", vuln: { kev: false, verdict: "pass", delta: { quieted: 1, kev: 0 } } },
    ],
    [
      "a summary in words, and nothing where null stands",
      "scanner.report.ready",
      { ...REPORT, summary: "fine", delta: null, image: null },
      { labels: {}, scope: {}, severity: "info", vuln: { verdict: "pass" } },
    ],
    [
      "a rescan of one image",
      "scheduler.rescan.delta",
      { ...RESCAN, runId: "n", impactedDigests: [A], delta: { newHigh: 1 } },
      {
        labels: { schedule: "s", run: "n" },
        scope: { digest: A },
        severity: "medium",
        vuln: { delta: { newHigh: 1 } },
      },
    ],
    [
      "a rescan of several images",
      "scheduler.rescan.delta",
      { ...RESCAN, impactedDigests: [A, B], delta: {}, kev: 2 },
      { labels: { schedule: "s" }, scope: {}, severity: "high", vuln: { kev: true } },
    ],
    [
      "a rescan that names its image",
      "scheduler.rescan.delta",
      { ...RESCAN, image: { repository: "a/b", digest: B }, impactedDigests: [A], delta: {} },
      { labels: { schedule: "s" }, scope: { repo: "a/b", digest: B }, severity: "info" },
    ],
    [
      "a verdict on a package",
      "vexlens.verdict.changed",
      { ...VERDICT, repository: "a/b", current: { status: "not_affected", justification: "component_not_present" } },
      {
        labels: { vulnerability: "CVE-2024-3094", product: "pkg:deb/debian/xz@5.6.1" },
        scope: { repo: "a/b", resource: "CVE-2024-3094 pkg:deb/debian/xz@5.6.1" },
        severity: "info",
        vuln: {
          verdict: "not_affected",
          vex: { status: "not_affected", justification: "component_not_present" },
        },
      },
    ],
    [
      "a verdict on an image, known to be exploited",
      "vexlens.verdict.changed",
      { ...VERDICT, product: A, previous: { status: "fixed" }, current: { status: "affected" }, kev: true },
      {
        labels: { vulnerability: "CVE-2024-3094", product: A },
        scope: { digest: A, resource: `CVE-2024-3094 ${A}` },
        severity: "critical",
        vuln: { kev: true, verdict: "affected", vex: { status: "affected" } },
      },
    ],
    [
      "an attestation of an image",
      "attestor.logged",
      { artifactSha256: A, predicateType: "t", subject: { type: "image", name: "a/b" }, rekor: { index: 0 } },
      { labels: { predicate: "t" }, scope: { repo: "a/b", digest: A }, severity: "info" },
    ],
    [
      "an attestation that the log did not take",
      "attestor.logged",
      { artifactSha256: A, subject: { type: "file", name: "a" }, rekor: { status: "failed" } },
      { labels: {}, scope: { digest: A }, severity: "medium" },
    ],
    [
      "a run without a pack",
      "taskrunner.run.failed",
      { runId: "r", namespace: "n" },
      { labels: { run: "r" }, scope: { namespace: "n", resource: "r" }, severity: "high" },
    ],
    [
      "a step",
      "taskrunner.step.failed",
      { ...STEP, attempt: 1 },
      { labels: { run: "r", pack: "p", step: "s" }, scope: { resource: "p/s" }, severity: "medium" },
    ],
    [
      "a worker",
      "taskrunner.worker.lost",
      { worker: "w" },
      { labels: { worker: "w" }, scope: { resource: "w" }, severity: "info" },
    ],
    ["nothing that is known", "taskrunner.queue.empty", {}, { labels: {}, scope: {}, severity: "info" }],
    [
      "a workload with one image",
      "zastava.admission",
      {
        decision: "deny",
        cluster: "c",
        namespace: "n",
        workload: { kind: "Pod", name: "w" },
        images: [{ name: `host:5000/a/b:1@${A}`, digest: A }],
      },
      {
        labels: { cluster: "c", workload: "w" },
        scope: { namespace: "n", repo: "host:5000/a/b", digest: A, resource: "Pod/w" },
        severity: "high",
        vuln: { verdict: "deny" },
      },
    ],
    [
      "a workload with two images",
      "zastava.admission",
      { decision: "warn", workload: { name: "w" }, images: [{ name: "a" }, { name: "b" }] },
      { labels: { workload: "w" }, scope: { resource: "w" }, severity: "medium", vuln: { verdict: "warn" } },
    ],
    [
      "an image that has a tag for a name",
      "zastava.admission",
      { decision: "allow", images: [{ name: ":1" }] },
      { labels: {}, scope: {}, severity: "info", vuln: { verdict: "allow" } },
    ],
    [
      "a request for an approval",
      "pack.approval.requested",
      { ...APPROVAL, planHash: "c".repeat(64), grants: ["g"], steps: ["one", { id: "two" }] },
      { labels: { run: "r", approval: "a", pack: "p" }, scope: { resource: "r/a" }, severity: "medium" },
    ],
    [
      "a hold without an approval",
      "pack.policy.hold",
      { runId: "r", policy: { id: "window" } },
      { labels: { run: "r", policy: "window" }, scope: { resource: "r/window" }, severity: "high" },
    ],
  ];
  it.each(cases)("%s", (_name, type, data, expected) => {
    expect(found(type, data)).toEqual(expected);
  });

  it("ties what is told of one approval together by equal labels", () => {
    const requested = found("pack.approval.requested", { ...APPROVAL, planHash: A });
    const updated = found("pack.approval.updated", { ...APPROVAL, status: "approved" });
    expect(updated).toMatchObject({ labels: requested.labels, scope: requested.scope });
  });
});

describe("the severity that a body implies", () => {
  it.each<[string, Json, string]>([
    ["nothing", REPORT, "info"],
    ["a warning", { ...REPORT, verdict: "warn" }, "info"],
    ["a policy that fails", { ...REPORT, verdict: "fail" }, "medium"],
    ["new low ones", { ...REPORT, delta: { newLow: 9 } }, "info"],
    ["new medium ones", { ...REPORT, delta: { newMedium: 1 } }, "low"],
    ["new high ones", { ...REPORT, delta: { newHigh: 1 } }, "medium"],
    ["new critical ones", { ...REPORT, delta: { newCritical: 1 } }, "high"],
    ["an exploited one", { ...REPORT, kev: true }, "high"],
    ["exploited and critical ones", { ...REPORT, delta: { newCritical: 1, kev: 1 } }, "critical"],
    ["exploited ones that are none", { ...REPORT, kev: [], delta: { kev: 0 } }, "info"],
  ])("of a report with %s is as expected", (_name, data, severity) => {
    expect(found("scanner.report.ready", data).severity).toBe(severity);
  });

  it.each([
    ["affected", "high"],
    ["under_investigation", "low"],
    ["fixed", "info"],
  ])("of the verdict %s is %s", (status, severity) => {
    expect(found("vexlens.verdict.changed", { ...VERDICT, current: { status }, kev: null }).severity).toBe(severity);
  });

  it.each([
    ["pending", "medium"],
    ["approved", "info"],
    ["rejected", "medium"],
    ["held", "high"],
    ["resumed", "info"],
    ["expired", "medium"],
    ["cancelled", "low"],
  ])("of an approval that is %s is %s", (status, severity) => {
    expect(found("pack.approval.updated", { ...APPROVAL, status }).severity).toBe(severity);
  });

  it.each([
    ["run.started", "info"],
    ["run.succeeded", "info"],
    ["run.failed", "high"],
    ["run.cancelled", "low"],
    ["step.failed", "medium"],
    ["step.retried", "low"],
    ["step.skipped", "info"],
  ])("of taskrunner.%s is %s", (name, severity) => {
    expect(found(`taskrunner.${name}`, STEP).severity).toBe(severity);
  });
});

/** Bodies that are refused, and where. */
const BAD: readonly [string, Json | undefined, string][] = [
  ...PLATFORM_KINDS.flatMap(({ sample: { type } }): [string, Json | undefined, string][] =>
    [undefined, null, [], "text", 7].map((data) => [type, data, ""]),
  ),
  ["scanner.report.ready", { verdict: "pass" }, "/reportId"],
  ["scanner.report.ready", { reportId: "", verdict: "pass" }, "/reportId"],
  ["scanner.report.ready", { reportId: "r" }, "/verdict"],
  ["scanner.report.ready", { reportId: "r", verdict: "good" }, "/verdict"],
  ["scanner.report.ready", { ...REPORT, image: { digest: "sha256:abc" } }, "/image/digest"],
  ["scanner.report.ready", { ...REPORT, image: { digest: A.toUpperCase() } }, "/image/digest"],
  ["scanner.report.ready", { ...REPORT, image: { repository: "a\u0000b" } }, "/image/repository"],
  ["scanner.report.ready", { ...REPORT, image: { repository: "a\nb" } }, "/image/repository"],
  ["scanner.report.ready", { ...REPORT, image: { repository: "a\ufffe" } }, "/image/repository"],
  ["scanner.report.ready", { ...REPORT, image: { repository: "x".repeat(1025) } }, "/image/repository"],
  ["scanner.report.ready", { ...REPORT, delta: { newCritical: -1 } }, "/delta/newCritical"],
  ["scanner.report.ready", { ...REPORT, delta: { newCritical: 1.5 } }, "/delta/newCritical"],
  ["scanner.report.ready", { ...REPORT, delta: { newHigh: "1" } }, "/delta/newHigh"],
  ["scanner.report.ready", { ...REPORT, delta: { total: 2 ** 53 } }, "/delta/total"],
  ["scanner.report.ready", { ...REPORT, delta: { kev: ["CVE-1-1", "no id"] } }, "/delta/kev/1"],
  ["scanner.report.ready", { ...REPORT, kev: "yes" }, "/kev"],
  ["scanner.report.ready", { ...REPORT, summary: { quieted: -1 } }, "/summary/quieted"],
  ["scanner.report.ready", { ...REPORT, summary: 3 }, "/summary"],
  ["scheduler.rescan.delta", { delta: {} }, "/scheduleId"],
  ["scheduler.rescan.delta", RESCAN, "/delta"],
  ["scheduler.rescan.delta", { ...RESCAN, delta: {}, impactedDigests: [A, "x"] }, "/impactedDigests/1"],
  [
    "scheduler.rescan.delta",
    { ...RESCAN, delta: {}, impactedDigests: Array.from({ length: 10_001 }, () => A) },
    "/impactedDigests",
  ],
  [
    "vexlens.verdict.changed",
    { ...VERDICT, vulnerabilityId: "3094", current: { status: "fixed" } },
    "/vulnerabilityId",
  ],
  ["vexlens.verdict.changed", { ...VERDICT, product: "xz", current: { status: "fixed" } }, "/product"],
  ["vexlens.verdict.changed", VERDICT, "/current"],
  ["vexlens.verdict.changed", { ...VERDICT, current: { status: "Affected" } }, "/current/status"],
  ["vexlens.verdict.changed", { ...VERDICT, previous: {}, current: { status: "fixed" } }, "/previous/status"],
  ["attestor.logged", {}, "/artifactSha256"],
  ["attestor.logged", { artifactSha256: "a".repeat(64) }, "/artifactSha256"],
  ["attestor.logged", { artifactSha256: A, rekor: { index: -1 } }, "/rekor/index"],
  ["taskrunner.run.failed", {}, "/runId"],
  ["taskrunner.step.failed", { runId: "r" }, "/stepId"],
  ["taskrunner.worker.lost", { worker: 2 }, "/worker"],
  ["zastava.admission", {}, "/decision"],
  ["zastava.admission", { decision: "Deny" }, "/decision"],
  ["zastava.admission", { decision: "deny", workload: {} }, "/workload/name"],
  ["zastava.admission", { decision: "deny", images: [{}, { digest: "x" }] }, "/images/1/digest"],
  ["pack.approval.requested", { approvalId: "a", planHash: A }, "/runId"],
  ["pack.approval.requested", { runId: "r", planHash: A }, "/approvalId"],
  ["pack.approval.requested", APPROVAL, "/planHash"],
  ["pack.approval.requested", { ...APPROVAL, planHash: "abc" }, "/planHash"],
  ["pack.approval.requested", { ...APPROVAL, planHash: A, grants: [1] }, "/grants/0"],
  ["pack.approval.requested", { ...APPROVAL, planHash: A, steps: ["x", {}] }, "/steps/1/id"],
  ["pack.approval.requested", { ...APPROVAL, planHash: A, steps: [5] }, "/steps/0"],
  ["pack.approval.updated", APPROVAL, "/status"],
  ["pack.policy.hold", { runId: "r" }, "/policy"],
  ["pack.policy.hold", { runId: "r", policy: {} }, "/policy/id"],
];

describe("what is refused, and where", () => {
  it.each(BAD)("%s: %j at %s", (type, data, pointer) => {
    const extraction = extract(type, data);
    expect(extraction).toMatchObject({ ok: false, faults: [{ pointer }] });
    if (!extraction.ok) for (const { detail } of extraction.faults) expect(detail).not.toBe("");
  });

  it("is every fault of a body, in its order", () => {
    const extraction = extract("pack.approval.requested", { approvalId: "", grants: {} });
    expect(extraction.ok ? [] : extraction.faults.map(({ pointer }) => pointer)).toEqual([
      "/runId",
      "/approvalId",
      "/planHash",
      "/grants",
    ]);
  });
});

describe("the published schemas", () => {
  const published = PLATFORM_KINDS.map((kind) => [kind.name, kind] as const);

  it.each(published)(
    "%s is closed over itself and takes its sample",
    (_name, { jsonSchema, sample, extract: read }) => {
      const document = jsonSchema();
      expect(document).toMatchObject({ $schema: "https://json-schema.org/draft/2020-12/schema", type: "object" });
      expect(z.fromJSONSchema(z.record(z.string(), z.json()).parse(document)).safeParse(sample.data).error).toBe(
        undefined,
      );
      expect(read(sample.data)).toMatchObject({ ok: true });
    },
  );

  it.each(published)("%s uses no pattern that other engines cannot read", (_name, { jsonSchema }) => {
    const patterns = [...JSON.stringify(jsonSchema()).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)].map(
      ([, text = ""]) => text,
    );
    for (const pattern of patterns) expect(pattern).not.toMatch(/\\\\p|\(\?[<=!]/);
  });

  it("refuse what the code refuses", () => {
    const schemas = new Map(
      PLATFORM_KINDS.map(({ name, jsonSchema }) => [name, z.fromJSONSchema({ ...jsonSchema() })]),
    );
    const missed = BAD.filter(
      ([type, data]) => schemas.get(platformKind(type)?.name ?? "")?.safeParse(data).success !== false,
    );
    expect(missed.map(([, data]) => data)).toEqual([{ ...REPORT, image: { repository: "a\ufffe" } }]); // a noncharacter
  });
});

describe("any body at all", () => {
  const known = fc.constantFrom(...PLATFORM_KINDS);
  const NAMES = [
    ...new Set(
      [...JSON.stringify(PLATFORM_KINDS.map(({ jsonSchema }) => jsonSchema())).matchAll(/"(\w+)":\{/g)].map(
        ([, name = ""]) => name,
      ),
    ),
  ];
  const value = fc.oneof(
    fc.constantFrom<Json>(
      A,
      "pass",
      "deny",
      "affected",
      "expired",
      "CVE-1-1",
      "pkg:a/b",
      "image",
      null,
      true,
      0,
      -0,
      3,
    ),
    fc.string({ unit: "binary", maxLength: 12 }),
    fc.integer(),
  );
  const tree = fc.letrec<{ node: Json }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      value,
      fc.array(tie("node"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...NAMES), tie("node")),
    ),
  })).node;

  it("is read or refused, never thrown at, and what is read is fit for an event", () => {
    fc.assert(
      fc.property(
        known,
        fc.oneof(
          tree,
          fc.jsonValue().map((json) => z.json().parse(json)),
        ),
        ({ extract: read }, data) => {
          const extraction = read(data);
          expect(extraction.ok ? [extraction.found] : extraction.faults).not.toEqual([]);
        },
      ),
      { numRuns: 2000 },
    );
  });

  /** A sample with some of its values replaced: mostly still sound. */
  const changed = fc.tuple(known, fc.array(fc.tuple(fc.nat(), value), { maxLength: 3 })).map(([kind, changes]) => {
    const data: Record<string, Json> = { ...kind.sample.data };
    for (const [at, to] of changes) data[Object.keys(data)[at % Object.keys(data).length] ?? ""] = to;
    return { kind, data };
  });

  it("a sample that is changed a little is too", () => {
    let sound = 0;
    fc.assert(
      fc.property(changed, ({ kind, data }) => {
        const extraction = kind.extract(data);
        if (!extraction.ok) return;
        sound++;
        const { labels, scope, vuln } = extraction.found;
        const texts: string[] = [...Object.values(labels), ...Object.values({ ...scope })];
        for (const text of texts) {
          expect(text).not.toBe("");
          expect(text.length).toBeLessThanOrEqual(1024);
          expect(text).not.toMatch(/[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u);
        }
        for (const count of Object.values(vuln?.delta ?? {}))
          expect(Number.isSafeInteger(count) && count >= 0).toBe(true);
      }),
      { numRuns: 3000 },
    );
    expect(sound).toBeGreaterThan(300);
  });
});
