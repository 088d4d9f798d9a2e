// Singles over HTTP: the server that stores against the same server that only validates, loaded by wrk.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import type { Case } from "./measure.ts";
import { eventText } from "./store.ts";

const Ready = z.object({ address: z.string(), token: z.string() });
const SECONDS = 4;

interface Server {
  readonly address: string;
  readonly token: string;
  readonly stop: () => Promise<void>;
}

async function start(mode: "store" | "validate"): Promise<Server> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, "server.ts"), mode], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [line] = z.tuple([z.string()]).parse(await once(createInterface(child.stdout), "line"));
  return {
    ...Ready.parse(JSON.parse(line)),
    stop: async () => {
      child.stdin.end();
      await once(child, "exit");
    },
  };
}

/** wrk counts ids up in Lua; each run and thread has ids of its own. Anything but 202 is a fault of the bench. */
function script(token: string): string {
  const [before = "", after = ""] = eventText("@ID@").split("@ID@");
  return `
local n = 0
local run = "${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}"
local threads = {}
function setup(thread) table.insert(threads, thread); thread:set("id", #threads) end
function init(args) wrk.method = "POST"; wrk.headers["authorization"] = "Bearer ${token}"; wrk.headers["content-type"] = "application/cloudevents+json"; bad = 0 end
function request() n = n + 1; return wrk.format(nil, "/api/v1/events", nil, [==[${before}]==] .. run .. "-" .. (id or 0) .. "-" .. n .. [==[${after}]==]) end
function response(status) if status ~= 202 then bad = bad + 1 end end
function done(summary, latency)
  local bads = 0
  for _, thread in ipairs(threads) do bads = bads + thread:get("bad") end
  io.write(string.format('{"requests":%d,"us":%d,"bad":%d,"p50":%d,"p99":%d}\\n', summary.requests, summary.duration, bads + summary.errors.connect + summary.errors.read + summary.errors.timeout, latency:percentile(50), latency:percentile(99)))
end
`;
}

const Summary = z.object({ requests: z.number(), us: z.number(), bad: z.number(), p50: z.number(), p99: z.number() });

function load({ address, token }: Server, connections: number): number {
  const file = path.join(os.tmpdir(), `sealpost-bench-${process.pid}.lua`);
  fs.writeFileSync(file, script(token));
  const printed = execFileSync("wrk", ["-t1", `-c${connections}`, `-d${SECONDS}s`, "-s", file, address], {
    encoding: "utf8",
  });
  fs.rmSync(file);
  const { requests, us, bad } = Summary.parse(
    JSON.parse(printed.split("\n").find((line) => line.startsWith("{")) ?? "null"),
  );
  if (bad > 0) throw new Error(`${bad} requests were not accepted`);
  return (requests * SECONDS * 1e6) / us; // requests in the seconds that were asked for
}

export async function httpCases(): Promise<{ cases: Case[]; close: () => Promise<void> }> {
  const [store, validate] = [await start("store"), await start("validate")];
  const at = (connections: number, ratio: number): Case => ({
    name: `singles over HTTP, ${connections} connections, against validating alone`,
    unit: "event",
    by: "rate",
    mark: { kind: "at-least", ratio },
    candidate: { name: "store", run: async () => load(store, connections) },
    floor: { name: "validate", run: async () => load(validate, connections) },
  });
  return {
    cases: [at(32, 0.4), at(256, 0.6)],
    close: async () => {
      await store.stop();
      await validate.stop();
    },
  };
}
