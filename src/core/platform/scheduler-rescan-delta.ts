import { z } from "zod";
import { Digest, Image, labelsOf, optional, scopeOf, vulnOf, Word } from "./fields.ts";
import { countsOf, Delta, hasKev, Kev, severityOfFindings } from "./findings.ts";
import { definePlatformKind } from "./kind.ts";

const Body = z.looseObject({
  scheduleId: Word(),
  runId: optional(Word()),
  image: optional(Image),
  impactedDigests: optional(z.array(Digest).max(10_000)),
  delta: Delta.describe("Counts of what changed since the last scan, over all images that it concerns."),
  kev: optional(Kev),
});

/** A scheduled rescan found something else than the scan before. */
export const schedulerRescanDelta = definePlatformKind({
  type: "scheduler.rescan.delta",
  title: "A scheduled rescan found something else than the scan before",
  schema: Body,
  sample: {
    source: "/scheduler",
    subject: "weekly-critical",
    data: {
      summary: "Rescan weekly-critical: 2 new high findings in 1 image",
      scheduleId: "weekly-critical",
      runId: "rescan-2026-47",
      reason: "advisory feed of 2026-11-20",
      impactedDigests: ["sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
      delta: { newCritical: 0, newHigh: 2, resolved: 1, kev: 0 },
    },
  },
  derive: ({ scheduleId, runId, image, impactedDigests, delta, kev }) => {
    const counts = countsOf(delta);
    const known = hasKev(kev, delta.kev);
    const [only, ...others] = impactedDigests ?? [];
    return {
      labels: labelsOf({ schedule: scheduleId, run: runId }),
      scope: scopeOf({ repo: image?.repository, digest: image?.digest ?? (others.length === 0 ? only : undefined) }),
      severity: severityOfFindings({ hasKev: known === true, counts }),
      ...vulnOf({ kev: known, delta: counts }),
    };
  },
});
