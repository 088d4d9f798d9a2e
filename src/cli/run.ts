import { CommanderError, Command as Program } from "commander";
import { version } from "../system/version.ts";
import { channels } from "./channels.ts";
import type { Command, Context, ExitCode } from "./command.ts";
import { config } from "./config.ts";
import { deliveries } from "./deliveries.ts";
import { demo } from "./demo.ts";
import { digests } from "./digests.ts";
import { doctor } from "./doctor.ts";
import { events } from "./events.ts";
import { explain } from "./explain.ts";
import { init } from "./init.ts";
import type { Io } from "./io.ts";
import { kit } from "./kit.ts";
import { keys } from "./keys.ts";
import { ledger } from "./ledger.ts";
import { maildrop } from "./maildrop.ts";
import { maintenance } from "./maintenance.ts";
import { serve } from "./serve.ts";
import { silence } from "./silence.ts";
import { status } from "./status.ts";
import { trust } from "./trust.ts";

/** Every command, in the order of the help. */
const commands: readonly Command[] = [
  init,
  serve,
  demo,
  events,
  deliveries,
  explain,
  digests,
  status,
  maildrop,
  silence,
  maintenance,
  config,
  channels,
  ledger,
  kit,
  keys,
  trust,
  doctor,
];

/** Runs one command line (without the program's own name). Never throws, never ends the process; answers the exit code. */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  let code: ExitCode = 0;
  const context: Context = { io, end: (end) => void (code = end) };
  try {
    await programOf(context).parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return usageCode(error); // commander has said why
    io.stderr(`sealpost: ${messageOf(error)}\n`);
    return 1;
  }
}

function programOf(context: Context): Program {
  const { io } = context;
  const program = new Program("sealpost")
    .description("Alerts for sites without internet")
    .version(version(), "-V, --version", "print the version")
    .exitOverride()
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .showHelpAfterError("(sealpost --help lists what there is)");
  for (const command of commands) command.register(program, context); // sub-commands inherit what is set above
  return program;
}

/** Help and version that were asked for are done (0); all else that commander ends is usage (2). */
function usageCode(error: CommanderError): ExitCode {
  return error.exitCode === 0 ? 0 : 2;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
