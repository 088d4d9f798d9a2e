/** `conflict`: the state is not the one that the question names; `exists`, `missing`: as they say; `invalid`: faults in what was asked; `stale`: another version is in place; `refused`: not this actor's to do; `revoked`: the actor's token is not in force any more. */
export type FlowErrorCode = "conflict" | "exists" | "missing" | "invalid" | "stale" | "refused" | "revoked";

/** Why a question was refused; everything of it has been undone. */
export class FlowError extends Error {
  override readonly name = "FlowError";
  readonly code: FlowErrorCode;

  constructor(code: FlowErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
