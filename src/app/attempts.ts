import type { Reason } from "../core/delivery.ts";
import { parseLeaf } from "../core/leaf-parse.ts";
import { isReasonCode, type ReasonCode } from "../core/reason.ts";
import type { Attempt } from "../http/services.ts";
import type { Reader } from "../ports.ts";

/** The attempts of a delivery as its leaves tell them, oldest first; undefined for an unknown delivery. */
export async function readAttempts(
  read: Pick<Reader, "cell" | "leaves">,
  tenant: string,
  id: string,
): Promise<readonly Attempt[] | undefined> {
  const delivery = await read.cell("delivery", tenant, id);
  if (delivery === undefined) return undefined;
  const attempts: Attempt[] = [];
  for (const seq of delivery.leaves) {
    const [line] = await read.leaves(tenant, seq, 1);
    const attempt = line === undefined ? undefined : attemptOf(line, id);
    if (attempt !== undefined) attempts.push(attempt);
  }
  return attempts;
}

function attemptOf(line: string, delivery: string): Attempt | undefined {
  const leaf = parseLeaf(line);
  if (leaf.type !== "delivery.attempt" || leaf.delivery !== delivery) return undefined;
  const { n = 0, t: at, status = "", out, reason, due, seq } = leaf;
  return {
    n,
    at,
    status,
    seq,
    ...(out === undefined ? {} : { out: { code: out.code ?? "", st: out.st ?? "", ms: out.ms ?? 0 } }),
    ...(reason === undefined || !isReasonCode(reason.code) ? {} : { reason: reasonOf(reason.code, reason.by) }),
    ...(due === undefined ? {} : { due }),
  };
}

function reasonOf(code: ReasonCode, by: string | undefined): Reason {
  return by === undefined ? { code } : { code, by };
}
