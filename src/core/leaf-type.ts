/** Every type of leaf; the list is closed, an unknown type fails verification. */
export const LEAF_TYPES = [
  "event.decision",
  "delivery.attempt",
  "delivery.change",
  "delivery.replay",
  "channel.down",
  "channel.up",
  "digest.open",
  "digest.flush",
  "digest.drop",
  "digest.reopen",
  "incident.open",
  "incident.ack",
  "incident.silence",
  "incident.resolve",
  "incident.reopen",
  "incident.note",
  "incident.assign",
  "incident.escalate",
  "approval.request",
  "approval.hold",
  "approval.decide",
  "approval.expire",
  "approval.resume",
  "config.change",
  "secret.change",
  "token.change",
  "trust.change",
  "kit.import",
  "kit.refuse",
  "kit.undo",
  "kit.export",
  "access.read",
  "access.denied",
  "privacy.erasure",
  "privacy.hold",
  "clock.jump",
  "site.start",
  "site.stop",
  "ledger.genesis",
  "ledger.seal",
  "ledger.epoch",
  "ledger.prune",
  "ledger.tenant",
] as const;

export type LeafType = (typeof LEAF_TYPES)[number];

/** Fields that leaves of a type must have, besides those of every leaf. */
type TypeField = "id" | "cfg" | "drafts" | "delivery" | "status" | "n" | "body";

const REQUIRED: Readonly<Partial<Record<LeafType, readonly TypeField[]>>> = {
  "event.decision": ["id", "cfg", "drafts"],
  "delivery.attempt": ["delivery", "status", "n"],
  "delivery.change": ["delivery", "status"],
  "delivery.replay": ["delivery"],
  "ledger.genesis": ["body"],
  "ledger.seal": ["body"],
  "ledger.epoch": ["body"],
  "ledger.prune": ["body"],
  "ledger.tenant": ["body"],
  "privacy.erasure": ["body"],
};

/** The name of a field that a leaf of this type and status lacks, or undefined. */
export function missingField(
  leaf: { readonly type: LeafType; readonly status?: string; readonly due?: number } & {
    readonly [F in TypeField]?: unknown;
  },
): string | undefined {
  const missing = REQUIRED[leaf.type]?.find((field) => leaf[field] === undefined);
  if (missing !== undefined) return missing;
  return leaf.status === "retrying" && leaf.due === undefined ? "due" : undefined;
}
