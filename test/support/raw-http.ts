/**
 * HTTP by hand, for requests that no client would send.
 * @module
 */
import { connect, type Socket } from "node:net";

/** Where to connect: a TCP port of loopback, or the path of a unix socket. */
export type Target = number | string;

export interface Talk {
  /** Everything that came back, as far as it is whole. */
  readonly responses: readonly Response[];
  /** Whether the other side closed the connection. */
  readonly closed: boolean;
}

/** Sends pieces, `pauseMs` between them, and collects answers until there are `count`, the connection ends or `waitMs` pass. */
export async function talk(
  target: Target,
  pieces: readonly (string | Uint8Array)[],
  { count = 1, waitMs = 5000, pauseMs = 5 }: { count?: number; waitMs?: number; pauseMs?: number } = {},
): Promise<Talk> {
  const socket = await dial(target);
  let received = Buffer.alloc(0);
  let closed = false;
  const done = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, waitMs);
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    socket.on("data", (data) => {
      received = Buffer.concat([received, data]);
      if (parseResponses(received).length >= count) end();
    });
    socket.on("close", () => {
      closed = true;
      end();
    });
    socket.on("error", () => undefined);
  });
  for (const piece of pieces) {
    if (closed) break;
    socket.write(piece);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  await done;
  await new Promise((resolve) => setTimeout(resolve, 20));
  socket.destroy();
  return { responses: parseResponses(received), closed };
}

/** A connected socket. */
export async function dial(target: Target): Promise<Socket> {
  return await new Promise((resolve, reject) => {
    const socket = typeof target === "number" ? connect(target, "127.0.0.1") : connect(target);
    socket.once("connect", () => resolve(socket));
    socket.once("error", reject);
  });
}

/** A request as text; a body makes its Content-Length unless headers name another framing. */
export function request(line: string, headers: Readonly<Record<string, string>> = {}, body = ""): string {
  const framed =
    "content-length" in headers || "transfer-encoding" in headers || body === ""
      ? {}
      : { "content-length": String(Buffer.byteLength(body)) };
  const fields = Object.entries({ host: "localhost", ...framed, ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return `${line} HTTP/1.1\r\n${fields.join("")}\r\n${body}`;
}

function parseResponses(bytes: Buffer): Response[] {
  const found: Response[] = [];
  let rest = bytes;
  for (;;) {
    const end = rest.indexOf("\r\n\r\n");
    if (end < 0) return found;
    const [status = "", ...lines] = rest.toString("latin1", 0, end).split("\r\n");
    const headers = new Headers(
      lines.map((line): [string, string] => [
        line.slice(0, line.indexOf(":")),
        line.slice(line.indexOf(":") + 1).trim(),
      ]),
    );
    const code = Number(status.split(" ")[1]);
    if (code === 100) {
      rest = rest.subarray(end + 4);
      continue;
    }
    const length = Number(headers.get("content-length") ?? 0);
    const body = rest.subarray(end + 4, end + 4 + length);
    if (body.length < length) return found;
    found.push(new Response(new Uint8Array(body), { status: code, headers }));
    rest = rest.subarray(end + 4 + length);
  }
}
