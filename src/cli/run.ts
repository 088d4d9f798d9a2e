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
import { objectCommands } from "./objects.ts";
import { send } from "./send.ts";
import { serve } from "./serve.ts";
import { silence } from "./silence.ts";
import { status } from "./status.ts";
import { tenants } from "./tenants.ts";
import { tokens } from "./tokens.ts";
import { trust } from "./trust.ts";

/** Every command, in the order of the help. */
const commands: readonly Command[] = [
  init,
  serve,
  demo,
  events,
  send,
  deliveries,
  explain,
  digests,
  status,
  maildrop,
  silence,
  maintenance,
  config,
  channels,
  ...objectCommands,
  tokens,
  tenants,
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
  pointToOwnHelp(program, "sealpost");
  return program;
}

/** After a mistake each command points to its own help. */
function pointToOwnHelp(program: Program, called: string): void {
  for (const command of program.commands) {
    const name = `${called} ${command.name()}`;
    command.showHelpAfterError(`(${name} --help ${command.commands.length > 0 ? "lists what there is" : "says how"})`);
    pointToOwnHelp(command, name);
  }
}

/** Help and version that were asked for are done (0); all else that commander ends is usage (2). */
function usageCode(error: CommanderError): ExitCode {
  return error.exitCode === 0 ? 0 : 2;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
