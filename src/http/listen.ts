import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import type { Hono } from "hono";
import type { Log, Timeout } from "../ports.ts";
import { SECURE_HEADERS } from "./answer.ts";
import type { Env } from "./context.ts";
import { HttpError } from "./error.ts";
import { codeOf, type Problem, problemAnswer, problemOf, problemText } from "./problem.ts";
import { bindSocket } from "./socket.ts";

/** A listener that accepts connections. */
export interface Listener {
  /** `http://127.0.0.1:8080`, or the path of a socket. */
  readonly address: string;
  /** Accepts nothing new, answers what is in flight, cuts what is left after `graceMs`. */
  readonly close: (graceMs: number) => Promise<void>;
}

const HEADERS_MS = 20_000;
const CHECK_MS = 5000;
const MAX_HEADER_BYTES = 16 * 2 ** 10;
const IDLE_LOOK_MS = 25;

/** What a listener needs besides the app. */
export interface ListenDoors {
  readonly timeout: Timeout;
  readonly log: Log;
}

/** Listens on a TCP address; port 0 lets the system choose. Throws HttpError `address-in-use`, or what the system says. */
export async function listenTcp(
  app: Hono<Env>,
  { host, port }: { readonly host: string; readonly port: number },
  doors: ListenDoors,
): Promise<Listener> {
  const server = serverOf(app, undefined);
  const closeServer = closer(server, doors.timeout);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) =>
      reject(
        codeOf(error) === "EADDRINUSE"
          ? new HttpError("address-in-use", `${host}:${port} is in use`, { cause: error })
          : error,
      ),
    );
    server.listen(port, host, resolve);
  });
  noteErrors(server, doors.log);
  return { address: urlOf(server.address()), close: closeServer };
}

/**
 * Listens on a unix socket (0600) of any path length; whoever can open it is the site's local principal. A stale
 * socket is removed first. Throws HttpError `socket-in-use` or `not-a-socket`.
 */
export async function listenSocket(app: Hono<Env>, file: string, doors: ListenDoors): Promise<Listener> {
  const local = { uid: 0 };
  const server = serverOf(app, local);
  const closeServer = closer(server, doors.timeout);
  const bound = await bindSocket(server, file);
  local.uid = bound.uid;
  noteErrors(server, doors.log);
  return {
    address: file,
    close: async (graceMs) => {
      await closeServer(graceMs);
      await bound.release();
    },
  };
}

/** A connection that cannot be accepted (no descriptors left) must not end the process. */
function noteErrors(server: Server, log: Log): void {
  server
    .removeAllListeners("error")
    .on("error", (error) => log.error("a connection was not accepted", { code: codeOf(error) ?? "" }));
}

function serverOf(app: Hono<Env>, local: { readonly uid: number } | undefined): Server {
  const answerRequest = getRequestListener((request, env) => app.fetch(request, bindingsOf(env, local)), {
    errorHandler: () => problemAnswer(problemOf(new HttpError("bad-request", "the target or the Host is not valid"))),
  });
  const listener = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const fault = doubtOf(incoming);
    if (fault === undefined) void answerRequest(incoming, outgoing);
    else writeProblem(outgoing, problemOf(new HttpError("bad-request", fault)));
  };
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_MS,
      requestTimeout: 0, // bodies have their own limits of time
      connectionsCheckingInterval: CHECK_MS,
      requireHostHeader: false, // answered by us, as a problem
    },
    listener,
  );
  // body.ts invites a body once its headers are accepted; Node lets other expectations beside this one pass
  server.on("checkContinue", (incoming: IncomingMessage, outgoing: ServerResponse) =>
    (incoming.headers.expect?.toLowerCase() === "100-continue" ? listener : refuseExpectation)(incoming, outgoing),
  );
  server.on("checkExpectation", refuseExpectation);
  server.on("connect", (_incoming, socket) =>
    socket.end(rawProblem(problemOf(new HttpError("method-not-allowed", "this is no proxy")))),
  );
  server.on("clientError", refuseConnection);
  return server;
}

function refuseExpectation(_incoming: IncomingMessage, outgoing: ServerResponse): void {
  writeProblem(outgoing, problemOf(new HttpError("expectation-failed", "")));
}

function bindingsOf(env: object, local: { readonly uid: number } | undefined): Env["Bindings"] {
  return local === undefined ? env : { ...env, local };
}

/** Of what stands twice in these fields Node keeps the first, and another server the last: nobody could say what was meant. */
const SINGLE: ReadonlySet<string> = new Set(["authorization", "content-type", "host"]);
/** Paths that lead elsewhere once they are resolved, which is not where whoever guards the way here saw them lead; fragments. */
const WINDING = /^[^?#]*\/(?:\.|%2e){1,2}(?:[/?#]|$)|#/i;

/** What makes a sound request mean two things to two readers; undefined for almost all. */
function doubtOf(incoming: IncomingMessage): string | undefined {
  if (WINDING.test(incoming.url ?? "")) return "the target may hold no . or .. as a part of its path, and no #";
  return repeatsField(incoming) ? "Host, Authorization and Content-Type may stand once only" : undefined;
}

function repeatsField({ headers, rawHeaders }: IncomingMessage): boolean {
  if (rawHeaders.length === 2 * Object.keys(headers).length) return false;
  const names = rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
  return names.some((name, at) => SINGLE.has(name) && names.indexOf(name) !== at);
}

/** Connections that end as soon as what came whole on them is answered. */
const ending = new WeakSet<Duplex>();

/**
 * What Node's parser refuses never becomes a request; it is answered here, after the requests that came whole before it, and
 * unless its answer is on its way.
 */
function refuseConnection(error: Error, socket: Duplex): void {
  const current = currentResponse(socket);
  const isGone = !socket.writable || codeOf(error) === "ECONNRESET";
  if (!isGone && current?.req.complete === true) {
    if (ending.has(socket)) return;
    ending.add(socket);
    current.once("close", () => {
      ending.delete(socket);
      refuseConnection(error, socket);
    });
    return;
  }
  if (!isGone && current?.headersSent !== true) socket.write(rawProblem(problemOf(parserError(error))));
  socket.destroy();
}

function parserError(error: Error): HttpError {
  const code = codeOf(error);
  if (code === "HPE_HEADER_OVERFLOW") return new HttpError("headers-too-large", `at most ${MAX_HEADER_BYTES} bytes`);
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return new HttpError("body-timeout", "the headers did not arrive in time");
  return new HttpError("bad-request", "");
}

function problemHeaders(found: Problem, body: string): Record<string, string> {
  const length = String(Buffer.byteLength(body));
  return {
    "content-type": "application/problem+json",
    "content-length": length,
    connection: "close",
    ...SECURE_HEADERS,
    ...found.headers,
  };
}

function rawProblem(found: Problem): string {
  const body = problemText(found);
  const headers = Object.entries(problemHeaders(found, body)).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${found.status} ${found.title}\r\n${headers.join("")}\r\n${body}`;
}

function writeProblem(outgoing: ServerResponse, found: Problem): void {
  const body = problemText(found);
  outgoing.writeHead(found.status, problemHeaders(found, body)).end(body);
}

function urlOf(address: AddressInfo | string | null): string {
  if (address === null || typeof address === "string") throw new HttpError("internal", "a TCP listener has no address");
  return `http://${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`;
}

/** The response that a connection works on; Node tells it nowhere else. */
function currentResponse(socket: Duplex): ServerResponse | undefined {
  const current: unknown = Reflect.get(socket, "_httpMessage");
  return current instanceof ServerResponse ? current : undefined;
}

/** Every open connection: Node's own closeIdleConnections passes over those that have not sent a request yet. */
function connectionsOf(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return sockets;
}

function closer(server: Server, timeout: Timeout): Listener["close"] {
  const sockets = connectionsOf(server);
  return (graceMs) => close(server, sockets, { graceMs, timeout });
}

/** Connections become idle one by one as their answers end; each is then closed at the next look. */
function close(
  server: Server,
  sockets: ReadonlySet<Socket>,
  { graceMs, timeout }: { readonly graceMs: number; readonly timeout: Timeout },
): Promise<void> {
  return new Promise((resolve) => {
    let cancelLook: (() => void) | undefined;
    const look = (): void => {
      for (const socket of sockets) if (currentResponse(socket) === undefined) socket.destroySoon();
      cancelLook = timeout(IDLE_LOOK_MS, look);
    };
    const cancelGrace = timeout(graceMs, () => server.closeAllConnections());
    server.close(() => {
      cancelLook?.();
      cancelGrace();
      resolve();
    });
    look();
  });
}
