/**
 * `sealpost trust show|add`: the policies of a site, and the file of one.
 * @module
 */
import type { Command as Program } from "commander";
import { z } from "zod";
import { canonicalJson } from "../core/canonical-json.ts";
import { type Json } from "../core/json.ts";
import { fingerprintWords, wordFault } from "../core/pgp-words.ts";
import { quoted } from "../core/kit-code.ts";
import { describeChange } from "../core/trust-describe.ts";
import { parsePolicy, type TrustPolicy } from "../core/trust.ts";
import { type PolicyFile, policySignatures } from "../signing/policy-sign.ts";
import type { Client } from "./client.ts";
import type { Context } from "./command.ts";
import { CliError } from "./error.ts";
import type { Output, Print } from "./output.ts";
import { perform, type SiteOptions, withExample, withSite } from "./perform.ts";
import { orRefusal, policyBefore, policyFile } from "./trust-files.ts";
import { printChange, printFingerprint, printPolicy, printSignatures, signaturesDocument } from "./trust-report.ts";
import { read } from "./wire.ts";

const Held = z.looseObject({ fingerprint: z.string(), version: z.number(), policy: z.json() });
const Trust = z.looseObject({ local: Held.optional(), upstream: Held.optional() });

interface ShowOptions extends SiteOptions {
  readonly from?: string;
}

/** Characters of SHA-256 in base64 without padding. */
const FINGERPRINT_LENGTH = 43;

/** Adds `trust show`. */
export function showTrust(noun: Program, context: Context): void {
  withExample(
    withSite(noun.command("show").argument("[policy]", "file of a policy; without it the policies of the site")),
    "sealpost trust show policy.2.json",
    "sealpost trust show --data ./data",
  )
    .description("who may sign what: of a file also what it changes and who has signed it, or of the site")
    .option("--from <file>", "the policy before the file (default: policy.N.json beside it)")
    .action((file: string | undefined, options: ShowOptions) =>
      perform(context, options, async ({ client, out }) => {
        if (file === undefined && options.from !== undefined) throw new CliError("usage", "--from goes with a POLICY");
        if (file === undefined) await showSite(await client(), out);
        else showFile(out, policyFile(file), options.from);
      }),
    );
}

function showFile(out: Output, shown: PolicyFile, from: string | undefined): void {
  const { file, policy, fingerprint } = shown;
  const { version } = policy;
  const before = policyBefore(shown, from);
  const signatures = orRefusal(() => policySignatures(shown, before?.policy));
  const changes = before === undefined ? undefined : describeChange(before.policy, policy);
  const document: Json = {
    file,
    version,
    fingerprint,
    words: fingerprintWords(fingerprint),
    policy,
    ...(changes === undefined ? {} : { changes: changes.map((one) => ({ ...one })) }),
    signatures: signaturesDocument(signatures),
  };
  out.result(document, (print) => {
    printPolicy(print, policy);
    print.line("");
    printFingerprint(print, fingerprint);
    print.line("");
    if (changes !== undefined) {
      print.line(`changed since version ${version - 1}:`);
      printChange(print, changes);
      print.line("");
    }
    if (version === 1) print.line("version 1 is trusted by its fingerprint: sites do not ask for signatures");
    else if (before === undefined)
      print.line(`the roots of version ${version - 1} must sign too: --from FILE tells who has`);
    if (version > 1 || signatures.bundles.length > 0) printSignatures(print, signatures);
  });
}

async function showSite(client: Client, out: Output): Promise<void> {
  const { value, document } = read(Trust, await client.request("GET", "/trust"));
  const { local, upstream } = value;
  out.result(document, (print) => {
    print.line("local: judges the site's own streams, and never travels");
    if (local !== undefined) printHeld(print, local);
    print.line("");
    print.line("upstream: judges all other streams");
    if (upstream === undefined)
      print.line(
        "  none yet, so all other kits are refused; to trust a hub: trust add POLICY --fingerprint SHA256:...",
      );
    else printHeld(print, upstream);
  });
}

function printHeld(print: Print, { fingerprint, policy }: z.infer<typeof Held>): void {
  printPolicy(print, policyOf(policy));
  printFingerprint(print, fingerprint);
}

function policyOf(value: Json): TrustPolicy {
  return orRefusal(() => parsePolicy(Buffer.from(canonicalJson(value))));
}

interface AddOptions extends SiteOptions {
  readonly fingerprint?: string;
  readonly replace?: boolean;
  readonly why?: string;
}

/** Adds `trust add`. */
export function addTrust(noun: Program, context: Context): void {
  withExample(
    withSite(noun.command("add").argument("<policy>")),
    "sealpost trust add policy.1.json --fingerprint SHA256:w8nDtPDQvkVH3pGIXBrHiEn2HuqWfBHcN3z+qr3bQlo --data ./data",
    "sealpost trust add policy.1.json --fingerprint 'snapshot visitor ... (32 words)' --data ./data",
  )
    .description(
      "trust a hub: take its policy as the site's upstream one, once its fingerprint has been compared by hand",
    )
    .option("--fingerprint <text>", "SHA256:... or the 32 words, as a person of the hub has read it to you")
    .option("--replace", "in the place of the upstream policy that the site holds; with --why")
    .option("--why <text>", "why it is replaced, for the ledger")
    .action((file: string, options: AddOptions) =>
      perform(context, options, async ({ client, out }) => {
        const { policy, fingerprint } = told(policyFile(file), options.fingerprint);
        const { replace = false, why } = options;
        if (replace !== (why !== undefined)) throw new CliError("usage", "--replace and --why TEXT go together");
        const site = await client();
        const held = read(Trust, await site.request("GET", "/trust")).value.upstream;
        if (held?.fingerprint === fingerprint)
          return out.result({ ...held, repeated: true }, (print) =>
            print.line(`upstream policy version ${held.version} is held already; nothing changed`),
          );
        const json: Json = { policy, fingerprint, replace, ...(why === undefined ? {} : { why }) };
        const { document } = read(Held, await site.request("POST", "/trust", { json }));
        return out.result(document, (print) => {
          print.line(`upstream policy is version ${policy.version} from now on:`);
          printPolicy(print, policy);
        });
      }),
    );
}

/**
 * The policy, where it is the one that a person has told of. The file's own fingerprint is not shown: who pastes it has
 * compared nothing. Throws CliError `usage` or `refused`.
 */
function told(file: PolicyFile, given: string | undefined): PolicyFile {
  if (given === undefined)
    throw new CliError(
      "usage",
      "whom does this site trust? Call the hub on a number that you know, have its admin read the fingerprint of the policy " +
        "(or its 32 words) to you, and give what you hear: --fingerprint SHA256:... (nothing on the medium can tell you)",
    );
  const text = given.trim();
  const isSame = isLikeFingerprint(text) ? sameFingerprint(file, text) : sameWords(file, text);
  if (isSame) return file;
  throw new CliError(
    "refused",
    `${file.file} is not the policy that you were told of: have the fingerprint read to you again, and if it stays so, do not use this file`,
  );
}

/** Whether it is meant to be `SHA256:...`, well written or not. */
function isLikeFingerprint(text: string): boolean {
  return /^(?:sha|spki)\d*:/i.test(text) || (!/\s/.test(text) && /[0-9+/]/.test(text));
}

function sameFingerprint({ fingerprint }: PolicyFile, given: string): boolean {
  const fault = fingerprintFault(given);
  if (fault !== undefined) throw new CliError("usage", `--fingerprint: ${fault}`);
  return given === fingerprint;
}

/** What is wrong with how a fingerprint is written, whichever it is. */
function fingerprintFault(text: string): string | undefined {
  if (/^sha256:/i.test(text) && !text.startsWith("SHA256:")) return "it must begin with SHA256: in capitals";
  if (!text.startsWith("SHA256:")) return "it must begin with SHA256:, or be 32 words";
  const rest = text.slice("SHA256:".length);
  const [stray] = /[^A-Za-z0-9+/]/u.exec(rest) ?? [];
  if (stray !== undefined) return `${quoted(stray)} is no letter, digit, + or /; none else stands after SHA256:`;
  return rest.length === FINGERPRINT_LENGTH
    ? undefined
    : `here are ${rest.length} of ${FINGERPRINT_LENGTH} characters after SHA256:`;
}

function sameWords({ fingerprint }: PolicyFile, given: string): boolean {
  const words = given.toLowerCase().match(/[a-z]+/g) ?? [];
  const fault = wordFault(words);
  if (fault !== undefined) throw new CliError("usage", `--fingerprint: ${fault}`);
  const own = fingerprintWords(fingerprint).map((word) => word.toLowerCase());
  return words.join(" ") === own.join(" ");
}
