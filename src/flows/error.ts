/** `conflict`: the state is not the one that the question names; `exists`, `missing`: as they say; `invalid`: faults in what was asked. */
export type FlowErrorCode = "conflict" | "exists" | "missing" | "invalid";

/** Why a question was refused; everything of it has been undone. */
export class FlowError extends Error {
  override readonly name = "FlowError";
  readonly code: FlowErrorCode;

  constructor(code: FlowErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
