import { sha256Hex } from "../core/hash.ts";
import type { TokenRecord } from "../ports.ts";
import type { Parts } from "./parts.ts";

const ID_BYTES = 6;
const SECRET_BYTES = 24;

/** Mints a token and answers its text, which is kept nowhere: `spk_<id>_<secret>`. */
export async function mintToken(
  { random, store }: Pick<Parts, "random" | "store">,
  token: Omit<TokenRecord, "id" | "hash" | "createdAt">,
  actor: string,
): Promise<string> {
  const id = Buffer.from(random.bytes(ID_BYTES)).toString("hex");
  const secret = Buffer.from(random.bytes(SECRET_BYTES)).toString("base64url").replaceAll("_", "-");
  await store.transact({
    flow: "token-change",
    tenant: "_site",
    input: { actor, token: { ...token, id, hash: sha256Hex(secret) } },
  });
  return `spk_${id}_${secret}`;
}
