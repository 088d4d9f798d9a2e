import { z } from "zod";
import type { Severity } from "../event.ts";
import { Digest, labelsOf, optional, scopeOf, vulnOf, Word } from "./fields.ts";
import { definePlatformKind } from "./kind.ts";

const Decision = z.enum(["allow", "warn", "deny"]);
const SEVERITY: Readonly<Record<z.infer<typeof Decision>, Severity>> = { allow: "info", warn: "medium", deny: "high" };

const Body = z.looseObject({
  admissionId: optional(Word()),
  decision: Decision,
  cluster: optional(Word()),
  namespace: optional(Word(256)),
  workload: optional(z.looseObject({ kind: optional(Word(128)), name: Word() })),
  images: optional(
    z
      .array(
        z.looseObject({ name: optional(Word(1024).describe("As the workload names it.")), digest: optional(Digest) }),
      )
      .max(100),
  ),
});

/** A workload asked to run and was let in, let in with a warning, or kept out. */
export const zastavaAdmission = definePlatformKind({
  type: "zastava.admission",
  title: "A workload asked to run and was let in, let in with a warning, or kept out",
  schema: Body,
  sample: {
    source: "/zastava/cluster-1",
    subject: "plant/Deployment/mes-server",
    data: {
      summary: "mes-server may not run: its image is not signed",
      admissionId: "adm-7f3a",
      decision: "deny",
      cluster: "cluster-1",
      namespace: "plant",
      workload: { kind: "Deployment", name: "mes-server" },
      images: [
        {
          name: "registry.plant-7.example/plant/mes-server:2.4.1",
          digest: "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
          signed: false,
          policyVerdict: "fail",
          reasons: ["unsigned"],
        },
      ],
    },
  },
  derive: ({ decision, cluster, namespace, workload, images }) => {
    const [only, ...others] = images ?? [];
    const image = others.length === 0 ? only : undefined;
    return {
      labels: labelsOf({ cluster, workload: workload?.name }),
      scope: scopeOf({
        namespace,
        repo: repositoryOf(image?.name ?? ""),
        digest: image?.digest,
        resource: [workload?.kind, workload?.name].filter((part) => typeof part === "string").join("/") || undefined,
      }),
      severity: SEVERITY[decision],
      ...vulnOf({ verdict: decision }),
    };
  },
});

/** The repository of an image's name: without tag and digest; undefined where that leaves nothing. */
function repositoryOf(name: string): string | undefined {
  const [path = ""] = name.split("@");
  const colon = path.indexOf(":", path.lastIndexOf("/") + 1);
  return (colon < 0 ? path : path.slice(0, colon)) || undefined;
}
