import { canonicalJson } from "./canonical-json.ts";
import type { TenantRecord, TokenRecord } from "./cells.ts";
import { sha256Hex } from "./hash.ts";

export const TOKEN_STATES = ["active", "expired", "revoked"] as const;
export type TokenState = (typeof TOKEN_STATES)[number];

/** Tokens of a tenant that are kept; beyond, the oldest ones that are of no use any more give way. */
export const MAX_TOKENS = 1000;

const TAG_DIGITS = 32;

/** What a token is good for at an instant (epoch ms). */
export function tokenState(
  { expiresAt, revokedAt }: Pick<TokenRecord, "expiresAt" | "revokedAt">,
  now: number,
): TokenState {
  if (revokedAt !== undefined) return "revoked";
  return expiresAt !== undefined && expiresAt <= now ? "expired" : "active";
}

/** Names the version of a token's record, 32 hex digits; it tells nothing of the secret. */
export function tokenTag({ hash: _hash, ...record }: TokenRecord): string {
  return tagOf({ ...record, scopes: [...record.scopes] });
}

/** Names the version of a tenant's record, 32 hex digits. */
export function tenantTag(record: TenantRecord): string {
  return tagOf({ ...record });
}

function tagOf(record: Parameters<typeof canonicalJson>[0]): string {
  return sha256Hex(canonicalJson(record)).slice(0, TAG_DIGITS);
}
