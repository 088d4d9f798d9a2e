/**
 * What the routes of rules, channels, templates, calendars and policies ask for.
 * @module
 */
import type { ChannelUsage } from "../core/cells.ts";
import type { ChangeKit, ChangeVia } from "../core/change.ts";
import type { ObjectChange } from "../core/config-plan.ts";
import type { JsonObject } from "../core/json.ts";
import type { FieldChange } from "../core/object-diff.ts";
import type { Page } from "../ports.ts";
import type { Caller } from "./services.ts";

/** Kinds of objects that people write one by one. */
export const OBJECT_KINDS = ["calendars", "channels", "policies", "rules", "templates"] as const;
export type ObjectKind = (typeof OBJECT_KINDS)[number];

/** An object by its route. */
export interface ObjectPlace {
  readonly kind: ObjectKind;
  readonly id: string;
}

/** Which version a request means: none yet (`new`: it makes one, `absent`: it says that there is none), any, or one of these hashes. */
export type Condition = "new" | "absent" | "any" | readonly string[];

/** An object of the tenant's merged map, for one who asks. */
export interface ShownOne extends ObjectPlace {
  /** SHA-256 of its canonical text, hex. */
  readonly hash: string;
  /** `_site`, or the tenant. */
  readonly ownerId: string;
  /** What brought it. */
  readonly stream?: string;
  readonly name?: string;
  /** As it was saved; absent where the asker may use it but not read it. */
  readonly value?: JsonObject;
  /** Of a channel: what came of its tries in this tenant. */
  readonly usage?: ChannelUsage;
}

/** Who asks; to a tenant's principal `_site` objects are shown without their value. */
export interface ObjectAsker {
  readonly isSite: boolean;
}

export interface ObjectQuery {
  readonly limit: number;
  readonly cursor?: string;
  /** Part of the name or id, in any case. */
  readonly name?: string;
  readonly stream?: string;
  readonly scope?: "own" | "global";
  /** Fields of the value that must be so: an object whose value is hidden has none. */
  readonly channel?: string;
  readonly type?: string;
  readonly purpose?: string;
  readonly isEnabled?: boolean;
}

/** A version of an object that is wanted. */
export interface ObjectPut extends ObjectPlace {
  readonly value: JsonObject;
  readonly condition: Condition;
  readonly why?: string;
  readonly via?: ChangeVia;
}

/** An object that is to go. */
export interface ObjectRemoval extends Omit<ObjectPut, "value"> {
  readonly isDry: boolean;
}

/** The object as it is now, and whether the tenant has it newly. */
export interface ObjectDone {
  readonly shown: ShownOne;
  readonly isNew: boolean;
}

/** What a switch did to an object. */
export interface ObjectHistoryRow {
  /** Number of the switch. */
  readonly n: number;
  /** Epoch ms. */
  readonly at: number;
  readonly actor: string;
  readonly why?: string;
  readonly via?: ChangeVia;
  readonly kit?: ChangeKit;
  /** `bound`: values that the site fills into a channel were changed, the channel itself was not; `unbound`: all went. */
  readonly change: "added" | "changed" | "removed" | "bound" | "unbound";
  /** Hashes after and before. */
  readonly hash?: string;
  readonly before?: string;
  readonly diff: readonly FieldChange[];
}

/**
 * Changes go one after the other in each tenant, each planned on what is there then. They throw HttpError
 * `precondition-failed` (with the present tag), `conflict` or `invalid`, FlowError `exists` or `missing`.
 */
export interface ObjectService {
  /** In order of ids; a page may be short and have a cursor. Throws HttpError `bad-query` for another list's cursor. */
  readonly page: (
    at: { readonly tenant: string; readonly kind: ObjectKind },
    query: ObjectQuery,
    asker: ObjectAsker,
  ) => Promise<Page<ShownOne>>;
  readonly get: (tenant: string, place: ObjectPlace, asker: ObjectAsker) => Promise<ShownOne | undefined>;
  readonly put: (caller: Caller, wanted: ObjectPut) => Promise<ObjectDone>;
  /** Answers what goes with it; a dry run only says so. */
  readonly remove: (caller: Caller, wanted: ObjectRemoval) => Promise<readonly ObjectChange[]>;
  /** Newest first; undefined for an object that nobody knows. A page may be short and have a cursor. */
  readonly history: (
    tenant: string,
    place: ObjectPlace,
    page: { readonly limit: number; readonly cursor?: string },
  ) => Promise<Page<ObjectHistoryRow> | undefined>;
  /** Back to how it was after a switch, or to a version by its hash. */
  readonly revert: (
    caller: Caller,
    wanted: Omit<ObjectPut, "value"> & { readonly to: number | string },
  ) => Promise<ObjectDone>;
}
