import type { Command as Program } from "commander";
import type { Io } from "./io.ts";

/** What `run` returns: 0 done, 1 failed, 2 usage, 3 verification failed or refused, 4 not found or conflict, 5 server not reached. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5;

/** What a command gets beside its arguments. */
export interface Context {
  readonly io: Io;
  /** Sets what `run` will return; without a call it is 0. */
  readonly end: (code: ExitCode) => void;
}

/** One command (a noun with its verbs, or a verb): a file in cli/ and a line in the list of run.ts. */
export interface Command {
  readonly register: (program: Program, context: Context) => void;
}
