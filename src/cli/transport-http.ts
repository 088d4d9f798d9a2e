import * as fs from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import * as path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { errnoOf } from "../system/error.ts";
import type { Secret } from "../core/secret.ts";
import type { Exchange, Transport } from "./client.ts";
import { CliError } from "./error.ts";

/** A server that says nothing for so long is not there, ms. */
const IDLE = 120_000;
/** A kit may wait for others before it, and be large. */
const KIT_IDLE = 3_600_000;
/** Longest path that a socket's address takes. */
const SOCKET_PATH = 107;

/** Requests to a server by its address, with a token. */
export function httpTransport(url: string, token: Secret | undefined): Transport {
  const base = new URL(url);
  const { request, Agent } = base.protocol === "https:" ? https : http;
  const agent = new Agent({ keepAlive: true });
  const prefix = base.pathname.replace(/\/+$/, "");
  return {
    place: url,
    isLocal: false,
    exchange: exchangeBy(url, (asked) =>
      request(new URL(`${prefix}${asked.path}`, base), {
        agent,
        method: asked.method,
        headers: { ...asked.headers, ...(token === undefined ? {} : { authorization: `Bearer ${token.reveal()}` }) },
        timeout: idleOf(asked.path),
      }),
    ),
    close: async () => agent.destroy(),
  };
}

function idleOf(asked: string): number {
  return /\/kits\/(?:plan|import)(?:\?|$)/.test(asked) ? KIT_IDLE : IDLE;
}

/** Requests to the server on a socket file. Answers undefined where none listens. */
export async function socketTransport(socket: string): Promise<Transport | undefined> {
  const { name, release } = shortName(socket);
  const agent = new http.Agent({ keepAlive: true });
  const transport: Transport = {
    place: socket,
    isLocal: true,
    exchange: exchangeBy(socket, (asked) =>
      http.request({
        agent,
        socketPath: name,
        path: asked.path,
        method: asked.method,
        headers: asked.headers,
        timeout: idleOf(asked.path),
      }),
    ),
    close: async () => {
      agent.destroy();
      release();
    },
  };
  try {
    await transport.exchange({ method: "GET", path: "/healthz", headers: {} });
    return transport;
  } catch (error) {
    await transport.close();
    if (error instanceof CliError && ["ENOENT", "ECONNREFUSED", "ECONNRESET"].includes(errnoOf(error.cause) ?? ""))
      return undefined;
    throw error;
  }
}

/** A long path is reached through its open folder. */
function shortName(socket: string): { name: string; release: () => void } {
  if (Buffer.byteLength(socket) <= SOCKET_PATH) return { name: socket, release: () => undefined };
  const fd = fs.openSync(path.dirname(socket), fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  return { name: `/proc/self/fd/${fd}/${path.basename(socket)}`, release: () => fs.closeSync(fd) };
}

function exchangeBy(place: string, open: (asked: Parameters<Exchange>[0]) => http.ClientRequest): Exchange {
  return async (asked) => {
    const request = open(asked);
    request.once("timeout", () => request.destroy(new Error(`no answer within ${IDLE / 1000} s`)));
    const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
      request.once("response", resolve);
      request.once("error", reject);
    });
    try {
      const [response] = await Promise.all([answered, send(request, asked.body)]);
      return await read(response);
    } catch (error) {
      throw new CliError(
        "unreachable",
        `no server answers at ${place} (${errnoOf(error) ?? String(error)}): is sealpost serve up, and the address its own?`,
        {
          cause: error,
        },
      );
    }
  };
}

/** A server may answer, and close, before it has taken the whole body: the answer counts. */
async function send(
  request: http.ClientRequest,
  body: Uint8Array | AsyncIterable<Uint8Array> | undefined,
): Promise<void> {
  if (body === undefined || body instanceof Uint8Array) return void request.end(body);
  const isAnswered = new Promise<void>((resolve) => request.once("response", () => resolve()));
  await Promise.race([pipeline(Readable.from(body, { objectMode: false }), request), isAnswered]);
}

async function read(response: http.IncomingMessage): Promise<{ status: number; headers: Headers; bytes: Uint8Array }> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response) if (chunk instanceof Uint8Array) chunks.push(chunk);
  const headers = new Headers();
  for (const [name, value] of Object.entries(response.headers)) {
    for (const one of [value ?? []].flat()) headers.append(name, one);
  }
  return { status: response.statusCode ?? 0, headers, bytes: Buffer.concat(chunks) };
}
