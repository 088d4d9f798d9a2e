import { z } from "zod";
import { Count, Image, labelsOf, optional, scopeOf, vulnOf, Word } from "./fields.ts";
import { countsOf, Delta, hasKev, Kev, severityOfFindings } from "./findings.ts";
import { definePlatformKind } from "./kind.ts";

const Verdict = z.enum(["pass", "warn", "fail", "blocked"]);
const Counts = z.looseObject({
  total: optional(Count),
  blocked: optional(Count),
  warned: optional(Count),
  ignored: optional(Count),
  quieted: optional(Count),
});

const Body = z.looseObject({
  reportId: Word(),
  verdict: Verdict.describe("What policy says of the whole report."),
  image: optional(Image),
  summary: optional(z.union([z.string(), Counts])),
  delta: optional(Delta.describe("Counts of what changed since the last report of this image.")),
  kev: optional(Kev),
});

/** A scan of an image is done and its report can be read. */
export const scannerReportReady = definePlatformKind({
  type: "scanner.report.ready",
  title: "A scan of an image is done and its report can be read",
  schema: Body,
  sample: {
    source: "/scanner/registry",
    subject: "plant/mes-server",
    data: {
      summary: "A known exploited vulnerability in plant/mes-server",
      reportId: "report-3def1b",
      verdict: "fail",
      image: {
        repository: "plant/mes-server",
        tag: "2.4.1",
        digest: "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
      },
      delta: { newCritical: 1, newHigh: 2, quieted: 4, kev: ["CVE-2024-3094"] },
      scope: { namespace: "plant" },
    },
  },
  derive: ({ verdict, image, summary, delta, kev }) => {
    const quieted = typeof summary === "object" ? summary?.quieted : undefined;
    const counts = countsOf(delta, { quieted });
    const known = hasKev(kev, delta?.kev);
    return {
      labels: labelsOf({ tag: image?.tag }),
      scope: scopeOf({ repo: image?.repository, digest: image?.digest }),
      severity: severityOfFindings({
        hasKev: known === true,
        counts,
        isRefused: verdict !== "pass" && verdict !== "warn",
      }),
      ...vulnOf({ kev: known, verdict, delta: counts }),
    };
  },
});
