import type { Json } from "../core/json.ts";

export type CliErrorCode =
  | "usage"
  | "unreachable"
  | "failed"
  | "refused"
  | "missing"
  | "conflict"
  | "unexpected-answer"
  | "problem";

/** What a command could not do. `problem` is the server's own answer (RFC 9457) where it gave one. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: CliErrorCode;
  readonly status: number | undefined;
  readonly problem: Json | undefined;

  constructor(
    code: CliErrorCode,
    message: string,
    more: { readonly cause?: unknown; readonly status?: number; readonly problem?: Json } = {},
  ) {
    super(message, { cause: more.cause });
    this.code = code;
    this.status = more.status;
    this.problem = more.problem;
  }
}
