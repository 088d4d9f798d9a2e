import { type Command as Program, Option } from "commander";
import { z } from "zod";
import { demand } from "./client.ts";
import type { Command, Context } from "./command.ts";
import { CliError } from "./error.ts";
import { addShow, listPath, type ListOptions, withPage } from "./list.ts";
import { perform, type SiteOptions, withExample, withSite } from "./perform.ts";
import { pageOf, read } from "./wire.ts";

const TenantRow = z.looseObject({
  id: z.string(),
  name: z.string().optional(),
  isClosed: z.boolean(),
  createdAt: z.string(),
  closedAt: z.string().optional(),
});
type TenantRow = z.infer<typeof TenantRow>;

/** `sealpost tenants list|show|create|edit|delete`. */
export const tenants: Command = {
  register: (program, context) => {
    const noun = program.command("tenants").description("tenants: who shares the site, each behind a wall");
    list(noun, context);
    addShow(noun, context, { noun: "tenants", one: "tenant", id: "default", row: TenantRow });
    create(noun, context);
    edit(noun, context);
    close(noun, context);
  },
};

function list(noun: Program, context: Context): void {
  withExample(
    withPage(withSite(noun.command("list"))),
    "sealpost tenants list --data ./data",
    "sealpost tenants list --state closed --data ./data",
  )
    .description("list tenants, in the order of their ids")
    .addOption(new Option("--state <state>", "in this state only").choices(["open", "closed"]))
    .action((options: SiteOptions & ListOptions & { readonly state?: string }) =>
      perform(context, options, async ({ client, out }) => {
        const path = listPath("/tenants", options, [["state", options.state]]);
        const { value, document } = read(pageOf(TenantRow), await (await client()).request("GET", path));
        out.result(document, (print) => {
          print.table(["id", "name", "opened", "closed"], value.items.map(cellsOf));
          if (value.cursor !== undefined) print.line(`more: --cursor ${value.cursor}`);
        });
      }),
    );
}

function cellsOf({ id, name = "", createdAt, closedAt = "" }: TenantRow): readonly string[] {
  return [id, name, createdAt, closedAt];
}

function create(noun: Program, context: Context): void {
  withExample(
    withSite(noun.command("create").argument("<id>").option("--name <name>", "as people call it")),
    'sealpost tenants create plant-8 --name "Plant 8" --data ./data',
  )
    .description("open a tenant: its own configuration, its own ledger, its own tokens")
    .action((id: string, options: SiteOptions & { readonly name?: string }) =>
      perform(context, options, async ({ client, out }) => {
        const json = { id, ...(options.name === undefined ? {} : { name: options.name }) };
        const { document } = read(TenantRow, await (await client()).request("POST", "/tenants", { json }));
        out.result(document, (print) => print.line(`${id} is open; what is done for it takes --tenant ${id}`));
      }),
    );
}

interface EditOptions extends SiteOptions {
  readonly name?: string | false;
  readonly reopen?: boolean;
}

function edit(noun: Program, context: Context): void {
  withExample(
    withSite(noun.command("edit").argument("<id>")),
    'sealpost tenants edit plant-8 --name "Plant 8, hall B" --data ./data',
    "sealpost tenants edit plant-8 --reopen --data ./data",
  )
    .option("--name <name>", "as people call it")
    .option("--no-name", "it has no name any more")
    .option("--reopen", "open a closed one again")
    .description("name a tenant, or open a closed one again")
    .action((id: string, options: EditOptions) =>
      perform(context, options, async ({ client, out }) => {
        const json = fieldsOf(options);
        if (Object.keys(json).length === 0)
          throw new CliError("usage", "say what changes: --name, --no-name, --reopen");
        const site = await client();
        const path = `/tenants/${encodeURIComponent(id)}`;
        const tag = demand(await site.request("GET", path)).headers.get("etag") ?? "*";
        const answer = await site.request("PUT", path, { json, headers: { "if-match": tag } });
        const { value, document } = read(TenantRow, answer);
        out.result(document, (print) => print.line(`${id}: ${value.name ?? "no name"}, ${stateOf(value)}`));
      }),
    );
}

/** Commander gives `true` for a name that may be taken away and was not named at all. */
function fieldsOf({ name, reopen }: EditOptions): { name?: string | null; isClosed?: boolean } {
  return {
    ...(typeof name === "string" ? { name } : {}),
    ...(name === false ? { name: null } : {}),
    ...(reopen === true ? { isClosed: false } : {}),
  };
}

function stateOf({ isClosed, closedAt = "" }: TenantRow): string {
  return isClosed ? `closed since ${closedAt}` : "open";
}

function close(noun: Program, context: Context): void {
  withExample(withSite(noun.command("delete").argument("<id>")), "sealpost tenants delete plant-8 --data ./data")
    .description("close a tenant: its tokens and events are refused; its ledger stays, and it can be opened again")
    .action((id: string, options: SiteOptions) =>
      perform(context, options, async ({ client, out }) => {
        demand(await (await client()).request("DELETE", `/tenants/${encodeURIComponent(id)}`));
        out.result({ id, isClosed: true }, (print) => print.line(`${id} is closed`));
      }),
    );
}
