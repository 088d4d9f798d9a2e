import { SITE_TENANT } from "../core/cells.ts";
import { tokenState, tokenTag } from "../core/token.ts";
import { FlowError } from "../flows/error.ts";
import type { ShownToken, TokenChange, TokenQuery, TokenService } from "../http/access-services.ts";
import { notInForce } from "../http/auth.ts";
import { HttpError } from "../http/error.ts";
import type { Caller } from "../http/services.ts";
import type { Page, TokenRecord } from "../ports.ts";
import type { Parts } from "./parts.ts";
import { makeToken } from "./token.ts";

/** Tokens that were made before tenants had lists of them are looked for among so many. */
const MAX_GATHERED = 100_000;

type TokenParts = Pick<Parts, "store" | "random" | "instants" | "access">;

/** Tokens as the routes ask for them. */
export function tokenService(parts: TokenParts): TokenService {
  return {
    page: (tenant, query) => pageOf(parts, tenant, query),
    get: async (tenant, id) => {
      const record = await recordOf(parts, tenant, id);
      return record === undefined ? undefined : await shown(parts, record);
    },
    make: async ({ tenant, actor }, given, { version }) => {
      const { record, text } = await asked(makeToken(parts, { ...given, tenant }, actor, version));
      return { shown: await shown(parts, record), text };
    },
    edit: (caller, id, change) => edit(parts, caller, { id, change }),
  };
}

/** A token of the tenant; one of another is none. */
async function recordOf({ store }: TokenParts, tenant: string, id: string): Promise<TokenRecord | undefined> {
  const record = await store.read.cell("token", SITE_TENANT, id);
  return record?.tenant === tenant ? record : undefined;
}

async function shown({ store, instants, access }: TokenParts, record: TokenRecord): Promise<ShownToken> {
  const { hash: _hash, ...rest } = record;
  const kept = await store.read.cell("use", SITE_TENANT, record.id);
  const lastUsedAt = access.lastUse(record.id) ?? kept?.lastUsedAt;
  return {
    record: rest,
    state: tokenState(record, instants.now()),
    tag: tokenTag(record),
    ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
  };
}

async function idsOf({ store }: TokenParts, tenant: string): Promise<readonly string[]> {
  const kept = await store.read.cell("tokens", tenant, "current");
  if (kept !== undefined) return kept.ids;
  const all = (await store.read.cells("token", SITE_TENANT, "", MAX_GATHERED)).map(([, record]) => record);
  const own = all.filter((record) => record.tenant === tenant);
  return own.toSorted((a, b) => a.createdAt - b.createdAt).map(({ id }) => id);
}

/** The newest first; a cursor is the id before. */
async function pageOf(
  parts: TokenParts,
  tenant: string,
  { limit, cursor, state }: TokenQuery,
): Promise<Page<ShownToken>> {
  const ids = (await idsOf(parts, tenant)).toReversed();
  const from = cursor === undefined ? 0 : ids.indexOf(cursor) + 1;
  if (cursor !== undefined && from === 0) throw new HttpError("bad-query", "the cursor is not one of this list");
  const items: ShownToken[] = [];
  for (const id of ids.slice(from)) {
    const record = await recordOf(parts, tenant, id);
    if (record === undefined || (state !== undefined && tokenState(record, parts.instants.now()) !== state)) continue;
    const last = items.at(-1);
    if (items.length === limit && last !== undefined) return { items, cursor: last.record.id };
    items.push(await shown(parts, record));
  }
  return { items };
}

async function edit(
  parts: TokenParts,
  { tenant, actor }: Caller,
  { id, change }: { readonly id: string; readonly change: TokenChange },
): Promise<ShownToken | undefined> {
  if ((await recordOf(parts, tenant, id)) === undefined) return undefined;
  const { by, ...rest } = change;
  const input = { actor, tenant, id, ...rest, ...by };
  return await shown(parts, await asked(parts.store.transact({ flow: "token-edit", tenant: SITE_TENANT, input })));
}

/** What a question answers; a refusal of its actor is one like those at the door, and noted as they are. */
async function asked<T>(question: Promise<T>): Promise<T> {
  try {
    return await question;
  } catch (error) {
    if (!(error instanceof FlowError)) throw error;
    if (error.code === "revoked") throw notInForce();
    if (error.code === "refused") throw new HttpError("forbidden", error.message, { cause: error });
    throw error;
  }
}
