import * as fs from "node:fs";
import type { Command as Program } from "commander";
import { sha256Hex } from "../core/hash.ts";
import { type Client, demand } from "./client.ts";
import type { Context } from "./command.ts";
import { CliError } from "./error.ts";
import { perform, type SiteOptions, withExample, withSite } from "./perform.ts";
import { HeldKit, read } from "./wire.ts";

interface FilesOptions extends SiteOptions {
  readonly path?: string;
  readonly out?: string;
}

/** `kit files`: the table of the kit that stands in a stream; one of its docs or SBOMs. */
export function files(noun: Program, context: Context): void {
  withExample(
    withSite(noun.command("files").argument("<stream>")),
    "sealpost kit files hq/rules --data ./data",
    "sealpost kit files hq/rules --path content/docs/handbook.txt --out handbook.txt --data ./data",
  )
    .description("the files of the kit that stands in a stream; with --path and --out, one of its docs or SBOMs")
    .option("--path <path>", "path in the kit")
    .option("--out <file>", "where to write it; never over an existing file")
    .action((stream: string, options: FilesOptions) =>
      perform(context, options, async ({ client, out }) => {
        const site = await client();
        const at = `/kits/${encodeURIComponent(stream.replaceAll("/", "."))}`;
        const { value, document } = read(HeldKit, await site.request("GET", at));
        if (options.path === undefined) {
          if (options.out !== undefined) throw new CliError("usage", "--out goes with --path PATH");
          return out.result(document, (print) =>
            print.table(
              ["role", "bytes", "path"],
              value.table.map(({ role, size, path }) => [role, String(size), path]),
            ),
          );
        }
        const row = value.table.find(({ path }) => path === options.path);
        if (row === undefined) throw new CliError("missing", `${stream} holds no ${options.path}`);
        if (row.role !== "doc" && row.role !== "sbom")
          throw new CliError("usage", `${options.path} is of role ${row.role}: sealpost config show has objects`);
        if (options.out === undefined) throw new CliError("usage", "where to? give --out FILE");
        await fetchFile(site, `${at}/files/${row.sha256}`, { out: options.out, sha256: row.sha256 });
        out.result({ path: row.path, sha256: row.sha256, size: row.size, out: options.out }, (print) =>
          print.line(`${options.out ?? ""}: ${row.size} bytes, SHA-256 ${row.sha256}`),
        );
      }),
    );
}

async function fetchFile(
  site: Client,
  path: string,
  { out, sha256 }: { readonly out: string; readonly sha256: string },
): Promise<void> {
  if (fs.existsSync(out)) throw new CliError("conflict", `${out} is there already`);
  const { bytes } = demand(await site.request("GET", path));
  if (sha256Hex(bytes) !== sha256)
    throw new CliError("failed", `what the site keeps under this name is damaged: take the kit in again`);
  const part = `${out}.part`;
  try {
    fs.writeFileSync(part, bytes);
    fs.renameSync(part, out);
  } finally {
    fs.rmSync(part, { force: true });
  }
}
