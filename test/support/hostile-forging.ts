/**
 * Changes to bundles and statements, for kits whose signatures are not what they should be.
 * @module
 */
import { sign } from "node:crypto";
import { isJsonObject, type Json } from "../../src/core/json.ts";
import { preAuthEncoding } from "../../src/signing/dsse.ts";
import { objectOf, type Recipe, testKey, type TestSigner, textOf } from "./kit-forge.ts";

type Change = (json: Json) => Json;

/** Changes a value inside JSON by its path; undefined removes it. */
export function put(path: readonly (string | number)[], value: (before: Json | undefined) => Json | undefined): Change {
  const [head, ...rest] = path;
  return (json) => {
    if (head === undefined) return value(json) ?? null;
    if (Array.isArray(json)) return json.map((item: Json, at) => (at === head ? put(rest, value)(item) : item));
    const object = isJsonObject(json) ? json : {};
    const after = rest.length > 0 ? put(rest, value)(object[head] ?? {}) : value(object[head]);
    const others = Object.entries(object).filter(([key]) => key !== head);
    return Object.fromEntries(after === undefined ? others : [...others, [head, after]]);
  };
}

/** Puts a value there. */
export const to = (path: readonly (string | number)[], value: Json): Change => put(path, () => value);
/** Changes each bundle. */
export const bundle = (...changes: readonly Change[]): Recipe => ({
  bundle: (json) => changes.reduce<Json>((value, change) => change(value), json),
});
/** Changes what is signed. */
export const statement = (...changes: readonly Change[]): Recipe => ({
  statement: (json) => {
    const changed = changes.reduce<Json>((value, change) => change(value), json);
    return isJsonObject(changed) ? changed : {};
  },
});

/** Places inside a bundle. */
export const ENVELOPE = ["dsseEnvelope"];
export const SIGNATURES = ["dsseEnvelope", "signatures"];
export const KEYID = [...SIGNATURES, 0, "keyid"];
export const SIG = [...SIGNATURES, 0, "sig"];
export const MATERIAL = ["verificationMaterial"];
export const HINT = [...MATERIAL, "publicKey", "hint"];

/** Signs again with the same key: another type, another payload, or r||s instead of DER. */
export function resigned(
  name: TestSigner,
  how: { type?: string; payload?: (text: string) => string; raw?: true },
): Recipe {
  const key = testKey(name);
  const again = (envelope: Json | undefined): Json => {
    const old = objectOf(envelope);
    const text = Buffer.from(textOf(old["payload"]), "base64").toString();
    const payload = Buffer.from(how.payload?.(text) ?? text);
    const data = preAuthEncoding(payload, how.type);
    const dsaEncoding = how.raw === true ? "ieee-p1363" : "der";
    const sig = sign(key.algorithm === "ed25519" ? null : "sha256", data, { key: key.privateKey, dsaEncoding });
    const type = how.type === undefined ? {} : { payloadType: how.type };
    return {
      ...old,
      ...type,
      payload: payload.toString("base64"),
      signatures: [{ keyid: key.keyId, sig: sig.toString("base64") }],
    };
  };
  return { signers: [name], ...bundle(put(ENVELOPE, again)) };
}
