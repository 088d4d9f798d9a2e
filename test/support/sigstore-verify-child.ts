/**
 * Checks an unpacked kit by one signer's public key with `@sigstore/verify` (and the two packages that its types come from):
 *     node sigstore-verify-child.ts FOLDER PUBLIC_KEY.pem BUNDLE
 * It is an outsider: it imports nothing of ours.
 * @module
 */
import { createHash, createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bundleFromJSON, isBundleWithDsseEnvelope } from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { toSignedEntity, toTrustMaterial, VerificationError, Verifier } from "@sigstore/verify";

const ROOT = { mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1" };

function isSubject(value: unknown, name: string, sha256: string): boolean {
  return JSON.stringify(value) === JSON.stringify({ digest: { sha256 }, name });
}

function faultOf(folder: string, keyFile: string, bundleFile: string): string | undefined {
  const sha256 = (name: string): string =>
    createHash("sha256")
      .update(readFileSync(join(folder, name)))
      .digest("hex");
  const publicKey = createPublicKey(readFileSync(keyFile));
  const trust = toTrustMaterial(TrustedRoot.fromJSON(ROOT), () => ({ publicKey, validFor: () => true }));
  const verifier = new Verifier(trust, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 });
  const bundle = bundleFromJSON(JSON.parse(readFileSync(bundleFile, "utf8")));
  if (!isBundleWithDsseEnvelope(bundle)) return "type";
  try {
    verifier.verify(toSignedEntity(bundle));
  } catch (error) {
    if (error instanceof VerificationError) return "signature";
    throw error;
  }
  const { payload, payloadType } = bundle.content.dsseEnvelope;
  const statement: { readonly predicateType?: unknown; readonly subject?: unknown } = JSON.parse(payload.toString());
  if (payloadType !== "application/vnd.in-toto+json" || statement.predicateType !== "urn:sealpost:kit:v1")
    return "type";
  const subjects: readonly unknown[] = Array.isArray(statement.subject) ? statement.subject : [];
  for (const name of ["offline-kit.json", "SHA256SUMS"])
    if (!subjects.some((subject) => isSubject(subject, name, sha256(name)))) return `subject ${name}`;
  for (const line of readFileSync(join(folder, "SHA256SUMS"), "utf8").trimEnd().split("\n"))
    if (sha256(line.slice(66)) !== line.slice(0, 64)) return `sums ${line.slice(66)}`;
  return undefined;
}

const [folder = "", keyFile = "", bundleFile = ""] = process.argv.slice(2);
const fault = faultOf(folder, keyFile, bundleFile);
console.log(fault === undefined ? "verified" : `refused: ${fault}`);
process.exitCode = fault === undefined ? 0 : 3;
