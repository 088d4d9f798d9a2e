import * as fs from "node:fs";
import * as path from "node:path";
import type { Command as Program } from "commander";
import { stringify } from "yaml";
import type { Json } from "../core/json.ts";
import { publishedSchemas } from "../core/objects.ts";
import { SITE_TENANT } from "../ports.ts";
import { writeDurably } from "../system/files.ts";
import type { Client } from "./client.ts";
import type { Command, Context, ExitCode } from "./command.ts";
import { readConfigFolder } from "./config-folder.ts";
import {
  type Faulted,
  faultLine,
  planOf,
  planDocument,
  placeFaults,
  type PlannedFolder,
  showPlan,
} from "./config-report.ts";
import { CliError } from "./error.ts";
import { type Print } from "./output.ts";
import { perform, type SiteOptions, withExample, withJson, withSite } from "./perform.ts";
import { ConfigAnswer, ConfigPlanAnswer, read } from "./wire.ts";

type PlanOptions = SiteOptions & { readonly prune?: boolean };

/** `sealpost config apply|diff|show|schema`. */
export const config: Command = {
  register: (program, context) => {
    const noun = program.command("config").description("configuration as files: <kind>/<id>.json or .yaml");
    change(noun, context, { verb: "apply", description: "change the site's configuration to what a folder says" });
    change(noun, context, { verb: "diff", description: "what apply would change" });
    show(noun, context);
    schema(noun, context);
  },
};

function change(
  noun: Program,
  context: Context,
  { verb, description }: { verb: "apply" | "diff"; description: string },
): void {
  withExample(
    withSite(noun.command(verb).argument("<dir>", "folder with rules/, channels/, templates/, calendars/, policies/")),
    `sealpost config ${verb} ./my-config --data ./data`,
  )
    .description(description)
    .option("--prune", "remove own objects that the folder lacks (never those of a kit)")
    .action((dir: string, options: PlanOptions) =>
      perform(context, options, async ({ client, out, tenant }): Promise<ExitCode> => {
        const folder = readConfigFolder(dir);
        if (folder.faults.length > 0) return refuse(context, options, folder.faults);
        const site = await client();
        const planned = await planOf(site, folder, options.prune === true);
        const faults = placeFaults(planned.plan.errors, folder);
        if (faults.length > 0) return refuse(context, options, faults);
        const isApplied = verb === "apply" && planned.plan.changes.length > 0;
        if (isApplied) await apply(site, planned, options.prune === true);
        out.result({ tenant, applied: isApplied, ...planDocument(planned) }, (print) =>
          showPlan(planned, print, isApplied),
        );
        return 0;
      }),
    );
}

/** Switches from exactly the generation that was planned on: another change between is a conflict. */
async function apply(site: Client, { plan, objects }: PlannedFolder, prune: boolean): Promise<void> {
  read(ConfigPlanAnswer, await site.request("POST", "/config/apply", { json: { base: plan.base, objects, prune } }));
}

function refuse({ io }: Context, { json }: SiteOptions, faults: readonly Faulted[]): ExitCode {
  const document: Json = {
    exit: 1,
    problem: { code: "invalid", detail: "the folder has faults", faults: faults.map((fault) => ({ ...fault })) },
  };
  if (json === true) io.stderr(`${JSON.stringify(document)}\n`);
  else io.stderr(`sealpost: nothing was changed\n${faults.map((fault) => `  ${faultLine(fault)}\n`).join("")}`);
  return 1;
}

function show(noun: Program, context: Context): void {
  withExample(
    withSite(noun.command("show").argument("[dir]", "show what this folder holds instead")),
    "sealpost config show --data ./data",
    "sealpost config show --data ./data --out ./my-config",
  )
    .description("show the configuration in use")
    .option("--out <dir>", "write the tenant's own objects as YAML files to edit and apply")
    .action((dir: string | undefined, options: SiteOptions & { readonly out?: string }) =>
      perform(context, options, async ({ client, out, tenant }): Promise<ExitCode> => {
        if (dir !== undefined) {
          const { objects, faults } = readConfigFolder(dir);
          if (faults.length > 0) return refuse(context, options, faults);
          const shown = objects.map(({ kind, id, value, file }) => ({ kind, id, file, value }));
          out.result({ objects: shown }, (print) =>
            print.table(
              ["object", "file"],
              shown.map(({ kind, id, file }) => [`${kind}/${id}`, file]),
            ),
          );
          return 0;
        }
        const { value, document } = read(ConfigAnswer, await (await client()).request("GET", "/config"));
        if (options.out !== undefined) writeObjects(options.out, value, tenant);
        out.result(document, (print) => showConfig(value, tenant, print));
        return 0;
      }),
    );
}

function schema(noun: Program, context: Context): void {
  const known = publishedSchemas();
  const kinds = Object.keys(known).map((name) => name.slice(0, name.indexOf("/")));
  withExample(
    withJson(noun.command("schema").argument("[kind]", `one of ${kinds.join(", ")}; all if not given`)),
    "sealpost config schema rule > rule-v1.schema.json",
  )
    .description("print the JSON Schema of a kind of object, as this version checks it")
    .action((kind: string | undefined, options: SiteOptions) =>
      perform(context, options, async ({ out }) => {
        const singular = kind?.replace(/ies$/, "y").replace(/s$/, ""); // folders and routes have the plural
        const document = singular === undefined ? known : known[`${singular}/v1`];
        if (document === undefined) throw new CliError("usage", `there is no kind ${kind}: ${kinds.join(", ")}`);
        out.result(document, (print) => print.line(JSON.stringify(document, undefined, 2)));
      }),
    );
}

/** Whether an object is the tenant's, and not one that `_site` has for all. */
function isOwn({ isGlobal }: ConfigAnswer["objects"][number], tenant: string): boolean {
  return !isGlobal || tenant === SITE_TENANT;
}

/** Whether people may change it here: what a hub sent is its own, and bindings have a command. */
function isEditable({ kind, stream }: ConfigAnswer["objects"][number]): boolean {
  return kind !== "binding" && (stream === undefined || stream.endsWith("/starter"));
}

function writeObjects(dir: string, { objects }: ConfigAnswer, tenant: string): void {
  for (const { kind, id, value } of objects.filter((one) => isOwn(one, tenant) && isEditable(one))) {
    fs.mkdirSync(path.join(dir, kind), { recursive: true });
    writeDurably(path.join(dir, kind, `${id}.yaml`), stringify(value), 0o644);
  }
}

function showConfig({ n, cfg, objects }: ConfigAnswer, tenant: string, print: Print): void {
  print.line(`tenant ${tenant}, generation ${n}, cfg ${cfg}`);
  const rows = objects.map((one) => [
    `${one.kind}/${one.id}`,
    one.hash.slice(0, 12),
    isOwn(one, tenant) ? (one.stream ?? "own") : "_site",
  ]);
  print.table(["object", "hash", "from"], rows);
}
