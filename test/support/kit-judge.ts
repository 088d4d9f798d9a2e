/**
 * A second judge of kits, whole in memory and slow, written from the format page alone: nothing here comes from the
 * product, so that what both accept or refuse alike is not one mistake made twice.
 * @module
 */
import { needed, Refused, Tape } from "./kit-judge/archive.ts";
import { canonical, type Fields } from "./kit-judge/json.ts";
import {
  carriedRows,
  policyVersion,
  rowsOf,
  sha256,
  soundManifest,
  statementOf,
  sumsOf,
} from "./kit-judge/manifest.ts";
import { checkPlace, order, placeIn } from "./kit-judge/place.ts";
import { isAboutPolicy, isSigned, soundPolicy } from "./kit-judge/signatures.ts";
import { fieldsIn, instantOf, listIn, numberIn, textIn, textsIn } from "./kit-judge/shape.ts";

interface Place {
  readonly epoch: number;
  readonly sequence: number;
  readonly manifest: string;
}

/** What a site holds. Policies are their bytes; instants are epoch ms. */
export interface JudgedSite {
  readonly site: string;
  readonly groups: readonly string[];
  readonly appVersion: string;
  readonly now: number;
  readonly newest: number;
  readonly policies: { readonly local?: Uint8Array; readonly upstream?: Uint8Array };
  readonly heads: ReadonlyMap<string, Place & { readonly createdAt: number }>;
  readonly known: ReadonlyMap<string, Place>;
  /** By `<stream>@<epoch>.<sequence>`. */
  readonly accepted: ReadonlyMap<string, string>;
  /** By `<tenant>/<kind>/<id>`. */
  readonly owners: ReadonlyMap<string, string>;
  readonly blobs: ReadonlySet<string>;
}

/** `OK`, or the one code with which undressed bytes are refused (steps 2 to 8, and 9 of trust kits). */
export function judgeKit(bytes: Buffer, site: JudgedSite): string {
  try {
    judge(bytes, site);
    return "OK";
  } catch (error) {
    if (error instanceof Refused) return error.code;
    throw error;
  }
}

function judge(bytes: Buffer, site: JudgedSite): void {
  const tape = new Tape(bytes);
  const first = needed(tape.next());
  if (first.path !== "offline-kit.json") throw new Refused("KIT_LAYOUT");
  if (first.size > 8 * 2 ** 20) throw new Refused("KIT_LIMIT_ENTRY");
  const text = tape.content(first.size);
  const { bundles, sums } = signaturesIn(tape);
  const manifest = soundManifest(text);
  const kit = sha256(text);
  const { policy, role } = delegated(manifest, site);
  const due = statementOf(manifest, kit);
  const createdAt = textIn(manifest.get("createdAt"));
  if (!isSigned(bundles, { policy, role, createdAt, says: (said) => canonical(said) === due }))
    throw new Refused("SIG_THRESHOLD");
  checkPlace(manifest, { kit, policy, site });
  if (sums !== sumsOf(manifest).length || !tape.content(sums).equals(sumsOf(manifest))) throw new Refused("KIT_SUMS");
  const contents = new Map<string, Buffer>();
  for (const row of carriedRows(manifest)) {
    const { path, size } = needed(tape.next());
    if (path !== row.path) throw new Refused("KIT_LAYOUT");
    if (size !== row.size) throw new Refused("KIT_FILE_SIZE");
    const content = tape.take(size);
    if (sha256(content) !== row.sha256) throw new Refused("KIT_FILE_HASH");
    tape.padding(size);
    contents.set(row.sha256, content);
  }
  const last = tape.next();
  if (last === "eof") throw new Refused("KIT_TAR_END");
  if (last !== "end") throw new Refused("KIT_EXTRA_FILE");
  tape.end();
  if (isTrust(manifest)) followChain(manifest, { contents, from: policy, site });
}

function signaturesIn(tape: Tape): { bundles: Buffer[]; sums: number } {
  const bundles: Buffer[] = [];
  for (let before = ""; ; ) {
    const { path, size } = needed(tape.next());
    if (path === "SHA256SUMS") {
      if (bundles.length === 0) throw new Refused("SIG_NONE");
      return { bundles, sums: size };
    }
    if (!/^attestations\/[A-Za-z0-9_-]{1,90}[.]sigstore[.]json$/.test(path) || path <= before)
      throw new Refused("KIT_LAYOUT");
    if (bundles.length === 16) throw new Refused("KIT_LIMIT_BUNDLES");
    if (size > 4 * 2 ** 20) throw new Refused("KIT_LIMIT_ENTRY");
    bundles.push(tape.content(size));
    before = path;
  }
}

function isTrust(manifest: Fields): boolean {
  return textsIn(manifest.get("kinds")).includes("trust");
}

function delegated(manifest: Fields, { site, policies }: JudgedSite): { policy: Fields; role: string } {
  const stream = textIn(manifest.get("stream"));
  const own = stream.startsWith(`${site}/`);
  const bytes = own ? policies.local : policies.upstream;
  if (bytes === undefined || (own && isTrust(manifest))) throw new Refused("KIT_NOT_DELEGATED");
  const policy = heldPolicy(bytes);
  if (isTrust(manifest)) return { policy, role: "root" };
  const row = listIn(policy.get("delegations"))
    .map(fieldsIn)
    .find((one) => {
      const pattern = textIn(one.get("stream"));
      return pattern.endsWith("/*") ? stream.startsWith(pattern.slice(0, -1)) : stream === pattern;
    });
  const tenants = textsIn(row?.get("tenants"));
  const may =
    textsIn(manifest.get("kinds")).every((kind) => textsIn(row?.get("kinds")).includes(kind)) &&
    (tenants.includes("*") || textsIn(manifest.get("tenants")).every((tenant) => tenants.includes(tenant)));
  if (row === undefined || !may) throw new Refused("KIT_NOT_DELEGATED");
  return { policy, role: textIn(row.get("role")) };
}

const held = new WeakMap<Uint8Array, Fields>();

function heldPolicy(bytes: Uint8Array): Fields {
  const policy = held.get(bytes) ?? soundPolicy(bytes);
  held.set(bytes, policy);
  return policy;
}

function followChain(
  manifest: Fields,
  { contents, from, site }: { contents: ReadonlyMap<string, Buffer>; from: Fields; site: JudgedSite },
): void {
  const files = rowsOf(manifest)
    .filter(({ role }) => role === "trust")
    .map((row) => ({ ...row, ...policyVersion(row.path), bytes: contents.get(row.sha256) ?? Buffer.alloc(0) }));
  const links = files
    .filter(({ signs, version }) => signs === false && (version ?? 0) > numberIn(from.get("version")))
    .toSorted((left, right) => (left.version ?? 0) - (right.version ?? 0));
  let policy = from;
  for (const { version = 0, bytes } of links) {
    const next = soundPolicy(bytes);
    if (next.get("version") !== version || version !== numberIn(policy.get("version")) + 1)
      throw new Refused("TRUST_VERSION");
    const bundles = files.filter((file) => file.signs === true && file.version === version).map((file) => file.bytes);
    const createdAt = textIn(next.get("createdAt"));
    for (const by of [policy, next]) {
      const due = { policy: by, role: "root", createdAt };
      if (!isSigned(bundles, { ...due, says: (said) => isAboutPolicy(said, bytes, version) }))
        throw new Refused("SIG_THRESHOLD");
    }
    if (isFloorLowered(fieldsIn(policy.get("floors")), fieldsIn(next.get("floors")))) throw new Refused("TRUST_FLOOR");
    policy = next;
  }
  const end = policy.get("expiresAt");
  const instant = Math.max(site.now, site.newest);
  if (links.length > 0 && end !== null && instant > instantOf(textIn(end))) throw new Refused("TRUST_EXPIRED");
}

function isFloorLowered(before: Fields, after: Fields): boolean {
  return [...before].some(([stream, floor]) => {
    const found = after.get(stream);
    return found === undefined || order(placeIn(fieldsIn(found)), placeIn(fieldsIn(floor))) < 0;
  });
}
