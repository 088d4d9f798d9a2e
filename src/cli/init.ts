import * as path from "node:path";
import { calledAs, shellWord } from "../system/process.ts";
import type { Command } from "./command.ts";
import { CliError } from "./error.ts";
import { perform, withExample, withJson } from "./perform.ts";
import { services } from "./services.ts";

interface InitOptions {
  readonly data?: string;
  readonly site?: string;
  readonly json?: boolean;
}

/** `sealpost init`: makes the folder of a site. */
export const init: Command = {
  register: (program, context) => {
    withExample(withJson(program.command("init")), "sealpost init --data ./data --site plant-7")
      .description("make a new site: its folder, keys, logs, starter content and first token")
      .option("--data <dir>", "folder to make (or SEALPOST_DATA)")
      .option("--site <id>", "id of the site, a-z 0-9 - (default: the machine's name)")
      .action((options: InitOptions) =>
        perform(
          context,
          { ...(options.data === undefined ? {} : { data: options.data }), json: options.json === true },
          async ({ settings, io, out }) => {
            if (settings.data === undefined)
              throw new CliError("usage", "no folder named: give --data DIR (or set SEALPOST_DATA)");
            const dir = path.resolve(settings.data);
            const { initSite } = await services();
            const made = await initSite({
              dir,
              ...(options.site === undefined ? {} : { site: options.site }),
              settings,
              io,
            });
            out.result({ ...made, origins: [...made.origins], data: dir }, (print) => {
              print.line(`site ${made.site} made in ${dir}`);
              for (const origin of made.origins) print.line(`log ${origin}`);
              print.line("");
              print.line(`token (shown only now): ${made.token}`);
              print.line(`next: ${calledAs()} serve --data ${shellWord(settings.data ?? dir)}`);
            });
          },
        ),
      );
  },
};
