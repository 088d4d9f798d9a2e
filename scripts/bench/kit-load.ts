// What an import costs those who are served meanwhile: memory above idle and the longest block of a real server's event
// loop, while events come in, for a kit of 20,000 objects and one with 2 GiB of documents.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as http from "node:http";
import * as os from "node:os";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { initSite } from "../../src/app/init.ts";
import { openParts } from "../../src/app/parts.ts";
import { makeLogKeys } from "../../src/app/site-keys.ts";
import { readSettings } from "../../src/config.ts";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import { type BuildFile, buildKit } from "../../src/signing/kit-build.ts";
import { readPrivateKey, signerOf } from "../../src/signing/keys.ts";
import { dataDir } from "../../src/system/data-dir.ts";
import { silentLog } from "../../src/system/log.ts";
import { kitObjects, TENANTS } from "./kit-content.ts";
import { eventText } from "./store.ts";

const SITE = "bench";
const DOC_BYTES = 2 ** 31;
const MARKS = { memoryMiB: 200, blockMs: 50 } as const;
/** Events a second, one a request. */
const PACE = 50;
const WARM_MS = 5000;
const SETTINGS = { SEALPOST_REQUESTS_PER_MINUTE: "0", SEALPOST_LOG: "error" };

const Blocks = z.object({ wallMs: z.number(), cpuMs: z.number() });

interface World {
  readonly dir: string;
  readonly home: string;
  readonly build: (name: string, files: readonly BuildFile[]) => Promise<string>;
}

function thrown(error: unknown): never {
  throw error;
}

async function makeWorld(): Promise<World> {
  const home = fs.mkdtempSync(path.join(process.env["SEALPOST_BENCH_DIR"] ?? os.tmpdir(), "sealpost-load-"));
  const dir = path.join(home, "data");
  const settings = readSettings(SETTINGS);
  await initSite({ dir, site: SITE, settings, log: silentLog });
  const files = dataDir(dir);
  const parts = await openParts({ files, settings, log: silentLog, fatal: thrown });
  for (const id of TENANTS) {
    const keys = makeLogKeys(files, parts.keys, { site: SITE, tenant: id });
    await parts.store.transact({ flow: "tenant-open", tenant: "_site", input: { actor: "job:bench", id, ...keys } });
  }
  await parts.stops.stop();
  const signer = signerOf(readPrivateKey(fs.readFileSync(files.localAuthority, "latin1")));
  const place = { epoch: 0, sequence: 1, tenants: ["*"], expiresAt: null, minApp: "0.0.0", acks: {} };
  const kinds: ("calendars" | "channels" | "rules" | "templates")[] = ["calendars", "channels", "rules", "templates"];
  const spec = { schema: "offline-kit/v1" as const, kinds, ...place, provenance: { builder: "bench", source: [] } };
  const build = async (name: string, content: readonly BuildFile[]): Promise<string> => {
    const out = path.join(home, `${name}.kit.tar`);
    const stream = `${SITE}/${name}`;
    const createdAt = `${new Date().toISOString().slice(0, 19)}Z`; // by a key that the new site trusts since a moment ago
    await buildKit({ spec, files: content, stream, audience: ["*"], createdAt, signers: [signer] }, out);
    return out;
  };
  return { dir, home, build };
}

async function objectKit({ build }: World): Promise<string> {
  const files = [...kitObjects()].map(([tenant, kind, value]): BuildFile => {
    const bytes = Buffer.from(canonicalJson(value));
    return { path: `content/${kind}/${tenant}/${value.id}.json`, role: "object", bytes };
  });
  return await build("objects", files);
}

async function docKit({ build, home }: World): Promise<string> {
  const file = path.join(home, "manual.bin");
  fs.writeFileSync(file, "");
  fs.truncateSync(file, DOC_BYTES); // holes: only the kit takes room
  const kit = await build("docs", [{ path: "content/docs/manual.bin", role: "doc", file }]);
  fs.rmSync(file);
  return kit;
}

interface Server {
  readonly child: ChildProcess;
  readonly socket: string;
  readonly stop: () => Promise<void>;
}

const ROOT = path.join(import.meta.dirname, "..", "..");

async function serve(dir: string): Promise<Server> {
  const watch = path.join(import.meta.dirname, "loop-watch.ts");
  const main = path.join(ROOT, "src", "main.ts");
  const args = [
    "--import",
    watch,
    ...process.execArgv,
    main,
    "serve",
    "--data",
    dir,
    "--listen",
    "127.0.0.1:0",
    "--json",
  ];
  const env = { ...process.env, ...SETTINGS };
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit", "ipc"], env });
  if (child.stdout === null) throw new Error("the server has no output");
  await once(createInterface(child.stdout), "line");
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await once(child, "exit");
  };
  return { child, socket: dataDir(dir).socket, stop };
}

/** Bytes that are resident now, and the most there ever were since `forgetPeak`. */
function resident({ child }: Server): { readonly now: number; readonly peak: number } {
  const status = fs.readFileSync(`/proc/${child.pid}/status`, "utf8");
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]);
  return { now: kib("VmRSS") * 1024, peak: kib("VmHWM") * 1024 };
}

function forgetPeak({ child }: Server): void {
  fs.writeFileSync(`/proc/${child.pid}/clear_refs`, "5");
}

/** The longest blocks of the server's event loop since this was last asked. */
async function longestBlock({ child }: Server): Promise<z.infer<typeof Blocks>> {
  const answered = once(child, "message");
  child.send("tell");
  const [told] = z
    .tuple([z.unknown()])
    .rest(z.unknown())
    .parse(await answered);
  return Blocks.parse(told);
}

/** Each request has a connection of its own: none is met by a server that is about to close it. */
async function post({ socket }: Server, route: string, type: string, body: string | fs.ReadStream): Promise<void> {
  const tenant = typeof body === "string" ? "default" : "_site";
  const headers = { "content-type": type, "sealpost-tenant": tenant };
  const request = http.request({ socketPath: socket, path: `/api/v1/${route}`, method: "POST", headers, agent: false });
  const answered = once(request, "response");
  if (typeof body === "string") request.end(body);
  else await pipeline(body, request);
  const [answer] = z.tuple([z.instanceof(http.IncomingMessage)]).parse(await answered);
  let text = "";
  for await (const chunk of answer.setEncoding("utf8")) text += String(chunk);
  if (answer.statusCode !== 202 && answer.statusCode !== 200)
    throw new Error(`${route}: ${answer.statusCode} ${text.slice(0, 500)}`);
}

interface Posted {
  readonly count: number;
  /** Events that were not answered: the server was held so long that it broke their connections off. */
  readonly lost: number;
  /** The longest answer, ms. */
  readonly longest: number;
}

/** Broken off, or not taken at all. */
const LOST: readonly unknown[] = ["ECONNRESET", "EAGAIN"];

/** Posts events at a steady pace until `stop`. */
function postEvents(server: Server): { readonly stop: () => Promise<Posted> } {
  const state = { going: true };
  let count = 0;
  let lost = 0;
  let longest = 0;
  const asked: Promise<void>[] = [];
  const one = async (): Promise<void> => {
    const from = performance.now();
    const body = eventText(`load-${process.pid}-${from}`);
    await post(server, "events", "application/cloudevents+json", body).catch((error: unknown) => {
      if (!(error instanceof Error && "code" in error && LOST.includes(error.code))) throw error;
      lost++;
    });
    longest = Math.max(longest, performance.now() - from);
  };
  const run = async (): Promise<void> => {
    for (; state.going; count++) {
      asked.push(one());
      await sleep(1000 / PACE);
    }
    await Promise.all(asked);
  };
  const ran = run();
  return {
    stop: async () => {
      state.going = false;
      await ran;
      return { count, lost, longest };
    },
  };
}

interface Figures {
  readonly seconds: number;
  readonly memoryMiB: number;
  readonly keptMiB: number;
  readonly block: z.infer<typeof Blocks>;
  readonly posted: Posted;
}

/** The same server and pace without an import, then with one. */
async function load(dir: string, kit: string): Promise<{ readonly quiet: Figures; readonly loaded: Figures }> {
  const server = await serve(dir);
  try {
    const warm = postEvents(server);
    await sleep(WARM_MS);
    await warm.stop();
    const idle = resident(server).now;
    const quiet = await during(server, idle, () => sleep(WARM_MS));
    const loaded = await during(server, idle, () =>
      post(server, "kits/import", "application/x-tar", fs.createReadStream(kit, { highWaterMark: 2 ** 18 })),
    );
    return { quiet, loaded };
  } finally {
    await server.stop();
  }
}

async function during(server: Server, idle: number, work: () => Promise<void>): Promise<Figures> {
  forgetPeak(server);
  await longestBlock(server);
  const events = postEvents(server);
  const from = performance.now();
  await work().catch(async (error: unknown) => {
    await events.stop();
    throw error;
  });
  const seconds = (performance.now() - from) / 1000;
  await sleep(500);
  const posted = await events.stop();
  const block = await longestBlock(server);
  const { now, peak } = resident(server);
  const mib = (bytes: number): number => (bytes - idle) / 2 ** 20;
  return {
    seconds,
    memoryMiB: mib(peak),
    keptMiB: mib(now),
    block,
    posted,
  };
}

function verdict(value: number, mark: number): string {
  return `mark <= ${mark}: ${value <= mark ? "met" : "MISSED"}`;
}

function fixed(value: number): string {
  return value.toFixed(value < 10 ? 1 : 0);
}

function tell(name: string, { quiet, loaded }: { readonly quiet: Figures; readonly loaded: Figures }): void {
  const { memoryMiB, block } = loaded;
  console.log(`${name}, ${PACE} events a second meanwhile
  peak resident memory ${fixed(memoryMiB)} MiB above idle, ${verdict(memoryMiB, MARKS.memoryMiB)}; ${fixed(loaded.keptMiB)} MiB afterwards
  longest block ${fixed(block.wallMs)} ms, ${verdict(block.wallMs, MARKS.blockMs)}; by the CPU that it used ${fixed(block.cpuMs)} ms
  ${fixed(loaded.seconds)} s, ${loaded.posted.count} events (${loaded.posted.lost} lost), the longest answer ${fixed(loaded.posted.longest)} ms
  without an import: ${fixed(quiet.memoryMiB)} MiB, longest block ${fixed(quiet.block.wallMs)} ms (CPU ${fixed(quiet.block.cpuMs)}), longest answer ${fixed(quiet.posted.longest)} ms`);
}

/** Measures and prints by itself: its marks are figures, not ratios. */
export async function kitLoadCases(): Promise<{ cases: []; close: () => Promise<void> }> {
  const world = await makeWorld();
  tell("importing a kit of 20,000 objects", await load(world.dir, await objectKit(world)));
  tell("importing a kit with a document of 2 GiB", await load(world.dir, await docKit(world)));
  return { cases: [], close: async () => fs.rmSync(world.home, { recursive: true }) };
}
