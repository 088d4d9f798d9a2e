import { z } from "zod";
import { labelsOf, optional, scopeOf, Word } from "./fields.ts";
import { definePlatformKind } from "./kind.ts";
import { PACK_APPROVAL, PlanHash } from "./pack-approval.ts";

const Name = Word(200);
const Body = z.looseObject({
  runId: Name,
  approvalId: optional(Name),
  packId: optional(Name),
  planHash: optional(PlanHash),
  policy: z.looseObject({ id: Name, gate: optional(Name) }).describe("The policy that stopped the run, and its gate."),
});

/** A policy holds a run until somebody looks at it. */
export const packPolicyHold = definePlatformKind({
  type: "pack.policy.hold",
  kind: PACK_APPROVAL,
  title: "A policy holds a run until somebody looks at it",
  schema: Body,
  sample: {
    source: "/taskrunner",
    subject: "mes-upgrade",
    data: {
      summary: "mes-upgrade is held: its plan changed after it was approved",
      runId: "run-20261120-08",
      approvalId: "approve-upgrade",
      packId: "mes-upgrade",
      policy: { id: "change-window", gate: "plan-unchanged" },
    },
  },
  derive: ({ runId, approvalId, packId, policy }) => ({
    labels: labelsOf({ run: runId, approval: approvalId, pack: packId, policy: policy.id }),
    scope: scopeOf({ resource: `${runId}/${approvalId ?? policy.id}` }),
    severity: "high",
  }),
});
