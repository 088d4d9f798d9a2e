import type { Flow, TokenRecord } from "../ports.ts";
import { SITE_TENANT } from "../ports.ts";

/** A token as it shall be from now on; its secret is known to nobody but its owner. */
export interface TokenChangeInput {
  readonly actor: string;
  readonly token: Omit<TokenRecord, "createdAt">;
}

/** Makes, changes or revokes a token, with a leaf in the log of the tenant that it acts for. */
export const tokenChange: Flow<TokenChangeInput, TokenRecord> = {
  prepare: (_context, { actor, token }) => ({
    cells: [{ noun: "token", tenant: SITE_TENANT, key: token.id }],
    decide: (view, stamp) => {
      const before = view.get("token", SITE_TENANT, token.id);
      const record: TokenRecord = { ...token, createdAt: before?.createdAt ?? stamp.now };
      view.put("token", SITE_TENANT, token.id, record);
      const { name, scopes, expiresAt, revokedAt } = record;
      const change = before === undefined ? "made" : revokedAt === undefined ? "changed" : "revoked";
      view.leaf(token.tenant, {
        type: "token.change",
        actor,
        id: token.id,
        body: {
          change,
          name,
          scopes: [...scopes],
          ...(expiresAt === undefined ? {} : { expiresAt }),
          ...(revokedAt === undefined ? {} : { revokedAt }),
        },
      });
      return record;
    },
  }),
};
