import type { TenantRecord, TokenRecord } from "../core/cells.ts";
import type { TokenState } from "../core/token.ts";
import type { Page } from "../ports.ts";
import type { Caller } from "./services.ts";

/** What the way in notes of who comes. */
export interface AccessNotes {
  /** A token was used, epoch ms: noted in memory, so that it costs nothing. */
  readonly used: (token: string, at: number) => void;
  /** Resolves once the refusal is recorded, or cannot be: never rejects. */
  readonly denied: (refused: Refused) => Promise<void>;
}

/** A refusal for lack of a token, a permission or the right tenant. */
export interface Refused {
  /** Principal id, or `anonymous`. */
  readonly actor: string;
  /** In whose log it stands: that of the principal's tenant, of `anonymous` the site's. */
  readonly tenant: string;
  /** Name in the table of routes. */
  readonly route: string;
  /** Code of the problem. */
  readonly why: string;
}

/** Tokens of one tenant; those of others are not there. */
export interface TokenService {
  /** The newest first. Throws HttpError `bad-query` for another list's cursor. */
  readonly page: (tenant: string, query: TokenQuery) => Promise<Page<ShownToken>>;
  readonly get: (tenant: string, id: string) => Promise<ShownToken | undefined>;
  /** Makes one; its text is told here and kept nowhere. Throws FlowError `conflict` where the tenant has too many. */
  readonly make: (
    caller: Caller,
    given: GivenToken,
    by: TokenGiver,
  ) => Promise<{ readonly shown: ShownToken; readonly text: string }>;
  /**
   * Undefined for one that is not there. Throws FlowError `stale`, or `conflict` for an edit of one that is of no use any more;
   * HttpError `forbidden` for one that may do more than its giver, `unauthenticated` where the caller's own token has ended.
   */
  readonly edit: (caller: Caller, id: string, change: TokenChange) => Promise<ShownToken | undefined>;
}
export interface TokenQuery {
  readonly limit: number;
  readonly cursor?: string;
  readonly state?: TokenState;
}
/** Instants are epoch ms. */
export interface GivenToken {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly expiresAt?: number;
  /** 0: no limit. Absent: that of the site. */
  readonly requestsPerMinute?: number;
}
/** What a token shall be, or that it shall be none any more; `base`: the version that is meant. */
export interface TokenChange {
  readonly to: GivenToken | "revoked";
  readonly base?: string;
  readonly by: TokenGiver;
}
/** By whom a token is made or changed, as he was judged. */
export interface TokenGiver {
  /** Of his own token; absent for who has none, and where nothing is given. */
  readonly version?: string;
  /** Scopes that grant what he does not have. */
  readonly beyond: readonly string[];
}
export interface ShownToken {
  readonly record: Omit<TokenRecord, "hash">;
  readonly state: TokenState;
  readonly lastUsedAt?: number;
  /** Names the version. */
  readonly tag: string;
}

/** The tenants of the site. */
export interface TenantService {
  /** In order of ids. */
  readonly page: (query: {
    readonly limit: number;
    readonly cursor?: string;
    readonly isClosed?: boolean;
  }) => Promise<Page<ShownTenant>>;
  readonly get: (id: string) => Promise<ShownTenant | undefined>;
  /** Throws FlowError `exists`, or `conflict` where there are as many as there may be. */
  readonly open: (caller: Caller, given: { readonly id: string; readonly name?: string }) => Promise<ShownTenant>;
  /** Throws FlowError `missing` or `stale`. */
  readonly change: (
    caller: Caller,
    id: string,
    change: { readonly name?: string | null; readonly isClosed?: boolean; readonly base?: string },
  ) => Promise<ShownTenant>;
}
export interface ShownTenant {
  readonly record: TenantRecord;
  /** Names the version. */
  readonly tag: string;
}
