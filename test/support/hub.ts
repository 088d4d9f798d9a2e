/**
 * A hub with keys of its own and a trust policy: what it builds is signed as sites demand it.
 * @module
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import type { Json } from "../../src/core/json.ts";
import { CONTENT_KINDS, KIT_KINDS, type KitKind, type Manifest } from "../../src/core/kit.ts";
import { policyStatement } from "../../src/core/kit-derive.ts";
import { kitInstant } from "../../src/core/kit-time.ts";
import { sha256Hex } from "../../src/core/hash.ts";
import { parsePolicy, policyBytes, policyFingerprint, type TrustPolicy } from "../../src/core/trust.ts";
import { bundleFileName, signStatement } from "../../src/signing/dsse.ts";
import { type BuildFile, buildKit } from "../../src/signing/kit-build.ts";
import { createKeyPair, type KeyPair, signerOf } from "../../src/signing/keys.ts";

const DAY_MS = 86_400_000;
const OWNERS = ["rita", "rolf", "carol", "dave"] as const;
const BOTH_ROOTS: readonly Owner[] = ["rita", "rolf"];
export type Owner = (typeof OWNERS)[number];

export interface HubKit {
  readonly stream?: string;
  readonly sequence?: number;
  readonly epoch?: number;
  readonly prev?: string;
  /** Objects by `<kind>/<tenant or _>/<id>`. */
  readonly objects?: Readonly<Record<string, Json>>;
  /** Docs by path below `content/`. */
  readonly docs?: Readonly<Record<string, string | Uint8Array>>;
  readonly files?: readonly BuildFile[];
  readonly kinds?: readonly KitKind[];
  readonly audience?: readonly string[];
  readonly createdAt?: number;
  readonly expiresAt?: number;
  readonly heads?: Manifest["heads"];
  readonly signers?: readonly Owner[];
}

export interface Hub {
  readonly policy: TrustPolicy;
  readonly fingerprint: string;
  readonly keys: Readonly<Record<Owner, KeyPair>>;
  /** Builds a kit of `hq/rules`, signed by carol and dave; a file of its own in the hub's folder. */
  readonly kit: (kit: HubKit) => Promise<{ readonly file: string; readonly kit: string }>;
  /** The policy after `policy` with a change, and the files by which a trust kit carries it. */
  readonly rotation: (
    change: Partial<TrustPolicy>,
    by?: { readonly from?: TrustPolicy; readonly signers?: readonly Owner[] },
  ) => Promise<{ readonly policy: TrustPolicy; readonly files: readonly BuildFile[] }>;
}

/** A hub in a folder: roots rita and rolf (both), `hq/*` by carol and dave (both). */
export function makeHub(folder: string, change: Partial<TrustPolicy> = {}): Hub {
  const keys: Hub["keys"] = {
    rita: createKeyPair(),
    rolf: createKeyPair(),
    carol: createKeyPair(),
    dave: createKeyPair(),
  };
  const policy = sound({ ...firstPolicy(keys), ...change });
  let made = 0;
  return {
    policy,
    fingerprint: policyFingerprint(policyBytes(policy)),
    keys,
    kit: async (kit) => {
      const file = path.join(folder, `${made++}.kit.tar`);
      fs.mkdirSync(folder, { recursive: true });
      const signers = (kit.signers ?? ["carol", "dave"]).map((owner) => signerOf(keys[owner]));
      const built = await buildKit({ ...inputOf(kit), signers }, file);
      return { file, kit: built.kit };
    },
    rotation: async (next, by = {}) => {
      const { from = policy, signers = BOTH_ROOTS } = by;
      const after = sound({ ...from, version: from.version + 1, ...next });
      const bytes = policyBytes(after);
      const statement = policyStatement(after.version, sha256Hex(bytes));
      const at = `content/trust/policy.${after.version}`;
      const signatures: BuildFile[] = [];
      for (const owner of signers) {
        const bundle = await signStatement(statement, signerOf(keys[owner]));
        signatures.push({ path: `${at}.sig/${bundleFileName(keys[owner].keyId)}`, role: "trust", bytes: bundle });
      }
      return { policy: after, files: [{ path: `${at}.json`, role: "trust", bytes }, ...signatures] };
    },
  };
}

function sound(policy: TrustPolicy): TrustPolicy {
  return parsePolicy(policyBytes(policy));
}

function firstPolicy(keys: Readonly<Record<Owner, KeyPair>>): TrustPolicy {
  const [from, to] = [kitInstant(Date.now() - 30 * DAY_MS), kitInstant(Date.now() + 300 * DAY_MS)];
  const entries = OWNERS.map((owner) => [
    keys[owner].keyId,
    {
      spki: Buffer.from(keys[owner].spki).toString("base64"),
      alg: keys[owner].algorithm,
      owner,
      notBefore: from,
      notAfter: to,
    },
  ]);
  const both = (...owners: Owner[]): TrustPolicy["roles"][string] => ({
    keys: owners.map((owner) => keys[owner].keyId),
    threshold: owners.length,
    distinctOwners: true,
  });
  return {
    schema: "trust-policy/v1",
    version: 1,
    createdAt: from,
    expiresAt: to,
    keys: Object.fromEntries(entries),
    roles: { root: both("rita", "rolf"), content: both("carol", "dave") },
    delegations: [{ stream: "hq/*", kinds: [...KIT_KINDS], tenants: ["*"], role: "content" }],
    revoked: {},
    floors: {},
    maxSequenceJump: 100,
    maxClockSkewSeconds: 3600,
    onExpired: "refuse",
  };
}

function inputOf(kit: HubKit): Omit<Parameters<typeof buildKit>[0], "signers"> {
  const { stream = "hq/rules", sequence = 1, epoch = 0, createdAt = Date.now(), kinds = CONTENT_KINDS } = kit;
  const objects = Object.entries(kit.objects ?? {}).map(
    ([key, value]): BuildFile => ({
      path: `content/${key}.json`,
      role: "object",
      bytes: Buffer.from(canonicalJson(value)),
    }),
  );
  const docs = Object.entries(kit.docs ?? {}).map(
    ([name, text]): BuildFile => ({
      path: `content/${name}`,
      role: "doc",
      bytes: Buffer.from(text),
    }),
  );
  return {
    spec: {
      schema: "offline-kit/v1",
      kinds: [...kinds],
      epoch,
      sequence,
      tenants: ["*"],
      expiresAt: kit.expiresAt === undefined ? null : kitInstant(kit.expiresAt),
      minApp: "0.1.0",
      acks: {},
      provenance: { builder: "test", source: [] },
    },
    files: [...objects, ...docs, ...(kit.files ?? [])],
    stream,
    audience: kit.audience ?? ["*"],
    createdAt: kitInstant(createdAt),
    epoch,
    sequence,
    prev: kit.prev ?? null,
    heads: kit.heads ?? {},
  };
}
