/**
 * `sealpost trust sign|statement|attach`: roots sign a policy by a key at hand, or elsewhere and bring it back.
 * @module
 */
import * as fs from "node:fs";
import type { Command as Program } from "commander";
import { KIT_LIMITS } from "../core/kit.ts";
import { describeChange } from "../core/trust-describe.ts";
import { preAuthEncoding, signStatement } from "../signing/dsse.ts";
import { SigningError } from "../signing/error.ts";
import { signerOf } from "../signing/keys.ts";
import {
  attachPolicyBundle,
  type PolicyFile,
  policySignatures,
  signPolicy,
  statementOfPolicy,
} from "../signing/policy-sign.ts";
import { calledAs, shellWord } from "../system/process.ts";
import type { Context } from "./command.ts";
import { CliError } from "./error.ts";
import { keyPairOf, publicKeyOf } from "./key-file.ts";
import { refusalOf } from "./kit-site.ts";
import type { Output } from "./output.ts";
import { perform, withExample, withJson } from "./perform.ts";
import { neededBefore, policyFile, writeNew } from "./trust-files.ts";
import { printChange, printFingerprint, printPolicy, printSignatures, signaturesDocument } from "./trust-report.ts";

interface Options {
  readonly from?: string;
  readonly json?: boolean;
}

function withFrom(program: Program): Program {
  return withJson(program).option("--from <file>", "the policy before it (default: policy.N.json beside it)");
}

interface SignOptions extends Options {
  readonly key: string;
  readonly passphraseFile?: string;
}

/** `trust sign`: a root whose key is at hand. */
export function signTrust(noun: Program, context: Context): void {
  withExample(
    withFrom(noun.command("sign").argument("<policy>")),
    "sealpost trust sign policy.2.json --key root-alice.pem",
    "sealpost trust sign policy.2.json --key root-bob.pem --passphrase-file pass.txt --from held/policy.1.json",
  )
    .description("show what a policy changes, and sign it as a root; look first with: trust show POLICY")
    .requiredOption("--key <file>", "private key (PKCS#8 PEM)")
    .option("--passphrase-file <file>", "private file whose first line is the key's passphrase")
    .action((file: string, options: SignOptions) =>
      perform(context, options, async ({ out }) => {
        const next = policyFile(file);
        const before = neededBefore(next, options.from);
        const signer = signerOf(keyPairOf(options.key, options.passphraseFile));
        const bundle = await orRefused(() => signPolicy(next, { signer, ...heldOf(before) }));
        tell(out, next, before, bundle);
      }),
    );
}

/** `trust statement`: what a root whose key is elsewhere must sign. */
export function statementTrust(noun: Program, context: Context): void {
  withExample(
    withJson(noun.command("statement").argument("<policy>")),
    "sealpost trust statement policy.2.json --out statement.json",
    "sealpost trust statement policy.2.json --pae --out statement.pae",
  )
    .description("write exactly the bytes that are to be signed elsewhere: an in-toto statement")
    .option("--pae", "the bytes under the signature itself: the statement in DSSE's pre-authentication encoding")
    .option("--out <file>", "write there, never over another file (default: stdout)")
    .action((file: string, options: Options & { readonly pae?: boolean; readonly out?: string }) =>
      perform(context, options, async ({ io, out }) => {
        const next = policyFile(file);
        const statement = Buffer.from(statementOfPolicy(next));
        const bytes = options.pae === true ? preAuthEncoding(statement) : statement;
        if (options.out !== undefined) writeNew(options.out, bytes);
        const { fingerprint } = next;
        const { version } = next.policy;
        const to = options.out === undefined ? { text: Buffer.from(bytes).toString() } : { out: options.out };
        if (out.isJson) return out.result({ version, fingerprint, bytes: bytes.length, ...to }, () => undefined);
        if (options.out === undefined) io.stdout(Buffer.from(bytes).toString());
        return io.stderr(howToSign(file));
      }),
    );
}

function howToSign(file: string): string {
  return `
To sign it with cosign 3 (a P-256 key; KEY may be a file, a PKCS#11 or a KMS address):
  sealpost trust statement ${file} --out statement.json
  cosign attest-blob --statement statement.json --key KEY --bundle bundle.json \\
    --use-signing-config=false --tlog-upload=false --yes
  sealpost trust attach ${file} bundle.json
To sign it with openssl, the first for an Ed25519 key, the second for a P-256 key:
  sealpost trust statement ${file} --pae --out statement.pae
  openssl pkeyutl -sign -rawin -inkey KEY.pem -in statement.pae -out signature.bin
  openssl dgst -sha256 -sign KEY.pem -out signature.bin statement.pae
  sealpost trust attach ${file} --signature signature.bin --pub KEY.pub.pem
`;
}

interface AttachOptions extends Options {
  readonly signature?: string;
  readonly pub?: string;
}

/** `trust attach`: a root's signature that was made elsewhere. */
export function attachTrust(noun: Program, context: Context): void {
  withExample(
    withFrom(
      noun.command("attach").argument("<policy>").argument("[bundle]", "Sigstore bundle v0.3 (ours or cosign's)"),
    ),
    "sealpost trust attach policy.2.json bundle.json",
    "sealpost trust attach policy.2.json --signature signature.bin --pub root-carol.pub.pem",
  )
    .description("add a root's signature that was made elsewhere; it is checked, and must count")
    .option("--signature <file>", "the bare signature over `trust statement --pae`, in place of a bundle")
    .option("--pub <file>", "public key (SPKI PEM) of who made the bare signature")
    .action((file: string, given: string | undefined, options: AttachOptions) =>
      perform(context, options, async ({ out }) => {
        const next = policyFile(file);
        const before = neededBefore(next, options.from);
        const bytes = await bundleBytes(next, given, options);
        const bundle = await orRefused(async () => attachPolicyBundle(next, { bytes, ...heldOf(before) }));
        tell(out, next, before, bundle);
      }),
    );
}

async function bundleBytes(
  next: PolicyFile,
  bundle: string | undefined,
  { signature, pub }: AttachOptions,
): Promise<Uint8Array> {
  if (bundle !== undefined && signature === undefined) return bytesOf(bundle);
  if (bundle !== undefined || signature === undefined || pub === undefined)
    throw new CliError("usage", "what is to be attached? give a BUNDLE, or --signature FILE with --pub FILE");
  const bytes = bytesOf(signature);
  return await signStatement(statementOfPolicy(next), { keyId: publicKeyOf(pub).keyId, sign: () => bytes });
}

function bytesOf(file: string): Uint8Array {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) throw new CliError("missing", `there is no ${file}`);
  if (stat.size > KIT_LIMITS.bundleBytes) throw new CliError("refused", `${file} is too large to be a signature`);
  return fs.readFileSync(file);
}

function heldOf(before: PolicyFile | undefined): { readonly held?: PolicyFile["policy"] } {
  return before === undefined ? {} : { held: before.policy };
}

/** A signature that counts nowhere, and a policy that no site could take, are refusals. */
async function orRefused<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof SigningError ? new CliError("refused", error.message, { cause: error }) : refusalOf(error);
  }
}

/** Says what was signed, and which roots are still missing. */
function tell(out: Output, next: PolicyFile, before: PolicyFile | undefined, bundle: string): void {
  const { file, policy, fingerprint } = next;
  const signatures = policySignatures(next, before?.policy);
  const changes = before === undefined ? [] : describeChange(before.policy, policy);
  const document = { file, version: policy.version, fingerprint, bundle, changes: changes.map((one) => ({ ...one })) };
  out.result({ ...document, signatures: signaturesDocument(signatures) }, (print) => {
    if (before === undefined) printPolicy(print, policy);
    else print.line(`version ${policy.version} changes in version ${before.policy.version}`);
    printChange(print, changes);
    print.line("");
    printFingerprint(print, fingerprint);
    print.line("");
    print.line(`${bundle} written`);
    printSignatures(print, signatures);
    if (policy.version === 1) print.line("version 1 is trusted by its fingerprint: sites do not ask for signatures");
    else if (signatures.isComplete)
      print.line(`enough have signed; next: ${calledAs()} trust pack ${shellWord(file)} --out DIR`);
  });
}
