import type { Command as Program } from "commander";
import { readSettings, type Settings } from "../config.ts";
import { type Client, createClient } from "./client.ts";
import type { Context, ExitCode } from "./command.ts";
import { connect, folderOf } from "./connect.ts";
import { CliError } from "./error.ts";
import type { Io } from "./io.ts";
import { createOutput, type Output, reportError } from "./output.ts";

/** Options that commands on a site share. */
export interface SiteOptions {
  readonly url?: string;
  readonly data?: string;
  readonly tenant?: string;
  readonly json?: boolean;
}

/** What the work of a command gets. */
export interface Work {
  readonly io: Io;
  readonly settings: Settings;
  readonly out: Output;
  readonly tenant: string;
  /** The site's folder, absolute, where the command works on one. */
  readonly folder: string | undefined;
  /** Reaches the site on the first call; closed when the work is done. */
  readonly client: () => Promise<Client>;
}

/** Adds the options of commands that work on a site. */
export function withSite(program: Program): Program {
  return withJson(program)
    .option("--data <dir>", "folder of the site (or SEALPOST_DATA)")
    .option("--url <url>", "address of a server (or SEALPOST_URL; token: SEALPOST_TOKEN)")
    .option("--tenant <id>", "tenant to work on", "default");
}

/** Adds `--json`. */
export function withJson(program: Program): Program {
  return program.option("--json", "one JSON document on stdout, problems as JSON on stderr");
}

/** Adds an example to the help of a command. */
export function withExample(program: Program, ...examples: readonly string[]): Program {
  return program.addHelpText("after", `\nExample:\n${examples.map((example) => `  $ ${example}`).join("\n")}`);
}

/** Does the work of a command: says what went wrong, closes what was opened, sets the exit code. */
export async function perform(
  { io, end }: Context,
  options: SiteOptions,
  work: (at: Work) => Promise<ExitCode | undefined | void>,
): Promise<void> {
  const isJson = options.json === true;
  let opened: Promise<Client> | undefined;
  try {
    const settings = readSettings(io.env, { data: options.data, url: options.url });
    const tenant = checkTenant(options.tenant ?? "default");
    const client = (): Promise<Client> =>
      (opened ??= connect({ settings, io, flags: options }).then((transport) => createClient(transport, tenant)));
    try {
      end(
        (await work({
          io,
          settings,
          out: createOutput(io, isJson),
          tenant,
          folder: folderOf(settings, options),
          client,
        })) ?? 0,
      );
    } finally {
      await (await opened?.catch(() => undefined))?.close();
    }
  } catch (error) {
    end(reportError(io, isJson, error));
  }
}

function checkTenant(tenant: string): string {
  if (/^([a-z0-9][a-z0-9-]{0,62}|_site)$/.test(tenant)) return tenant;
  throw new CliError("usage", "--tenant: an id is 1 to 63 of a-z, 0-9 and -");
}
