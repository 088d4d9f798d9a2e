import { z } from "zod";
import { sha256Hex } from "../core/hash.ts";
import type { AnswerService, KeptAnswer } from "../http/answer-services.ts";
import type { Caller } from "../http/services.ts";
import type { Parts } from "./parts.ts";

const Answer = z.object({
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
  isTooLong: z.literal(true).exactOptional(),
});
/** Keys that could not be freed, of all tenants; beyond that the oldest stays taken for its day. */
const MAX_LEFT = 1000;

/** Answers of requests with an Idempotency-Key, kept for a day under the vault. */
export function answerService({ store, vault }: Pick<Parts, "store" | "vault">): AnswerService {
  const releases = createReleases(store);
  return {
    claim: async (caller, key, fingerprint) => {
      const { tenant } = caller;
      const cell = cellKey(caller, key);
      await releases.before({ tenant, key: cell });
      const claimed = await store.transact({ flow: "answer-claim", tenant, input: { key: cell, fingerprint } });
      if (claimed.kind !== "held") return claimed;
      const { fingerprint: known, sealed } = claimed.record;
      if (sealed === undefined) return { kind: "open", fingerprint: known };
      return { kind: "kept", fingerprint: known, answer: opened(vault, aadOf(caller, cell), sealed) };
    },
    keep: async (caller, key, answer) => {
      const cell = cellKey(caller, key);
      const sealed = sealedBy(vault, aadOf(caller, cell), answer);
      const bytes = sealed.key.length + sealed.text.length;
      await store.transact({ flow: "answer-keep", tenant: caller.tenant, input: { key: cell, sealed }, bytes });
    },
    free: (caller, key) => releases.free({ tenant: caller.tenant, key: cellKey(caller, key) }),
  };
}

/** A cell of a tenant. */
interface Taken {
  readonly tenant: string;
  readonly key: string;
}

interface Releases {
  /** Frees a key, now or before a later claim. */
  readonly free: (taken: Taken) => Promise<void>;
  /** Frees what is left; throws why that failed where the key to be claimed now is among them. */
  readonly before: (taken: Taken) => Promise<void>;
}

/** Frees keys; what could not be (the disk was full) is remembered. A key is never freed twice, since it may be taken again between. */
function createReleases(store: Parts["store"]): Releases {
  const left = new Map<string, { readonly taken: Taken; readonly error: unknown }>();
  let running: Promise<unknown> | undefined;
  const free = async (taken: Taken): Promise<void> => {
    const { tenant, key } = taken;
    const name = `${tenant} ${key}`;
    try {
      await store.transact({ flow: "answer-keep", tenant, input: { key } });
      left.delete(name);
    } catch (error) {
      const [oldest] = left.keys();
      if (oldest !== undefined && left.size >= MAX_LEFT && !left.has(name)) left.delete(oldest);
      left.set(name, { taken, error });
    }
  };
  const again = async (): Promise<void> => {
    await Promise.all([...left.values()].map(({ taken }) => free(taken)));
    running = undefined;
  };
  return {
    free,
    before: async ({ tenant, key }) => {
      if (left.size > 0) await (running ??= again());
      const failed = left.get(`${tenant} ${key}`);
      if (failed !== undefined) throw failed.error;
    },
  };
}

/** Keys belong to their principal; what people choose for a key has any length and any characters. */
function cellKey({ actor }: Caller, key: string): string {
  return `${actor}:${sha256Hex(key)}`;
}

function aadOf({ tenant }: Caller, cell: string): string {
  return `sealpost-answer/v1 ${tenant} ${cell}`;
}

function sealedBy(vault: Parts["vault"], aad: string, answer: KeptAnswer): { key: string; text: string } {
  const key = vault.newKey();
  const text = vault.seal(key, aad, Buffer.from(JSON.stringify(answer)));
  return { key: Buffer.from(key).toString("base64"), text: Buffer.from(text).toString("base64") };
}

function opened(vault: Parts["vault"], aad: string, { key, text }: { key: string; text: string }): KeptAnswer {
  const plain = vault.open(Buffer.from(key, "base64"), aad, Buffer.from(text, "base64"));
  return Answer.parse(JSON.parse(Buffer.from(plain).toString()));
}
