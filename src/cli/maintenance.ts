import { type Command as Program, Option } from "commander";
import type { JsonObject } from "../core/json.ts";
import type { Command, Context } from "./command.ts";
import { CliError } from "./error.ts";
import { addShow, listPath, wholeNumber } from "./list.ts";
import {
  MUTE_COLUMNS,
  MUTE_STATES,
  muteCells,
  MuteRow,
  tellMute,
  timeFields,
  type TimeOptions,
  withMatchers,
  withTimes,
} from "./mutes.ts";
import { perform, type SiteOptions, withExample, withSite } from "./perform.ts";
import { pageOf, read } from "./wire.ts";

/** `sealpost maintenance add|list|show|expire`. */
export const maintenance: Command = {
  register: (program, context) => {
    const noun = program.command("maintenance").description("windows in which nothing is sent, once or every week");
    add(noun, context);
    list(noun, context);
    addShow(noun, context, { noun: "maintenance", one: "maintenance window", id: "mnt-01...", row: MuteRow });
    expire(noun, context);
  },
};

type AddOptions = SiteOptions &
  TimeOptions & { readonly matcher: readonly string[]; readonly weekly?: readonly string[]; readonly zone?: string };

function add(noun: Program, context: Context): void {
  withExample(
    withTimes(withMatchers(withSite(noun.command("add")), "only what has this label (all of them must agree)")),
    `sealpost maintenance add --matcher hall=2 --for 4h --comment "new switches" --data ./data`,
    `sealpost maintenance add --weekly "sat,sun 22:00-06:00" --zone Europe/Berlin --comment backups --data ./data`,
  )
    .description("add a maintenance window: once (--for, --until) or every week (--weekly)")
    .option("--weekly <times...>", 'days and times of every week: "sat,sun 22:00-06:00"')
    .option("--zone <zone>", "time zone of --weekly", "UTC")
    .action((options: AddOptions) =>
      perform(context, options, async ({ client, out }) => {
        const json = { matchers: options.matcher, ...timeFields(options), ...weeklyFields(options) };
        const { value, document } = read(MuteRow, await (await client()).request("POST", "/maintenance", { json }));
        out.result(document, (print) => tellMute(print, value));
      }),
    );
}

function weeklyFields({ weekly, zone = "UTC" }: AddOptions): JsonObject {
  if (weekly === undefined) return {};
  return { zone, weekly: weekly.map(weeklyTime) };
}

function weeklyTime(text: string): JsonObject {
  const [, days, from, to] = /^([a-z]{3}(?:,[a-z]{3})*) (\d\d:\d\d)-(\d\d:\d\d)$/.exec(text) ?? [];
  if (days === undefined || from === undefined || to === undefined)
    throw new CliError("usage", `--weekly: "${text}" is not like "sat,sun 22:00-06:00"`);
  return { days: days.split(","), from, to };
}

type ListOptions = SiteOptions & { readonly limit: number; readonly cursor?: string; readonly state?: string };

function list(noun: Program, context: Context): void {
  withExample(withSite(noun.command("list")), "sealpost maintenance list --data ./data")
    .description("list maintenance windows (those that have not ended), newest first")
    .option("--limit <n>", "at most so many", wholeNumber, 50)
    .option("--cursor <cursor>", "go on from there")
    .addOption(new Option("--state <state>", "in this state only").choices(MUTE_STATES))
    .action((options: ListOptions) =>
      perform(context, options, async ({ client, out }) => {
        const path = listPath("/maintenance", options, [["state", options.state]]);
        const { value, document } = read(pageOf(MuteRow), await (await client()).request("GET", path));
        out.result(document, (print) => {
          print.table(MUTE_COLUMNS, value.items.map(muteCells));
          if (value.cursor !== undefined) print.line(`more: --cursor ${value.cursor}`);
        });
      }),
    );
}

function expire(noun: Program, context: Context): void {
  withExample(withSite(noun.command("expire").argument("<id>")), "sealpost maintenance expire mnt-01... --data ./data")
    .description("end a maintenance window now")
    .action((id: string, options: SiteOptions) =>
      perform(context, options, async ({ client, out }) => {
        const answer = await (await client()).request("DELETE", `/maintenance/${encodeURIComponent(id)}`);
        const { value, document } = read(MuteRow, answer);
        out.result(document, (print) => tellMute(print, value));
      }),
    );
}
