import * as path from "node:path";
import type { Address } from "../config.ts";
import { readSettings } from "../config.ts";
import { systemClock } from "../system/clock.ts";
import { calledAs, shellWord } from "../system/process.ts";
import type { Command } from "./command.ts";
import { CliError } from "./error.ts";
import type { Print } from "./output.ts";
import { perform, withExample, withJson } from "./perform.ts";
import { type ServeFacts, services } from "./services.ts";

interface ServeOptions {
  readonly data?: string;
  readonly listen?: string;
  readonly maildrop?: string;
  readonly demo?: boolean;
  readonly json?: boolean;
}

/** `sealpost serve`: API, timers and delivery, until it is told to stop. */
export const serve: Command = {
  register: (program, context) => {
    withExample(
      withJson(program.command("serve")),
      "sealpost serve --data ./data",
      "sealpost serve --demo --data ./data",
    )
      .description("serve a site until SIGTERM or SIGINT")
      .option("--data <dir>", "folder of the site (or SEALPOST_DATA)")
      .option("--listen <host:port>", "where to listen (or SEALPOST_LISTEN; default 127.0.0.1:8080)")
      .option("--maildrop <host:port>", "also take mails in there (or SEALPOST_MAILDROP)")
      .option("--demo", "make the site if there is none, take its mails in, print a token and what to try")
      .action((options: ServeOptions) =>
        perform(context, { json: options.json === true }, async ({ io, out }) => {
          const { data, listen, maildrop } = options;
          const settings = readSettings(io.env, { data, listen, maildrop });
          if (settings.data === undefined)
            throw new CliError("usage", "no folder named: give --data DIR (or set SEALPOST_DATA)");
          const given = settings.data;
          const dir = path.resolve(given);
          const { serveSite } = await services();
          await serveSite({
            dir,
            listen: settings.listen,
            demo: options.demo === true,
            settings,
            io,
            stop: io.stop,
            ready: (facts) => out.result(documentOf(dir, facts), (print) => announce({ dir, given, facts }, print)),
          });
        }),
      );
  },
};

function documentOf(dir: string, { site, listen, socket, maildrop, token }: ServeFacts): Record<string, string> {
  return {
    site,
    url: urlOf(listen),
    data: dir,
    socket,
    ...(maildrop === undefined ? {} : { maildrop: hostPort(maildrop) }),
    ...(token === undefined ? {} : { token }),
  };
}

/** What a person needs to go on; the commands work as printed from the folder where this one was called. */
function announce({ dir, given, facts }: { dir: string; given: string; facts: ServeFacts }, print: Print): void {
  const url = urlOf(facts.listen);
  print.line(`site ${facts.site} serves on ${url}`);
  print.line(`page   ${url}/  (what runs and what failed; log in with a token)`);
  print.line(`data   ${dir}`);
  print.line(`socket ${facts.socket}`);
  if (facts.maildrop !== undefined) print.line(`mail   ${hostPort(facts.maildrop)} takes in what is sent`);
  if (facts.token === undefined) return;
  const self = calledAs();
  const data = shellWord(given);
  print.line(`token  ${facts.token}  (tenant default, 24 hours)`);
  print.line("");
  print.line("Send an event:");
  print.line(`  ${curl(url, facts.token)}`);
  print.line("See the mail:");
  print.line(`  ${self} maildrop show --data ${data}`);
  print.line("Verify the ledger:");
  print.line(`  ${self} ledger verify --data ${data}`);
}

function curl(url: string, token: string): string {
  const event = {
    specversion: "1.0",
    id: `try-${systemClock.now().toString(36)}`,
    source: "try/me",
    type: "com.example.disk.full",
    subject: "db-1",
    severitytext: "critical",
    data: { labels: { host: "db-1" }, summary: "disk is full" },
  };
  const headers = ["content-type: application/cloudevents+json", `authorization: Bearer ${token}`];
  return [
    `curl -sS ${url}/api/v1/events`,
    ...headers.map((one) => `-H ${shellWord(one)}`),
    `-d ${shellWord(JSON.stringify(event))}`,
  ].join(" ");
}

function urlOf(address: Address): string {
  return `http://${hostPort(address)}`;
}

/** `host:port`, an IPv6 address in brackets; what listens everywhere is reached on loopback. */
export function hostPort({ host, port }: Address): string {
  const reached = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return reached.includes(":") ? `[${reached}]:${port}` : `${reached}:${port}`;
}
