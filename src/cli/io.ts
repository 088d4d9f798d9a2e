/** What a command may touch of the process that runs it. main.ts hands in the real one, a test its own. */
export interface Io {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Bytes of standard input, read only where a command asks for them. */
  readonly stdin: () => AsyncIterable<Uint8Array>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by SIGINT and SIGTERM: a command that waits ends its work and returns. */
  readonly stop: AbortSignal;
  /** Whether stdout is a terminal of a person. */
  readonly isTTY: boolean;
  /** Whether stderr is one: what moves is shown there alone. */
  readonly isErrorTTY?: boolean;
}
