/**
 * The one way of commands to a site: HTTP to a server by address, to the one on the folder's socket, or to the API in this
 * very process where no server runs. Commands do not see which.
 * @module
 */
import type { Json } from "../core/json.ts";
import { SITE_TENANT } from "../ports.ts";
import { parseStrictJson } from "../core/strict-json.ts";
import { CliError } from "./error.ts";

const MAX_DEPTH = 64;

/** What is sent: JSON, bytes, or bytes as they come. */
export interface RequestOptions {
  readonly json?: Json;
  readonly bytes?: Uint8Array | AsyncIterable<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Another tenant than the client's. */
  readonly tenant?: string;
}

/** What came back, whole. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  /** Throws CliError `unexpected-answer` where it is no JSON. */
  readonly json: () => Json;
  readonly text: () => string;
}

/** A site, reached. `request` throws CliError `unreachable` only; any status is an answer. */
export interface Client {
  /** Where requests go, for people. */
  readonly place: string;
  /** Whether this user's own principal asks (of the site), and not a token. */
  readonly isLocal: boolean;
  readonly request: (method: string, path: string, options?: RequestOptions) => Promise<Answer>;
  readonly close: () => Promise<void>;
}

/** One exchange with a server; `path` begins with `/api/v1`. */
export type Exchange = (request: {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>;
}) => Promise<{ readonly status: number; readonly headers: Headers; readonly bytes: Uint8Array }>;

/** How requests travel. */
export interface Transport {
  readonly place: string;
  readonly isLocal: boolean;
  readonly exchange: Exchange;
  readonly close: () => Promise<void>;
}

const BASE = "/api/v1";
/** What belongs to the site, whatever `--tenant` says. */
const SITE_ROUTES = ["/kits", "/trust", "/tenants", "/parity"];

/** A client that speaks for `tenant`; paths are those under /api/v1. */
export function createClient(transport: Transport, tenant: string): Client {
  const { place, isLocal, exchange, close } = transport;
  return {
    place,
    isLocal,
    close,
    request: async (method, path, options = {}) => {
      const { json, bytes: given, headers = {} } = options;
      const body = json === undefined ? given : new TextEncoder().encode(JSON.stringify(json));
      const {
        status,
        headers: answered,
        bytes,
      } = await exchange({
        method,
        path: `${BASE}${path}`,
        headers: {
          accept: "application/json",
          "sealpost-tenant": options.tenant ?? (isSiteRoute(path) ? SITE_TENANT : tenant),
          ...(json === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { body }),
      });
      return answerOf(status, answered, bytes);
    },
  };
}

function isSiteRoute(path: string): boolean {
  return SITE_ROUTES.some((route) => path === route || path.startsWith(`${route}/`) || path.startsWith(`${route}?`));
}

function answerOf(status: number, headers: Headers, bytes: Uint8Array): Answer {
  const text = (): string => new TextDecoder().decode(bytes);
  return {
    status,
    headers,
    bytes,
    text,
    json: () => {
      const parsed = parseStrictJson(text(), { depth: MAX_DEPTH });
      if (parsed.ok) return parsed.value;
      throw new CliError("unexpected-answer", `the server's answer (${status}) is not JSON`, { status });
    },
  };
}

/** The answer, if it was a good one (2xx). Throws CliError `problem` with what the server said. */
export function demand(answer: Answer): Answer {
  if (answer.status >= 200 && answer.status < 300) return answer;
  const parsed = parseStrictJson(answer.text(), { depth: MAX_DEPTH });
  throw new CliError("problem", `the server answered ${answer.status}`, {
    status: answer.status,
    ...(parsed.ok ? { problem: parsed.value } : {}),
  });
}
