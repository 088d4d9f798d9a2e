import * as fs from "node:fs";
import * as path from "node:path";
import { type Command as Program, InvalidArgumentError } from "commander";
import type { JsonObject } from "../core/json.ts";
import { StreamName } from "../core/kit.ts";
import { kitFileName } from "../core/kit-derive.ts";
import { kitInstant, kitInstantMs } from "../core/kit-time.ts";
import { buildKit, type BuiltKit, type KitInput } from "../signing/kit-build.ts";
import { type KitSigner, signerOf } from "../signing/keys.ts";
import { systemClock } from "../system/clock.ts";
import { dataDir } from "../system/data-dir.ts";
import { syncFolder } from "../system/files.ts";
import { calledAs, shellWord } from "../system/process.ts";
import { type Client, demand } from "./client.ts";
import type { Context } from "./command.ts";
import { CliError } from "./error.ts";
import { keyPairOf } from "./key-file.ts";
import { inspect } from "./kit-inspect.ts";
import { refuseMixed, refuseTaken } from "./kit-beside.ts";
import { countsOf, notBuilt, sourceOf } from "./kit-content.ts";
import { type Line, lineOf, placeOf } from "./kit-line.ts";
import { attach, sign, statement } from "./kit-sign.ts";
import { refusalOf } from "./kit-site.ts";
import { wholeNumber } from "./list.ts";
import type { Print } from "./output.ts";
import { perform, type SiteOptions, withExample, withJson } from "./perform.ts";

interface BuildOptions extends SiteOptions {
  readonly stream: string;
  readonly audience?: readonly string[];
  readonly key?: readonly string[];
  readonly passphraseFile?: string;
  readonly local?: boolean;
  readonly prev?: string;
  readonly heads?: readonly string[];
  readonly sequence?: number;
  readonly epoch?: number;
  readonly createdAt?: string;
  readonly expiresAt?: string;
  readonly out: string;
  readonly force?: boolean;
}

/** Adds what makes and signs kits: `build`, `sign`, `statement`, `attach`, `inspect`. */
export function registerAuthoring(noun: Program, context: Context): void {
  build(noun, context);
  sign(noun, context);
  statement(noun, context);
  attach(noun, context);
  inspect(noun, context);
}

function several(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

function epochNumber(text: string): number {
  if (/^(?:0|[1-9][0-9]{0,8})$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number from 0 on.");
}

function build(noun: Program, context: Context): void {
  const source = "folder with offline-kit.json and content/, or seeds/ and templates/; or its offline-kit.json";
  withExample(
    withJson(noun.command("build").argument("[source]", source, ".")),
    "sealpost kit build ./my-kit --stream plant-7/rules --data ./data --local --out /media/usb",
    "sealpost kit build ./my-kit --stream hq/rules --prev hq.rules-0.1.kit.tar --key alice.pem --out /media/usb",
  )
    .description("build a kit, and sign it with the keys at hand")
    .requiredOption("--stream <stream>", "its line of sequences, like plant-7/rules")
    .option("--audience <who>", "*, site:ID or group:ID; may be given several times (default: *)", several)
    .option("--prev <kit>", "the kit before it in the stream: its file (or its id, with --sequence)")
    .option("--data <dir>", "folder of the site that keeps the record of what was built (or SEALPOST_DATA)")
    .option("--url <url>", "address of that site's server (or SEALPOST_URL; token: SEALPOST_TOKEN)")
    .option(
      "--heads <kit>",
      "newest kit of another stream of the issuer, to be told of; may be given several times",
      several,
    )
    .option("--sequence <n>", "its place in the stream (default: the one after the kit before it)", wholeNumber)
    .option(
      "--epoch <n>",
      "its epoch (default: that of the kit before it); a higher one begins at sequence 1",
      epochNumber,
    )
    .option("--created-at <instant>", "YYYY-MM-DDTHH:MM:SSZ (default: now)")
    .option("--expires-at <instant>", "YYYY-MM-DDTHH:MM:SSZ or none (default: as the source says)")
    .option("--key <file>", "private key (PKCS#8 PEM) that signs; may be given several times", several)
    .option("--passphrase-file <file>", "private file whose first line is the keys' passphrase")
    .option("--local", "sign by the local authority of the site's folder")
    .option("--out <path>", "folder or file to write", ".")
    .option(
      "--force",
      "also over a file that is there, or beside a kit file of the same place that no site has; a place that a site has " +
        "recorded is never built again: where its file is lost, go on with the next number, sites may skip one",
    )
    .action((from: string, options: BuildOptions) =>
      perform(context, options, async ({ settings, folder, client, out }) => {
        const site = folder === undefined && settings.url === undefined ? undefined : await client();
        const made = await make(from, options, { site, folder }).catch((error: unknown) => {
          throw refusalOf(error);
        });
        out.result(documentOf(made), (print) => show(made, print));
      }),
    );
}

interface Made {
  readonly file: string;
  readonly built: BuiltKit;
  readonly line: Line;
  readonly signers: readonly KitSigner[];
  /** The site that has written it down. */
  readonly recorded?: string;
}

interface Place {
  readonly site: Client | undefined;
  readonly folder: string | undefined;
}

async function make(source: string, options: BuildOptions, { site, folder }: Place): Promise<Made> {
  const stream = streamOf(options.stream);
  const signers = signersOf(options, folder);
  const { spec, files } = sourceOf(source);
  const line = await lineOf(stream, { prev: options.prev, heads: options.heads, site });
  const place = placeOf(spec, line.before, options);
  const times = timesOf(options, line, spec.expiresAt);
  const isFolder = fs.statSync(options.out, { throwIfNoEntry: false })?.isDirectory() === true;
  const file = isFolder ? path.join(options.out, kitFileName({ stream, ...place })) : options.out;
  if (!fs.existsSync(path.dirname(file))) throw new CliError("missing", `there is no folder ${path.dirname(file)}`);
  await refuseMixed({ stream, kinds: spec.kinds }, line.before, { site, folder: path.dirname(file) });
  if (options.force !== true) await refuseTaken(file, { stream, ...place });
  const input: KitInput = {
    spec: { ...spec, expiresAt: times.expiresAt },
    files,
    stream,
    ...place,
    audience: options.audience ?? ["*"],
    createdAt: times.createdAt,
    heads: line.heads,
    signers,
  };
  const built = await buildInPlace(input, file, site);
  return { file, built, line, signers, ...(site === undefined ? {} : { recorded: site.place }) };
}

function streamOf(text: string): string {
  const stream = StreamName.safeParse(text);
  if (stream.success) return stream.data;
  throw new CliError("usage", "--stream: 2 to 4 words of a-z, 0-9 and - with / between them; the first is the issuer");
}

function signersOf({ key = [], passphraseFile, local = false }: BuildOptions, folder: string | undefined): KitSigner[] {
  if (local && folder === undefined)
    throw new CliError("usage", "--local signs by the authority of a site's folder: give --data DIR");
  const pairs = key.map((file) => keyPairOf(file, passphraseFile));
  if (local && folder !== undefined) pairs.push(keyPairOf(dataDir(folder).localAuthority));
  return [...new Map(pairs.map((pair) => [pair.keyId, signerOf(pair)])).values()];
}

/** When it was made and until when it holds. Throws CliError `usage`, or `refused` where it would be older than its predecessor. */
function timesOf(
  { createdAt = kitInstant(systemClock.now()), expiresAt }: BuildOptions,
  { before }: Line,
  expiry: string | null,
): { createdAt: string; expiresAt: string | null } {
  const made = kitInstantMs(createdAt);
  if (made === undefined) throw new CliError("usage", "--created-at: an instant is YYYY-MM-DDTHH:MM:SSZ");
  const least = before?.createdAt;
  if (least !== undefined && made < least)
    throw new CliError(
      "refused",
      `the kit before it was made at ${kitInstant(least)}, this one would be made at ${createdAt}, and every site would ` +
        "refuse it (KIT_TIME_ORDER): set this machine's clock, or give --created-at",
    );
  const until = expiresAt === undefined ? expiry : endOf(expiresAt);
  if (until !== null && (kitInstantMs(until) ?? 0) <= made)
    throw new CliError("usage", `the kit would expire at ${until}, not after it is made: give --expires-at, or none`);
  return { createdAt, expiresAt: until };
}

function endOf(expiresAt: string): string | null {
  if (expiresAt === "none") return null;
  if (kitInstantMs(expiresAt) !== undefined) return expiresAt;
  throw new CliError("usage", "--expires-at: an instant is YYYY-MM-DDTHH:MM:SSZ, or none");
}

/** Builds aside in the same folder, has the site write it down, and only then gives the file its name. */
async function buildInPlace(input: KitInput, file: string, site: Client | undefined): Promise<BuiltKit> {
  const folder = path.dirname(file);
  const aside = fs.mkdtempSync(path.join(folder, ".kit-build-"));
  const draft = path.join(aside, path.basename(file));
  let isIssued = false;
  try {
    const built = await buildKit(input, draft).catch((error: unknown) => {
      throw notBuilt(error);
    });
    if (site !== undefined) await issue(site, built);
    isIssued = site !== undefined;
    fs.renameSync(draft, file);
    fs.rmdirSync(aside);
    syncFolder(folder);
    return built;
  } catch (error) {
    // What is written down at the site must not be lost: its place is taken.
    if (!isIssued) fs.rmSync(aside, { recursive: true, force: true });
    else
      throw new CliError("failed", `the kit is recorded but could not be named ${file}: it is ${draft}`, {
        cause: error,
      });
    throw error;
  }
}

async function issue(site: Client, { kit: manifest, manifest: of }: BuiltKit): Promise<void> {
  const { stream, epoch, sequence, prev, createdAt } = of;
  demand(await site.request("POST", "/kits/issue", { json: { stream, epoch, sequence, manifest, prev, createdAt } }));
}

function documentOf({ file, built, signers, recorded }: Made): JsonObject {
  const { stream, epoch, sequence, prev, createdAt, expiresAt, heads, files } = built.manifest;
  return {
    file,
    stream,
    epoch,
    sequence,
    prev,
    manifest: built.kit,
    createdAt,
    expiresAt,
    heads,
    files: files.length,
    roles: { ...countsOf(files).roles },
    signers: signers.map(({ keyId }) => keyId),
    recorded: recorded !== undefined,
  };
}

function show({ file, built, line, signers, recorded }: Made, print: Print): void {
  const { stream, epoch, sequence, prev, heads, files } = built.manifest;
  print.line(`${file}: ${stream} ${epoch}.${sequence}: ${countsOf(files).text}`);
  print.line(`kit ${built.kit}`);
  print.line(prev === null ? "the first of its stream" : `after ${line.before?.name ?? ""} ${prev}`);
  if (line.before?.epoch !== undefined && line.before.epoch < epoch)
    print.line(
      `begins epoch ${epoch}: sites take it in once their trust policy has a floor of ${stream} ${epoch}.0 or more`,
    );
  for (const [other, head] of Object.entries(heads)) print.line(`tells of ${other} ${head.epoch}.${head.sequence}`);
  for (const { keyId } of signers) print.line(`signed by ${keyId}`);
  if (signers.length === 0)
    print.line(
      `nobody has signed it yet; next: ${calledAs()} kit sign ${shellWord(file)} --key FILE` +
        `, or where the key is elsewhere: ${calledAs()} kit statement ${shellWord(file)}`,
    );
  if (recorded !== undefined) print.line(`recorded at ${recorded}`);
}
