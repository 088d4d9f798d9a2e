export type SystemErrorCode =
  | "no-folder"
  | "no-site"
  | "site-exists"
  | "not-private"
  | "no-file"
  | "no-master-key"
  | "bad-master-key"
  | "not-started"
  | "io";

/** The error of the room `system/`: what the machine refuses. Messages name paths, never contents. */
export class SystemError extends Error {
  override readonly name = "SystemError";
  readonly code: SystemErrorCode;

  constructor(code: SystemErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** The code of an error of the operating system (`ENOENT`), or undefined. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
