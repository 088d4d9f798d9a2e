/**
 * A client that means well, in a process of its own: it asks for a list and posts an event, again and again, and says how long
 * each took. `good-client-child.ts PORT TOKEN`; each message from its parent is answered with what was measured since the last.
 */
import { Agent, request } from "node:http";

const [port = "", token = ""] = process.argv.slice(2);
const PAUSE_MS = 5;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const run = Date.now().toString(36);

let measured: { get: number[]; post: number[]; failed: string[] } = { get: [], post: [], failed: [] };
const stopped = new AbortController();

/** The status of one request, once its answer has ended. */
function ask(method: string, path: string, body?: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({
      agent,
      host: "127.0.0.1",
      port,
      method,
      path,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined
          ? {}
          : { "content-type": "application/cloudevents+json", "content-length": Buffer.byteLength(body) }),
      },
    });
    asked.once("error", reject);
    asked.once("response", (response) => {
      response.resume();
      response.once("end", () => resolve(response.statusCode));
    });
    asked.end(body);
  });
}

async function measure(kind: "get" | "post", n: number): Promise<void> {
  const began = performance.now();
  const event = JSON.stringify({ specversion: "1.0", id: `${run}-${n}`, source: "/good", type: "good.day" });
  const status =
    kind === "get" ? await ask("GET", "/api/v1/events?limit=5") : await ask("POST", "/api/v1/events", event);
  measured[kind].push(performance.now() - began);
  if (status !== (kind === "get" ? 200 : 202)) measured.failed.push(`${kind} ${status}`);
}

process.on("message", () => {
  process.send?.(measured);
  measured = { get: [], post: [], failed: [] };
});
process.once("disconnect", () => stopped.abort());

for (let n = 0; !stopped.signal.aborted; n++) {
  await measure(n % 2 === 0 ? "get" : "post", n).catch((error: unknown) => {
    measured.failed.push(error instanceof Error ? error.message : "unknown");
  });
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}
agent.destroy();
