import type { Fault } from "../core/source.ts";

/** What the room `http/` refuses; each code is a problem type `urn:sealpost:problem:<code>`. */
export type HttpErrorCode =
  | "bad-request"
  | "not-found"
  | "method-not-allowed"
  | "unauthenticated"
  | "forbidden"
  | "tenant-mismatch"
  | "tenant-required"
  | "tenant-unknown"
  | "tenant-closed"
  | "site-only"
  | "bad-query"
  | "aborted"
  | "body-timeout"
  | "body-too-large"
  | "empty-body"
  | "bad-utf8"
  | "bad-json"
  | "unsupported-media-type"
  | "unsupported-charset"
  | "unsupported-encoding"
  | "invalid-event"
  | "batch-too-large"
  | "invalid"
  | "refused-value"
  | "conflict"
  | "precondition-required"
  | "precondition-failed"
  | "key-reused"
  | "key-open"
  | "key-done"
  | "keys-full"
  | "rate-limited"
  | "headers-too-large"
  | "expectation-failed"
  | "overloaded"
  | "disk-full"
  | "not-ready"
  | "stopping"
  | "internal"
  | "address-in-use"
  | "socket-in-use"
  | "not-a-socket";

export interface HttpErrorOptions extends ErrorOptions {
  readonly errors?: readonly Fault[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Who was refused, where the one who throws it alone knows. */
  readonly by?: { readonly id: string; readonly tenant: string };
}

/** The error of the room `http/`; `message` is the `detail` that the client reads. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly code: HttpErrorCode;
  readonly errors: readonly Fault[];
  readonly headers: Readonly<Record<string, string>>;
  readonly by: HttpErrorOptions["by"];

  constructor(code: HttpErrorCode, message: string, options: HttpErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.errors = options.errors ?? [];
    this.headers = options.headers ?? {};
    this.by = options.by;
  }
}
