import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import { canonicalJson } from "../core/canonical-json.ts";
import type { Random, Vault } from "../ports.ts";
import { SigningError } from "./error.ts";

const CIPHER = "aes-256-gcm";
/** First byte of whatever the vault writes: what follows is nonce (12), text, tag (16). */
const VERSION = 1;
const NONCE = 12;
const TAG = 16;
const KEY = 32;
const OVERHEAD = 1 + NONCE + TAG;
/** What a wrapped key is bound to. */
const WRAP_AAD = "sealpost-vault-key/v1";
const SUBJECT_DIGITS = 32;
/** Unwrapped keys that are kept at hand. */
const KEPT = 4096;

/**
 * The vault under a master key of 32 bytes: AES-256-GCM with random nonces; wrapping and naming keys are derived from the
 * master key by HKDF-SHA256. Its functions throw SigningError `bad-key` (not a wrapped key of this master key) or `not-opened`.
 */
export function createVault({ masterKey, random }: { readonly masterKey: Uint8Array; readonly random: Random }): Vault {
  if (masterKey.length !== KEY) throw new SigningError("bad-master-key", `a master key has ${KEY} bytes`);
  const wrapping = derive(masterKey, "sealpost/vault/wrap/v1");
  const naming = derive(masterKey, "sealpost/vault/subject/v1");
  const unwrapped = new Map<string, KeyObject>();

  const keyOf = (wrapped: Uint8Array): KeyObject => {
    const name = Buffer.from(wrapped.buffer, wrapped.byteOffset, wrapped.length).toString("latin1");
    const key = unwrapped.get(name) ?? unwrap(wrapping, wrapped);
    unwrapped.delete(name); // the newest stands last
    unwrapped.set(name, key);
    const [oldest] = unwrapped.size > KEPT ? unwrapped.keys() : [];
    if (oldest !== undefined) unwrapped.delete(oldest);
    return key;
  };

  return {
    subject: (tenant, addressee) =>
      createHmac("sha256", naming)
        .update(canonicalJson([tenant, addressee]))
        .digest("hex")
        .slice(0, SUBJECT_DIGITS),
    newKey: () => encrypt(wrapping, { aad: WRAP_AAD, nonce: random.bytes(NONCE), plain: random.bytes(KEY) }),
    seal: (wrappedKey, aad, plain) => encrypt(keyOf(wrappedKey), { aad, nonce: random.bytes(NONCE), plain }),
    open: (wrappedKey, aad, sealed) => decrypt(keyOf(wrappedKey), aad, sealed),
  };
}

function derive(masterKey: Uint8Array, info: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync("sha256", masterKey, "", info, KEY)));
}

function unwrap(wrapping: KeyObject, wrapped: Uint8Array): KeyObject {
  try {
    const key = decrypt(wrapping, WRAP_AAD, wrapped);
    if (key.length === KEY) return createSecretKey(key);
  } catch (error) {
    throw new SigningError("bad-key", "not a key that this master key wrapped", { cause: error });
  }
  throw new SigningError("bad-key", "not a key that this master key wrapped");
}

interface Plain {
  readonly aad: string;
  readonly nonce: Uint8Array;
  readonly plain: Uint8Array;
}

function encrypt(key: KeyObject, { aad, nonce, plain }: Plain): Uint8Array {
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG }).setAAD(Buffer.from(aad, "utf8"));
  const text = cipher.update(plain);
  cipher.final(); // GCM adds nothing to the text
  return Buffer.concat([Uint8Array.of(VERSION), nonce, text, cipher.getAuthTag()]);
}

function decrypt(key: KeyObject, aad: string, sealed: Uint8Array): Uint8Array {
  if (sealed.length < OVERHEAD || sealed[0] !== VERSION)
    throw new SigningError("not-opened", "nothing that the vault sealed");
  const nonce = sealed.subarray(1, 1 + NONCE);
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG })
    .setAAD(Buffer.from(aad, "utf8"))
    .setAuthTag(sealed.subarray(sealed.length - TAG));
  const plain = decipher.update(sealed.subarray(1 + NONCE, sealed.length - TAG));
  try {
    decipher.final();
  } catch (error) {
    throw new SigningError("not-opened", "the key, the text or its place is not the one that sealed", { cause: error });
  }
  return plain;
}
