import * as path from "node:path";
import type { Command as Program } from "commander";
import { fingerprintWords } from "../core/pgp-words.ts";
import { describeChange, needText } from "../core/trust-describe.ts";
import { policyDoubts } from "../core/trust-doubts.ts";
import { type PolicyEdit, proposePolicy } from "../core/trust-edit.ts";
import type { RowEdit } from "../core/trust-rows.ts";
import { policyFingerprint, roleOf, type TrustPolicy } from "../core/trust.ts";
import { calledAs, shellWord } from "../system/process.ts";
import type { Context } from "./command.ts";
import { CliError } from "./error.ts";
import type { Output } from "./output.ts";
import { perform, withExample } from "./perform.ts";
import { policyFile } from "./trust-files.ts";
import * as flags from "./trust-flags.ts";
import { type CommonOptions, commonOf, withCommon, written } from "./trust-options.ts";
import { printChange, printDoubts, printFingerprint, printRootNote } from "./trust-report.ts";

interface ProposeOptions extends CommonOptions {
  readonly addKey?: readonly string[];
  readonly removeKey?: readonly string[];
  readonly keyExpires?: readonly string[];
  readonly revokeKey?: readonly string[];
  readonly revokedAt?: string;
  readonly reason?: string;
  readonly keepBefore?: boolean;
  readonly removeRole?: readonly string[];
  readonly before?: string;
  readonly removeDelegate?: readonly string[];
  readonly expires?: string;
}

/** Adds `trust propose`. */
export function propose(noun: Program, context: Context): void {
  withExample(
    withCommon(noun.command("propose").argument("<policy>", "file of the policy that sites hold now")),
    "sealpost trust propose policy.1.json --add-key erin=root-erin.pub.pem --role root=alice,erin:2 --revoke-key bob --reason 'laptop stolen'",
    "sealpost trust propose policy.1.json --floor hq/rules=0.12 --expires 730d",
  )
    .description("make the next version of a policy; it counts once the roots of both have signed it")
    .option(`--add-key ${flags.KEY_FORM}`, "a new public key; --role says what it may sign", flags.several)
    .option("--remove-key <who>", "a key that leaves the policy and its roles", flags.several)
    .option("--key-expires <who=when>", "another end of a key: a date, 730d or never", flags.several)
    .option("--revoke-key <who>", "a key that counts no more; with --reason", flags.several)
    .option("--revoked-at <instant>", "since when, YYYY-MM-DDTHH:MM:SSZ (default: now)")
    .option("--reason <text>", "why keys are revoked")
    .option(
      "--keep-before",
      "what revoked keys date before that instant stays good, while they stay in their roles; for people who left in peace, never for stolen keys",
    )
    .option("--remove-role <name>", "a role that no row names any more", flags.several)
    .option("--before <stream>", "put the new rows of --delegate before this one (default: last)")
    .option("--remove-delegate <stream>", "a row to take away", flags.several)
    .option(`--expires ${flags.END_FORM}`, "end of the policy: a date, 730d or never (default: as it is)")
    .option("--out <file>", "file to write, never over another (default: policy.N.json beside the policy)")
    .action((file: string, options: ProposeOptions) =>
      perform(context, options, async ({ out }) => {
        const { policy: held } = policyFile(file);
        const next = flags.orUsage(() => proposePolicy(held, editOf(held, options)));
        const to = options.out ?? path.join(path.dirname(file), `policy.${next.version}.json`);
        tell(out, { file: to, held, next, fingerprint: policyFingerprint(written(next, to)), from: file });
      }),
    );
}

interface Proposed {
  readonly file: string;
  readonly from: string;
  readonly held: TrustPolicy;
  readonly next: TrustPolicy;
  readonly fingerprint: string;
}

function tell(out: Output, { file, from, held, next, fingerprint }: Proposed): void {
  const { version } = next;
  const changes = describeChange(held, next);
  const signers = [held, next].map((one) => ({ version: one.version, roots: needText(one, roleOf(one, "root")) }));
  const warnings = policyDoubts(next, held);
  const document = { file, version, fingerprint, words: fingerprintWords(fingerprint), signers, warnings };
  out.result({ ...document, changes: changes.map((one) => ({ ...one })) }, (print) => {
    print.line(`${file}: version ${version} would change`);
    printChange(print, changes);
    print.line("");
    printDoubts(print, warnings);
    printFingerprint(print, fingerprint);
    print.line("");
    printRootNote(print, next);
    for (const one of signers) print.line(`needs signatures of ${one.roots} among the roots of version ${one.version}`);
    print.line("each root looks at it, compares the fingerprint with the others, and signs:");
    print.line(`  ${calledAs()} trust sign ${shellWord(file)} --key FILE --from ${shellWord(from)}`);
  });
}

function editOf(held: TrustPolicy, options: ProposeOptions): PolicyEdit {
  const common = commonOf(options);
  const { createdAt } = common;
  const keysEnd = flags.endFlag("--keys-expire", options.keysExpire, createdAt);
  const { addKey = [], removeKey = [], keyExpires = [], removeRole = [], expires } = options;
  return {
    ...common,
    ...(expires === undefined ? {} : { expiresAt: flags.endFlag("--expires", expires, createdAt) }),
    removeKeys: removeKey,
    addKeys: addKey.map((text) => flags.keyFlag("--add-key", text, keysEnd)),
    validity: keyExpires.map((text) => validityOf(text, createdAt)),
    revoke: revocationsOf(options, createdAt),
    roles: { ...common.roles, ...Object.fromEntries(removeRole.map((name) => [name, null] as const)) },
    delegations: rowEdits(held, options),
  };
}

function validityOf(text: string, made: string): { readonly key: string; readonly notAfter: string | null } {
  const [, key = "", end = ""] = /^(.+)=([^=]+)$/.exec(text) ?? [];
  if (key === "") throw new CliError("usage", `--key-expires ${text}: it is written WHO=WHEN, like alice=2028-12-31`);
  return { key, notAfter: flags.endFlag("--key-expires", end, made) };
}

function revocationsOf(options: ProposeOptions, made: string): NonNullable<PolicyEdit["revoke"]> {
  const { revokeKey = [], revokedAt, reason, keepBefore = false } = options;
  if (revokeKey.length === 0) {
    const stray = revokedAt !== undefined || reason !== undefined || keepBefore;
    if (stray) throw new CliError("usage", "--revoked-at, --reason and --keep-before go with --revoke-key WHO");
    return [];
  }
  if (reason === undefined)
    throw new CliError("usage", "--revoke-key needs --reason TEXT, for those who read it in years");
  const at = revokedAt === undefined ? made : flags.instantFlag("--revoked-at", revokedAt);
  return revokeKey.map((key) => ({ key, at, reason, keepBefore }));
}

/** A row takes the place of that of its stream; a new one comes last, or where `--before` says. */
function rowEdits(held: TrustPolicy, options: ProposeOptions): RowEdit[] {
  const { delegate = [], removeDelegate = [], before } = options;
  const removed = removeDelegate.map((stream): RowEdit => ({ op: "remove", stream }));
  const known = held.delegations.map(({ stream }) => stream).filter((stream) => !removeDelegate.includes(stream));
  const rows = delegate.map((text): RowEdit => {
    const row = flags.rowFlag("--delegate", text);
    if (known.includes(row.stream)) return { op: "replace", row };
    return before === undefined ? { op: "append", row } : { op: "before", stream: before, row };
  });
  if (before !== undefined && !rows.some(({ op }) => op === "before"))
    throw new CliError("usage", "--before goes with a new row: --delegate STREAM=ROLE");
  return [...removed, ...rows];
}
