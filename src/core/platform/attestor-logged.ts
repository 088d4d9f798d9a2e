import { z } from "zod";
import { Count, Digest, labelsOf, optional, scopeOf, Word } from "./fields.ts";
import { definePlatformKind } from "./kind.ts";

const Body = z.looseObject({
  artifactSha256: Digest.describe("What the attestation is about."),
  predicateType: optional(Word(512)),
  subject: optional(z.looseObject({ type: optional(Word(128)), name: optional(Word(1024)) })),
  rekor: optional(
    z
      .looseObject({
        uuid: optional(Word()),
        index: optional(Count),
        status: optional(z.enum(["included", "pending", "failed"])),
      })
      .describe("Where it stands in the transparency log."),
  ),
});

/** An attestation was written to the transparency log. */
export const attestorLogged = definePlatformKind({
  type: "attestor.logged",
  title: "An attestation was written to the transparency log",
  schema: Body,
  sample: {
    source: "/attestor",
    subject: "plant/mes-server",
    data: {
      summary: "SBOM of plant/mes-server is in the log at 1291",
      artifactSha256: "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
      predicateType: "https://cyclonedx.org/bom",
      subject: { type: "image", name: "plant/mes-server" },
      rekor: { uuid: "24296fb2-0f2a-4f43-9d3c-7f1f35b1a6b5", index: 1291, status: "included" },
    },
  },
  derive: ({ artifactSha256, predicateType, subject, rekor }) => ({
    labels: labelsOf({ predicate: predicateType }),
    scope: scopeOf({ repo: subject?.type === "image" ? subject.name : undefined, digest: artifactSha256 }),
    severity: rekor?.status === "failed" ? "medium" : "info",
  }),
});
