import { type Command as Program, InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import type { Json, JsonObject } from "../core/json.ts";
import { TOKEN_STATES } from "../core/token.ts";
import { type Client, demand } from "./client.ts";
import type { Command, Context } from "./command.ts";
import { CliError } from "./error.ts";
import { addList } from "./list.ts";
import { perform, type SiteOptions, withExample, withSite } from "./perform.ts";
import { pageOf, read } from "./wire.ts";

const TokenRow = z.looseObject({
  id: z.string(),
  name: z.string(),
  tenant: z.string(),
  scopes: z.array(z.string()),
  state: z.string(),
  createdAt: z.string(),
  expiresAt: z.string().optional(),
  lastUsedAt: z.string().optional(),
  requestsPerMinute: z.number().optional(),
});
type TokenRow = z.infer<typeof TokenRow>;
const MadeToken = TokenRow.extend({ token: z.string() });

/** Tokens that a name is looked for among. */
const LOOKED = 1000;

/** `sealpost tokens list|show|create|edit|delete`. */
export const tokens: Command = {
  register: (program, context) => {
    const noun = program.command("tokens").description("tokens: who may ask for what, in which tenant");
    addList(noun, context, {
      noun: "tokens",
      items: "tokens",
      row: TokenRow,
      filters: { state: `${TOKEN_STATES.join(", ")}: in this state only` },
      columns: ["id", "name", "state", "scopes", "expires", "last used"],
      cells: (row) => [row.id, row.name, row.state, row.scopes.join(" "), row.expiresAt ?? "", row.lastUsedAt ?? ""],
      example: "--state active",
    });
    show(noun, context);
    create(noun, context);
    edit(noun, context);
    revoke(noun, context);
  },
};

interface TokenOptions extends SiteOptions {
  readonly name?: string;
  readonly role?: string;
  readonly scope: readonly string[];
  readonly expiresIn?: string;
  readonly expiresAt?: string;
  readonly requestsPerMinute?: number;
}

function withToken(program: Program): Program {
  return program
    .option("--role <role>", "what it is for: admin, operator, service, noc, auditor, ...")
    .option("--scope <scope>", "or a scope, or a permission; may be repeated", collect, [])
    .option("--expires-in <duration>", "how long it is good: 12h, 30d")
    .addOption(new Option("--expires-at <instant>", "or when it ends: 2030-06-01T18:00:00Z").conflicts("expiresIn"))
    .option("--requests-per-minute <n>", "its own limit; 0: none", countFromNought);
}

function collect(one: string, all: readonly string[]): readonly string[] {
  return [...all, one];
}

function countFromNought(text: string): number {
  if (/^(0|[1-9][0-9]{0,6})$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number from 0 on.");
}

function create(noun: Program, context: Context): void {
  withExample(
    withToken(withSite(noun.command("create").requiredOption("--name <name>", "what it is for, for people"))),
    'sealpost tokens create --role noc --name "night shift" --expires-in 30d --data ./data',
    "sealpost tokens create --scope events:write --name scanner --requests-per-minute 1200 --data ./data",
  )
    .description("make a token; its text is printed once and kept nowhere")
    .action((options: TokenOptions) =>
      perform(context, options, async ({ client, out }) => {
        const json = { name: options.name ?? "", ...fieldsOf(options) };
        const { value, document } = read(MadeToken, await (await client()).request("POST", "/tokens", { json }));
        out.result(document, (print) => {
          print.line(value.token);
          print.line(`${tell(value)}. Keep the line above: it is not shown again.`);
        });
      }),
    );
}

function fieldsOf({ role, scope, expiresIn, expiresAt, requestsPerMinute }: TokenOptions): JsonObject {
  return {
    ...(role === undefined ? {} : { role }),
    ...(scope.length === 0 ? {} : { scopes: scope }),
    ...(expiresIn === undefined ? {} : { expiresIn }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(requestsPerMinute === undefined ? {} : { requestsPerMinute }),
  };
}

function tell({ id, name, tenant, scopes, expiresAt }: TokenRow): string {
  const may = scopes.length === 0 ? "may do nothing" : scopes.join(" ");
  return `${id} "${name}" of ${tenant}: ${may}, ${expiresAt === undefined ? "without an end" : `until ${expiresAt}`}`;
}

function show(noun: Program, context: Context): void {
  withExample(withSite(noun.command("show").argument("<token>")), "sealpost tokens show first --data ./data")
    .description("show one token, by its id or its name")
    .action((given: string, options: SiteOptions) =>
      perform(context, options, async ({ client, out }) => {
        const { document } = await find(await client(), given);
        out.result(document, (print) => print.line(JSON.stringify(document, undefined, 2)));
      }),
    );
}

function edit(noun: Program, context: Context): void {
  withExample(
    withToken(withSite(noun.command("edit").argument("<token>").option("--name <name>", "what it is for"))),
    'sealpost tokens edit "night shift" --expires-in 60d --data ./data',
  )
    .option("--no-end", "it does not expire any more")
    .option("--site-limit", "the limit of requests is that of the site again")
    .description("change name, scopes, expiry or limit of a token; what is not named stays")
    .action((given: string, options: TokenOptions & { readonly end: boolean; readonly siteLimit?: boolean }) =>
      perform(context, options, async ({ client, out }) => {
        const site = await client();
        const { value: held, tag } = await find(site, given);
        const json = { ...keptOf(held, options), ...fieldsOf(options) };
        const answer = await site.request("PUT", `/tokens/${held.id}`, { json, headers: { "if-match": tag } });
        const { value, document } = read(TokenRow, answer);
        out.result(document, (print) => print.line(tell(value)));
      }),
    );
}

function keptOf(
  held: TokenRow,
  { name, role, scope, expiresIn, expiresAt, end, siteLimit }: TokenOptions & { end: boolean; siteLimit?: boolean },
): JsonObject {
  const isEndKept = end && expiresIn === undefined && expiresAt === undefined;
  return {
    name: name ?? held.name,
    ...(role === undefined && scope.length === 0 ? { scopes: held.scopes } : {}),
    ...(isEndKept && held.expiresAt !== undefined ? { expiresAt: held.expiresAt } : {}),
    ...(siteLimit === true || held.requestsPerMinute === undefined
      ? {}
      : { requestsPerMinute: held.requestsPerMinute }),
  };
}

function revoke(noun: Program, context: Context): void {
  withExample(withSite(noun.command("delete").argument("<token>")), "sealpost tokens delete scanner --data ./data")
    .description("revoke a token: from now on it is refused; it stays listed")
    .action((given: string, options: SiteOptions) =>
      perform(context, options, async ({ client, out }) => {
        const site = await client();
        const { value } = await find(site, given);
        demand(await site.request("DELETE", `/tokens/${value.id}`));
        out.result({ id: value.id, state: "revoked" }, (print) => print.line(`${value.id} "${value.name}" is revoked`));
      }),
    );
}

interface Found {
  readonly value: TokenRow;
  readonly document: Json;
  /** As If-Match names it. */
  readonly tag: string;
}

/** A token by its id, or by its name where one active token has it. */
async function find(site: Client, given: string): Promise<Found> {
  const answer = await site.request("GET", `/tokens/${encodeURIComponent(given)}`);
  if (answer.status !== 404) return { ...read(TokenRow, answer), tag: answer.headers.get("etag") ?? "*" };
  const listed = await site.request("GET", `/tokens?limit=${LOOKED}&state=active`);
  const named = read(pageOf(TokenRow), listed).value.items.filter(({ name }) => name === given);
  const [one, other] = named;
  if (one === undefined) throw new CliError("missing", `there is no token with the id or name ${given}`);
  if (other !== undefined) throw new CliError("conflict", `several tokens are called ${given}: name one by its id`);
  const found = await site.request("GET", `/tokens/${one.id}`);
  return { ...read(TokenRow, found), tag: found.headers.get("etag") ?? "*" };
}
