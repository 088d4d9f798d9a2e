import { EngineError } from "./engine.ts";

/** What a store can answer instead of a result; what a flow itself throws passes through unchanged. */
export type StoreErrorCode =
  /** More bytes wait to be committed than the limit allows: try again later. */
  | "overloaded"
  /** The disk is full; nothing was written. */
  | "disk-full"
  /** A row that the engine does not take, or a tenant without a log; nothing was written. */
  | "refused-row"
  /** A cursor that no page of this store gave. */
  | "bad-cursor"
  /** The store is closed, or is closing. */
  | "closed"
  /** The engine failed; nothing was written. */
  | "failed";

/** The error of the room `store/`. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What a caller is told of an engine's error; the error itself is the cause. */
export function storeErrorOf(error: unknown): StoreError {
  const code = error instanceof EngineError ? error.code : "failed";
  switch (code) {
    case "disk-full":
      return new StoreError("disk-full", "the disk is full", { cause: error });
    case "refused-row":
      return new StoreError("refused-row", "the store does not take such a row", { cause: error });
    case "io":
    case "failed":
      return new StoreError("failed", "the store could not write", { cause: error });
  }
}
