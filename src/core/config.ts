/**
 * Configuration as immutable objects by hash: a generation is a map, a compiled one is what deciding reads.
 * @module
 */
import type { CompiledAction, NamedCalendar } from "./action.ts";
import type { Channel } from "./channel.ts";
import type { RuleIndex } from "./index.ts";
import type { CompiledPolicy } from "./policy.ts";

/** Kinds of objects, as in routes and maps; `binding` stays at the site. */
export const KINDS = ["binding", "calendars", "channels", "policies", "rules", "templates"] as const;
export type Kind = (typeof KINDS)[number];

/** A tenant's own generation. Keys are `<kind>/<id>`. */
export interface Generation {
  /** SHA-256 (hex) over RFC 8785 of `{objects, streams}`: what a compare-and-swap names. */
  readonly id: string;
  /** Counts switches, from 0 for the empty one. */
  readonly n: number;
  /** Object hashes (hex). */
  readonly objects: Readonly<Record<string, string>>;
  /** The stream that brought an object; absent where it is the tenant's own. */
  readonly streams: Readonly<Record<string, string>>;
  /** Hashes (hex) of the parts that it is kept in, in order of their keys. */
  readonly parts: readonly string[];
}

/** A generation as its cell tells of it. */
export type GenerationRecord = Pick<Generation, "id" | "n" | "parts">;

/** A channel as deciding and delivering see it, its `bind` values filled in. */
export interface CompiledChannel {
  readonly id: string;
  /** SHA-256 of the object, hex. */
  readonly hash: string;
  readonly channel: Channel;
  /** Configuration with the site's values; changes with each binding. */
  readonly config: Channel["config"];
  readonly to: readonly string[];
  /** Names in `bind` that the site has not filled in: the channel is parked (`unbound`). */
  readonly unbound: readonly string[];
}

/** What a merged map (`_site` objects, each replaced by the tenant's own of that kind and id) compiles to. */
export interface Compiled {
  readonly tenant: string;
  /** First 16 hex digits of SHA-256 over RFC 8785 of the merged map without `binding`: `cfg` in leaves. */
  readonly cfg: string;
  readonly rules: RuleIndex;
  readonly channels: ReadonlyMap<string, CompiledChannel>;
  /** Template id to hash of its object. */
  readonly templates: ReadonlyMap<string, string>;
  /** Ids of the templates that are made for digests. */
  readonly digestTemplates: ReadonlySet<string>;
  /** By action id; of rules that are not enabled too. */
  readonly actions: ReadonlyMap<string, CompiledAction>;
  readonly calendars: ReadonlyMap<string, NamedCalendar>;
  readonly policy: CompiledPolicy;
}
