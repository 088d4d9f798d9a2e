/**
 * One hostile request over a socket of its own: what came back, byte for byte, and whether the connection is still of use.
 * @module
 */
import type { Socket } from "node:net";
import { dial, type Target } from "./raw-http.ts";

export type Bytes = string | Uint8Array;

/** An answer as it came. */
export interface Came {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface Exchanged {
  readonly came: readonly Came[];
  /** What came and is no answer. */
  readonly rest: string;
  readonly closed: boolean;
  readonly ms: number;
}

export interface ExchangeOptions {
  /** Answers to wait for. */
  readonly count: number;
  /** Answers have no body, whatever their headers say. */
  readonly isHead: boolean;
  readonly waitMs: number;
  /** Sent when the answers are there, where the connection is still open; it is answered once. */
  readonly next?: string;
}

/** Sends pieces, as fast as they are taken, and reads until all is answered, the other side ends or time is over. */
export async function exchange(
  target: Target,
  pieces: readonly Bytes[],
  { count, isHead, waitMs, next }: ExchangeOptions,
): Promise<Exchanged> {
  const began = performance.now();
  const socket = await dial(target);
  const heard = listen(socket, isHead);
  await send(socket, pieces, () => heard.closed);
  await heard.until((answers) => answers.length >= count, waitMs);
  const ms = performance.now() - began;
  if (next !== undefined && !heard.closed && heard.answers().length === count) {
    heard.expectBodies();
    socket.write(next);
    await heard.until((answers) => answers.length > count, waitMs);
  }
  await new Promise((resolve) => setImmediate(resolve));
  socket.destroy();
  return { came: heard.answers(), rest: heard.rest(), closed: heard.closed, ms };
}

interface Heard {
  readonly answers: () => readonly Came[];
  readonly rest: () => string;
  readonly closed: boolean;
  readonly expectBodies: () => void;
  readonly until: (isEnough: (answers: readonly Came[]) => boolean, waitMs: number) => Promise<void>;
}

/** Nobody waits. */
function idle(): void {
  // what comes is read when somebody does
}

function listen(socket: Socket, isHead: boolean): Heard {
  const answers: Came[] = [];
  let rest = "";
  let closed = false;
  let bodiless = isHead;
  let wake = idle;
  socket.setEncoding("latin1");
  socket.on("data", (data) => {
    rest += String(data);
    for (let next = readAnswer(rest, bodiless); next !== undefined; next = readAnswer(rest, bodiless)) {
      rest = next.rest;
      if (next.came.status !== 100) answers.push(next.came);
    }
    wake();
  });
  socket.on("error", () => undefined); // seen as closed
  for (const event of ["end", "close"])
    socket.on(event, () => {
      closed = true;
      wake();
    });
  return {
    answers: () => answers,
    rest: () => rest,
    get closed() {
      return closed;
    },
    expectBodies: () => {
      bodiless = false;
    },
    until: (isEnough, waitMs) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        wake = () => {
          if (!isEnough(answers) && !closed) return;
          clearTimeout(timer);
          resolve();
        };
        wake();
      }),
  };
}

async function send(socket: Socket, pieces: readonly Bytes[], isClosed: () => boolean): Promise<void> {
  for (const piece of pieces) {
    if (isClosed() || socket.destroyed) return;
    if (socket.write(piece)) continue;
    await new Promise<void>((resolve) => {
      for (const event of ["drain", "close", "end"]) socket.once(event, () => resolve());
    });
  }
}

interface Read {
  readonly came: Came;
  readonly rest: string;
}

function readAnswer(text: string, isHead: boolean): Read | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [line = "", ...lines] = text.slice(0, end).split("\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(line)?.[1]);
  if (Number.isNaN(status)) return undefined; // stays as the rest
  const headers = new Map(lines.map((header) => fieldOf(header)));
  const body = text.slice(end + 4);
  if (isHead || status === 100 || status === 204 || status === 304)
    return { came: { status, headers, body: "" }, rest: body };
  if (headers.get("transfer-encoding") === "chunked") return readChunked(body, { status, headers });
  const length = Number(headers.get("content-length") ?? 0);
  if (body.length < length) return undefined;
  return { came: { status, headers, body: body.slice(0, length) }, rest: body.slice(length) };
}

function fieldOf(line: string): [name: string, value: string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

function readChunked(text: string, head: Omit<Came, "body">): Read | undefined {
  let body = "";
  for (let rest = text; ; ) {
    const [line, hex] = /^([0-9a-f]+)\r\n/.exec(rest) ?? [];
    if (line === undefined || hex === undefined) return undefined;
    const size = Number.parseInt(hex, 16);
    const end = line.length + size + 2;
    if (rest.length < end) return undefined;
    body += rest.slice(line.length, line.length + size);
    rest = rest.slice(end);
    if (size === 0) return { came: { ...head, body }, rest };
  }
}
