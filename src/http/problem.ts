/**
 * Problems (RFC 9457): the only place that turns the codes of all rooms into answers.
 * @module
 */
import { type Fault } from "../core/source.ts";
import { KitError } from "../core/kit-code.ts";
import { answer } from "./answer.ts";
import { HttpError, type HttpErrorCode } from "./error.ts";

interface Row {
  readonly status: number;
  readonly title: string;
  /** Seconds after which it may work. */
  readonly retryAfter?: number;
}

/** Every problem that this API answers with, by the last part of its type; a refused kit adds the codes of kits (422). */
export const PROBLEMS: Readonly<Record<HttpErrorCode, Row>> = {
  "bad-request": { status: 400, title: "The request is not HTTP as it should be" },
  "bad-query": { status: 400, title: "A parameter of the query is not valid" },
  "tenant-required": { status: 400, title: "A site principal must name the tenant" },
  aborted: { status: 400, title: "The request ended before its body did" },
  "empty-body": { status: 400, title: "The body is empty" },
  "bad-utf8": { status: 400, title: "The body is not UTF-8" },
  "bad-json": { status: 400, title: "The body is not JSON that can be read in one way only" },
  unauthenticated: { status: 401, title: "A valid token is needed" },
  forbidden: { status: 403, title: "The principal may not do this" },
  "tenant-mismatch": { status: 403, title: "The tenant is not the principal's" },
  "site-only": { status: 403, title: "Only a principal of the site may do this" },
  "not-found": { status: 404, title: "There is no such thing" },
  "tenant-unknown": { status: 404, title: "There is no such tenant" },
  "method-not-allowed": { status: 405, title: "The method is not allowed here" },
  "body-timeout": { status: 408, title: "The body did not arrive in time" },
  conflict: { status: 409, title: "The state is not the one that the request names" },
  "tenant-closed": { status: 409, title: "The tenant is closed" },
  "key-open": { status: 409, title: "A request with this Idempotency-Key was begun and has no answer" },
  "key-done": { status: 409, title: "The request with this Idempotency-Key was done, and its answer is not kept" },
  "precondition-failed": { status: 412, title: "It was changed meanwhile" },
  "body-too-large": { status: 413, title: "The body is too large" },
  "unsupported-media-type": { status: 415, title: "The media type is not supported" },
  "unsupported-charset": { status: 415, title: "The charset must be UTF-8" },
  "unsupported-encoding": { status: 415, title: "The content encoding is not supported" },
  "expectation-failed": { status: 417, title: "The expectation is not supported" },
  "invalid-event": { status: 422, title: "An event is not valid" },
  "batch-too-large": { status: 422, title: "The batch holds too many events" },
  invalid: { status: 422, title: "The content is not valid" },
  "refused-value": { status: 422, title: "A value cannot be stored" },
  "key-reused": { status: 422, title: "The Idempotency-Key belongs to another request" },
  "precondition-required": { status: 428, title: "The version that is meant must be named" },
  "rate-limited": { status: 429, title: "Too many requests with this token" },
  "keys-full": { status: 429, title: "The tenant has too many answers kept", retryAfter: 600 },
  "headers-too-large": { status: 431, title: "The header fields are too large" },
  internal: { status: 500, title: "The server failed" },
  overloaded: { status: 503, title: "More waits to be committed than is allowed", retryAfter: 1 },
  "disk-full": { status: 503, title: "The disk has too little room", retryAfter: 30 },
  "not-ready": { status: 503, title: "The server does not accept events now", retryAfter: 5 },
  stopping: { status: 503, title: "The server is stopping", retryAfter: 5 },
  "address-in-use": { status: 500, title: "The address is in use" },
  "socket-in-use": { status: 500, title: "Another server answers on the socket" },
  "not-a-socket": { status: 500, title: "The path of the socket is another kind of file" },
};

/** Codes of other rooms, by name of the error class and code; what is not here is a fault of ours (500). */
const FOREIGN: Readonly<Record<string, HttpErrorCode>> = {
  "StoreError overloaded": "overloaded",
  "StoreError disk-full": "disk-full",
  "StoreError refused-row": "refused-value",
  "StoreError bad-cursor": "bad-query",
  "StoreError closed": "stopping",
  "FlowError conflict": "conflict",
  "FlowError exists": "conflict",
  "FlowError missing": "not-found",
  "FlowError invalid": "invalid",
  "FlowError stale": "precondition-failed",
  "FlowError refused": "forbidden",
  "FlowError revoked": "unauthenticated",
};

/** A problem before it becomes an answer. */
export interface Problem {
  /** Last part of the type. */
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly detail?: string;
  readonly errors?: readonly Fault[];
  readonly headers: Readonly<Record<string, string>>;
}

/** The problem that an error means. Of an unknown error nothing is told: `internal`, whose cause the caller logs. */
export function problemOf(error: unknown): Problem {
  if (error instanceof HttpError)
    return problem(error.code, { detail: error.message, errors: error.errors, headers: error.headers });
  if (error instanceof KitError) return kitProblem(error);
  const code = error instanceof Error ? FOREIGN[`${error.name} ${codeOf(error) ?? ""}`] : undefined;
  if (code === undefined || !(error instanceof Error)) return problem("internal", {});
  return problem(code, { detail: error.message });
}

function problem(
  code: HttpErrorCode,
  {
    detail,
    errors = [],
    headers = {},
  }: { detail?: string; errors?: readonly Fault[]; headers?: Readonly<Record<string, string>> },
): Problem {
  const { status, title, retryAfter } = PROBLEMS[code];
  return {
    code,
    status,
    title,
    ...(detail === undefined || detail === "" ? {} : { detail }),
    ...(errors.length === 0 ? {} : { errors }),
    headers: retryAfter === undefined ? headers : { "retry-after": String(retryAfter), ...headers },
  };
}

/** A refused kit keeps its own stable code; its reasons are the errors. */
function kitProblem({ code, message, reasons }: KitError): Problem {
  const errors = reasons.map(({ at, code: reason, detail }) => ({ pointer: at, detail: `${reason}: ${detail}` }));
  return {
    code,
    status: 422,
    title: "The kit is refused",
    detail: message,
    ...(errors.length === 0 ? {} : { errors }),
    headers: {},
  };
}

/** The `code` of an error of any room, or undefined. */
export function codeOf(error: Error): string | undefined {
  return "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** The document of a problem; `instance` names the line in the log that tells more. */
export function problemText({ code, status, title, detail, errors }: Problem, instance?: string): string {
  return JSON.stringify({ type: `urn:sealpost:problem:${code}`, title, status, detail, code, instance, errors });
}

/** The answer to a problem. */
export function problemAnswer(found: Problem, instance?: string): Response {
  return answer(found.status, "application/problem+json", problemText(found, instance), found.headers);
}
