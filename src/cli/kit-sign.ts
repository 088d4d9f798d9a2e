/**
 * Signing kits: by a key at hand, or elsewhere and brought back.
 * @module
 */
import * as fs from "node:fs";
import * as path from "node:path";
import type { Command as Program } from "commander";
import { KIT_LIMITS } from "../core/kit.ts";
import { BUNDLE_SENTENCES, KitError } from "../core/kit-code.ts";
import { dressOf } from "../signing/archive-source.ts";
import { statementFault } from "../core/quorum.ts";
import { type BundleContent, namesKey, readBundle, signatureFault } from "../signing/bundle.ts";
import { type BundleFault, preAuthEncoding, signStatement } from "../signing/dsse.ts";
import { type PublicKey, signerOf } from "../signing/keys.ts";
import { attachBundles, signKit } from "../signing/kit-build.ts";
import { type OpenKit, openKit } from "../signing/kit-open.ts";
import { calledAs, shellWord } from "../system/process.ts";
import type { Context } from "./command.ts";
import { CliError } from "./error.ts";
import { isKeyFile, isKitFile, keyPairOf, publicKeyOf } from "./key-file.ts";
import { type Output, printable } from "./output.ts";
import { perform, withExample, withJson } from "./perform.ts";

interface Options {
  readonly out?: string;
  readonly json?: boolean;
}

/** `kit sign`: one more signer, whose key is at hand. */
export function sign(noun: Program, context: Context): void {
  withExample(withJson(noun.command("sign").argument("<kit>")), "sealpost kit sign hq.rules-0.2.kit.tar --key bob.pem")
    .description("sign a kit as one more signer; its id stays. The same key again replaces its signature")
    .requiredOption("--key <file>", "private key (PKCS#8 PEM)")
    .option("--passphrase-file <file>", "private file whose first line is the key's passphrase")
    .option("--out <file>", "write the signed kit there (default: in place)")
    .action((file: string, options: Options & { readonly key: string; readonly passphraseFile?: string }) =>
      perform(context, options, async ({ out }) => {
        needKitFile(file);
        if (isKeyFile(file)) throw new CliError("usage", `${file} is a key, not a kit; did you swap KIT and --key?`);
        const to = await target(file, options.out);
        const pair = keyPairOf(options.key, options.passphraseFile);
        await refusing(file, () => signKit({ file, out: to }, signerOf(pair)));
        await tell(to, out, { key: pair });
      }),
    );
}

/** `kit statement`: what a signer whose key is elsewhere must sign. */
export function statement(noun: Program, context: Context): void {
  withExample(
    withJson(noun.command("statement").argument("<kit>")),
    "sealpost kit statement hq.rules-0.2.kit.tar --out statement.json",
    "sealpost kit statement hq.rules-0.2.kit.tar --pae --out statement.pae",
  )
    .description("write exactly the bytes that are to be signed elsewhere: an in-toto statement")
    .option("--pae", "the bytes under the signature itself: the statement in DSSE's pre-authentication encoding")
    .option("--out <file>", "write there (default: stdout)")
    .action((file: string, options: Options & { readonly pae?: boolean }) =>
      perform(context, options, async ({ io, out }) => {
        // Nobody should sign what is damaged.
        const { statement: text, kit, manifest } = await refusing(file, () => headOf(file, (open) => open.contents()));
        const bytes = options.pae === true ? preAuthEncoding(Buffer.from(text)) : Buffer.from(text);
        if (options.out !== undefined) writeNew(options.out, bytes);
        if (!out.isJson) {
          if (options.out === undefined) io.stdout(bytes.toString());
          return io.stderr(howToSign(file));
        }
        const { stream, epoch, sequence } = manifest;
        const written = options.out === undefined ? { text: bytes.toString() } : { out: options.out };
        out.result({ kit, stream, epoch, sequence, bytes: bytes.length, ...written }, () => undefined);
      }),
    );
}

function howToSign(kit: string): string {
  const [file, self] = [printable(shellWord(kit)), calledAs()];
  return `
cosign signs the JSON, openssl the bytes of --pae: a signature over the other one does not count.
It holds hashes only: to see what you sign, have the kit itself and look at it:
  ${self} kit inspect ${file}
To sign it with cosign 3 (a P-256 key; KEY may be a file, a PKCS#11 or a KMS address):
  ${self} kit statement ${file} --out statement.json
  cosign attest-blob --statement statement.json --key KEY --bundle bundle.json \\
    --use-signing-config=false --tlog-upload=false --yes
  ${self} kit attach ${file} bundle.json --pub KEY.pub.pem
To sign it with openssl, the first for an Ed25519 key, the second for a P-256 key:
  ${self} kit statement ${file} --pae --out statement.pae
  openssl pkeyutl -sign -rawin -inkey KEY.pem -in statement.pae -out signature.bin
  openssl dgst -sha256 -sign KEY.pem -out signature.bin statement.pae
  ${self} kit attach ${file} --signature signature.bin --pub KEY.pub.pem
`;
}

interface AttachOptions extends Options {
  readonly pub?: string;
  readonly signature?: string;
}

/** `kit attach`: a signature that was made elsewhere. */
export function attach(noun: Program, context: Context): void {
  withExample(
    withJson(noun.command("attach").argument("<kit>").argument("[bundle]", "Sigstore bundle v0.3 (ours or cosign's)")),
    "sealpost kit attach hq.rules-0.2.kit.tar bundle.json --pub carol.pub.pem",
    "sealpost kit attach hq.rules-0.2.kit.tar --signature signature.bin --pub carol.pub.pem",
  )
    .description("add a signature that was made elsewhere to a kit; its id stays")
    .option("--pub <file>", "public key (SPKI PEM) of the signer: the signature is checked with it")
    .option("--signature <file>", "the bare signature over `kit statement --pae`, in place of a bundle; needs --pub")
    .option("--out <file>", "write the signed kit there (default: in place)")
    .action((file: string, bundle: string | undefined, options: AttachOptions) =>
      perform(context, options, async ({ out }) => {
        if ((bundle === undefined) === (options.signature === undefined))
          throw new CliError("usage", "what is to be attached? give a BUNDLE, or --signature FILE with --pub FILE");
        refuseSwapped(file, {
          name: bundle ?? options.signature ?? "",
          role: bundle === undefined ? "--signature" : "BUNDLE",
        });
        const to = await target(file, options.out);
        const kit = await refusing(file, () => headOf(file));
        const key = options.pub === undefined ? undefined : publicKeyOf(options.pub);
        const given = bundle === undefined ? await ownBundle(options, key, kit.statement) : bytesOf(bundle);
        const content = accept(given, kit, {
          key,
          name: bundle ?? options.signature ?? "",
          isBare: bundle === undefined,
        });
        await refusing(file, () => attachBundles({ file, out: to }, [{ name: content.path, bytes: content.bytes }]));
        await tell(to, out, { content, ...(key === undefined ? {} : { key }) });
      }),
    );
}

/** Throws CliError `usage` where the kit is given in the place of its signature. */
function refuseSwapped(file: string, { name, role }: { readonly name: string; readonly role: string }): void {
  if (![file, name].every((one) => fs.statSync(one, { throwIfNoEntry: false })?.isFile())) return;
  if (!isKitFile(file) && isKitFile(name))
    throw new CliError("usage", `${file} is no kit, ${name} is one: did you swap KIT and ${role}?`);
}

/** A bundle around a bare signature. */
async function ownBundle({ signature }: AttachOptions, key: PublicKey | undefined, text: string): Promise<Uint8Array> {
  if (key === undefined || signature === undefined)
    throw new CliError("usage", "--signature needs --pub FILE: a bare signature does not tell whose it is");
  const bytes = bytesOf(signature);
  return await signStatement(text, { keyId: key.keyId, sign: () => bytes });
}

function bytesOf(file: string): Uint8Array {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) throw new CliError("missing", `there is no ${file}`);
  if (stat.size > KIT_LIMITS.bundleBytes) throw new CliError("refused", `${file} is too large to be a signature`);
  return fs.readFileSync(file);
}

/** The bundle as it will stand in the kit. Throws CliError `problem` with the code of what is wrong with it. */
function accept(
  bytes: Uint8Array,
  kit: { readonly kit: string; readonly statement: string },
  { key, name, isBare }: { readonly key: PublicKey | undefined; readonly name: string; readonly isBare: boolean },
): BundleContent {
  const content = readBundle(bytes);
  if (!content.ok) throw refused(name, content);
  const other = statementFault(content.payload, { of: "kit", ...kit });
  if (other !== undefined) throw refused(name, { ok: false, code: other, detail: "" });
  if (key === undefined) return content;
  const bad = signatureFault(content, key);
  if (bad?.code === "SIG_UNKNOWN_KEY")
    throw refused(name, { ...bad, detail: `it names ${content.hint}, --pub is ${key.keyId}` });
  if (bad?.code === "SIG_INVALID" && isBare) throw refused(name, { ...bad, detail: "" }, NOT_OVER_PAE);
  if (bad !== undefined) throw refused(name, bad);
  return content;
}

const NOT_OVER_PAE =
  "not made by this key over `kit statement --pae` of this kit; was statement.json signed, or another kit's?";
const OWN_SENTENCES: Readonly<Partial<Record<BundleFault["code"], string>>> = {
  SIG_UNKNOWN_KEY: "The bundle is by another key than --pub.",
};

function refused(name: string, { code, detail }: BundleFault, own?: string): CliError {
  const sentence = own ?? OWN_SENTENCES[code] ?? BUNDLE_SENTENCES[code];
  const text = `${name}: ${sentence}${detail === "" ? "" : ` (${detail})`}`;
  return new CliError("problem", text, { problem: { code, detail: text } });
}

/** Where the signed kit goes. Throws CliError `missing`, `conflict`, or `usage` for a compressed one in place. */
async function target(file: string, out: string | undefined): Promise<string> {
  needKitFile(file);
  if (out !== undefined) {
    needFolderOf(out);
    if (fs.existsSync(out)) throw new CliError("conflict", `${out} is there already: give another --out`);
    return out;
  }
  const dress = await dressOf(file);
  if (dress === "none") return file;
  throw new CliError(
    "usage",
    `${file} is compressed (${dress}): give --out FILE for the signed kit, which will not be`,
  );
}

type Head = Pick<OpenKit, "kit" | "manifest" | "statement">;

/** The manifest and statement of a kit, whose contents may be damaged. Throws KitError, CliError `missing`. */
async function headOf(file: string, look?: (open: OpenKit) => Promise<void>): Promise<Head> {
  needKitFile(file);
  const open = await openKit(file, undefined, { unsigned: true });
  try {
    await look?.(open);
    return open;
  } finally {
    await open.close();
  }
}

/** The work on a kit file; a refusal names the file. */
async function refusing<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof KitError)) throw error;
    const text = `${file}${isKitFile(file) ? "" : " is no kit"}: ${error.message}`;
    throw new CliError("problem", text, { cause: error, problem: { code: error.code, detail: text } });
  }
}

function needKitFile(file: string): void {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) throw new CliError("missing", `there is no ${file}`);
  if (stat.isDirectory()) throw new CliError("usage", `${file} is a folder: give the file of a kit`);
}

function needFolderOf(out: string): void {
  const folder = path.dirname(out);
  if (!fs.existsSync(folder)) throw new CliError("missing", `there is no folder ${folder}`);
}

/** Says who has signed by now. */
async function tell(
  file: string,
  out: Output,
  { key, content }: { readonly key?: PublicKey; readonly content?: BundleContent },
): Promise<void> {
  const open = await openKit(file);
  await open.close();
  const { kit, manifest, bundles } = open;
  const { stream, epoch, sequence } = manifest;
  const signatures = bundles.map(({ bytes }) => {
    const read = readBundle(bytes);
    if (!read.ok) return "unreadable";
    return key !== undefined && namesKey(read, key) ? key.keyId : read.hint;
  });
  const added = key?.keyId ?? content?.keyId ?? content?.hint ?? "";
  const isChecked = key !== undefined;
  out.result({ file, kit, stream, epoch, sequence, added, checked: isChecked, signatures }, (print) => {
    print.line(`${file}: ${stream} ${epoch}.${sequence}, kit ${kit}`);
    print.line(
      `signed by ${added}${isChecked ? "" : ", as the bundle says: give --pub FILE to have the signature checked"}`,
    );
    print.line(signatures.length === 1 ? "1 signature now:" : `${signatures.length} signatures now:`);
    for (const one of signatures) print.line(`  ${one}`);
  });
}

function writeNew(file: string, bytes: Uint8Array): void {
  needFolderOf(file);
  if (fs.existsSync(file)) throw new CliError("conflict", `${file} is there already: give another --out`);
  fs.writeFileSync(file, bytes, { flag: "wx" });
}
