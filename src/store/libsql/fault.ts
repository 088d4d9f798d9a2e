import { EngineError, type EngineFault } from "../engine.ts";

/** Why a database could not be opened for writing. */
export type OpenFault =
  /** Another process, or another part of this one, is the writer. */
  | "locked"
  /** The file is encrypted, or no database of ours. */
  | "foreign"
  /** A newer version wrote it. */
  | "newer";

export class OpenError extends Error {
  override readonly name = "OpenError";
  readonly code: OpenFault;

  constructor(code: OpenFault, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** Result codes of SQLite; libsql names only the primary ones. */
const FULL = 13;
const IOERR_FSYNC = 1034;
const IOERR_DIR_FSYNC = 1290;
const IOERR_SHMSIZE = 4874; // the index of the WAL could not grow

const BY_NUMBER: ReadonlyMap<unknown, EngineFault> = new Map([
  [FULL, "disk-full"],
  [IOERR_SHMSIZE, "disk-full"],
  [IOERR_FSYNC, "io"],
  [IOERR_DIR_FSYNC, "io"],
]);

/** What libsql, zlib, node:crypto or a vault threw, as the engine's own error; one of ours passes unchanged. */
export function engineErrorOf(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  if (!(error instanceof Error)) return new EngineError("failed", String(error), error);
  const number = "rawCode" in error ? error.rawCode : undefined;
  const isFull = "code" in error && error.code === "ENOSPC";
  return new EngineError(isFull ? "disk-full" : (BY_NUMBER.get(number) ?? "failed"), error.message, error);
}

/** Whether an engine error says that another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  const cause = error instanceof EngineError ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && cause.code === "SQLITE_BUSY";
}
