import type { ClaimRecord } from "../cells.ts";
import { type Deciding, steadyNow } from "../deciding.ts";
import type { DeliveryStatus } from "../delivery.ts";
import { type Event, type Severity, severityRank } from "../event.ts";
import { type ClaimKey, claimKey } from "../key-parts.ts";
import { type Draft, type Outcome, PASS, type Stage } from "../stage.ts";
import { fateOf, followed } from "../windows.ts";

/** Only what was sent or taken in claims its key. */
const CLAIMS: ReadonlySet<DeliveryStatus> = new Set(["pending", "held", "coalesced", "debounced"]);

/**
 * Drops a repeat within a window that is cut from the clock. A rise of severity, a resolution, and the first firing
 * after one pass; so does a repeat of what was never told, because its window ended without being sent.
 */
export const dedupeStage: Stage = {
  name: "dedupe",
  passesResolutions: true,
  check: (draft, deciding) => {
    const window = windowOf(draft, deciding);
    if (window === undefined) return PASS;
    const claim = deciding.view.get("claim", deciding.tenant, window.key);
    const saw = { ...(claim === undefined ? {} : { by: claim.delivery }), until: window.end };
    if (claim === undefined || passes(draft.event, claim, deciding)) return { verdict: "pass", saw };
    const reason = { code: "deduplicated", by: claim.window ?? claim.delivery } as const;
    return { verdict: "drop", status: "deduplicated", reason, saw };
  },
  settle: settleClaim,
};

/** Claims the draft's key, where it was sent or taken in. */
export function settleClaim(draft: Draft, { status, window: absorbing }: Outcome, deciding: Deciding): void {
  const window = CLAIMS.has(status) ? windowOf(draft, deciding) : undefined;
  if (window === undefined) return;
  const { view, tenant } = deciding;
  const before = view.get("claim", tenant, window.key);
  const { event, deliveries } = draft;
  view.put("claim", tenant, window.key, {
    severity: highest(event, before === undefined || isVoid(before, deciding) ? undefined : before),
    ...(event.alertState === undefined ? {} : { alertState: event.alertState }),
    delivery: deliveries[0] ?? "",
    ...(absorbing === undefined || status === "pending" ? {} : { window: absorbing, at: steadyNow(deciding) }),
  });
  if (before === undefined) view.setTimer(tenant, { due: window.end, flow: "expire", key: `claims:${window.end}` });
}

function windowOf({ action, event }: Draft, { tenant, stamp }: Deciding): ClaimKey | undefined {
  const span = action.dedupe;
  return span === undefined ? undefined : claimKey(event, action, { tenant, now: stamp.now, span });
}

function passes({ alertState, severity }: Event, claim: ClaimRecord, deciding: Deciding): boolean {
  if (alertState === "resolved" || claim.alertState === "resolved") return true;
  if (severityRank(severity) > severityRank(claim.severity)) return true;
  return isVoid(claim, deciding);
}

/** What the claim stands for was never told, and never will be. */
function isVoid({ window, at }: ClaimRecord, { view, tenant }: Deciding): boolean {
  if (window === undefined) return false;
  return (
    fateOf(
      followed(window, (key) => view.get("window", tenant, key)),
      at,
    ) === "lost"
  );
}

/** A firing after a resolution starts anew. */
function highest({ severity, alertState }: Event, before: ClaimRecord | undefined): Severity {
  if (before === undefined || severityRank(severity) > severityRank(before.severity)) return severity;
  return before.alertState === "resolved" && alertState !== "resolved" ? severity : before.severity;
}
