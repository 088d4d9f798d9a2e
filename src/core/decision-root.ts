import { canonicalJson } from "./canonical-json.ts";
import type { JsonObject } from "./json.ts";
import { type Leaf, parseLeaf } from "./leaf-parse.ts";
import { Frontier, hashToBytes, leafHash, rootOf } from "./merkle.ts";

/**
 * What of a leaf the same events, configuration and instants must give again, as RFC 8785 text: all but `boot`,
 * `mono`, `log`, `seq` and `sd` of an event's, a window's or an announcing incident's leaf, with the due instant of a
 * timer as its `t`. Undefined for every other leaf.
 */
export function decisionText(leaf: Leaf): string | undefined {
  if (!isDecision(leaf)) return undefined;
  const { boot: _boot, mono: _mono, log: _log, seq: _seq, sd: _sd, drafts, ...rest } = leaf;
  const decided: JsonObject = {
    ...rest,
    t: dueInstant(leaf) ?? leaf.t,
    ...(drafts !== undefined && { drafts: drafts.map(withoutCommitments) }),
  };
  return canonicalJson(decided);
}

function withoutCommitments({ sd: _sd, ...draft }: NonNullable<Leaf["drafts"]>[number]): JsonObject {
  return draft;
}

function isDecision({ type, drafts }: Leaf): boolean {
  if (type === "event.decision" || type.startsWith("digest.")) return true;
  return type.startsWith("incident.") && drafts !== undefined;
}

function dueInstant({ actor, body }: Leaf): number | undefined {
  const at = actor.startsWith("timer:") ? body?.["at"] : undefined;
  return typeof at === "number" ? at : undefined;
}

/** Collects the decisions of all tenants, each tenant's in the order of its log, into one root. */
export class DecisionRoot {
  readonly #tenants = new Map<string, Frontier>();

  /** Adds a line of a tenant's log; leaves that decide nothing are passed over. Throws CoreError `bad-leaf`. */
  add(tenant: string, line: string): void {
    const text = decisionText(parseLeaf(line));
    if (text === undefined) return;
    const frontier = this.#tenants.get(tenant) ?? new Frontier();
    frontier.append(leafHash(text));
    this.#tenants.set(tenant, frontier);
  }

  /** The RFC 6962 root of each tenant that decided something, 64 hex digits, sorted by tenant. */
  tenants(): readonly { readonly tenant: string; readonly root: string; readonly count: number }[] {
    const roots = [...this.#tenants].map(([tenant, frontier]) => {
      const root = Buffer.from(hashToBytes(frontier.root())).toString("hex");
      return { tenant, root, count: frontier.size };
    });
    return roots.toSorted((left, right) => (left.tenant < right.tenant ? -1 : 1));
  }

  /** The RFC 6962 root, 64 hex digits, over leaves `tenant NUL root`, sorted by tenant. */
  root(): string {
    const root = rootOf(this.tenants().map((one) => leafHash(`${one.tenant}\0${one.root}`)));
    return Buffer.from(hashToBytes(root)).toString("hex");
  }
}
