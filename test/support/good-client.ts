import { fork } from "node:child_process";
import * as path from "node:path";
import { z } from "zod";

const Measured = z.object({ get: z.array(z.number()), post: z.array(z.number()), failed: z.array(z.string()) });
/** How long requests took, ms; and which were answered otherwise than well. */
export type Measured = z.infer<typeof Measured>;

/** A client that means well, at work in a process of its own. */
export interface GoodClient {
  /** What it measured since it was asked last. */
  readonly measured: () => Promise<Measured>;
  readonly end: () => void;
}

/** Starts it on a TCP port of loopback. */
export function startGoodClient(port: number, token: string): GoodClient {
  const child = fork(path.resolve("test/support/good-client-child.ts"), [String(port), token]);
  return {
    measured: async () => {
      const answer = new Promise<unknown>((resolve) => child.once("message", resolve));
      child.send("tell");
      return Measured.parse(await answer);
    },
    end: () => child.disconnect(),
  };
}

/** The one in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
