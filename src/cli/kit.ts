import * as fs from "node:fs";
import * as path from "node:path";
import type { Command as Program } from "commander";
import { kitFileName } from "../core/kit-derive.ts";
import { kitInstant } from "../core/kit-time.ts";
import { readPrivateKey, signerOf, type KitSigner } from "../signing/keys.ts";
import { buildKit } from "../signing/kit-build.ts";
import { readKitSource } from "../signing/kit-source.ts";
import { type KitVerdict, verifyKit } from "../signing/kit-verify.ts";
import { systemClock } from "../system/clock.ts";
import { dataDir } from "../system/data-dir.ts";
import { readPrivateFile } from "../system/files.ts";
import type { Command, Context, ExitCode } from "./command.ts";
import { CliError } from "./error.ts";
import { contentFaults, refusalOf, type SiteFlags, siteOfFlags, siteOfFolder } from "./kit-site.ts";
import { wholeNumber } from "./list.ts";
import { perform, type SiteOptions, withExample, withJson, withSite } from "./perform.ts";
import { ImportedKit, KitList, read } from "./wire.ts";

interface BuildOptions extends SiteOptions {
  readonly stream: string;
  readonly audience?: readonly string[];
  readonly key?: readonly string[];
  readonly sequence?: number;
  readonly prev?: string;
  readonly createdAt?: string;
  readonly out: string;
}

/** `sealpost kit build|verify|import|list`. */
export const kit: Command = {
  register: (program, context) => {
    const noun = program.command("kit").description("kits: signed configuration that travels between sites");
    build(noun, context);
    verify(noun, context);
    importKit(noun, context);
    list(noun, context);
  },
};

function several(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

function build(noun: Program, context: Context): void {
  withExample(
    withJson(
      noun
        .command("build")
        .argument("[source]", "folder with offline-kit.json and content/, or seeds/ and templates/", "."),
    ),
    "sealpost kit build ./my-kit --stream plant-7/rules --data ./data --out /media/usb",
  )
    .description("build a kit and sign it")
    .requiredOption("--stream <stream>", "its line of sequences, like plant-7/rules")
    .option("--audience <who>", "*, site:ID or group:ID; may be given several times (default: *)", several)
    .option("--key <file>", "private key (PKCS#8 PEM) that signs; may be given several times", several)
    .option("--data <dir>", "folder of the site whose local authority signs, without --key (or SEALPOST_DATA)")
    .option("--sequence <n>", "its place in the stream (default: as the source says)", wholeNumber)
    .option("--prev <sha256>", "manifest of the kit before it in the stream")
    .option("--created-at <instant>", "YYYY-MM-DDTHH:MM:SSZ (default: now)")
    .option("--out <path>", "folder or file to write", ".")
    .action((source: string, options: BuildOptions) =>
      perform(context, options, async ({ settings, out }) => {
        const built = await make(source, options, settings.data).catch((error: unknown) => {
          throw refusalOf(error);
        });
        out.result({ ...built }, (print) => {
          print.line(`${built.file}: ${built.stream} ${built.epoch}.${built.sequence}, ${built.files} files`);
          print.line(`kit ${built.manifest}`);
        });
      }),
    );
}

interface Made {
  readonly file: string;
  readonly stream: string;
  readonly epoch: number;
  readonly sequence: number;
  readonly manifest: string;
  readonly files: number;
}

async function make(source: string, options: BuildOptions, data: string | undefined): Promise<Made> {
  const { stream, out, audience = ["*"], createdAt = kitInstant(systemClock.now()), prev = null } = options;
  const { spec, files } = readKitSource(source);
  const place = { stream, epoch: spec.epoch, sequence: options.sequence ?? spec.sequence };
  const isFolder = fs.statSync(out, { throwIfNoEntry: false })?.isDirectory() === true;
  const file = isFolder ? path.join(out, kitFileName(place)) : out;
  const input = { spec, files, ...place, audience, createdAt, prev, signers: signers(options.key, data) };
  const { kit: manifest, manifest: built } = await buildKit(input, file);
  return { file, ...place, manifest, files: built.files.length };
}

function signers(keys: readonly string[] | undefined, data: string | undefined): KitSigner[] {
  const files = keys ?? (data === undefined ? [] : [dataDir(data).localAuthority]);
  if (files.length === 0)
    throw new CliError("usage", "nobody signs: give --key FILE, or --data DIR for the site's local authority");
  return files.map((file) => signerOf(readPrivateKey(Buffer.from(readPrivateFile(file)).toString("latin1"))));
}

function verify(noun: Program, context: Context): void {
  withExample(
    withSite(noun.command("verify").argument("<kit>")),
    "sealpost kit verify plant-7.rules-0.1.kit.tar --data ./data",
    "sealpost kit verify hq.rules-0.1.kit.tar --policy upstream.json --site plant-7",
  )
    .description("judge a kit for a site, without importing it; exit 3 if it is refused")
    .option("--policy <file>", "upstream trust policy, in place of a site's folder")
    .option("--local-policy <file>", "local trust policy")
    .option("--site <id>", "id of the site, with --policy or --local-policy")
    .option("--group <id>", "a group of the site; may be given several times", several)
    .option("--at <instant>", "the site's clock, YYYY-MM-DDTHH:MM:SSZ (default: now)")
    .option("--after <kit>", "a kit that the site has taken in before; may be given several times", several)
    .action((file: string, options: SiteOptions & SiteFlags) =>
      perform(context, options, async ({ client, folder, out }): Promise<ExitCode> => {
        const verdict = await judge(file, async () => {
          if (options.policy !== undefined || options.localPolicy !== undefined)
            return { site: await siteOfFlags(options) };
          if (folder === undefined)
            throw new CliError("usage", "no site to judge for: give --data DIR, or --policy FILE and --site ID");
          return { site: await siteOfFolder(await client(), folder, options), validate: contentFaults };
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
          for (const { at, code, detail } of reasons) print.line(`  ${at}: ${code} ${detail}`);
          print.line(verdict.ok ? "VERIFIED" : `REFUSED ${verdict.code}: ${verdict.message}`);
        });
        return verdict.ok ? 0 : 3;
      }),
    );
}

type Question = Pick<Parameters<typeof verifyKit>[0], "site" | "validate">;

async function judge(file: string, question: () => Promise<Question>): Promise<KitVerdict> {
  if (!fs.existsSync(file)) throw new CliError("missing", `there is no ${file}`);
  try {
    return await verifyKit({ file, ...(await question()) });
  } catch (error) {
    throw refusalOf(error);
  }
}

function importKit(noun: Program, context: Context): void {
  withExample(
    withSite(noun.command("import").argument("<kit>")),
    "sealpost kit import plant-7.rules-0.2.kit.tar --data ./data",
  )
    .description("verify a kit and take it in, whole or not at all; exit 3 if it is refused")
    .action((file: string, options: SiteOptions) =>
      perform(context, options, async ({ client, out }) => {
        if (!fs.existsSync(file)) throw new CliError("missing", `there is no ${file}`);
        const site = await client();
        const headers = { "content-type": "application/x-tar", "content-length": String(fs.statSync(file).size) };
        const answer = await site.request("POST", "/kits/import", { bytes: fs.createReadStream(file), headers });
        const { value, document } = read(ImportedKit, answer);
        out.result(document, (print) => {
          print.line(
            `${value.stream} ${value.epoch}.${value.sequence} taken in: ${value.changes.length} objects changed`,
          );
          print.table(
            ["tenant", "object", "change"],
            value.changes.map(({ tenant, kind, id, change }) => [tenant, `${kind}/${id}`, change]),
          );
        });
      }),
    );
}

function list(noun: Program, context: Context): void {
  withExample(withSite(noun.command("list")), "sealpost kit list --data ./data")
    .description("the streams that the site has taken in")
    .action((options: SiteOptions) =>
      perform(context, options, async ({ client, out }) => {
        const { value, document } = read(KitList, await (await client()).request("GET", "/kits"));
        out.result(document, (print) => {
          print.table(
            ["stream", "place", "kit"],
            value.items.map(({ stream, epoch, sequence, manifest }) => [stream, `${epoch}.${sequence}`, manifest]),
          );
        });
      }),
    );
}
