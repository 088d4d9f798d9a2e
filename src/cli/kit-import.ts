/**
 * `sealpost kit plan` and `sealpost kit import`: the site judges the file; what it would change, and what it has changed.
 * @module
 */
import * as fs from "node:fs";
import type { Command as Program } from "commander";
import { calledAs, shellWord } from "../system/process.ts";
import type { Client } from "./client.ts";
import type { Context } from "./command.ts";
import { errnoOf } from "../system/error.ts";
import { CliError } from "./error.ts";
import type { Print } from "./output.ts";
import { perform, type SiteOptions, withExample, withSite } from "./perform.ts";
import { PlannedKit, read } from "./wire.ts";

interface PlanOptions extends SiteOptions {
  readonly overrideExpired?: boolean;
}
interface ImportOptions extends PlanOptions {
  readonly plan?: string;
  readonly why?: string;
}

const CUT = 160;

/** `kit plan`: exit 3 if the kit would be refused. */
export function plan(noun: Program, context: Context): void {
  withExample(withSite(noun.command("plan").argument("<kit>")), "sealpost kit plan hq.rules-0.2.kit.tar --data ./data")
    .description("show what taking in a kit would change; changes nothing, exit 3 if it would be refused")
    .option("--override-expired", "judge by an expired trust policy that allows it")
    .action((file: string, options: PlanOptions) =>
      perform(context, options, async ({ client, out }) => {
        const query = options.overrideExpired === true ? "?override=true" : "";
        const { value, document } = await send(file, client, `/kits/plan${query}`);
        out.result(document, (print) => {
          if (value.repeated) return print.line(repeatLine(value));
          printPlan(print, value);
          print.line(`plan ${value.plan ?? ""}`);
          print.line("nothing has been changed; to take in exactly this:");
          const overriding = options.overrideExpired === true ? " --override-expired --why TEXT" : "";
          const words = `kit import ${shellWord(file)} --plan ${value.plan ?? ""}${overriding}${where(options)}`;
          print.line(`  ${calledAs()} ${words}`);
        });
      }),
    );
}

/** `kit import`: whole or not at all; exit 3 if the kit is refused. */
export function importKit(noun: Program, context: Context): void {
  withExample(
    withSite(noun.command("import").argument("<kit>")),
    "sealpost kit import plant-7.rules-0.2.kit.tar --data ./data",
  )
    .description("verify a kit and take it in, whole or not at all; exit 3 if it is refused")
    .option("--plan <hash>", "only if it changes exactly what `kit plan` showed; else exit 4")
    .option("--override-expired", "use an expired trust policy that allows it; needs --why, and is recorded")
    .option("--why <text>", "the reason, with --override-expired")
    .action((file: string, options: ImportOptions) =>
      perform(context, options, async ({ client, out }) => {
        const { value, document } = await send(file, client, `/kits/import${importQuery(options)}`);
        const { place } = await client();
        out.result(document, (print) => {
          if (value.repeated) return print.line(repeatLine(value));
          printPlan(print, value);
          print.line(`${value.stream} ${placeOf(value)} taken in at ${place}`);
        });
      }),
    );
}

function importQuery({ plan: hash, overrideExpired, why }: ImportOptions): string {
  if ((overrideExpired === true) !== (why !== undefined))
    throw new CliError("usage", "--override-expired and --why TEXT go together: the reason is recorded");
  if (hash !== undefined && !/^[0-9a-f]{64}$/.test(hash))
    throw new CliError("usage", "--plan: 64 hex digits, as `kit plan` prints them");
  const query = new URLSearchParams({
    ...(hash === undefined ? {} : { plan: hash }),
    ...(why === undefined ? {} : { override: "true", why }),
  }).toString();
  return query === "" ? "" : `?${query}`;
}

async function send(
  file: string,
  client: () => Promise<Client>,
  path: string,
): Promise<ReturnType<typeof read<PlannedKit>>> {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) throw new CliError("missing", `there is no ${file}`);
  if (!stat.isFile()) throw new CliError("usage", `${file} is no file: give the kit itself (.kit.tar)`);
  const { size } = stat;
  const headers = { "content-type": "application/x-tar", "content-length": String(size) };
  const site = await client();
  const medium: Medium = { file, size };
  const request = site.request("POST", path, { bytes: exactly(medium), headers });
  const answer = await request.catch((error: unknown) => {
    throw medium.fault ?? error;
  });
  if (medium.fault !== undefined) throw medium.fault; // the site has only seen that the request broke off
  return read(PlannedKit, answer);
}

/** What a kit is read from, and why it could not be read to its end. */
interface Medium {
  readonly file: string;
  /** Bytes that the file had when it was opened. */
  readonly size: number;
  fault?: CliError;
}

/** The bytes that a file had when it was opened, or none of the last ones: a medium may be pulled. */
async function* exactly(medium: Medium): AsyncGenerator<Uint8Array> {
  const { file, size } = medium;
  let sent = 0;
  const broken = (how: string, cause?: unknown): CliError => {
    const words = `${file} ${how} after ${sent} of ${size} bytes: was the medium pulled? Nothing was changed`;
    return (medium.fault = new CliError("failed", words, { cause }));
  };
  const stream = fs.createReadStream(file, { end: Math.max(0, size - 1) });
  try {
    const chunks: AsyncIterator<unknown, unknown> = stream[Symbol.asyncIterator]();
    for (;;) {
      const { done = false, value } = await chunks.next().catch((cause: unknown) => {
        throw broken(`could not be read (${errnoOf(cause) ?? "unknown"})`, cause);
      });
      if (done) break;
      if (!Buffer.isBuffer(value)) continue;
      sent += value.length;
      yield value;
    }
    if (sent !== size) throw broken("ended");
  } finally {
    stream.destroy();
  }
}

/** The flag that names the same site again. */
function where({ data, url }: SiteOptions): string {
  if (url !== undefined) return ` --url ${shellWord(url)}`;
  return data === undefined ? "" : ` --data ${shellWord(data)}`;
}

function repeatLine(kit: PlannedKit): string {
  return `${kit.stream} ${placeOf(kit)} stands here already (kit ${kit.manifest}): nothing to do`;
}

function placeOf({ epoch, sequence }: { readonly epoch: number; readonly sequence: number }): string {
  return `${epoch}.${sequence}`;
}

function printPlan(print: Print, value: PlannedKit): void {
  const { stream, manifest, createdAt, expiresAt, before, signers, trust, files } = value;
  print.line(`${stream} ${placeOf(value)}, kit ${manifest}`);
  print.line(`made ${createdAt}, ${expiresAt === null ? "never expires" : `expires ${expiresAt}`}`);
  print.line(before === undefined ? "the first kit of its stream here" : `follows ${placeOf(before)}`);
  for (const { owner, keyId } of signers) print.line(`signed by ${owner} (${keyId})`);
  if (trust !== undefined) print.line(`trust policy: version ${trust.from} -> ${trust.to} (${trust.fingerprint})`);
  print.line(`${countLine(value)}${files === 0 ? "" : `, ${files} files kept`}`);
  printChanges(print, value);
  for (const { tenant, kind, id } of value.left)
    print.line(`left as it is: ${tenant} ${kind}/${id} (this site has made it its own)`);
  if (value.unknownTenants.length > 0)
    print.line(`nothing is taken in for tenants that this site does not have: ${value.unknownTenants.join(", ")}`);
}

function countLine({ changes, count }: PlannedKit): string {
  if (count > changes.length) return `${count} objects change; the first ${changes.length} of them:`;
  const of = (change: string): number => changes.filter((one) => one.change === change).length;
  return `${of("added")} objects added, ${of("changed")} changed, ${of("removed")} removed`;
}

const SIGNS = { added: "+", changed: "~", removed: "-" } as const;

function printChanges(print: Print, { changes }: PlannedKit): void {
  for (const { tenant, kind, id, change, fields = [] } of changes) {
    print.line(`  ${SIGNS[change]} ${tenant} ${kind}/${id} ${change}`);
    for (const { pointer, before, after } of fields)
      print.line(`      ${pointer}: ${shown(before)} -> ${shown(after)}`);
  }
}

function shown(value: unknown): string {
  if (value === undefined) return "(nothing)";
  const text = JSON.stringify(value);
  return text.length > CUT ? `${text.slice(0, CUT)}...` : text;
}
