/**
 * Signatures on a trust policy's file: they lie in a folder beside it, as a kit will carry them.
 * @module
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { sha256Hex } from "../core/hash.ts";
import { quoted } from "../core/kit-code.ts";
import { policyStatement } from "../core/kit-derive.ts";
import type { BundleVerdict, Quorum } from "../core/quorum.ts";
import { judgeRoots, needFloors, needNextVersion, type TrustFile } from "../core/trust-chain.ts";
import { parsePolicy, policyFingerprint, roleOf, type TrustPolicy } from "../core/trust.ts";
import { readBundle } from "./bundle.ts";
import { bundleFileName, checkBundle, signStatement } from "./dsse.ts";
import { SigningError } from "./error.ts";
import type { KitSigner } from "./keys.ts";

/** A trust policy as a file holds it. */
export interface PolicyFile {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly policy: TrustPolicy;
  /** `SHA256:...`: what people compare by hand. */
  readonly fingerprint: string;
}

/** A bundle that lies beside a policy, and what each policy's root role makes of it. */
export interface PolicyBundle {
  /** File name in the folder of signatures. */
  readonly name: string;
  readonly keyId?: string;
  readonly owner?: string;
  /** Whether it counts for one of the policies at least. */
  readonly counts: boolean;
  readonly verdicts: readonly (Pick<BundleVerdict, "counts" | "code" | "detail"> & { readonly version: number })[];
}

/** How far the roots of one policy have come. */
export interface RootCount extends Pick<Quorum, "met" | "have" | "need" | "missing"> {
  /** Of the policy whose roots they are. */
  readonly version: number;
  readonly distinctOwners: boolean;
}

export interface PolicySignatures {
  readonly bundles: readonly PolicyBundle[];
  /** Of the policy before (where it is known), then of the policy itself. */
  readonly roots: readonly RootCount[];
  /** Whether a site that holds the policy before would take this one. A first policy needs a fingerprint instead. */
  readonly isComplete: boolean;
}

/** Reads a policy. Throws KitError TRUST_POLICY; errors of the file system pass. */
export function readPolicyFile(file: string): PolicyFile {
  const bytes = readFileSync(file);
  return { file, bytes, policy: parsePolicy(bytes), fingerprint: policyFingerprint(bytes) };
}

/** Where the signatures of a policy lie: `policy.2.sig` beside `policy.2.json`. */
export function signatureFolder(file: string): string {
  return `${file.replace(/\.json$/, "")}.sig`;
}

/** The bundles beside a policy, by name; only names that a kit can carry. */
export function policyBundles(file: string): TrustFile[] {
  const folder = signatureFolder(file);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
  return names
    .filter((name) => /^[A-Za-z0-9_-]{1,90}\.sigstore\.json$/.test(name))
    .toSorted()
    .map((name) => ({ path: name, bytes: readFileSync(join(folder, name)) }));
}

/** Text of the statement that roots sign for a policy, wherever they sign it. */
export function statementOfPolicy({ bytes, policy }: PolicyFile): string {
  return policyStatement(policy.version, sha256Hex(bytes));
}

/**
 * What the signatures beside a policy are worth: for its own roots, and for those of `held`, the policy before it.
 * Throws KitError TRUST_VERSION or TRUST_FLOOR where no site that holds `held` could ever take it.
 */
export function policySignatures(next: PolicyFile, held?: TrustPolicy): PolicySignatures {
  return judgeBundles(next, policyBundles(next.file), held);
}

function judgeBundles(next: PolicyFile, files: readonly TrustFile[], held: TrustPolicy | undefined): PolicySignatures {
  const { policy, bytes } = next;
  if (held !== undefined) {
    needNextVersion(held, policy);
    needFloors(held, policy);
  }
  const judges = held === undefined ? [policy] : [held, policy];
  const quorums = judges.map((judge) => {
    const bundles = files.map((file) => checkBundle(file.path, file.bytes, judge));
    return { judge, quorum: judgeRoots(judge, { next: policy, bytes, bundles }) };
  });
  const roots = quorums.map(({ judge, quorum }) => rootCount(judge, quorum));
  return {
    bundles: files.map(({ path }, at) =>
      bundleOf(
        path,
        quorums.map(({ judge, quorum }) => [judge.version, quorum.verdicts[at]]),
      ),
    ),
    roots,
    isComplete: (held !== undefined || policy.version === 1) && roots.every(({ met }) => met),
  };
}

function bundleOf(
  name: string,
  judged: readonly (readonly [version: number, verdict: BundleVerdict | undefined])[],
): PolicyBundle {
  const verdicts = judged.flatMap(([version, verdict]) => (verdict === undefined ? [] : [{ version, verdict }]));
  const known = verdicts.findLast(({ verdict }) => verdict.owner !== undefined)?.verdict;
  const keyId = known?.keyId ?? verdicts.find(({ verdict }) => verdict.keyId !== undefined)?.verdict.keyId;
  return {
    name,
    ...(keyId === undefined ? {} : { keyId }),
    ...(known?.owner === undefined ? {} : { owner: known.owner }),
    counts: verdicts.some(({ verdict }) => verdict.counts),
    verdicts: verdicts.map(({ version, verdict: { counts, code, detail } }) => ({
      version,
      counts,
      ...(code === undefined ? {} : { code }),
      detail,
    })),
  };
}

function rootCount(judge: TrustPolicy, { met, have, need, missing }: Quorum): RootCount {
  return { version: judge.version, met, have, need, distinctOwners: roleOf(judge, "root").distinctOwners, missing };
}

/**
 * Signs a policy and puts the bundle beside it; answers the bundle's path. `held` is the policy before it. Throws
 * SigningError `bad-key` where the signature would count for the roots of neither, KitError as `policySignatures`.
 */
export async function signPolicy(
  next: PolicyFile,
  { signer, held }: { readonly signer: KitSigner; readonly held?: TrustPolicy },
): Promise<string> {
  return attachPolicyBundle(next, {
    bytes: await signStatement(statementOfPolicy(next), signer),
    ...(held === undefined ? {} : { held }),
  });
}

/** Puts a bundle that was made elsewhere beside a policy, under the name of its key; answers its path. Throws as `signPolicy`. */
export function attachPolicyBundle(
  next: PolicyFile,
  { bytes, held }: { readonly bytes: Uint8Array; readonly held?: TrustPolicy },
): string {
  const [judged] = judgeBundles(next, [{ path: "bundle", bytes }], held).bundles;
  if (judged?.counts !== true || judged.keyId === undefined) throw worthless(next, judged);
  const folder = signatureFolder(next.file);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, bundleFileName(judged.keyId));
  const read = readBundle(bytes);
  writeFileSync(path, read.ok ? read.bytes : bytes, { mode: 0o644 });
  return path;
}

function worthless({ file }: PolicyFile, judged: PolicyBundle | undefined): SigningError {
  const verdicts = judged?.verdicts ?? [];
  const why = verdicts.map(({ version, detail }) => `version ${version}: ${detail}`).join(" ");
  const isOther = verdicts.some(({ code }) => code === "SIG_INVALID");
  const hint = isOther
    ? " Sign this very policy: openssl signs the bytes of `trust statement --pae`, cosign those without --pae."
    : "";
  return new SigningError("bad-key", `this signature would not count for ${quoted(basename(file))}. ${why}${hint}`);
}
