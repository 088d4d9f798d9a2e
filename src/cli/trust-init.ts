import * as path from "node:path";
import type { Command as Program } from "commander";
import { keyIdOf } from "../core/key-id.ts";
import { KitId } from "../core/kit.ts";
import { fingerprintWords } from "../core/pgp-words.ts";
import { policyDoubts } from "../core/trust-doubts.ts";
import { draftPolicy, type NewKey, type RoleEdit } from "../core/trust-edit.ts";
import { policyFingerprint, type TrustPolicy } from "../core/trust.ts";
import { calledAs, shellWord } from "../system/process.ts";
import type { Context } from "./command.ts";
import { CliError } from "./error.ts";
import { wholeNumber } from "./list.ts";
import { perform, withExample } from "./perform.ts";
import * as flags from "./trust-flags.ts";
import { type CommonOptions, commonOf, withCommon, written } from "./trust-options.ts";
import { printDoubts, printFingerprint, printPolicy, printRootNote } from "./trust-report.ts";

interface InitOptions extends CommonOptions {
  readonly root?: readonly string[];
  readonly rootThreshold?: number;
  readonly signer?: readonly string[];
  readonly signerThreshold?: number;
  readonly hub?: string;
  readonly key?: readonly string[];
  readonly expires: string;
}

/** Adds `trust init`. */
export function initTrust(noun: Program, context: Context): void {
  withExample(
    withCommon(noun.command("init")),
    "sealpost trust init --hub hq --root alice=root-alice.pub.pem --root bob=root-bob.pub.pem --signer carol=kit-carol.pub.pem --signer dave=kit-dave.pub.pem",
    "sealpost trust init --root alice=a.pub.pem --key carol=c.pub.pem --key dave=d.pub.pem --role rules=carol,dave:2 --delegate hq/rules=rules:kinds=rules,templates",
  )
    .description("make the first trust policy of a hub: who signs what, and the roots who may change that")
    .option(`--root ${flags.KEY_FORM}`, "public key of a root, who signs the policies after this one", flags.several)
    .option(
      "--root-threshold <n>",
      "how many roots (distinct owners) must sign (default: 2, or the only one)",
      wholeNumber,
    )
    .option(
      `--signer ${flags.KEY_FORM}`,
      "public key of one who signs the hub's kits: role signers, streams HUB/*",
      flags.several,
    )
    .option(
      "--signer-threshold <n>",
      "how many signers (distinct owners) must sign (default: 2, or the only one)",
      wholeNumber,
    )
    .option("--hub <id>", "id of the hub: the first part of its streams, with --signer")
    .option(`--key ${flags.KEY_FORM}`, "public key of one whom a --role names", flags.several)
    .option(`--expires ${flags.END_FORM}`, "end of the policy: a date, 730d or never", "730d")
    .option("--out <file>", "file to write, never over another (default: policy.1.json)")
    .action((options: InitOptions) =>
      perform(context, options, async ({ out }) => {
        const policy = draftOf(options);
        const { out: file = "policy.1.json" } = options;
        const fingerprint = policyFingerprint(written(policy, file));
        const warnings = policyDoubts(policy);
        out.result({ file, version: 1, fingerprint, words: fingerprintWords(fingerprint), warnings }, (print) => {
          print.line(`${file}:`);
          printPolicy(print, policy);
          print.line("");
          printDoubts(print, warnings);
          printFingerprint(print, fingerprint);
          print.line("");
          printRootNote(print, policy);
          print.line(
            "It needs no signature: each site admin compares fingerprint or words by telephone, and then types",
          );
          print.line(`  ${calledAs()} trust add ${shellWord(path.basename(file))} --fingerprint SHA256:... --data DIR`);
        });
      }),
    );
}

function draftOf(options: InitOptions): TrustPolicy {
  const { root = [], signer = [], key = [], delegate = [], hub } = options;
  const common = commonOf(options);
  const keysEnd = flags.endFlag("--keys-expire", options.keysExpire, common.createdAt);
  const of = (name: string, texts: readonly string[]): NewKey[] =>
    texts.map((text) => flags.keyFlag(name, text, keysEnd));
  const [roots, signers, others] = [of("--root", root), of("--signer", signer), of("--key", key)];
  if (roots.length === 0 && common.roles["root"] === undefined)
    throw new CliError("usage", "who may change the policy later? Give --root OWNER=FILE, best several");
  if (signers.length > 0 && hub === undefined)
    throw new CliError("usage", "which streams do the signers sign? Give --hub ID, like hq for hq/rules");
  if (hub !== undefined && !KitId.safeParse(hub).success)
    throw new CliError("usage", `--hub ${hub}: an id is 1 to 63 of a-z, 0-9 and -`);
  if (hub !== undefined && signers.length === 0)
    throw new CliError(
      "usage",
      `who signs the kits of ${hub}? Give --signer OWNER=FILE, best several; without --hub, --delegate says who signs what`,
    );
  const roles = {
    ...keyRole("root", roots, options.rootThreshold),
    ...keyRole("signers", signers, options.signerThreshold),
  };
  const both = Object.keys(roles).find((name) => Object.hasOwn(common.roles, name));
  if (both !== undefined) throw new CliError("usage", `the role ${both} is given twice: by keys and by --role`);
  const rows = delegate.map((text) => flags.rowFlag("--delegate", text));
  const all = signers.length === 0 ? [] : [flags.rowFlag("--hub", `${hub ?? ""}/*=signers`)];
  const expiresAt = flags.endFlag("--expires", options.expires, common.createdAt);
  return flags.orUsage(() =>
    draftPolicy({
      ...common,
      expiresAt,
      keys: onceEach([...roots, ...signers, ...others]),
      roles: { ...roles, ...common.roles },
      delegations: [...rows, ...all],
    }),
  );
}

/** A role of exactly these keys. */
function keyRole(name: string, keys: readonly NewKey[], threshold: number | undefined): Record<string, RoleEdit> {
  if (keys.length === 0) return {};
  return { [name]: { who: keys.map(({ spki }) => keyIdOf(spki)), ...(threshold === undefined ? {} : { threshold }) } };
}

/** One key of one owner may be in several roles. */
function onceEach(keys: readonly NewKey[]): NewKey[] {
  return [...new Map(keys.map((key) => [`${keyIdOf(key.spki)} ${key.owner}`, key])).values()];
}
