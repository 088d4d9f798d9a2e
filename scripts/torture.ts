// Kills the server under load, again and again, and looks for what was lost: npm run torture -- --cycles 5 [--seconds 4]
// Against the built binary, over real HTTP and real SMTP. Exit 0 only if nothing was lost and every ledger verified.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { parseArgs, promisify } from "node:util";
import { SMTPServer } from "smtp-server";
import { z } from "zod";

const run = promisify(execFile);
const { values: option } = parseArgs({
  options: {
    cycles: { type: "string", default: "5" },
    seconds: { type: "string", default: "4" },
    binary: { type: "string", default: "bundle/sealpost" },
  },
});
const binary = path.resolve(option.binary);
const home = fs.mkdtempSync(path.join(os.tmpdir(), "sealpost-torture-"));
const data = path.join(home, "data");

const Receipt = z.object({
  events: z.array(
    z.object({
      id: z.string(),
      duplicate: z.boolean(),
      deliveries: z.array(z.object({ id: z.string(), status: z.string() })),
    }),
  ),
});
const Ready = z.object({ url: z.string() });
const Attempts = z.object({ items: z.array(z.unknown()) });
const DeliveryPage = z.object({
  items: z.array(z.object({ id: z.string(), status: z.string() })),
  cursor: z.string().optional(),
});

const Windows = z.object({
  items: z.array(z.object({ id: z.string(), actionKey: z.string() })),
  cursor: z.string().optional(),
});
const Stats = z.object({ byStatus: z.record(z.string(), z.int()), openDigestCount: z.int() });

interface Acknowledged {
  readonly id: string;
  readonly deliveries: readonly { readonly id: string; readonly status: string }[];
}
const acknowledged = new Map<string, Acknowledged>(); // by CloudEvents id
const arrived = new Map<string, number>(); // by delivery id
const faults: string[] = [];

/** A sink that counts each message when it has taken it, then answers. */
function openSink(): Promise<{ port: number; server: SMTPServer }> {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS", "AUTH"],
    onData(stream, _session, done) {
      let text = "";
      stream.on("data", (chunk: Buffer) => {
        text += chunk.toString("latin1");
      });
      stream.on("end", () => {
        const id = /^Sealpost-Delivery: (\S+)/m.exec(text)?.[1];
        if (id === undefined) faults.push("a mail without its delivery id");
        else arrived.set(id, (arrived.get(id) ?? 0) + 1);
        setTimeout(done, Math.random() * 4);
      });
    },
  });
  server.on("error", () => undefined); // connections that a killed server leaves behind
  return new Promise((resolve) => {
    const listening = server.listen(0, "127.0.0.1", () => {
      const address = listening.address();
      resolve({ port: typeof address === "object" && address !== null ? address.port : 0, server });
    });
  });
}

async function sealpost(...args: string[]): Promise<string> {
  const { stdout } = await run(binary, [...args, "--data", data], { maxBuffer: 1 << 28 });
  return stdout;
}

async function serve(): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(binary, ["serve", "--data", data, "--listen", "127.0.0.1:0", "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, SEALPOST_REQUESTS_PER_MINUTE: "0", SEALPOST_LOG: "error" },
  });
  const [line] = z.tuple([z.string()]).parse(await once(createInterface(child.stdout), "line"));
  return { child, url: Ready.parse(JSON.parse(line)).url };
}

let nextId = 0;
/** One event in ten leads to a mail: what is accepted in a second takes the relay longer than a second. */
function eventOf(id: string): Record<string, unknown> {
  return {
    specversion: "1.0",
    id,
    source: "/torture",
    type: "torture.event",
    severitytext: id.endsWith("7") ? "high" : "info",
    data: { labels: { id }, note: "x".repeat(200) },
  };
}

/** Posts until the server is gone; only what was answered 202 counts. */
async function load(url: string, token: string, until: () => boolean): Promise<void> {
  while (!until()) {
    const batch = nextId % 5 === 0 ? 20 : 1;
    const ids = Array.from({ length: batch }, () => `t-${nextId++}`);
    const body = batch === 1 ? JSON.stringify(eventOf(ids[0] ?? "")) : JSON.stringify(ids.map(eventOf));
    const type = batch === 1 ? "application/cloudevents+json" : "application/cloudevents-batch+json";
    try {
      const response = await fetch(`${url}/api/v1/events`, {
        method: "POST",
        body,
        headers: { "content-type": type, authorization: `Bearer ${token}` },
      });
      if (response.status !== 202) {
        if (response.status !== 503) faults.push(`answered ${response.status}: ${await response.text()}`);
        continue;
      }
      const { events } = Receipt.parse(await response.json());
      events.forEach((event, at) => acknowledged.set(ids[at] ?? "", { id: event.id, deliveries: event.deliveries }));
    } catch {
      return; // the connection was cut: nothing was acknowledged
    }
  }
}

async function checkAcknowledged(url: string, token: string): Promise<number> {
  let missing = 0;
  const all = [...acknowledged];
  for (let at = 0; at < all.length; at += 500) {
    const slice = all.slice(at, at + 500);
    const response = await fetch(`${url}/api/v1/events`, {
      method: "POST",
      body: JSON.stringify(slice.map(([id]) => eventOf(id))),
      headers: { "content-type": "application/cloudevents-batch+json", authorization: `Bearer ${token}` },
    });
    const { events } = Receipt.parse(await response.json());
    events.forEach((event, index) => {
      const first = slice[index]?.[1];
      const same =
        event.duplicate &&
        event.id === first?.id &&
        event.deliveries.map(({ id }) => id).join() === first.deliveries.map(({ id }) => id).join();
      if (!same) missing++;
    });
  }
  return missing;
}

/** Ids of deliveries that were answered with a status. */
function answered(status: string): string[] {
  const all = [...acknowledged.values()].flatMap(({ deliveries }) => deliveries);
  return all.filter((delivery) => delivery.status === status).map(({ id }) => id);
}

/** What was gathered into digests is told by them: flushed now, each digest's mail arrives, and no item is lost. */
async function checkGathered(url: string, token: string): Promise<{ digests: number; lost: number; untold: number }> {
  const headers = { authorization: `Bearer ${token}` };
  const get = async (route: string): Promise<unknown> => await (await fetch(url + route, { headers })).json();
  const windows = await allOf(get, "/api/v1/digests?limit=1000", Windows);
  for (const actionKey of new Set(windows.map((window) => window.actionKey))) {
    const { status } = await fetch(`${url}/api/v1/digests/${actionKey}/flush`, { method: "POST", headers });
    // 404: its time came meanwhile, or it is no digest's
    if (status !== 200 && status !== 404) faults.push(`flushing ${actionKey} was answered ${status}`);
  }
  const { byStatus, openDigestCount } = Stats.parse(await get("/api/v1/stats"));
  const lost = Math.abs(answered("coalesced").length - (byStatus["coalesced"] ?? 0)) + openDigestCount;
  const digests = await digestDeliveries(get);
  if (digests.length === 0) faults.push("nothing was gathered into a digest");
  return { digests: digests.length, lost, untold: await waitUntilDelivered(digests) };
}

/** The items of all pages of a list. */
async function allOf<T>(
  get: (route: string) => Promise<unknown>,
  route: string,
  page: z.ZodType<{ readonly items: readonly T[]; readonly cursor?: string | undefined }>,
): Promise<T[]> {
  const items: T[] = [];
  for (let from = ""; ; ) {
    const found = page.parse(await get(route + from));
    items.push(...found.items);
    if (found.cursor === undefined) return items;
    from = `&cursor=${encodeURIComponent(found.cursor)}`;
  }
}

/** Ids of all deliveries of windows that are to arrive. */
async function digestDeliveries(get: (route: string) => Promise<unknown>): Promise<string[]> {
  const ids: string[] = [];
  for (const status of ["pending", "retrying", "sent", "digested"]) {
    const deliveries = await allOf(get, `/api/v1/deliveries?status=${status}&limit=1000`, DeliveryPage);
    ids.push(...deliveries.map(({ id }) => id).filter((id) => id.startsWith("digest:")));
  }
  return [...new Set(ids)]; // one may change its status between two pages
}

async function waitUntilDelivered(wanted: readonly string[]): Promise<number> {
  console.log(`waiting for ${wanted.length} mails`);
  for (let round = 0; round < 1800; round++) {
    const left = wanted.filter((id) => !arrived.has(id)).length;
    if (left === 0) return 0;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return wanted.filter((id) => !arrived.has(id)).length;
}

/** A message may repeat only as the send in flight at an unclean stop: never more often than recorded attempts plus those stops. */
async function checkRepeats(url: string, token: string, stops: number): Promise<{ repeated: number; tooMany: number }> {
  let repeated = 0;
  let tooMany = 0;
  for (const [id, count] of arrived) {
    if (count < 2) continue;
    repeated++;
    const response = await fetch(`${url}/api/v1/deliveries/${id}/attempts`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const attempts = Attempts.parse(await response.json()).items.length;
    if (count > attempts + stops) tooMany++;
  }
  return { repeated, tooMany };
}

async function checkNonePending(url: string, token: string): Promise<number> {
  let open = 0;
  for (const status of ["pending", "retrying"]) {
    const response = await fetch(`${url}/api/v1/deliveries?status=${status}&limit=100`, {
      headers: { authorization: `Bearer ${token}` },
    });
    open += DeliveryPage.parse(await response.json()).items.length;
  }
  return open;
}

const sink = await openSink();
const { token } = z
  .object({ token: z.string() })
  .parse(JSON.parse(await sealpost("init", "--site", "torture", "--json")));
await sealpost(
  "channels",
  "bind",
  "ops-mail",
  "host=127.0.0.1",
  `port=${sink.port}`,
  "from=alerts@torture.example",
  "to=ops@torture.example",
);
const cycles = Number(option.cycles);
for (let cycle = 1; cycle <= cycles; cycle++) {
  const { child, url } = await serve();
  let stopped = false;
  const loaders = Array.from({ length: 24 }, () => load(url, token, () => stopped));
  await new Promise((resolve) => setTimeout(resolve, Number(option.seconds) * 1000 * (0.5 + Math.random())));
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  stopped = true;
  await Promise.all([exited, ...loaders]);
  const verified = await sealpost("ledger", "verify").then(
    () => true,
    (error: unknown) => {
      faults.push(`ledger verify: ${String(error)}`);
      return false;
    },
  );
  console.log(
    `cycle ${cycle}: ${acknowledged.size} acknowledged, ${arrived.size} arrived, ledger ${verified ? "verified" : "NOT VERIFIED"}`,
  );
}
const { child, url } = await serve();
const missing = await checkAcknowledged(url, token);
const undelivered = await waitUntilDelivered(answered("pending"));
const gathered = await checkGathered(url, token);
const { repeated, tooMany } = await checkRepeats(url, token, cycles);
for (let round = 0; round < 100 && (await checkNonePending(url, token)) > 0; round++)
  await new Promise((resolve) => setTimeout(resolve, 100));
const open = await checkNonePending(url, token);
const exited = once(child, "exit");
child.kill("SIGTERM");
await exited;
await sealpost("ledger", "verify").catch((error: unknown) => faults.push(`ledger verify at the end: ${String(error)}`));
sink.server.close();
fs.rmSync(home, { recursive: true });
console.log(
  JSON.stringify({
    cycles,
    acknowledged: acknowledged.size,
    missing,
    undelivered,
    gathered,
    open,
    repeated,
    tooMany,
    faults,
  }),
);
process.exitCode =
  missing + undelivered + gathered.lost + gathered.untold + open + tooMany + faults.length === 0 ? 0 : 1;
