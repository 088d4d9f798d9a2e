const SHOWN = "[secret]";
/** What Node's `inspect` (and so a log or an error) asks an object for. */
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** Text that must not be seen: whatever prints, joins or serialises it gets `[secret]`; only `reveal` tells. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [INSPECT](): string {
    return SHOWN;
  }
}
