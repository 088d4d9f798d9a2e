import { type Io } from "../../src/cli/io.ts";
import { run } from "../../src/cli/run.ts";

/** What a command left. */
export interface Done {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What a test may give a command beside its words. */
export interface Given {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly stop?: AbortSignal;
  /** Told each text as it is written to stdout. */
  readonly onOut?: (text: string) => void;
}

/** Runs a command line in this process, where coverage sees it. */
export async function cli(words: readonly string[], { env = {}, stdin = "", stop, onOut }: Given = {}): Promise<Done> {
  const seen = { out: "", err: "" };
  const io: Io = {
    stdout: (text) => {
      seen.out += text;
      onOut?.(text);
    },
    stderr: (text) => void (seen.err += text),
    stdin: () => ReadableStream.from([Buffer.from(stdin)]),
    env,
    stop: stop ?? new AbortController().signal,
    isTTY: false,
  };
  const code = await run(words, io);
  return { code, ...seen };
}
