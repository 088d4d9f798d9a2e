/** What can be wrong with what `signing/` is given. */
export type SigningErrorCode = "bad-key" | "bad-master-key" | "not-opened" | "unreadable";

/** The error of the room `signing/`; never quotes key material. */
export class SigningError extends Error {
  override readonly name = "SigningError";
  readonly code: SigningErrorCode;

  constructor(code: SigningErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
