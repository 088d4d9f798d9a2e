/**
 * What an operator can follow and count: from a request through the log to the header of the mail, and what a scrape tells.
 * @module
 */
import * as http from "node:http";
import * as path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { cli, type Done } from "../support/cli.ts";
import { temporaryFolder } from "../support/folder.ts";

const Facts = z.object({ url: z.string(), token: z.string() });
const Line = z.looseObject({ msg: z.string() });
const Mails = z.object({ items: z.array(z.object({ id: z.string() })) });
const MailShown = z.object({ headers: z.array(z.object({ name: z.string(), value: z.string() })) });

interface Serving {
  readonly url: string;
  readonly token: string;
  readonly dir: string;
  readonly stop: () => Promise<Done>;
}

async function serveDemo(env: Readonly<Record<string, string>>): Promise<Serving> {
  const dir = path.join(temporaryFolder(), "data");
  const stop = new AbortController();
  const ready = Promise.withResolvers<string>();
  const words = ["serve", "--demo", "--maildrop", "127.0.0.1:0", "--listen", "127.0.0.1:0", "--data", dir, "--json"];
  const done = cli(words, { env, stop: stop.signal, onOut: ready.resolve });
  done.then(({ err }) => ready.reject(new Error(`it ended: ${err}`)), ready.reject);
  const end = async (): Promise<Done> => {
    stop.abort();
    return await done;
  };
  onTestFinished(async () => void (await end()));
  return { ...Facts.parse(JSON.parse(await ready.promise)), dir, stop: end };
}

function post(
  { url, token }: Serving,
  { id, correlation, request }: Record<"id" | "correlation" | "request", string>,
): Promise<Response> {
  return fetch(`${url}/api/v1/events`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/cloudevents+json",
      "x-request-id": request,
    },
    body: JSON.stringify({
      specversion: "1.0",
      id,
      source: "/pumps/3",
      type: "pump.pressure.high",
      severitytext: "critical",
      correlationid: correlation,
    }),
  });
}

async function firstMail({ url, token }: Serving): Promise<z.infer<typeof MailShown>> {
  const headers = { authorization: `Bearer ${token}` };
  const list = async (): Promise<string[]> =>
    Mails.parse(await (await fetch(`${url}/api/v1/maildrop`, { headers })).json()).items.map(({ id }) => id);
  await expect.poll(list, { timeout: 20_000, interval: 50 }).not.toEqual([]);
  const [id = ""] = await list();
  return MailShown.parse(await (await fetch(`${url}/api/v1/maildrop/${id}`, { headers })).json());
}

test("a correlation id is followed from the request to the mail's header", async () => {
  const site = await serveDemo({ SEALPOST_LOG: "info" });
  const answer = await post(site, { id: "1", correlation: "shift-42/pump-3", request: "req-from-the-plc-1" });
  expect(answer.status).toBe(202);
  expect(answer.headers.get("x-request-id")).toBe("req-from-the-plc-1");
  const { headers } = await firstMail(site);
  const header = (name: string): string | undefined => headers.find((one) => one.name.toLowerCase() === name)?.value;
  expect(header("sealpost-correlation")).toBe("shift-42/pump-3");
  const bad = await fetch(`${site.url}/api/v1/events/nothing`, { headers: { authorization: `Bearer ${site.token}` } });
  expect(bad.headers.get("x-request-id")).toMatch(/^[0-9a-f]{16}$/);
  const { err } = await site.stop();
  const lines = err
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => Line.parse(JSON.parse(line)));
  const told = (msg: string): z.infer<typeof Line>[] => lines.filter((line) => line.msg === msg);
  expect(told("request")).toContainEqual(
    expect.objectContaining({ request: "req-from-the-plc-1", route: "POST /api/v1/events", status: 202 }),
  );
  expect(told("request")).toContainEqual(
    expect.objectContaining({ request: bad.headers.get("x-request-id"), status: 404, code: "not-found" }),
  );
  const [event] = told("event");
  expect(event).toMatchObject({ request: "req-from-the-plc-1", correlation: "shift-42/pump-3", duplicate: false });
  expect(told("attempt")).toContainEqual(
    expect.objectContaining({
      correlation: "shift-42/pump-3",
      event: event?.["event"],
      delivery: header("sealpost-delivery"),
      outcome: "sent",
    }),
  );
  expect(err).not.toContain(site.token);
  expect(err).not.toMatch(/@/); // nor whom it was sent to
});

test("a scrape tells what was sent, held and refused, and only the site's principals get one", async () => {
  const site = await serveDemo({});
  for (const id of ["1", "1", "2"])
    expect((await post(site, { id, correlation: `c-${id}`, request: "r" })).status).toBe(202);
  await firstMail(site);
  const scraped = async (): Promise<string> => {
    const made = await cli(["status", "--data", site.dir, "--json"]);
    expect(made.code, made.err).toBe(0);
    return await localScrape(site.dir);
  };
  await expect.poll(scraped, { timeout: 20_000 }).toMatch(/^notify_sent_total\{.*channel_type="email"\} [1-9]/m);
  const text = await scraped();
  expect(text).toMatch(/^sealpost_events_total\{tenant="default",outcome="accepted"\} 2$/m);
  expect(text).toMatch(/^sealpost_events_total\{tenant="default",outcome="duplicate"\} 1$/m);
  expect(text).toMatch(/^notify_failed_total\{tenant="default",channel_type="email"\} 0$/m);
  expect(text).toMatch(/^# TYPE notify_digest_coalesced_total counter$/m);
  expect(text).toMatch(/^sealpost_http_requests_total\{route="POST \/api\/v1\/events",status="202"\} 3$/m);
  expect(text).toMatch(/^sealpost_ledger_size\{tenant="default"\} [1-9]/m);
  const refused = await fetch(`${site.url}/metrics`, { headers: { authorization: `Bearer ${site.token}` } });
  expect(refused.status).toBe(403); // a tenant's principal
  expect((await fetch(`${site.url}/metrics`)).status).toBe(401);
});

test("where the site says so, everybody may scrape", async () => {
  const { url } = await serveDemo({ SEALPOST_OPEN_METRICS: "true" });
  const answer = await fetch(`${url}/metrics`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toContain("text/plain; version=0.0.4");
});

function localScrape(dir: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = http.get({ socketPath: path.join(dir, "sealpost.sock"), path: "/metrics" }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece: string) => void (text += piece));
      answer.on("end", () => resolve(text));
    });
    asked.on("error", reject);
  });
}
