import type { Command as Program } from "commander";
import { z } from "zod";
import { systemClock } from "../system/clock.ts";
import type { Context } from "./command.ts";
import { perform, type SiteOptions, withExample, withSite } from "./perform.ts";
import { KitList, type KitStreamRow, read, TrustAnswer } from "./wire.ts";

type Row = z.infer<typeof KitStreamRow>;

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** `kit list`: what stands in each stream. */
export function list(noun: Program, context: Context): void {
  withExample(withSite(noun.command("list")), "sealpost kit list --data ./data")
    .description("the kits that the site has taken in, and those that it has built")
    .action((options: SiteOptions) =>
      perform(context, options, async ({ client, out }) => {
        const { value, document } = read(KitList, await (await client()).request("GET", "/kits"));
        out.result(document, (print) => {
          print.table(
            ["stream", "place", "kit"],
            value.items.map(({ stream, epoch, sequence, manifest }) => [stream, `${epoch}.${sequence}`, manifest]),
          );
          if (value.issued.length === 0) return;
          print.line("");
          print.table(
            ["built here", "place", "kit"],
            value.issued.map(({ stream, epoch, sequence, manifest }) => [stream, `${epoch}.${sequence}`, manifest]),
          );
        });
      }),
    );
}

/** `kit status`: how old each stream is, when it expires, who signed it, and whether its issuer has told of a newer one. */
export function status(noun: Program, context: Context): void {
  withExample(withSite(noun.command("status")), "sealpost kit status --data ./data")
    .description("each stream's place, age, expiry and signers, and what its issuer has told of")
    .action((options: SiteOptions) =>
      perform(context, options, async ({ client, out }) => {
        const site = await client();
        const { value, document } = read(KitList, await site.request("GET", "/kits"));
        const trust = read(TrustAnswer, await site.request("GET", "/trust")).value;
        const now = systemClock.now();
        out.result(document, (print) => {
          print.table(
            ["stream", "place", "age", "expires", "signed by", "objects", "files", "state"],
            value.items.map((row) => [
              row.stream,
              `${row.epoch}.${row.sequence}`,
              span(now - Date.parse(row.createdAt)),
              row.expiresAt ?? "never",
              (row.signers ?? []).map(({ owner }) => owner).join(", "),
              String(row.objects ?? ""),
              String(row.files ?? ""),
              stateOf(row, value, now),
            ]),
          );
          for (const line of policyLines(trust, now)) print.line(line);
          const held = new Set(value.items.map(({ stream }) => stream));
          for (const { stream, epoch, sequence } of value.known.filter((one) => !held.has(one.stream)))
            print.line(
              `not here: ${stream} ${epoch}.${sequence}, of which its issuer tells; it may be meant for other sites`,
            );
        });
      }),
    );
}

const Ending = z.looseObject({ expiresAt: z.iso.datetime().nullable() });

/** When the upstream policy ends: without one nothing of a hub is taken in. */
function policyLines({ upstream }: z.infer<typeof TrustAnswer>, now: number): string[] {
  if (upstream === undefined) return ["this site trusts no hub (sealpost trust add)"];
  const end = Ending.safeParse(upstream.policy).data?.expiresAt ?? null;
  const name = `upstream trust policy: version ${upstream.version}`;
  if (end === null) return [`${name}, never expires`];
  const left = Date.parse(end) - now;
  return [left < 0 ? `${name}, EXPIRED ${end}` : `${name}, expires ${end} (in ${span(left)})`];
}

function stateOf(row: Row, { known }: z.infer<typeof KitList>, now: number): string {
  if (row.expiresAt !== null && Date.parse(row.expiresAt) < now) return "EXPIRED";
  const told = known.find(({ stream }) => stream === row.stream);
  const isBehind = told !== undefined && (told.epoch - row.epoch || told.sequence - row.sequence) > 0;
  return isBehind ? `behind: ${told.epoch}.${told.sequence} is there` : "newest known";
}

/** A span (ms) as people say it. */
function span(ms: number): string {
  if (ms < 0) return "from the future";
  if (ms >= 2 * DAY_MS) return `${Math.floor(ms / DAY_MS)} days`;
  return ms >= 2 * HOUR_MS ? `${Math.floor(ms / HOUR_MS)} hours` : `${Math.floor(ms / MINUTE_MS)} minutes`;
}
