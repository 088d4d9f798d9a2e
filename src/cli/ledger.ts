import type { Command as Program } from "commander";
import { hashToBase64 } from "../core/merkle.ts";
import { judgeByKeys } from "../core/note-verify.ts";
import { parseCheckpoint, parseNote, parseVerifierKey } from "../core/note.ts";
import { entriesPath, parseEntryBundle } from "../core/tile.ts";
import { parseTlogProof, verifyTlogProof } from "../core/tlog-proof.ts";
import { logVerifierKey, readNoteKey, verifyEd25519 } from "../signing/checkpoint.ts";
import { dataDir } from "../system/data-dir.ts";
import { readPrivateFile, writeDurably } from "../system/files.ts";
import { type Client, demand } from "./client.ts";
import type { Command, Context, ExitCode } from "./command.ts";
import { CliError } from "./error.ts";
import {
  checkpointOf,
  keyOfGenesis,
  type KeyOf,
  type LogReport,
  type LogRow,
  logsOf,
  reportDocument,
  verifyLog,
} from "./ledger-read.ts";
import { instant, type Print } from "./output.ts";
import { perform, type SiteOptions, withExample, withSite, type Work } from "./perform.ts";

type KeyOptions = SiteOptions & { readonly logKey?: string };

/** `sealpost ledger verify|checkpoint|prove`. */
export const ledger: Command = {
  register: (program, context) => {
    const noun = program.command("ledger").description("the tamper-evident log of all that happened");
    verify(noun, context);
    checkpoint(noun, context);
    prove(noun, context);
  },
};

function verify(noun: Program, context: Context): void {
  withExample(withSite(noun.command("verify")), "sealpost ledger verify --data ./data")
    .description("read every log whole and verify it here: leaves, tree, signatures, openings")
    .option("--log-key <vkey>", "the log key as known from elsewhere (its part after the last two +)")
    .action((options: KeyOptions) =>
      perform(context, options, async (work): Promise<ExitCode> => {
        const client = await work.client();
        const keys = keySource(work, options);
        const reports: LogReport[] = [];
        for (const log of await logsOf(client, work.tenant)) reports.push(await verifyLog(client, log, keys.keyOf));
        const ok = reports.length > 0 && reports.every((report) => report.ok);
        work.out.result({ ok, key: keys.from, logs: reports.map(reportDocument) }, (print) =>
          showReports(reports, keys.from, print),
        );
        return ok ? 0 : 3;
      }),
    );
}

/** The log key: as given, of the folder's key file, or else of the log itself. */
function keySource({ folder }: Work, { logKey }: KeyOptions): { from: "given" | "folder" | "log"; keyOf: KeyOf } {
  if (logKey !== undefined) {
    const { publicKey } = parseVerifierKey(logKey);
    return { from: "given", keyOf: ({ origin }) => logVerifierKey(origin, publicKey) };
  }
  if (folder === undefined) return { from: "log", keyOf: keyOfGenesis };
  const { publicKey } = readNoteKey(Buffer.from(readPrivateFile(dataDir(folder).ledgerKey)).toString("utf8"));
  return { from: "folder", keyOf: ({ origin }) => logVerifierKey(origin, publicKey) };
}

const KEY_WORDS = {
  given: "by the log key that you gave",
  folder: "by the log key in the site's folder",
  log: "by the key that each log names itself: consistent in itself, no more (--log-key gives one from elsewhere)",
} as const;

function showReports(reports: readonly LogReport[], from: keyof typeof KEY_WORDS, print: Print): void {
  print.table(
    ["log", "leaves", "opened", "verdict"],
    reports.map(({ origin, size, opened, ok, why, seq }) => [
      origin,
      String(size),
      String(opened),
      ok ? "verified" : `REFUSED${seq === undefined ? "" : ` at leaf ${seq}`}: ${why ?? ""}`,
    ]),
  );
  const ok = reports.length > 0 && reports.every((report) => report.ok);
  print.line(ok ? `VERIFIED ${KEY_WORDS[from]}` : "NOT VERIFIED");
}

function checkpoint(noun: Program, context: Context): void {
  withExample(withSite(noun.command("checkpoint")), "sealpost ledger checkpoint --tenant default --data ./data")
    .description("the newest signed checkpoint of the tenant's log")
    .action((options: SiteOptions) =>
      perform(context, options, async ({ client, out, tenant }) => {
        const site = await client();
        const log = await logOf(site, tenant);
        const note = await checkpointOf(site, log);
        const { origin, size, root } = parseCheckpoint(parseNote(note).text);
        out.result({ origin, size, root: hashToBase64(root), note }, (print) => print.line(note.trimEnd()));
      }),
    );
}

async function logOf(site: Client, tenant: string): Promise<LogRow> {
  const log = (await logsOf(site, tenant)).find((one) => one.tenant === tenant);
  if (log === undefined) throw new CliError("missing", `there is no log of tenant ${tenant}`);
  return log;
}

function prove(noun: Program, context: Context): void {
  withExample(
    withSite(noun.command("prove").argument("<delivery>")),
    "sealpost ledger prove dl_01... --out receipt.tlog-proof --data ./data",
  )
    .description("get the proof of a delivery, verify it here, say what it proves")
    .option("--out <file>", "keep the proof (.tlog-proof)")
    .option(
      "--leaf <seq>",
      "of that leaf (deliveries show names them; the first commits to the addressee; default: the newest)",
    )
    .option("--log-key <vkey>", "the log key as known from elsewhere")
    .action((id: string, options: KeyOptions & { readonly out?: string; readonly leaf?: string }) =>
      perform(context, options, async (work): Promise<ExitCode> => {
        const site = await work.client();
        const leaf = options.leaf === undefined ? "" : `&leaf=${encodeURIComponent(options.leaf)}`;
        const path = `/deliveries/${encodeURIComponent(id)}/receipt?format=tlog-proof${leaf}`;
        const proof = demand(await site.request("GET", path, { headers: { accept: "text/plain" } })).text();
        if (options.out !== undefined) writeDurably(options.out, proof, 0o644);
        const log = await logOf(site, work.tenant);
        const keys = keySource(work, options);
        const logKey = keys.from === "log" ? await genesisKey(site, log) : keys.keyOf(log, "");
        const found = judge(id, proof, logKey);
        work.out.result(
          { delivery: id, key: keys.from, ...found, ...(options.out === undefined ? {} : { file: options.out }) },
          (print) => {
            if (!found.ok) return print.line(`NOT PROVEN: ${found.why}`);
            print.line(
              `PROVEN: leaf ${found.seq} of ${found.origin} (${found.type}, ${instant(found.t)}) tells of ${id}`,
            );
            print.line(
              `        with status ${found.status}, in the tree of ${found.size} leaves that the log key signed`,
            );
            print.line(`        ${KEY_WORDS[keys.from]}`);
          },
        );
        return found.ok ? 0 : 3;
      }),
    );
}

async function genesisKey(site: Client, log: LogRow): Promise<string> {
  const { bytes } = demand(
    await site.request("GET", `/ledger/${log.origin}/${entriesPath(0, 1)}`, { tenant: log.tenant }),
  );
  return keyOfGenesis(log, parseEntryBundle(bytes)[0] ?? "");
}

type Proven =
  | {
      readonly ok: true;
      readonly origin: string;
      readonly size: number;
      readonly seq: number;
      readonly type: string;
      readonly t: number;
      readonly status: string;
    }
  | { readonly ok: false; readonly why: string };

/** Whether a proof holds and tells of this delivery. */
export function judge(delivery: string, proof: string, logKey: string): Proven {
  const verdict = verifyTlogProof(proof, judgeByKeys({ log: parseVerifierKey(logKey) }, verifyEd25519));
  if (!verdict.ok) return verdict;
  const { leaf, checkpoint: head } = verdict;
  const draft = leaf.drafts?.find((one) => one.delivery === delivery);
  const status = draft?.status ?? (leaf.delivery === delivery ? leaf.status : undefined);
  if (status === undefined) return { ok: false, why: `the leaf does not tell of ${delivery}` };
  return {
    ok: true,
    origin: head.origin,
    size: head.size,
    seq: parseTlogProof(proof).index,
    type: leaf.type,
    t: leaf.t,
    status,
  };
}
