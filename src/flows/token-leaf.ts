import type { TokenRecord, View } from "../ports.ts";

/** Writes the leaf of a token that was made, changed or revoked into the log of the tenant that it acts for. */
export function tokenLeaf(
  view: View,
  actor: string,
  { record, before }: { readonly record: TokenRecord; readonly before: TokenRecord | undefined },
): void {
  const { id, tenant, name, scopes, expiresAt, revokedAt, requestsPerMinute } = record;
  const changed = revokedAt === undefined ? "changed" : "revoked";
  view.leaf(tenant, {
    type: "token.change",
    actor,
    id,
    body: {
      change: before === undefined ? "made" : changed,
      name,
      scopes: [...scopes],
      ...(expiresAt === undefined ? {} : { expiresAt }),
      ...(requestsPerMinute === undefined ? {} : { requestsPerMinute }),
      ...(revokedAt === undefined ? {} : { revokedAt }),
    },
  });
}
