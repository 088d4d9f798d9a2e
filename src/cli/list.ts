/**
 * What the commands on lists share: `list` with its page and filters, and `show` of one.
 * @module
 */
import { type Command as Program, InvalidArgumentError } from "commander";
import type { z } from "zod";
import type { Context } from "./command.ts";
import { perform, type SiteOptions, withExample, withSite } from "./perform.ts";
import { pageOf, read } from "./wire.ts";

/** Options of every list. */
export interface ListOptions {
  readonly limit: number;
  readonly cursor?: string;
}

/** A noun of the API with a list. */
export interface Listed<Row> {
  /** As in commands and paths: `maildrop`. */
  readonly noun: string;
  /** What people call them: `mails`. */
  readonly items: string;
  readonly row: z.ZodType<Row>;
  /** Filters by name, with what each asks for. */
  readonly filters?: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly cells: (row: Row) => readonly string[];
  /** Options in the example. */
  readonly example?: string;
  /** Whether the noun alone means its list. */
  readonly isDefault?: boolean;
}

/** Adds `list` to a noun: a page as a table, newest first. */
export function addList<Row>(program: Program, context: Context, listed: Listed<Row>): void {
  const { noun, items, filters = {}, columns, cells, example = "", isDefault = false } = listed;
  const verb = withExample(
    withPage(withSite(program.command("list", { isDefault }))),
    `sealpost ${noun} list${example === "" ? "" : ` ${example}`} --data ./data`,
  ).description(`list ${items}, newest first`);
  for (const [name, meaning] of Object.entries(filters)) verb.option(`--${name} <${name}>`, meaning);
  verb.action((options: SiteOptions & ListOptions & Readonly<Record<string, unknown>>) =>
    perform(context, options, async ({ client, out }) => {
      const given = Object.keys(filters).map((name) => [name, options[name]] as const);
      const path = listPath(`/${noun}`, options, given);
      const { value, document } = read(pageOf(listed.row), await (await client()).request("GET", path));
      out.result(document, (print) => {
        print.table(columns, value.items.map(cells));
        if (value.cursor !== undefined) print.line(`more: --cursor ${value.cursor}`);
      });
    }),
  );
}

/** Adds the options of a page. */
export function withPage(program: Program): Program {
  return program
    .option("--limit <n>", "at most so many", wholeNumber, 50)
    .option("--cursor <cursor>", "go on from there");
}

/** Adds `show <id>` to a noun: one item whole, as JSON. */
export function addShow<Row>(
  program: Program,
  context: Context,
  {
    noun,
    one,
    id,
    row,
  }: { readonly noun: string; readonly one: string; readonly id: string; readonly row: z.ZodType<Row> },
): void {
  withExample(withSite(program.command("show").argument("<id>")), `sealpost ${noun} show ${id} --data ./data`)
    .description(`show one ${one}`)
    .action((given: string, options: SiteOptions) =>
      perform(context, options, async ({ client, out }) => {
        const answer = await (await client()).request("GET", `/${noun}/${encodeURIComponent(given)}`);
        const { document } = read(row, answer);
        out.result(document, (print) => print.line(JSON.stringify(document, undefined, 2)));
      }),
    );
}

/** The path of a list with its page and filters; filters without a value are left out. */
export function listPath(
  path: string,
  { limit, cursor }: ListOptions,
  filters: readonly (readonly [name: string, value: unknown])[] = [],
): string {
  const query = new URLSearchParams({ limit: String(limit) });
  for (const [name, value] of [["cursor", cursor] as const, ...filters])
    if (typeof value === "string") query.set(name, value);
  return `${path}?${query.toString()}`;
}

/** An option's value as a whole number from 1 on. Throws what commander reports as wrong usage. */
export function wholeNumber(text: string): number {
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number from 1 on.");
}
