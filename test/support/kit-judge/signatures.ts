/**
 * Trust policies and signatures, judged from the format page alone: nothing here comes from the product.
 * @module
 */
import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { Refused } from "./archive.ts";
import { canonical, type Fields, JsonFault, readCanonical, readJson, type Value } from "./json.ts";
import { sha256, statement } from "./manifest.ts";
import * as shape from "./shape.ts";
import { fieldsIn, instantOf, listIn, numberIn, textIn, textsIn } from "./shape.ts";

const name = shape.text(/^./s);
const KINDS =
  "app approvals calendars channels connectors ledger parity policies rules schedules templates trust witness".split(
    " ",
  );
const place = shape.fields({ epoch: shape.whole(0), sequence: shape.whole(0) });
const POLICY = shape.fields({
  schema: shape.is("trust-policy/v1"),
  version: shape.whole(1),
  createdAt: shape.instant,
  expiresAt: shape.either(shape.instant, shape.is(null)),
  keys: shape.record(
    name,
    shape.fields({
      spki: shape.text(),
      alg: shape.is("ed25519", "ecdsa-p256", "ml-dsa-65"),
      owner: name,
      notBefore: shape.instant,
      notAfter: shape.either(shape.instant, shape.is(null)),
    }),
  ),
  roles: shape.record(
    name,
    shape.fields({ keys: shape.list(name), threshold: shape.whole(1), distinctOwners: shape.is(true, false) }),
  ),
  delegations: shape.list(
    shape.fields({
      stream: shape.either(shape.stream, shape.text(new RegExp(`^${shape.ID}(/${shape.ID}){0,2}/[*]$`))),
      kinds: shape.list(shape.is(...KINDS)),
      tenants: shape.list(shape.either(shape.id, shape.is("*"))),
      role: name,
    }),
  ),
  revoked: shape.record(
    name,
    shape.fields({ at: shape.instant, reason: shape.text(), keepBefore: shape.is(true, false) }),
  ),
  floors: shape.record(shape.stream, place),
  maxSequenceJump: shape.whole(1),
  maxClockSkewSeconds: shape.whole(0),
  onExpired: shape.is("refuse", "needs-override"),
});

/** A trust policy that is sound; throws Refused TRUST_POLICY. */
export function soundPolicy(bytes: Uint8Array): Fields {
  const value = policyJson(bytes);
  const policy = fieldsIn(value);
  const keys = fieldsIn(policy.get("keys"));
  const roles = fieldsIn(policy.get("roles"));
  const good =
    POLICY(value) &&
    roles.has("root") &&
    [...keys].every(([id, key]) => isKey(id, fieldsIn(key))) &&
    [...roles.values()].every((role) => isReachable(fieldsIn(role), keys)) &&
    listIn(policy.get("delegations")).every((row) => roles.has(textIn(fieldsIn(row).get("role"))));
  if (!good) throw new Refused("TRUST_POLICY");
  return policy;
}

function policyJson(bytes: Uint8Array): Value {
  try {
    return readCanonical(bytes);
  } catch (error) {
    throw error instanceof JsonFault ? new Refused("TRUST_POLICY") : error;
  }
}

const sum = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("base64");
const field = (bytes: string | Uint8Array): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.from(bytes).length);
  return Buffer.concat([length, Buffer.from(bytes)]);
};

function isKey(id: string, key: Fields): boolean {
  const spki = strictBase64(textIn(key.get("spki")));
  const known = spki === undefined ? undefined : keyOf(spki);
  if (spki === undefined || known?.export({ type: "spki", format: "der" }).equals(spki) !== true) return false;
  const alg = key.get("alg");
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = known;
  if (type === "ml-dsa-65") return alg === type && id === `SPKI256:${sum(spki).replace(/=+$/, "")}`;
  if (type === "ed25519") return alg === type && id === fingerprint("ssh-ed25519", jwkPart(known, "x"));
  if (type !== "ec" || details?.namedCurve !== "prime256v1") return false;
  const point = Buffer.concat([Buffer.from([4]), jwkPart(known, "x"), jwkPart(known, "y")]);
  return alg === "ecdsa-p256" && id === fingerprint("ecdsa-sha2-nistp256", "nistp256", point);
}

function jwkPart(key: KeyObject, part: "x" | "y"): Buffer {
  return Buffer.from(String(key.export({ format: "jwk" })[part]), "base64url");
}

function fingerprint(...parts: readonly (string | Buffer)[]): string {
  return `SHA256:${sum(Buffer.concat(parts.map(field))).replace(/=+$/, "")}`;
}

function keyOf(spki: Buffer): KeyObject | undefined {
  try {
    return createPublicKey({ key: spki, format: "der", type: "spki" });
  } catch {
    return undefined;
  }
}

function strictBase64(text: string): Buffer | undefined {
  return /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text) &&
    Buffer.from(text, "base64").toString("base64") === text
    ? Buffer.from(text, "base64")
    : undefined;
}

function isReachable(role: Fields, keys: Fields): boolean {
  const ids = textsIn(role.get("keys"));
  const owners = new Set(ids.map((id) => fieldsIn(keys.get(id)).get("owner")));
  const reach = role.get("distinctOwners") === true ? owners.size : ids.length;
  return (
    ids.every((id) => keys.has(id)) && new Set(ids).size === ids.length && numberIn(role.get("threshold")) <= reach
  );
}

const BUNDLE = shape.fields({
  mediaType: shape.is("application/vnd.dev.sigstore.bundle.v0.3+json"),
  verificationMaterial: shape.fields({
    publicKey: shape.fields({ hint: name }),
    timestampVerificationData: shape.either(
      shape.absent,
      shape.fields({
        rfc3161Timestamps: shape.either(
          shape.absent,
          shape.list(() => false, 0, 0),
        ),
      }),
    ),
    tlogEntries: shape.either(
      shape.absent,
      shape.list(() => false, 0, 0),
    ),
  }),
  dsseEnvelope: shape.fields({
    payload: name,
    payloadType: shape.is("application/vnd.in-toto+json"),
    signatures: shape.list(shape.fields({ sig: name, keyid: shape.either(shape.absent, shape.text()) }), 1, 1),
  }),
});

/** What a role of a policy must have signed. */
export interface Due {
  readonly policy: Fields;
  readonly role: string;
  /** Of what was signed. */
  readonly createdAt: string;
  /** Whether a payload says what it must. */
  readonly says: (said: Value) => boolean;
}

/** Whether the bundles reach the role's threshold. */
export function isSigned(bundles: readonly Uint8Array[], due: Due): boolean {
  const role = fieldsIn(fieldsIn(due.policy.get("roles")).get(due.role));
  const ids = new Set(
    bundles.map((bytes) => signerOf(bytes, due)).filter((id) => textsIn(role.get("keys")).includes(id)),
  );
  const keys = fieldsIn(due.policy.get("keys"));
  const owners = new Set([...ids].map((id) => fieldsIn(keys.get(id)).get("owner")));
  return (role.get("distinctOwners") === true ? owners.size : ids.size) >= numberIn(role.get("threshold"));
}

/** The id of the key whose valid signature a bundle is, over what it must say; empty for any other. */
function signerOf(bytes: Uint8Array, { policy, createdAt, says }: Due): string {
  const bundle = jsonOrNull(bytes);
  if (!BUNDLE(bundle)) return "";
  const envelope = fieldsIn(fieldsIn(bundle).get("dsseEnvelope"));
  const [signature] = listIn(envelope.get("signatures")).map(fieldsIn);
  const material = fieldsIn(fieldsIn(bundle).get("verificationMaterial"));
  const hint = textIn(fieldsIn(material.get("publicKey")).get("hint"));
  const keyid = textIn(signature?.get("keyid"));
  const sig = strictBase64(textIn(signature?.get("sig")));
  const payload = strictBase64(textIn(envelope.get("payload")));
  if (sig === undefined || payload === undefined) return "";
  const keys = fieldsIn(policy.get("keys"));
  const id = keyid === "" ? idOfHint(keys, hint) : hint;
  const key = fieldsIn(keys.get(id));
  if (key.size === 0 || (keyid !== "" && keyid !== hint) || !isValid(policy, id, createdAt)) return "";
  const head = `DSSEv1 28 application/vnd.in-toto+json ${payload.length} `;
  const publicKey = keyOf(Buffer.from(textIn(key.get("spki")), "base64"));
  const algorithm = key.get("alg") === "ecdsa-p256" ? "sha256" : null;
  const signed = Buffer.concat([Buffer.from(head), payload]);
  if (publicKey === undefined || !verify(algorithm, signed, publicKey, sig)) return "";
  const said = jsonOrNull(payload);
  return said !== undefined && says(said) ? id : "";
}

function idOfHint(keys: Fields, hint: string): string {
  const found = [...keys].find(([, key]) => sum(Buffer.from(textIn(fieldsIn(key).get("spki")), "base64")) === hint);
  return found?.[0] ?? "";
}

function jsonOrNull(bytes: Uint8Array): Value | undefined {
  try {
    return readJson(bytes);
  } catch (error) {
    if (error instanceof JsonFault) return undefined;
    throw error;
  }
}

function isValid(policy: Fields, id: string, createdAt: string): boolean {
  const key = fieldsIn(fieldsIn(policy.get("keys")).get(id));
  const made = instantOf(createdAt);
  const end = key.get("notAfter");
  if (made < instantOf(textIn(key.get("notBefore"))) || (end !== null && made > instantOf(textIn(end)))) return false;
  const revoked = fieldsIn(fieldsIn(policy.get("revoked")).get(id));
  return revoked.size === 0 || (revoked.get("keepBefore") === true && made < instantOf(textIn(revoked.get("at"))));
}

/** Whether a statement is about this policy file; the file may be called anything. */
export function isAboutPolicy(said: Value, bytes: Uint8Array, version: number): boolean {
  const [first] = listIn(fieldsIn(said).get("subject"));
  const called = textIn(fieldsIn(first).get("name"));
  const subject: Value = new Map<string, Value>([
    ["name", called],
    ["digest", new Map([["sha256", sha256(bytes)]])],
  ]);
  const predicate = new Map([["version", version]]);
  return canonical(said) === statement("urn:sealpost:trust-policy:v1", predicate, [subject]);
}
