/** What can be wrong with what `core/` is given; each thrower names its codes. */
export type CoreErrorCode =
  | "not-json"
  | "lone-surrogate"
  | "bad-id"
  | "bad-salt"
  | "leaf-too-large"
  | "bad-leaf"
  | "bad-hash"
  | "bad-range"
  | "bad-frontier"
  | "bad-note"
  | "bad-key"
  | "bad-proof"
  | "bad-tile"
  | "bad-window"
  | "bad-matcher"
  | "bad-expression"
  | "expression-stopped"
  | "bad-template"
  | "render-failed";

/** The error of the room `core/`: thrown for input that callers must not hand in; verdicts on foreign data are returned. */
export class CoreError extends Error {
  override readonly name = "CoreError";
  readonly code: CoreErrorCode;

  constructor(code: CoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
