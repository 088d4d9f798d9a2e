import * as fs from "node:fs";
import * as path from "node:path";
import { type Command as Program, Option } from "commander";
import { fingerprintWords } from "../core/pgp-words.ts";
import { createKeyPair, keyHalf, opensshLine, type PublicKey, publicKeyPem, writeKeyPair } from "../signing/keys.ts";
import { makePrivateFolder, syncFolder } from "../system/files.ts";
import { calledAs, shellWord } from "../system/process.ts";
import type { Command, Context } from "./command.ts";
import { CliError } from "./error.ts";
import { keyPairOf, passphraseOf, publicKeyOf } from "./key-file.ts";
import { addKeyList, besideOf } from "./keys-list.ts";
import type { Print } from "./output.ts";
import { perform, withExample, withJson } from "./perform.ts";

const ALGORITHMS = ["ed25519", "ecdsa-p256"] as const;
const PURPOSE = /^[a-z0-9][a-z0-9-]{0,62}$/;
const WORDS_IN_ROW = 8;

/** `sealpost keys new|list|show`: key pairs of people who sign. */
export const keys: Command = {
  register: (program, context) => {
    const noun = program.command("keys").description("key pairs of people who sign kits and trust policies");
    newPair(noun, context);
    addKeyList(noun, context);
    show(noun, context);
  },
};

interface NewOptions {
  readonly purpose: string;
  readonly algorithm: (typeof ALGORITHMS)[number];
  readonly out: string;
  readonly passphraseFile?: string;
  readonly json?: boolean;
}

function newPair(noun: Program, context: Context): void {
  withExample(
    withJson(noun.command("new")),
    "sealpost keys new --purpose kit --out ./keys",
    "sealpost keys new --purpose root --algorithm ecdsa-p256 --out ./keys --passphrase-file ./passphrase",
  )
    .description("make a key pair: two files, the private one for this user only")
    .requiredOption("--purpose <word>", "what it signs, like kit or root: the beginning of the file names")
    .addOption(
      new Option("--algorithm <name>", "ecdsa-p256 where an HSM or cosign signs too")
        .choices(ALGORITHMS)
        .default("ed25519"),
    )
    .option("--out <dir>", "folder to write into; made (0700) if it is not there", ".")
    .option("--passphrase-file <file>", "put the private key under the first line of this private file")
    .action((options: NewOptions) =>
      perform(context, options, async ({ out }) => {
        const { pair, written, encrypted } = make(options);
        const { privateKey, publicKey } = written;
        const words = fingerprintWords(pair.keyId);
        const { purpose, algorithm } = options;
        out.result(
          { purpose, algorithm, fingerprint: pair.keyId, words, privateKey, publicKey, encrypted },
          (print) => {
            print.line(`private key  ${privateKey}`);
            print.line(
              "  Stays with its owner, who signs with it: --key. Nobody can make it again: keep a copy locked away.",
            );
            print.line(`public key   ${publicKey}`);
            print.line(
              "  Goes to whoever makes the trust policy. It is no secret; compare its fingerprint or words by telephone.",
            );
            showFingerprint(pair, print);
          },
        );
      }),
    );
}

function make({ purpose, algorithm, out, passphraseFile }: NewOptions): {
  pair: PublicKey;
  written: ReturnType<typeof writeKeyPair>;
  encrypted: boolean;
} {
  if (!PURPOSE.test(purpose))
    throw new CliError("usage", "--purpose: a word of a-z, 0-9 and -, at most 63 characters, not beginning with -");
  const passphrase = passphraseFile === undefined ? undefined : passphraseOf(passphraseFile);
  if (!fs.existsSync(out)) makePrivateFolder(out);
  const pair = createKeyPair(algorithm);
  const written = writeKeyPair(out, { purpose, pair, ...(passphrase === undefined ? {} : { passphrase }) });
  syncFolder(out);
  return { pair, written, encrypted: passphrase !== undefined };
}

interface ShowOptions {
  readonly passphraseFile?: string;
  readonly pem?: boolean;
  readonly json?: boolean;
}

function show(noun: Program, context: Context): void {
  withExample(
    withJson(noun.command("show").argument("<file>", "key file, private or public")),
    "sealpost keys show ./keys/kit-3lBtrtKJ.pub.pem",
    "sealpost keys show ./data/keys/local.pem",
  )
    .description("show a key's fingerprint, also as words for the telephone, and its public half")
    .option("--passphrase-file <file>", "private file whose first line is the key's passphrase")
    .option("--pem", "also the public key as PEM")
    .action((file: string, options: ShowOptions) =>
      perform(context, options, async ({ out }) => {
        const { key, half, from } = readKey(file, options.passphraseFile);
        const openssh = opensshLine(key, path.basename(file).replace(/(?:\.pub)?\.pem$/, ""));
        const pem = publicKeyPem(key);
        const { algorithm, keyId: fingerprint } = key;
        const document = {
          file,
          half: half === "public" ? "public" : "private",
          encrypted: half === "encrypted",
          algorithm,
          fingerprint,
          words: fingerprintWords(fingerprint),
          ...(openssh === undefined ? {} : { openssh }),
          pem,
          readFrom: from,
        };
        out.result(document, (print) => {
          print.line(`${file}: ${half === "public" ? "public" : "private"} ${algorithm} key`);
          if (from !== file) print.line(`  under a passphrase; shown as ${from} beside it says`);
          showFingerprint(key, print);
          if (openssh !== undefined) print.line(`openssh      ${openssh}`);
          if (options.pem === true) print.line(pem.trimEnd());
        });
      }),
    );
}

/** The public half of a key file; without its passphrase, that of the file beside it. */
function readKey(
  file: string,
  passphraseFile: string | undefined,
): { key: PublicKey; half: "private" | "encrypted" | "public"; from: string } {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (stat?.isDirectory() === true)
    throw new CliError("usage", `${file} is a folder: ${calledAs()} keys list ${shellWord(file)}`);
  if (!stat?.isFile()) throw new CliError("missing", `there is no file ${file}`);
  const half = keyHalf(fs.readFileSync(file, "latin1"));
  if (half === "public") return { key: publicKeyOf(file), half, from: file };
  if (half === undefined)
    throw new CliError("failed", `${file} is no key file: neither PKCS#8 PEM (private) nor SPKI PEM (public)`);
  const beside = besideOf(file);
  const shortcut = half === "encrypted" && passphraseFile === undefined && beside !== undefined;
  if (shortcut) return { key: publicKeyOf(beside), half, from: beside };
  return { key: keyPairOf(file, passphraseFile), half, from: file };
}

function showFingerprint({ keyId }: PublicKey, print: Print): void {
  const words = fingerprintWords(keyId);
  print.line(`fingerprint  ${keyId}`);
  print.line("words");
  for (let at = 0; at < words.length; at += WORDS_IN_ROW)
    print.line(`  ${words.slice(at, at + WORDS_IN_ROW).join(" ")}`);
}
