import { MAX_TOKENS, tokenState } from "../core/token.ts";
import type { Flow, TokenRecord, View } from "../ports.ts";
import { SITE_TENANT } from "../ports.ts";
import { FlowError } from "./error.ts";
import { actorCells, requireActor } from "./token-actor.ts";
import { tokenLeaf } from "./token-leaf.ts";

/** A token as it shall be from now on; its secret is known to nobody but its owner. */
export interface TokenChangeInput {
  readonly actor: string;
  readonly token: Omit<TokenRecord, "createdAt">;
  /** `tokenTag` of the actor's own token as it was judged. */
  readonly version?: string;
}

/** The index of tokens that were made before there was one is gathered from so many records. */
const MAX_GATHERED = 100_000;

/**
 * Makes a token, or puts one in the place of another, with a leaf in the log of the tenant that it acts for. Throws FlowError
 * `conflict` where the tenant has as many tokens in use as it may have, or `revoked` of the actor.
 */
export const tokenChange: Flow<TokenChangeInput, TokenRecord> = {
  prepare: (_context, { actor, token, version }) => ({
    cells: [
      { noun: "token", tenant: SITE_TENANT, key: token.id },
      { noun: "tokens", tenant: token.tenant, key: "current" },
      ...actorCells(actor, token.id),
    ],
    decide: (view, stamp) => {
      requireActor(view, { actor, ...(version === undefined ? {} : { version }) }, stamp.now);
      const before = view.get("token", SITE_TENANT, token.id);
      const record: TokenRecord = { ...token, createdAt: before?.createdAt ?? stamp.now };
      if (before === undefined) enlist(view, record, stamp.now);
      view.put("token", SITE_TENANT, token.id, record);
      tokenLeaf(view, actor, { record, before });
      return record;
    },
  }),
};

/** Writes a new token into its tenant's list, in the place of the oldest one of no use where the list is full. */
function enlist(view: View, { id, tenant }: TokenRecord, now: number): void {
  const ids = view.get("tokens", tenant, "current")?.ids ?? gather(view, tenant);
  const gone = ids.length < MAX_TOKENS ? undefined : ids.find((one) => !isActive(view, one, now));
  if (ids.length >= MAX_TOKENS && gone === undefined)
    throw new FlowError("conflict", `${tenant} has ${MAX_TOKENS} tokens in use: revoke one first`);
  if (gone !== undefined) {
    view.remove("token", SITE_TENANT, gone);
    view.remove("use", SITE_TENANT, gone);
  }
  view.put("tokens", tenant, "current", { ids: [...ids.filter((one) => one !== gone), id] });
}

function gather(view: View, tenant: string): string[] {
  return view
    .list("token", SITE_TENANT, "", MAX_GATHERED)
    .map(([, record]) => record)
    .filter((record) => record.tenant === tenant)
    .toSorted((a, b) => a.createdAt - b.createdAt)
    .map(({ id }) => id);
}

function isActive(view: View, id: string, now: number): boolean {
  const record = view.get("token", SITE_TENANT, id);
  return record !== undefined && tokenState(record, now) === "active";
}
