/**
 * Approvals of packs: a run that waits for a person, and what became of it.
 * @module
 */
import { z } from "zod";
import type { Severity } from "../event.ts";
import { labelsOf, optional, scopeOf, Word } from "./fields.ts";
import { definePlatformKind, type Extracted } from "./kind.ts";

/** The kind of every event about the approval of a pack: rules ask for it. */
export const PACK_APPROVAL = "pack.approval";

const Name = Word(200);
const Step = z.union([Word(1024), z.looseObject({ id: Name })]);

/** SHA-256 of the plan, bare or with its algorithm. */
export const PlanHash = z.string().regex(/^(?:sha256:)?[0-9a-f]{64}$/, "must be a SHA-256 of 64 digits of 0-9 and a-f");

const Approval = z.looseObject({
  runId: Name,
  approvalId: Name,
  packId: optional(Name),
  planHash: optional(PlanHash),
});

const Requested = Approval.extend({
  planHash: PlanHash,
  grants: optional(z.array(Word()).max(100).describe("What an approver must be granted.")),
  steps: optional(z.array(Step).max(1000).describe("What will be done once it is approved.")),
});

const Status = z.enum(["pending", "approved", "rejected", "held", "resumed", "expired", "cancelled"]);
const SEVERITY: Readonly<Record<z.infer<typeof Status>, Severity>> = {
  pending: "medium",
  approved: "info",
  rejected: "medium",
  held: "high",
  resumed: "info",
  expired: "medium",
  cancelled: "low",
};

const Updated = Approval.extend({ status: Status });

/** Each approval is a resource of its own: two of one pack are two stories. */
function approvalEvent({ runId, approvalId, packId }: z.infer<typeof Approval>, severity: Severity): Extracted {
  return {
    labels: labelsOf({ run: runId, approval: approvalId, pack: packId }),
    scope: scopeOf({ resource: `${runId}/${approvalId}` }),
    severity,
  };
}

const SAMPLE = {
  runId: "run-20261120-08",
  approvalId: "approve-upgrade",
  packId: "mes-upgrade",
  planHash: "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
};

/** A run waits for a person's approval. */
export const packApprovalRequested = definePlatformKind({
  type: "pack.approval.requested",
  kind: PACK_APPROVAL,
  title: "A run waits for a person's approval",
  schema: Requested,
  sample: {
    source: "/taskrunner",
    subject: "mes-upgrade",
    data: {
      summary: "mes-upgrade waits for an approval",
      ...SAMPLE,
      grants: ["Packs.Approve"],
      steps: [
        { id: "stop-mes", name: "Stop the MES" },
        { id: "upgrade", name: "Install 2.4.1" },
      ],
      expiresAt: "2026-11-20T15:10:00Z",
    },
  },
  derive: (approval) => approvalEvent(approval, "medium"),
});

/** An approval was decided, expired, or let its run go on. */
export const packApprovalUpdated = definePlatformKind({
  type: "pack.approval.updated",
  kind: PACK_APPROVAL,
  title: "An approval was decided, expired, or let its run go on",
  schema: Updated,
  sample: {
    source: "/taskrunner",
    subject: "mes-upgrade",
    data: { summary: "The approval of mes-upgrade expired", ...SAMPLE, status: "expired" },
  },
  derive: (approval) => approvalEvent(approval, SEVERITY[approval.status]),
});
