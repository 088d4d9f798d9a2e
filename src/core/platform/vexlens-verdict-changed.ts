import { z } from "zod";
import type { Severity } from "../event.ts";
import { Digest, labelsOf, optional, Purl, scopeOf, vexOf, VexStatus, vulnOf, VulnId, Word } from "./fields.ts";
import { definePlatformKind } from "./kind.ts";

const Statement = z.looseObject({
  status: VexStatus,
  justification: optional(Word(128)),
});

const Body = z.looseObject({
  vulnerabilityId: VulnId,
  product: z.union([Purl, Digest]).describe("What the verdict is about: a package URL or the digest of an image."),
  repository: optional(Word(1024)),
  previous: optional(Statement),
  current: Statement,
  kev: optional(z.boolean()),
});

/** The agreed VEX verdict on a vulnerability of a product is another one now. */
export const vexlensVerdictChanged = definePlatformKind({
  type: "vexlens.verdict.changed",
  title: "The agreed VEX verdict on a vulnerability of a product is another one now",
  schema: Body,
  sample: {
    source: "/vexlens",
    subject: "CVE-2024-3094",
    data: {
      summary: "xz-utils 5.6.1 is affected by CVE-2024-3094 after all",
      vulnerabilityId: "CVE-2024-3094",
      product: "pkg:deb/debian/xz-utils@5.6.1",
      previous: { status: "under_investigation" },
      current: { status: "affected" },
      kev: false,
    },
  },
  derive: ({ vulnerabilityId, product, repository, current, kev }) => ({
    labels: labelsOf({ vulnerability: vulnerabilityId, product }),
    scope: scopeOf({
      repo: repository,
      digest: product.startsWith("sha256:") ? product : undefined,
      resource: `${vulnerabilityId} ${product}`,
    }),
    severity: severityOfVerdict(current.status, kev === true),
    ...vulnOf({
      kev,
      verdict: current.status,
      vex: vexOf({ status: current.status, justification: current.justification }),
    }),
  }),
});

function severityOfVerdict(status: z.infer<typeof VexStatus>, isExploited: boolean): Severity {
  if (status === "affected") return isExploited ? "critical" : "high";
  return status === "under_investigation" ? "low" : "info";
}
