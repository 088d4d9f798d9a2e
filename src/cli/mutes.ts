/**
 * What the commands on silences and maintenance windows share: their rows, matchers and times.
 * @module
 */
import type { Command as Program } from "commander";
import { z } from "zod";
import type { JsonObject } from "../core/json.ts";
import type { Print } from "./output.ts";

export const MuteRow = z.looseObject({
  id: z.string(),
  state: z.string(),
  matchers: z.array(z.string()).optional(),
  rule: z.string().optional(),
  startsAt: z.string(),
  endsAt: z.string().optional(),
  zone: z.string().optional(),
  weekly: z.array(z.looseObject({ days: z.array(z.string()), from: z.string(), to: z.string() })).optional(),
  author: z.string(),
  comment: z.string(),
});
export type MuteRow = z.infer<typeof MuteRow>;

/** States that a list may ask for. */
export const MUTE_STATES = ["active", "pending", "expired", "all"] as const;

/** Columns and cells of a list. */
export const MUTE_COLUMNS = ["id", "state", "starts", "ends", "mutes", "author", "comment"] as const;
export function muteCells(row: MuteRow): readonly string[] {
  return [row.id, row.state, row.startsAt, endOf(row), aboutOf(row), row.author, row.comment];
}

/** Says in a line what was made, and until when it holds. */
export function tellMute(print: Print, row: MuteRow): void {
  const when = row.weekly === undefined ? `until ${endOf(row)}` : endOf(row);
  print.line(`${row.id}: ${row.state}, ${aboutOf(row)}, ${when}`);
}

function aboutOf({ rule, matchers = [] }: MuteRow): string {
  if (rule !== undefined) return `rule ${rule}`;
  return matchers.length === 0 ? "everything" : matchers.join(", ");
}

function endOf({ endsAt, weekly, zone }: MuteRow): string {
  const times = weekly?.map(({ days, from, to }) => `${days.join(",")} ${from}-${to}`) ?? [];
  const every = times.length === 0 ? [] : [`every ${times.join("; ")} ${zone ?? ""}`];
  return [...every, ...(endsAt === undefined ? [] : [endsAt])].join(", until ");
}

/** Options of what begins and ends. */
export interface TimeOptions {
  readonly id?: string;
  readonly starts?: string;
  readonly for?: string;
  readonly until?: string;
  readonly author?: string;
  readonly comment?: string;
}

/** Adds the options of what begins and ends. */
export function withTimes(program: Program): Program {
  return program
    .option("--for <duration>", "how long: 30m, 2h, 1d")
    .option("--until <instant>", "or when it ends: 2026-06-01T18:00:00Z")
    .option("--starts <instant>", "when it begins (now, if not given)")
    .option("--comment <text>", "why")
    .option("--author <name>", "who asks for it (who you are, if not given)")
    .option("--id <id>", "its id (made, if not given)");
}

/** Adds `--matcher`, which can be given more than once. */
export function withMatchers(program: Program, meaning: string): Program {
  return program.option("--matcher <matcher>", meaning, (one: string, all: readonly string[]) => [...all, one], []);
}

/** Fields of a body, of the options that were given. */
export function timeFields({ id, starts, for: duration, until, author, comment }: TimeOptions): JsonObject {
  return {
    ...(id === undefined ? {} : { id }),
    ...(starts === undefined ? {} : { startsAt: starts }),
    ...(duration === undefined ? {} : { duration }),
    ...(until === undefined ? {} : { endsAt: until }),
    ...(author === undefined ? {} : { author }),
    ...(comment === undefined ? {} : { comment }),
  };
}
