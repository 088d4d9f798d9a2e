/**
 * What a source is: bytes that arrived become events, once, at the edge. Types only.
 * @module
 */
import type { EventInput } from "./event.ts";

/** What is wrong with a document and where: an RFC 6901 pointer and words that quote nothing of it. */
export interface Fault {
  readonly pointer: string;
  readonly detail: string;
}

/**
 * Why a source refuses bytes whole. `bad-utf8`, `empty-body`, `bad-json`: there is no document to judge.
 * `unsupported-charset`: its text is not UTF-8 by its own words. `batch-too-large`: more events than one request may hold.
 * `invalid-event`: the faults name what is wrong.
 */
export type SourceCode =
  | "bad-utf8"
  | "empty-body"
  | "bad-json"
  | "unsupported-charset"
  | "batch-too-large"
  | "invalid-event";

/** Headers of a request: each value that was sent, by the name in lower case. */
export type SourceHeaders = Readonly<Record<string, readonly string[] | undefined>>;

/** A tenant that an event names for itself, and where it does. */
export interface NamedTenant {
  readonly pointer: string;
  readonly tenant: string;
}

/** The events of one request in their order, or why all of them are refused. */
export type SourceResult =
  | { readonly ok: true; readonly events: readonly EventInput[]; readonly tenants: readonly NamedTenant[] }
  | { readonly ok: false; readonly code: SourceCode; readonly faults: readonly Fault[] };

/** A kind of source: one file (or folder) and one line in sources/index.ts. `read` is pure and never throws. */
export interface Source {
  /** Part of the actor `source:<name>` in leaves. */
  readonly name: string;
  /** In lower case, without parameters. */
  readonly mediaTypes: readonly string[];
  /**
   * The header (in lower case) that says that a request is for this source, whatever the media type of its body: such a
   * source reads headers, and a body that may be empty.
   */
  readonly marker?: string;
  readonly read: (bytes: Uint8Array, headers?: SourceHeaders) => SourceResult;
}
