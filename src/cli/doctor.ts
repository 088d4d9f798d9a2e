import type { Command, ExitCode } from "./command.ts";
import { checkChannels, checkFolder, checkLedger, checkPort, type Finding } from "./doctor-checks.ts";
import { CliError } from "./error.ts";
import { perform, type SiteOptions, withExample, withSite, type Work } from "./perform.ts";

/** `sealpost doctor`: is all in order on this machine? */
export const doctor: Command = {
  register: (program, context) => {
    withExample(withSite(program.command("doctor")), "sealpost doctor --data ./data")
      .description("check folder, keys, disk, clock, port, channels and ledger; exit 1 if any check failed")
      .action((options: SiteOptions) =>
        perform(context, options, async (work): Promise<ExitCode> => {
          const findings = await examine(work);
          const ok = findings.every(({ verdict }) => verdict !== "fail");
          work.out.result({ ok, checks: findings.map((finding) => ({ ...finding })) }, (print) => {
            print.table(
              ["check", "", "finding"],
              findings.map(({ name, verdict, detail, advice }) => [
                name,
                verdict,
                advice === undefined ? detail : `${detail}; ${advice}`,
              ]),
            );
          });
          return ok ? 0 : 1;
        }),
      );
  },
};

async function examine({ settings, client, tenant, folder: dir }: Work): Promise<Finding[]> {
  if (dir === undefined) throw new CliError("usage", "no folder named: give --data DIR (or set SEALPOST_DATA)");
  const findings = checkFolder(dir, settings);
  if (findings.some(({ name, verdict }) => name === "folder" && verdict === "fail")) return findings;
  findings.push(await checkPort(dir, settings));
  findings.push(...(await asked("channels", async () => await checkChannels(await client()))));
  findings.push(...(await asked("ledger", async () => await checkLedger(await client(), tenant))));
  return findings;
}

/** What a check of the site finds; one that cannot be made has failed. */
async function asked(name: string, check: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await check();
  } catch (error) {
    return [{ name, verdict: "fail", detail: error instanceof Error ? error.message : String(error) }];
  }
}
