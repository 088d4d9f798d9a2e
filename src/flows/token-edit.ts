import { tokenState, tokenTag } from "../core/token.ts";
import type { Flow, TokenRecord } from "../ports.ts";
import { SITE_TENANT } from "../ports.ts";
import { FlowError } from "./error.ts";
import { actorCells, heldToken, requireActor } from "./token-actor.ts";
import { tokenLeaf } from "./token-leaf.ts";

/** What an edit replaces, or that the token ends now. */
export interface TokenEditInput {
  readonly actor: string;
  /** `tokenTag` of the actor's own token as it was judged, where what it gives was measured by it. */
  readonly version?: string;
  readonly id: string;
  /** Whose token it must be. */
  readonly tenant: string;
  readonly to: "revoked" | Pick<TokenRecord, "name" | "scopes" | "expiresAt" | "requestsPerMinute">;
  /** `tokenTag` of the version that is meant. Absent: whatever is in place. */
  readonly base?: string;
  /** Scopes that grant what the actor does not have: a token with one of them is not his to touch. */
  readonly beyond: readonly string[];
}

/**
 * Edits or revokes a token as it is when the question is decided; one that was revoked already stays as it is. Throws FlowError
 * `missing`, `stale`, `revoked` of the actor, `refused` for a token that may do more than the actor, or `conflict` for an edit of
 * one that has expired or was revoked.
 */
export const tokenEdit: Flow<TokenEditInput, TokenRecord> = {
  prepare: (_context, input) => ({
    cells: [{ noun: "token", tenant: SITE_TENANT, key: input.id }, ...actorCells(input.actor, input.id)],
    decide: (view, { now }) => {
      requireActor(view, input, now);
      const { actor, id, tenant, to } = input;
      const before = view.get("token", SITE_TENANT, id);
      if (before?.tenant !== tenant) throw new FlowError("missing", "there is no such token in this tenant");
      requireFree(before, input, now);
      if (to === "revoked" && before.revokedAt !== undefined) return before;
      const record = to === "revoked" ? { ...before, revokedAt: now } : edited(before, to);
      view.put("token", SITE_TENANT, id, record);
      tokenLeaf(view, actor, { record, before });
      return record;
    },
  }),
};

/** Throws where this version of the token is not to be changed so by this actor. */
function requireFree(before: TokenRecord, { actor, id, to, base, beyond }: TokenEditInput, now: number): void {
  if (base !== undefined && tokenTag(before) !== base)
    throw new FlowError("stale", `token ${id} was changed meanwhile`);
  const isOwnEnd = to === "revoked" && heldToken(actor) === id;
  if (!isOwnEnd && before.scopes.some((scope) => beyond.includes(scope)))
    throw new FlowError("refused", `token ${id} may do what you may not: nothing was changed`);
  if (to !== "revoked") requireActive(before, now);
}

/** Throws FlowError `conflict` for a token that is of no use at `now` (epoch ms): an edit would make its old secret good again. */
export function requireActive(record: Omit<TokenRecord, "hash">, now: number): void {
  const state = tokenState(record, now);
  if (state === "active") return;
  const what = state === "expired" ? "has expired" : "was revoked";
  throw new FlowError("conflict", `token ${record.id} ${what} and cannot be edited: make another one`);
}

function edited(
  { id, tenant, hash, createdAt, createdBy }: TokenRecord,
  to: Exclude<TokenEditInput["to"], "revoked">,
): TokenRecord {
  return { ...to, id, tenant, hash, createdAt, ...(createdBy === undefined ? {} : { createdBy }) };
}
