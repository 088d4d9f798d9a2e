/**
 * What a mutated kit has in common with the one it was made from. What was signed is the manifest, `SHA256SUMS` and every
 * file; the bundles themselves are not, and the format reads them in any JSON form.
 * @module
 */
import { headerOf } from "../kit-judge/archive.ts";
import { canonical, JsonFault, readJson } from "../kit-judge/json.ts";
import { fieldsIn, listIn, textIn } from "../kit-judge/shape.ts";
import { bundlesOf, joinArchive, type Part, pathOf, splitArchive } from "./archive.ts";
import { signatureClass } from "./signature-forms.ts";

/**
 * `identical`: byte for byte. `other form`: identical but for the bundles' names and JSON form, with the same signatures
 * over the same payloads, as many as before (an ECDSA signature and its twin are the same). `more bundles`: that, and
 * bundles that were not there. `foreign`: anything else.
 */
export type Kinship = "identical" | "other form" | "more bundles" | "foreign";

export function kinshipOf(mutant: Buffer, base: Buffer): Kinship {
  if (mutant.equals(base)) return "identical";
  const [changed, before] = [splitArchive(mutant), splitArchive(base)];
  const [found, wanted] = [changed, before].map(bundlesOf);
  if (found === undefined || wanted === undefined || !found.every(isPlain)) return "foreign";
  for (const archive of [changed, before]) {
    const bundles = new Set(bundlesOf(archive));
    archive.parts = archive.parts.filter((part) => !bundles.has(part));
  }
  if (!joinArchive(changed).equals(joinArchive(before))) return "foreign";
  const forms = found.map(({ content }) => signedBy(content));
  if (!wanted.every(({ content }) => forms.includes(signedBy(content)))) return "foreign";
  return found.length === wanted.length ? "other form" : "more bundles";
}

function isPlain(part: Part): boolean {
  return (
    headerOf(pathOf(part), part.content.length)?.equals(part.header) === true &&
    part.padding.every((byte) => byte === 0)
  );
}

/** A bundle's signature and payload; other fields decide only whether it counts at all. */
function signedBy(bundle: Buffer): string {
  try {
    const envelope = fieldsIn(fieldsIn(readJson(bundle)).get("dsseEnvelope"));
    const [signature] = listIn(envelope.get("signatures")).map(fieldsIn);
    const sig = Buffer.from(textIn(signature?.get("sig")), "base64");
    return canonical([signatureClass(sig), textIn(envelope.get("payload"))]);
  } catch (error) {
    if (error instanceof JsonFault) return "";
    throw error;
  }
}
