import * as fs from "node:fs";
import type { Command as Program } from "commander";
import type { Settings } from "../config.ts";
import { KIT_LIMITS } from "../core/kit.ts";
import { type KitVerdict, verifyKit } from "../signing/kit-verify.ts";
import type { Command, Context, ExitCode } from "./command.ts";
import { CliError } from "./error.ts";
import { registerAuthoring } from "./kit-author.ts";
import { files } from "./kit-files.ts";
import { importKit, plan } from "./kit-import.ts";
import { contentFaultsAt, refusalOf, type SiteFlags, siteOfFlags, siteOfServer } from "./kit-site.ts";
import { list, status } from "./kit-status.ts";
import { perform, type SiteOptions, withExample, withSite } from "./perform.ts";

/** `sealpost kit`: what hubs make and what sites do with it. */
export const kit: Command = {
  register: (program, context) => {
    const noun = program.command("kit").description("kits: signed configuration that travels between sites");
    registerAuthoring(noun, context);
    verify(noun, context);
    plan(noun, context);
    importKit(noun, context);
    list(noun, context);
    status(noun, context);
    files(noun, context);
  },
};

function several(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

function verify(noun: Program, context: Context): void {
  withExample(
    withSite(noun.command("verify").argument("<kit>")),
    "sealpost kit verify plant-7.rules-0.1.kit.tar --data ./data",
    "sealpost kit verify hq.rules-0.1.kit.tar --policy upstream.json --site plant-7",
  )
    .description("judge a kit for a site, without importing it; exit 3 if it is refused")
    .option("--policy <file>", "upstream trust policy, in place of a site's")
    .option("--local-policy <file>", "local trust policy")
    .option("--site <id>", "id of the site, with --policy or --local-policy")
    .option("--group <id>", "a group of the site; may be given several times", several)
    .option("--at <instant>", "the site's clock, YYYY-MM-DDTHH:MM:SSZ (default: now)")
    .option("--after <kit>", "a kit that the site has taken in before; may be given several times", several)
    .action((file: string, options: SiteOptions & SiteFlags) =>
      perform(context, options, async ({ client, out, settings }): Promise<ExitCode> => {
        const verdict = await judge(file, settings, async () => {
          if (options.policy !== undefined || options.localPolicy !== undefined)
            return { site: await siteOfFlags(options) };
          const site = await siteOfServer(await client(), options);
          return { site, validate: contentFaultsAt(site.site) };
        });
        const { manifest } = verdict;
        const reasons = verdict.ok ? [] : verdict.reasons.map(({ at, code, detail }) => ({ at, code, detail }));
        const document = {
          ok: verdict.ok,
          code: verdict.ok ? "OK" : verdict.code,
          ...(verdict.ok ? {} : { detail: verdict.message }),
          reasons,
          ...(manifest === undefined ? {} : { stream: manifest.stream, sequence: manifest.sequence }),
          ...(verdict.kit === undefined ? {} : { manifest: verdict.kit }),
        };
        out.result(document, (print) => {
          if (manifest !== undefined)
            print.line(
              `${manifest.stream} ${manifest.epoch}.${manifest.sequence}, ${manifest.files.length} files, kit ${verdict.kit}`,
            );
          for (const { name, keyId, owner, counts, detail, code } of verdict.bundles)
            print.line(
              counts ? `  signed by ${owner ?? ""} (${keyId ?? ""})` : `  ${name} does not count: ${code} ${detail}`,
            );
          const bundles = new Set(verdict.bundles.map(({ name }) => name));
          for (const { at, code, detail } of reasons.filter((reason) => !bundles.has(reason.at)))
            print.line(`  ${at}: ${code} ${detail}`);
          print.line(verdict.ok ? "VERIFIED" : `REFUSED ${verdict.code}: ${verdict.message}`);
        });
        return verdict.ok ? 0 : 3;
      }),
    );
}

type Question = Pick<Parameters<typeof verifyKit>[0], "site" | "validate">;

async function judge(file: string, settings: Settings, question: () => Promise<Question>): Promise<KitVerdict> {
  if (!fs.existsSync(file)) throw new CliError("missing", `there is no ${file}`);
  try {
    return await verifyKit({ file, limits: { ...KIT_LIMITS, kitBytes: settings.maxKitBytes }, ...(await question()) });
  } catch (error) {
    throw refusalOf(error);
  }
}
