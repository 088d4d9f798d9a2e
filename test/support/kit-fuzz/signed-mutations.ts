/**
 * Kits that are changed and then properly signed by the keys of their base, so that all that is judged behind the signatures
 * is reached.
 * @module
 */
import { sha256Hex } from "../../../src/core/hash.ts";
import type { Json, JsonObject } from "../../../src/core/json.ts";
import { policyStatement } from "../../../src/core/kit-derive.ts";
import { bundleFileName, bundlePath, signStatement } from "../../../src/signing/dsse.ts";
import { signerOf } from "../../../src/signing/keys.ts";
import { listOf, objectOf, testKey, type TestSigner } from "../kit-forge.ts";
import {
  type Archive,
  bundlesOf,
  contentOf,
  filesOf,
  jsonIn,
  joinArchive,
  MANIFEST,
  partOf,
  pathOf,
  refit,
  setContent,
  sorted,
  splitArchive,
  statementOf,
} from "./archive.ts";
import type { FuzzBase } from "./bases.ts";
import { ALL, editFile, editManifest, editTable } from "./content-mutations.ts";
import type { Draw } from "./draw.ts";
import { editJson, reformText } from "./json-edits.ts";

type Edit = readonly [name: string, edit: (archive: Archive, draw: Draw) => void | Promise<void>];

const EDITS: readonly Edit[] = [
  ["signed manifest", editManifest],
  ["signed manifest", editManifest],
  ["signed place", editPlace],
  ["signed place", editPlace],
  ["signed file", editFile],
  ["signed table", editTable],
];

const POLICY_EDITS: readonly Edit[] = [
  ["signed policy", editPolicy],
  ["signed policy", editPolicy],
  ["signed policy", editPolicy],
  ["policy signature out", dropSignature],
];

/** Sound values for the fields that place a kit. */
function editPlace(archive: Archive, draw: Draw): void {
  const manifest = objectOf(jsonIn(contentOf(archive, MANIFEST)));
  const [field, values] = draw.pick(Object.entries(PLACES));
  setContent(archive, MANIFEST, Buffer.from(sorted({ ...manifest, [field]: draw.pick(values) })));
}

const HASH = "0".repeat(64);
const PLACES: Readonly<Record<string, readonly Json[]>> = {
  stream: ["hq/rules", "hq/base", "hq/trust", "hq/app", "ship-09/ledger", "ship-07/starter", "hq/rules/x", "hq/none"],
  epoch: [0, 1, 2],
  sequence: [1, 2, 3, 4, 5, 6, 7, 1000, 1001, 1006],
  prev: [null, HASH],
  audience: [["*"], ["site:ship-07"], ["site:ship-08"], ["group:fleet", "site:x"], ["group:none"]],
  tenants: [["*"], ["acme"], ["acme", "beta"]],
  kinds: [["rules"], ["trust"], ["ledger"], ["rules", "witness"], ["rules", "templates"], ["witness"]],
  createdAt: ["2026-11-01T08:00:00Z", "2026-11-21T12:00:00Z", "2026-11-21T12:00:01Z", "2020-01-01T00:00:00Z"],
  expiresAt: [null, "2026-11-20T12:00:00Z", "2026-11-20T11:59:59Z"],
  minApp: ["0.0.0", "0.1.0", "0.1.1", "1.0.0", "0.10.0"],
  omitted: [[], [HASH]],
  heads: [
    {},
    { "hq/base": { epoch: 0, sequence: 1, manifest: HASH } },
    { "hq/x": { epoch: 1, sequence: 9, manifest: HASH } },
  ],
  acks: [{}, { "ship-07/ledger": { sequence: 1, manifest: HASH } }],
};

/** A kit changed and properly signed again, so that what comes after the signatures is reached. */
export async function signedAnew(base: FuzzBase, draw: Draw): Promise<{ bytes: Buffer; how: readonly string[] }> {
  const archive = splitArchive(base.bytes);
  const how: string[] = [];
  for (let left = draw.pick([1, 1, 2, 3]); left > 0; left--) {
    const [name, edit] = draw.pick(base.roots.length > 0 && draw.chance(0.8) ? POLICY_EDITS : EDITS);
    how.push(name);
    await edit(archive, draw);
  }
  refit(archive, draw.chance(0.9) ? ALL : { ...ALL, root: false });
  await sign(archive, base.signers, draw);
  return { bytes: joinArchive(archive), how };
}

const id = (name: TestSigner): string => testKey(name).keyId;
const ROOTS: readonly TestSigner[] = ["root1", "alice", "bob"];
const ROOT_KEYS = [
  ["root1", "alice"],
  ["root1", "bob"],
  ["alice", "bob"],
  ["alice", "bob2", "bob"],
  ["carol", "alice"],
] as const;
const FLOORS = [
  [0, 0],
  [0, 1],
  [0, 2],
  [1, 0],
] as const;

/** Sound values for the fields of a policy that decide whether it may replace another. */
function editedPolicy(policy: JsonObject, draw: Draw): Json {
  const roles = objectOf(policy["roles"]);
  const root = {
    keys: draw.pick(ROOT_KEYS).map(id),
    threshold: draw.pick([1, 2, 2, 3]),
    distinctOwners: draw.chance(0.5),
  };
  const [epoch, sequence] = draw.pick(FLOORS);
  const revoked = { at: "2026-09-01T00:00:00Z", reason: "lost", keepBefore: draw.chance(0.5) };
  const key = draw.pick(ROOTS);
  const keys = objectOf(policy["keys"]);
  return draw.pick<Json>([
    { ...policy, floors: { "hq/rules": { epoch, sequence } } },
    { ...policy, floors: {} },
    { ...policy, version: draw.pick([1, 2, 3, 4]) },
    { ...policy, roles: { ...roles, root } },
    { ...policy, roles: { ...roles, root } },
    { ...policy, expiresAt: draw.pick([null, "2026-11-20T12:00:00Z", "2026-11-20T11:59:59Z"]) },
    { ...policy, createdAt: draw.pick(["2025-12-31T23:59:59Z", "2026-08-31T00:00:00Z", "2031-01-01T00:00:01Z"]) },
    { ...policy, revoked: { [id(key)]: revoked } },
    { ...policy, keys: { ...keys, [id(key)]: { ...objectOf(keys[id(key)]), owner: "alice" } } },
  ]);
}

/** A policy changed and, mostly, signed again by the roots. */
async function editPolicy(archive: Archive, draw: Draw): Promise<void> {
  const policies = filesOf(archive).filter((part) => /policy\.\d+\.json$/.test(pathOf(part)));
  const [part] = policies.length === 0 ? [] : [draw.pick(policies)];
  if (part === undefined) return;
  const path = pathOf(part);
  const before = objectOf(jsonIn(part.content));
  const text = sorted(draw.chance(0.6) ? editedPolicy(before, draw) : editJson(before, draw));
  const policy = Buffer.from(draw.chance(0.05) ? reformText(text, draw) : text);
  setContent(archive, path, policy);
  const version = Number(/\d+/.exec(path)?.[0]);
  const signatures = filesOf(archive).filter((one) => pathOf(one).startsWith(path.replace(/json$/, "sig/")));
  for (const signature of signatures) {
    const name = ROOTS.find((root) => pathOf(signature).endsWith(bundleFileName(id(root))));
    if (name === undefined || draw.chance(0.05)) continue;
    const statement = policyStatement(version, sha256Hex(policy), draw.chance(0.1) ? "renamed.json" : undefined);
    setContent(archive, pathOf(signature), Buffer.from(await signStatement(statement, signerOf(testKey(name)))));
  }
}

/** Takes a signature of a policy away, its row with it. */
function dropSignature(archive: Archive, draw: Draw): void {
  const manifest = objectOf(jsonIn(contentOf(archive, MANIFEST)));
  const signatures = filesOf(archive).filter((part) => pathOf(part).includes(".sig/"));
  if (signatures.length === 0) return;
  const out = draw.pick(signatures);
  archive.parts = archive.parts.filter((part) => part !== out);
  const files = listOf(manifest["files"]).filter((row) => objectOf(row)["path"] !== pathOf(out));
  setContent(archive, MANIFEST, Buffer.from(sorted({ ...manifest, files })));
}

/** Replaces the bundles by new ones; now and then what they say has another form, or is not quite what it must be. */
async function sign(archive: Archive, signers: readonly TestSigner[], draw: Draw): Promise<void> {
  const had = new Set(bundlesOf(archive));
  const due = statementOf(archive) ?? '{"_type":"https://in-toto.io/Statement/v1"}';
  const bundles = [];
  for (const name of signers) {
    const key = testKey(name);
    const said = draw.chance(0.9)
      ? due
      : draw.pick([reformText(due, draw), sorted(editJson(jsonIn(Buffer.from(due)) ?? {}, draw))]);
    bundles.push(partOf(bundlePath(key.keyId), Buffer.from(await signStatement(said, signerOf(key)))));
  }
  const [first, ...rest] = archive.parts.filter((part) => !had.has(part));
  const ordered = bundles.toSorted((left, right) => (pathOf(left) < pathOf(right) ? -1 : 1));
  archive.parts = [...(first === undefined || pathOf(first) !== MANIFEST ? [] : [first]), ...ordered, ...rest];
}
