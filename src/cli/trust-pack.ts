/**
 * `sealpost trust pack`: the folder from which `kit build` makes the kit that brings new policies to sites.
 * @module
 */
import * as fs from "node:fs";
import * as path from "node:path";
import type { Command as Program } from "commander";
import type { Json } from "../core/json.ts";
import { KIT_SCHEMA } from "../core/kit.ts";
import { issuerOf } from "../core/kit-site.ts";
import { sha256Hex } from "../core/hash.ts";
import { needText } from "../core/trust-describe.ts";
import { roleOf } from "../core/trust.ts";
import { type PolicyFile, policyBundles, type PolicySignatures, policySignatures } from "../signing/policy-sign.ts";
import { calledAs, shellWord } from "../system/process.ts";
import type { Context } from "./command.ts";
import { CliError } from "./error.ts";
import { perform, withExample, withJson } from "./perform.ts";
import { neededBefore, orRefusal, policyFile } from "./trust-files.ts";
import { rootsText } from "./trust-report.ts";

/** The lowest version of Sealpost that takes in trust policies. */
const MIN_APP = "0.1.0";

interface PackOptions {
  readonly out: string;
  readonly from?: string;
  readonly json?: boolean;
}

/** A policy that enough roots have signed, and the one before it. */
interface Link {
  readonly next: PolicyFile;
  readonly before: PolicyFile;
  readonly signatures: PolicySignatures;
}

/** Adds `trust pack`. */
export function packTrust(noun: Program, context: Context): void {
  withExample(
    withJson(
      noun
        .command("pack")
        .argument("<policy...>", "policies in order, without a gap; their signatures lie beside them"),
    ),
    "sealpost trust pack policy.2.json --out rotation",
    "sealpost trust pack policy.2.json policy.3.json --from policy.1.json --out rotation",
  )
    .description("make the folder of a kit that brings policies to the sites, once enough roots have signed")
    .option("--from <file>", "the policy before the first (default: policy.N.json beside it)")
    .requiredOption("--out <dir>", "folder to make; it must not be there")
    .action((files: readonly string[], options: PackOptions) =>
      perform(context, options, async ({ out }) => {
        const links = linksOf(files, options.from);
        const written = writeSource(options.out, links);
        const [first] = links;
        const [row] = first?.before.policy.delegations ?? [];
        const stream = `${row === undefined ? "HUB" : issuerOf(row.stream)}/trust`;
        const versions = links.map(({ next }) => next.policy.version);
        out.result({ folder: options.out, versions, files: written, stream }, (print) => {
          for (const name of written) print.line(path.join(options.out, name));
          if (first === undefined) return;
          const held = first.before.policy;
          print.line(
            `build the kit with ${needText(held, roleOf(held, "root"))} among the roots of version ${held.version}:`,
          );
          const { threshold } = roleOf(held, "root");
          const keys = " --key FILE".repeat(threshold);
          print.line(
            `  ${calledAs()} kit build ${shellWord(options.out)} --stream ${stream} --data HUB${keys} --out .`,
          );
          print.line("HUB is the folder of the hub's site: its record gives the kit the next number of the stream");
        });
      }),
    );
}

/** Each policy with the one before it. Throws CliError `refused` where a signature is missing, `problem` where no site could take one. */
function linksOf(files: readonly string[], from: string | undefined): Link[] {
  let before: PolicyFile | undefined;
  return files.map((file) => {
    const next = policyFile(file);
    const held = before ?? neededBefore(next, from);
    if (held === undefined)
      throw new CliError("usage", `${file} is version 1: sites trust it by its fingerprint (trust add), not by a kit`);
    const signatures = orRefusal(() => policySignatures(next, held.policy));
    if (!signatures.isComplete)
      throw new CliError(
        "refused",
        `${file} is not signed by enough: ${signatures.roots
          .filter(({ met }) => !met)
          .map(rootsText)
          .join("; ")}`,
      );
    before = next;
    return { next, before: held, signatures };
  });
}

/** Writes the build input and the content; answers their names. Throws CliError `conflict`. */
function writeSource(folder: string, links: readonly Link[]): string[] {
  if (fs.existsSync(folder)) throw new CliError("conflict", `${folder} is there already; give another --out`);
  const content = links.flatMap(({ next, signatures }) => contentOf(next, signatures));
  const files = [
    ["offline-kit.json", Buffer.from(`${JSON.stringify(specOf(links), undefined, 2)}\n`)] as const,
    ...content,
  ];
  for (const [name, bytes] of files) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), bytes, { flag: "wx", mode: 0o644 });
  }
  return files.map(([name]) => name);
}

/** The policy and those of its signatures that count. */
function contentOf(next: PolicyFile, { bundles }: PolicySignatures): (readonly [name: string, bytes: Uint8Array])[] {
  const at = `content/trust/policy.${next.policy.version}`;
  const counts = new Set(bundles.filter((one) => one.counts).map(({ name }) => name));
  const signed = policyBundles(next.file).filter((file) => counts.has(file.path));
  return [[`${at}.json`, next.bytes], ...signed.map((file) => [`${at}.sig/${file.path}`, file.bytes] as const)];
}

function specOf(links: readonly Link[]): Json {
  return {
    schema: KIT_SCHEMA,
    kinds: ["trust"],
    epoch: 0,
    sequence: 1,
    tenants: ["*"],
    expiresAt: null,
    minApp: MIN_APP,
    acks: {},
    provenance: {
      builder: "sealpost",
      source: links.map(({ next }) => ({ uri: "urn:sealpost:trust-policy:v1", sha256: sha256Hex(next.bytes) })),
    },
  };
}
