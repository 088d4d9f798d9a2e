import { sleep } from "../system/timeout.ts";
import type { Answer } from "./client.ts";
import { CliError } from "./error.ts";
import type { Io } from "./io.ts";

/** How long a server that is busy is waited for in all, ms. */
const PATIENCE_MS = 120_000;
const STATUSES: ReadonlySet<number> = new Set([429, 503]);

/**
 * Asks again while a server says that it is busy (429, 503) and when to come back, two minutes in all. What it answered
 * last is the answer. Throws CliError `failed` where the process is stopped meanwhile.
 */
export async function patiently(io: Pick<Io, "stop">, ask: () => Promise<Answer>): Promise<Answer> {
  for (let left = PATIENCE_MS; ; ) {
    const answer = await ask();
    const pause = STATUSES.has(answer.status) ? secondsOf(answer.headers.get("retry-after")) * 1000 : Number.NaN;
    if (!(pause <= left)) return answer;
    left -= Math.max(pause, 1);
    if (!(await sleep(pause, io.stop))) throw new CliError("failed", "stopped");
  }
}

function secondsOf(retryAfter: string | null): number {
  return retryAfter !== null && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : Number.NaN;
}
