/** What a log may say of an error. Never its message, which may quote what was sent. */
export interface ErrorWords {
  readonly error: string;
  readonly code?: string;
  /** Where an error without a code was thrown. */
  readonly at?: string;
}

const FRAME = /^at .*:\d+:\d+\)?$/;
const WORD = /^[\w.-]{1,64}$/;

/** Name and code of what was thrown, and the first place of its stack where it has no code. */
export function errorWords(thrown: unknown): ErrorWords {
  if (!(thrown instanceof Error)) return { error: typeof thrown };
  const error = WORD.test(thrown.name) ? thrown.name : "Error";
  const code = "code" in thrown && typeof thrown.code === "string" && WORD.test(thrown.code) ? thrown.code : undefined;
  if (code !== undefined) return { error, code };
  const at = frameOf(thrown);
  return at === undefined ? { error } : { error, at };
}

function frameOf({ stack = "" }: Error): string | undefined {
  return stack
    .split("\n")
    .map((line) => line.trim())
    .find((line) => FRAME.test(line));
}
