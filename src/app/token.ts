import { sha256Hex } from "../core/hash.ts";
import type { TokenRecord } from "../ports.ts";
import type { Parts } from "./parts.ts";

const ID_BYTES = 6;
const SECRET_BYTES = 24;

/** Makes a token and answers its record, and its text, which is kept nowhere: `spk_<id>_<secret>`; `version`: of the actor's own token. */
export async function makeToken(
  { random, store }: Pick<Parts, "random" | "store">,
  token: Omit<TokenRecord, "id" | "hash" | "createdAt" | "createdBy">,
  actor: string,
  version?: string,
): Promise<{ readonly record: TokenRecord; readonly text: string }> {
  const id = Buffer.from(random.bytes(ID_BYTES)).toString("hex");
  const secret = Buffer.from(random.bytes(SECRET_BYTES)).toString("base64url").replaceAll("_", "-");
  const record = await store.transact({
    flow: "token-change",
    tenant: "_site",
    input: {
      actor,
      token: { ...token, id, hash: sha256Hex(secret), createdBy: actor },
      ...(version === undefined ? {} : { version }),
    },
  });
  return { record, text: `spk_${id}_${secret}` };
}

/** Makes a token and answers its text alone. */
export async function mintToken(
  parts: Pick<Parts, "random" | "store">,
  token: Omit<TokenRecord, "id" | "hash" | "createdAt" | "createdBy">,
  actor: string,
): Promise<string> {
  return (await makeToken(parts, token, actor)).text;
}
