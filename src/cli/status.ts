import { z } from "zod";
import type { Command } from "./command.ts";
import { perform, type SiteOptions, withExample, withSite } from "./perform.ts";
import { read } from "./wire.ts";

const Stats = z.looseObject({
  openDigestCount: z.int(),
  openWindows: z.record(z.string(), z.int()),
  backlog: z.int(),
  byStatus: z.record(z.string(), z.int()),
  byRule: z.array(z.looseObject({ rule: z.string(), byStatus: z.record(z.string(), z.int()) })),
  downChannels: z.array(z.looseObject({ id: z.string(), since: z.string(), reason: z.string() })),
  ruleFaults: z.array(z.looseObject({ rule: z.string(), count: z.int(), detail: z.string() })),
});

/** `sealpost status`: what is open, waiting, and was done in the last day. */
export const status: Command = {
  register: (program, context) => {
    withExample(withSite(program.command("status")), "sealpost status --data ./data")
      .description("what is open, waiting, and was done in the last 24 hours")
      .action((options: SiteOptions) =>
        perform(context, options, async ({ client, out }) => {
          const { value, document } = read(Stats, await (await client()).request("GET", "/stats"));
          out.result(document, (print) => {
            const { quiet = 0, flap = 0 } = value.openWindows;
            print.line(`waiting to be sent: ${value.backlog - (value.byStatus["held"] ?? 0)}`);
            print.line(
              `open digests and groups: ${value.openDigestCount}; held in quiet hours: ${quiet}; repeats: ${flap}`,
            );
            print.line(`deliveries: ${countsText(value.byStatus) || "none"}`);
            for (const { id, since, reason } of value.downChannels)
              print.line(`channel ${id} is down since ${since}: ${reason}`);
            for (const { rule, count, detail } of value.ruleFaults)
              print.line(`rule ${rule} could not be evaluated ${count === 1 ? "once" : `${count} times`}: ${detail}`);
            if (value.byRule.length === 0) return;
            print.line("");
            print.table(
              ["rule", "deliveries"],
              value.byRule.map(({ rule, byStatus }) => [rule, countsText(byStatus)]),
            );
          });
        }),
      );
  },
};

function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ");
}
