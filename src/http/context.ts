import type { IncomingMessage, ServerResponse } from "node:http";
import type { Context as HonoContext } from "hono";
import type { Source, SourceHeaders } from "../core/source.ts";
import type { Clock, Log, Random, Timeout, TokenRecord } from "../ports.ts";
import type { AccessNotes } from "./access-services.ts";
import type { Services } from "./services.ts";

/** How a request arrived: set by the listener, never by the client. */
export interface Bindings {
  readonly incoming?: IncomingMessage;
  readonly outgoing?: ServerResponse;
  /** Set for connections of the unix socket alone: who can open it. */
  readonly local?: { readonly uid: number };
}
export interface Env {
  readonly Bindings: Bindings;
}
export type Context = HonoContext<Env>;

/** Limits of requests: bytes and ms. */
export interface Limits {
  /** Body of events. */
  readonly bodyBytes: number;
  /** Body of a change of configuration. */
  readonly configBytes: number;
  readonly kitBytes: number;
  /** How long a body may take; of a kit: how long its next piece may take. */
  readonly bodyMs: number;
  /** Free bytes of the disk below which nothing is accepted. */
  readonly freeDiskBytes: number;
  /** Requests a minute and token; 0: no limit. */
  readonly requestsPerMinute: number;
  /** Everybody may read /metrics. */
  readonly openMetrics: boolean;
}

export const DEFAULT_LIMITS: Limits = {
  bodyBytes: 2 ** 20,
  configBytes: 16 * 2 ** 20,
  kitBytes: 8 * 2 ** 30,
  bodyMs: 30_000,
  freeDiskBytes: 64 * 2 ** 20,
  requestsPerMinute: 600,
  openMetrics: false,
};

/** What app.ts hands in. */
export interface HttpContext {
  readonly services: Services;
  /** The source of a request, by the media type of its body and its headers. */
  readonly sourceOf: (mediaType: string, hasHeader: (name: string) => boolean) => Source | undefined;
  /** Looked up with each request: the answer must come from memory, and follow revocations at once. */
  readonly tokens: (id: string) => Promise<TokenRecord | undefined>;
  readonly hasTenant: (id: string) => Promise<boolean>;
  /** Whether a tenant takes nothing in; from memory. */
  readonly isClosed: (tenant: string) => boolean;
  readonly access: AccessNotes;
  /** Bytes that can still be written to the data folder's disk; asked at most once a second. */
  readonly diskFree: () => number;
  /** Why nothing is accepted now, in words; empty when it is. */
  readonly unready: () => readonly string[];
  /** Folder (0700) for kits while they arrive. */
  readonly uploads: string;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly timeout: Timeout;
  /** Told of each answer, for metrics and log. */
  readonly observe?: (seen: Seen) => void;
}

/** A request that was answered. */
export interface Seen {
  readonly route: string;
  readonly status: number;
  readonly ms: number;
  /** Its id, made where it has none yet. */
  readonly id: () => string;
  /** Absent where nobody was recognised. */
  readonly principal?: string;
  /** Last part of the problem's type. */
  readonly code?: string;
}

/** Bindings of a request; none for one made in process. */
export function bindings(c: Context): Bindings {
  const given: Bindings | undefined = c.env;
  return given ?? {};
}

/** A header of the request by its name in lower case; from Node's own object where there is one. */
export function header(c: Context, name: string): string | undefined {
  const incoming = bindings(c).incoming;
  if (incoming === undefined) return c.req.header(name);
  const value = incoming.headers[name];
  return typeof value === "string" ? value : value?.join(", ");
}

/** All headers of the request, each value as it was sent. In process, values of one name are joined already. */
export function allHeaders(c: Context): SourceHeaders {
  const incoming = bindings(c).incoming;
  if (incoming !== undefined) return incoming.headersDistinct;
  return Object.fromEntries([...c.req.raw.headers].map(([name, value]) => [name, [value]]));
}
