/**
 * The platform kinds: one file each (a family may share one) and one line here.
 * @module
 */
import { attestorLogged } from "./attestor-logged.ts";
import type { PlatformKind } from "./kind.ts";
import { packApprovalRequested, packApprovalUpdated } from "./pack-approval.ts";
import { packPolicyHold } from "./pack-policy-hold.ts";
import { scannerReportReady } from "./scanner-report-ready.ts";
import { schedulerRescanDelta } from "./scheduler-rescan-delta.ts";
import { taskrunner } from "./taskrunner.ts";
import { vexlensVerdictChanged } from "./vexlens-verdict-changed.ts";
import { zastavaAdmission } from "./zastava-admission.ts";

/** Every platform kind. */
export const PLATFORM_KINDS: readonly PlatformKind[] = [
  scannerReportReady,
  schedulerRescanDelta,
  vexlensVerdictChanged,
  attestorLogged,
  ...taskrunner,
  zastavaAdmission,
  packApprovalRequested,
  packApprovalUpdated,
  packPolicyHold,
];

const BY_TYPE: ReadonlyMap<string, PlatformKind> = new Map(PLATFORM_KINDS.map((kind) => [kind.type, kind]));

/** The kind of an event's type: its own, else that of its family (`taskrunner.*`); undefined for an unknown type. */
export function platformKind(type: string): PlatformKind | undefined {
  return BY_TYPE.get(type) ?? BY_TYPE.get(`${type.slice(0, type.indexOf(".") + 1)}*`);
}
