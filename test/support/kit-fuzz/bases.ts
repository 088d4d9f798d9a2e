/**
 * Good kits that carry exactly the signatures that they need, each with the site that accepts it. Nothing in them is drawn
 * by chance: ECDSA signatures are those of the vectors.
 * @module
 */
import { createCipheriv } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sha256Hex } from "../../../src/core/hash.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { cosignHint } from "../../../src/core/key-id.ts";
import { policyStatement } from "../../../src/core/kit-derive.ts";
import { headOf, type SiteView } from "../../../src/core/kit-site.ts";
import { parseManifest } from "../../../src/core/kit.ts";
import { policyBytes, type TrustPolicy } from "../../../src/core/trust.ts";
import { bundleFileName, signStatement } from "../../../src/signing/dsse.ts";
import { siteAfter } from "../../../src/signing/site-after.ts";
import { signerOf } from "../../../src/signing/keys.ts";
import {
  forgeKit,
  KIT_VECTORS,
  listOf,
  objectOf,
  type Recipe,
  testKey,
  testPolicy,
  testSite,
  type TestSigner,
} from "../kit-forge.ts";
import {
  bundlesOf,
  contentOf,
  jsonIn,
  joinArchive,
  MANIFEST,
  pathOf,
  setContent,
  sorted,
  splitArchive,
} from "./archive.ts";

export interface FuzzBase {
  readonly name: string;
  readonly bytes: Buffer;
  readonly site: SiteView;
  /** Signers of the kit, where they can sign again without chance. */
  readonly signers: readonly TestSigner[];
  /** Signers of each policy that it carries. */
  readonly roots: readonly TestSigner[];
}

const vector = (file: string): string => join(KIT_VECTORS, "kits", file);
const read = (file: string): Buffer => readFileSync(vector(file));
const id = (name: TestSigner): string => testKey(name).keyId;

/** All base kits, the one that takes long last. */
export async function fuzzBases(): Promise<FuzzBase[]> {
  const next = await nextKit();
  return [
    { name: "one signer", bytes: read("good-1-hq.rules-0.1.kit.tar"), site: testSite(), signers: ["alice"], roots: [] },
    { name: "two owners", bytes: read("good-2-hq.base-0.1.kit.tar"), site: testSite(), signers: [], roots: [] },
    { name: "rotation", bytes: read("good-3-hq.trust-0.1.kit.tar"), site: testSite(), signers: [], roots: [] },
    ...carolAlone(),
    next,
    await twoEd25519(),
    await chainOfTwo(),
    await thinKit(),
    await ledgerKit(next.site),
    await wideKit(),
  ];
}

function policySite(change: (policy: TrustPolicy) => Partial<TrustPolicy>): SiteView {
  return testSite({ policies: { upstream: testPolicy(change) } });
}

/** The P-256 signature of the vectors alone; and the same as cosign writes it. */
function carolAlone(): FuzzBase[] {
  const site = policySite(({ roles }) => ({
    roles: { ...roles, base: { keys: [id("carol")], threshold: 1, distinctOwners: false } },
  }));
  const ours = splitArchive(read("good-2-hq.base-0.1.kit.tar"));
  ours.parts = ours.parts.filter((part) => !pathOf(part).includes(bundleFileName(id("bob"))));
  const cosign = splitArchive(joinArchive(ours));
  for (const part of bundlesOf(cosign)) setContent(cosign, pathOf(part), asCosign(objectOf(jsonIn(part.content))));
  const rest = { site, signers: [], roots: [] };
  return [
    { name: "P-256 alone", bytes: joinArchive(ours), ...rest },
    { name: "P-256 as cosign writes it", bytes: joinArchive(cosign), ...rest },
  ];
}

function asCosign(bundle: JsonObject): Buffer {
  const envelope = objectOf(bundle["dsseEnvelope"]);
  const [signature] = listOf(envelope["signatures"]).map(objectOf);
  const signatures = [{ sig: signature?.["sig"] ?? "" }];
  const publicKey = { hint: cosignHint(testKey("carol").spki) };
  const verificationMaterial = { ...objectOf(bundle["verificationMaterial"]), publicKey };
  return Buffer.from(sorted({ ...bundle, verificationMaterial, dsseEnvelope: { ...envelope, signatures } }));
}

const RULE = '{"id":"fan-slow","name":"Fan slow","schema":"rule/v1"}';
const LONG_NAME = `${"a-folder-of-some-length/".repeat(5)}notes-on-fans.txt`;

/** The sixth kit of a stream at a site that holds the fifth and another stream; documents of many sizes, one twice. */
async function nextKit(): Promise<FuzzBase> {
  const held = read("before-hq.rules-0.5.kit.tar");
  const prev = sha256Hex(contentOf(splitArchive(held), MANIFEST) ?? "");
  const site = await siteAfter(testSite(), [
    vector("before-hq.rules-0.5.kit.tar"),
    vector("good-2-hq.base-0.1.kit.tar"),
  ]);
  const heads = Object.fromEntries([...site.known].map(([stream, head]) => [stream, { ...head }]));
  const bytes = await forgeKit({
    content: {
      [`content/docs/${LONG_NAME}`]: "Fans turn.",
      "content/docs/empty.txt": "",
      "content/docs/large.txt": Buffer.alloc(70_000, "fans "),
      "content/rules/acme/fan-slow.json": RULE,
      "content/rules/beta/fan-slow.json": RULE,
    },
    manifest: (manifest) => ({
      ...manifest,
      sequence: 6,
      prev,
      heads,
      audience: ["group:fleet", "site:ship-07"],
      createdAt: "2026-11-10T08:00:00Z",
      acks: { "ship-07/ledger": { sequence: 3, manifest: prev } },
    }),
  });
  return { name: "sixth of its stream", bytes, site, signers: ["alice"], roots: [] };
}

/** Bytes that do not compress, always the same. */
function noise(length: number): Buffer {
  return createCipheriv("aes-128-ctr", Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(length));
}

/** A kit that is longer than what is read at once. */
async function wideKit(): Promise<FuzzBase> {
  const bytes = await forgeKit({
    content: {
      "content/docs/a.txt": noise(600_000),
      "content/docs/b.txt": noise(60_000),
      "content/docs/c.txt": noise(500_000),
      "content/rules/acme/fan-slow.json": RULE,
    },
  });
  return { name: "longer than a chunk", bytes, site: testSite(), signers: ["alice"], roots: [] };
}

/** Two of two owners, both keys Ed25519. */
async function twoEd25519(): Promise<FuzzBase> {
  const keys = [id("alice"), id("bob"), id("bob2")];
  const site = policySite(({ roles }) => ({ roles: { ...roles, base: { keys, threshold: 2, distinctOwners: true } } }));
  const signers: TestSigner[] = ["alice", "bob"];
  const bytes = await forgeKit({ signers, manifest: (manifest) => ({ ...manifest, stream: "hq/base" }) });
  return { name: "two owners, Ed25519", bytes, site, signers, roots: [] };
}

const ROOTS: readonly TestSigner[] = ["root1", "alice", "bob"];

function rootPolicy(version: number, roots: readonly TestSigner[]): TrustPolicy {
  return testPolicy(({ roles }) => ({
    version,
    roles: { ...roles, root: { keys: roots.map(id), threshold: 2, distinctOwners: true } },
  }));
}

/** A trust kit with policies 2 and 3 for a site that holds 1; each step replaces a root. */
async function chainOfTwo(): Promise<FuzzBase> {
  const held = rootPolicy(1, ["root1", "alice"]);
  const links = [rootPolicy(2, ["root1", "bob"]), rootPolicy(3, ["alice", "bob"])];
  const files = await Promise.all(
    links.map((policy) => policyFiles(policy.version, Buffer.from(policyBytes(policy)), ROOTS)),
  );
  const bytes = await forgeKit({
    content: Object.fromEntries(files.flat()),
    signers: ["alice", "root1"],
    manifest: (manifest) => ({ ...manifest, stream: "hq/trust", kinds: ["trust"] }),
  });
  const site = testSite({ policies: { upstream: held } });
  return { name: "chain of two policies", bytes, site, signers: ["alice", "root1"], roots: ROOTS };
}

/** A policy's file and its signatures, by path, sorted. */
export async function policyFiles(
  version: number,
  policy: Buffer,
  signers: readonly TestSigner[],
): Promise<[string, Buffer][]> {
  const statement = policyStatement(version, sha256Hex(policy));
  const signatures = await Promise.all(
    signers.map(async (name): Promise<[string, Buffer]> => {
      const path = `content/trust/policy.${version}.sig/${bundleFileName(id(name))}`;
      return [path, Buffer.from(await signStatement(statement, signerOf(testKey(name))))];
    }),
  );
  const all: [string, Buffer][] = [[`content/trust/policy.${version}.json`, policy], ...signatures];
  return all.toSorted(([left], [right]) => (left < right ? -1 : 1));
}

const delegation = (stream: string, kind: "app" | "ledger"): TrustPolicy["delegations"][number] => ({
  stream,
  kinds: [kind, "witness"],
  tenants: ["*"],
  role: "rules",
});

/** A kit that leaves out a blob which the site holds. */
async function thinKit(): Promise<FuzzBase> {
  const omitted = sha256Hex("a blob that the site holds");
  const site = policySite(({ delegations }) => ({ delegations: [...delegations, delegation("hq/*", "app")] }));
  const recipe: Recipe = {
    content: { "content/app/linux/sealpost": "a blob that is carried", "content/witness/body.txt": "size 7" },
    rows: (rows) => [
      { path: "content/app/linux/held", role: "blob", sha256: omitted, size: 26 },
      ...rows.map((row) => ({ ...row, role: row.path.startsWith("content/app/") ? "blob" : "witness" })),
    ],
    manifest: (manifest) => ({ ...manifest, stream: "hq/app", kinds: ["app", "witness"], omitted: [omitted] }),
  };
  const bytes = await forgeKit(recipe);
  return { name: "thin", bytes, site: { ...site, blobs: new Set([omitted]) }, signers: ["alice"], roots: [] };
}

function ledgerBytes(sequence: number, prev: string | null): Promise<Buffer> {
  return forgeKit({
    content: { "content/ledger/tile.bin": `leaves ${sequence}` },
    rows: (rows) => rows.map((row) => ({ ...row, role: "ledger" })),
    manifest: (manifest) => ({ ...manifest, stream: "ship-09/ledger", kinds: ["ledger"], sequence, prev }),
  });
}

/** The second kit of a ledger, after the first. */
async function ledgerKit(from: SiteView): Promise<FuzzBase> {
  const first = contentOf(splitArchive(await ledgerBytes(1, null)), MANIFEST) ?? Buffer.alloc(0);
  const upstream = testPolicy(({ delegations }) => ({
    delegations: [...delegations, delegation("ship-09/*", "ledger")],
  }));
  const head = headOf(parseManifest(first), sha256Hex(first));
  const site = { ...from, policies: { upstream }, heads: new Map(from.heads).set("ship-09/ledger", head) };
  const bytes = await ledgerBytes(2, head.manifest);
  return { name: "second of a ledger", bytes, site, signers: ["alice"], roots: [] };
}
