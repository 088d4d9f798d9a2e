import { z } from "zod";
import { demand } from "./client.ts";
import type { Command } from "./command.ts";
import { CliError } from "./error.ts";
import { perform, type SiteOptions, withExample, withSite } from "./perform.ts";
import { read } from "./wire.ts";

const Explained = z.looseObject({ kind: z.string(), id: z.string() });

/** `sealpost explain ID`: why an event, a delivery or a window came to what it came to. */
export const explain: Command = {
  register: (program, context) => {
    withExample(
      withSite(program.command("explain").argument("<id>", "ev_..., dl_... or digest:...")).option(
        "--rule <id>",
        "of an event: only what this rule did with it",
      ),
      "sealpost explain ev_01... --data ./data",
      "sealpost explain ev_01... --rule disk-full --data ./data",
    )
      .description("why something was sent, or was not")
      .action((id: string, options: SiteOptions & { readonly rule?: string }) =>
        perform(context, options, async ({ client, out }) => {
          const path = pathOf(id, options.rule);
          const site = await client();
          if (out.isJson) {
            const { document } = read(Explained, await site.request("GET", path("json")));
            return out.result(document, () => undefined);
          }
          const text = demand(await site.request("GET", path("text"))).text();
          return out.result(null, (print) => print.line(text.trimEnd()));
        }),
      );
  },
};

/** The route that explains an id. */
function pathOf(id: string, rule: string | undefined): (format: string) => string {
  const isEvent = id.startsWith("ev_");
  if (!isEvent && !id.startsWith("dl_") && !id.startsWith("digest:"))
    throw new CliError("usage", `"${id}" is no id of an event (ev_), a delivery (dl_) or a window (digest:)`);
  if (!isEvent && rule !== undefined) throw new CliError("usage", "--rule goes with an event");
  const noun = isEvent ? "events" : "deliveries";
  return (format) => {
    const query = new URLSearchParams({ format, ...(rule === undefined ? {} : { rule }) });
    return `/${noun}/${encodeURIComponent(id)}/explain?${query.toString()}`;
  };
}
