import type { Command as Program } from "commander";
import { z } from "zod";
import type { JsonObject } from "../core/json.ts";
import type { Command, Context } from "./command.ts";
import { type ListOptions, listPath, withPage } from "./list.ts";
import { perform, type SiteOptions, withExample, withSite } from "./perform.ts";
import { read } from "./wire.ts";

const Windows = z.looseObject({
  items: z.array(
    z.looseObject({
      id: z.string(),
      window: z.string(),
      actionKey: z.string(),
      openedAt: z.string(),
      dueAt: z.string(),
      itemCount: z.int(),
      severity: z.string(),
      state: z.string(),
      status: z.string().optional(),
    }),
  ),
  cursor: z.string().optional(),
});
type Windows = z.infer<typeof Windows>;

/** `sealpost digest list|show|flush|drop|reopen`: what waits to be told as one. */
export const digests: Command = {
  register: (program, context) => {
    const noun = program.command("digest").description("digests: what waits to be told as one");
    list(noun, context);
    show(noun, context);
    end(noun, context, { verb: "flush", method: "POST", path: "/flush", told: "send open digests and groups now" });
    end(noun, context, { verb: "drop", method: "DELETE", path: "", told: "delete open digests and groups unsent" });
    reopen(noun, context);
  },
};

function list(noun: Program, context: Context): void {
  withExample(withPage(withSite(noun.command("list", { isDefault: true }))), "sealpost digest list --data ./data")
    .description("all open windows, the one that is due first before the others")
    .action((options: SiteOptions & ListOptions) =>
      ask(context, options, { method: "GET", path: listPath("/digests", options) }),
    );
}

function show(noun: Program, context: Context): void {
  withExample(
    withPage(withSite(noun.command("show").argument("<action>"))),
    "sealpost digest show platform-hourly-mail --data ./data",
  )
    .description("open windows of an action")
    .action((action: string, options: SiteOptions & ListOptions) =>
      ask(context, options, { method: "GET", path: listPath(`/digests/${encodeURIComponent(action)}`, options) }),
    );
}

interface Ending {
  readonly verb: "flush" | "drop";
  readonly method: "POST" | "DELETE";
  readonly path: string;
  readonly told: string;
}

function end(noun: Program, context: Context, { verb, method, path, told }: Ending): void {
  withExample(
    withSite(noun.command(verb).argument("<action>"))
      .option("--window <window>", "only this one: 5m, 15m, 1h, 1d, group, quiet or flap")
      .option("--opened-at <time>", "only the one that was opened then"),
    `sealpost digest ${verb} platform-hourly-mail --data ./data`,
  )
    .description(told)
    .action((action: string, options: SiteOptions & { readonly window?: string; readonly openedAt?: string }) => {
      const query = new URLSearchParams({
        ...(options.window === undefined ? {} : { window: options.window }),
        ...(options.openedAt === undefined ? {} : { openedAt: options.openedAt }),
      });
      const suffix = query.size === 0 ? "" : `?${query.toString()}`;
      return ask(context, options, { method, path: `/digests/${encodeURIComponent(action)}${path}${suffix}` });
    });
}

function reopen(noun: Program, context: Context): void {
  withExample(
    withSite(noun.command("reopen").argument("<action>"))
      .requiredOption("--window <window>", "5m, 15m, 1h, 1d or group")
      .requiredOption("--opened-at <time>", "when it was opened"),
    "sealpost digest reopen platform-hourly-mail --window 1h --opened-at 2026-06-01T10:05:00Z --data ./data",
  )
    .description("open a digest again whose message was not tried yet")
    .action((actionKey: string, options: SiteOptions & { readonly window: string; readonly openedAt: string }) => {
      const { window, openedAt } = options;
      return ask(context, options, {
        method: "POST",
        path: "/digests",
        json: { command: "reopen", actionKey, window, openedAt },
      });
    });
}

interface Asking {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly json?: JsonObject;
}

function ask(context: Context, options: SiteOptions, { method, path, json }: Asking): Promise<void> {
  return perform(context, options, async ({ client, out }) => {
    const answer = await (await client()).request(method, path, json === undefined ? {} : { json });
    const { value, document } = read(Windows, answer);
    out.result(document, (print) => {
      if (value.items.length === 0) print.line("nothing is open");
      else print.table(["id", "due", "items", "severity", "state"], value.items.map(row));
      if (value.cursor !== undefined) print.line(`more: --cursor ${value.cursor}`);
    });
  });
}

function row({ id, dueAt, itemCount, severity, state, status }: Windows["items"][number]): string[] {
  return [id, dueAt, String(itemCount), severity, status === undefined ? state : `${state}, ${status}`];
}
