/**
 * Connections that never come to an end by themselves: silent ones, headers and bodies that come drop by drop.
 * @module
 */
import { type Socket } from "node:net";
import { EVENT_TYPE, raw } from "./hostile-request.ts";
import type { Facts } from "./hostile-served.ts";
import { dial } from "./raw-http.ts";

/** A connection that was left open. */
export interface Slow {
  readonly kind: SlowKind;
  /** What it was answered with in the end. */
  readonly heard: () => string;
  /** How long it was held, ms; undefined while it is. */
  readonly heldMs: () => number | undefined;
}
export type SlowKind = keyof typeof KINDS;

const DROP_MS = 1000;

interface Kind {
  readonly count: number;
  readonly begin: (facts: Facts) => string | Uint8Array;
  /** What follows once a second. */
  readonly drop: string;
}
const KINDS = {
  "says nothing": { count: 1000, begin: () => "", drop: "" },
  "begins a line": { count: 20, begin: () => "GET /api/v1/ru", drop: "" },
  "header by header": {
    count: 50,
    begin: () => "GET /api/v1/rules HTTP/1.1\r\nhost: localhost\r\n",
    drop: "x-slow: y\r\n",
  },
  "a body that does not come": { count: 20, begin: (facts: Facts) => post(facts, ["content-length", "100"]), drop: "" },
  "a body byte by byte": { count: 50, begin: (facts: Facts) => post(facts, ["content-length", "5000"]), drop: "[" },
  "a body chunk by chunk": {
    count: 20,
    begin: (facts: Facts) => post(facts, ["transfer-encoding", "chunked"]),
    drop: "1\r\n[\r\n",
  },
} as const satisfies Readonly<Record<string, Kind>>;

function post(facts: Facts, framing: readonly [string, string]): Uint8Array {
  return raw("POST /api/v1/events", [
    ["host", "localhost"],
    ["authorization", `Bearer ${facts.token("admin")}`],
    ["content-type", EVENT_TYPE],
    framing,
  ]);
}

/** Opens all of them; each is held until the other side ends it. */
export async function openSlow(facts: Facts): Promise<readonly Slow[]> {
  const opened: Slow[] = [];
  for (const kind of slowKinds()) {
    const { count, begin, drop } = KINDS[kind];
    for (let n = 0; n < count; n++) opened.push(hold(await dial(facts.port), kind, { first: begin(facts), drop }));
  }
  return opened;
}

/** Every kind, by name. */
export function slowKinds(): readonly SlowKind[] {
  return Object.keys(KINDS).filter((name): name is SlowKind => name in KINDS);
}

function hold(
  socket: Socket,
  kind: SlowKind,
  { first, drop }: { readonly first: string | Uint8Array; readonly drop: string },
): Slow {
  const began = performance.now();
  let heard = "";
  let heldMs: number | undefined;
  const timer = setInterval(() => drop !== "" && socket.write(drop), DROP_MS);
  socket.setEncoding("latin1");
  socket.on("data", (data) => {
    heard += String(data);
  });
  socket.on("error", () => undefined); // seen as closed
  const end = (): void => {
    heldMs ??= performance.now() - began;
    clearInterval(timer);
    socket.destroy();
  };
  socket.on("end", end).on("close", end);
  socket.write(first);
  return { kind, heard: () => heard, heldMs: () => heldMs };
}
