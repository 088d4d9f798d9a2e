/**
 * Every code with which a kit, a bundle of it or a trust policy is refused, and the sentence that people read:
 * what is wrong, whose key, what to do next. The list is closed and published.
 * @module
 */

/** Why a whole kit is refused: exactly one of these. */
export const KIT_SENTENCES = {
  KIT_TAR_TYPE:
    "The archive holds something other than a plain file. It was not made by a kit builder; ask for the original.",
  KIT_TAR_HEADER:
    "A header of the archive is not the one form that a kit may have. Ask for the original; do not repack kits.",
  KIT_TAR_SIZE: "A header of the archive gives a size in a form that a kit may not have. Ask for the original.",
  KIT_TAR_CHECKSUM: "A header of the archive is damaged, or the file is no kit. Copy it again and compare its SHA-256.",
  KIT_TAR_PADDING:
    "There are bytes where the archive must be empty. Someone may have hidden data in it; ask for the original.",
  KIT_TAR_END: "The end of the archive is missing or not empty. Copy the file again and compare its SHA-256.",
  KIT_LAYOUT: "The archive holds an entry out of its place. Ask for the original; do not repack kits.",
  KIT_PATH: "A path of the file table breaks the rules for paths. The issuer must build the kit again.",
  KIT_PATH_COLLISION:
    "Two paths of the file table would be one file on some systems. The issuer must build the kit again.",
  KIT_JSON_UTF8: "The manifest is not UTF-8. Copy the file again; if it stays, the issuer must build the kit again.",
  KIT_JSON_SYNTAX: "The manifest is no JSON. Copy the file again; if it stays, the issuer must build the kit again.",
  KIT_JSON_DEPTH: "The manifest is nested too deeply. The issuer must build the kit again.",
  KIT_JSON_NOT_CANONICAL: "The manifest is not in its canonical form. The issuer must build the kit again.",
  KIT_FORMAT_VERSION: "The kit is of another format version. Upgrade this site, or ask the issuer for offline-kit/v1.",
  KIT_MANIFEST: "The manifest breaks its schema or its own rules. The issuer must build the kit again.",
  KIT_MANIFEST_ORDER: "The file table is not sorted, or has a path twice. The issuer must build the kit again.",
  KIT_STATE_ROOT: "The state root is not that of the file table. The issuer must build the kit again.",
  KIT_SUMS:
    "SHA256SUMS is not the one that the signed manifest implies. Someone changed it after signing; ask for the original.",
  KIT_FILE_HASH:
    "A file is not the one that was signed. The copy is damaged or changed; copy it again and compare its SHA-256.",
  KIT_FILE_SIZE: "A file has another size than was signed. The copy is damaged or changed; ask for the original.",
  KIT_EXTRA_FILE: "The archive holds a file that nobody signed. Ask for the original.",
  KIT_MISSING_FILE: "The archive lacks a file that was signed. Ask for the original.",
  KIT_TRAILING_DATA: "There are bytes behind the end of the archive. Ask for the original.",
  KIT_TRUNCATED: "The file ends too early. The copy was cut short or the medium was pulled; copy it again.",
  KIT_WRAPPER:
    "The compression around the kit is damaged or of a form that is not accepted. Copy it again, or send it uncompressed.",
  KIT_BOMB:
    "The file unpacks to more than a hundred times its size. Refused as a trap; send the kit uncompressed if it is real.",
  KIT_LIMIT_BYTES:
    "The kit is larger than this site accepts. Split its content, or raise the limit in the configuration.",
  KIT_LIMIT_ENTRY:
    "One entry of the kit is larger than this site accepts. Make it smaller, or raise the limit in the configuration.",
  KIT_LIMIT_FILES:
    "The kit lists more files than this site accepts. Split its content, or raise the limit in the configuration.",
  KIT_LIMIT_BUNDLES: "The kit carries more signatures than this site accepts. Remove those that are not needed.",
  SIG_NONE: "The kit carries no signature. Ask the issuer to sign it.",
  SIG_THRESHOLD:
    "Too few good signatures of the people whom the trust policy asks for. The reasons name each one; ask for the missing signers.",
  KIT_AUDIENCE: "The kit is meant for other sites or groups. Take the one that is made for this site.",
  KIT_NOT_DELEGATED:
    "No trust policy of this site lets anyone sign this stream with these kinds and tenants. Ask who issues it, or add the policy that delegates it.",
  KIT_EXPIRED: "The kit has expired. Ask the issuer for a newer one; check this site's clock first.",
  KIT_FROM_FUTURE: "The kit was made later than this site's clock allows. Check this site's clock.",
  KIT_TIME_ORDER: "The kit claims to be older than its predecessor. Ask the issuer; a key may be misused.",
  KIT_ROLLBACK:
    "The site has already seen a newer kit of this stream. Import only newer kits; to go back, the issuer sends the older content in a newer kit.",
  KIT_FORK: "There are two different kits for one place of a stream. Ask the issuer at once; a key may be misused.",
  KIT_SEQUENCE_JUMP:
    "The sequence is further ahead than the trust policy allows. Import the kits between, or ask the issuer.",
  KIT_EPOCH: "The kit opens a new epoch that the trust policy has not announced. Import the issuer's trust kit first.",
  KIT_BELOW_FLOOR: "The trust policy no longer accepts kits this old. Ask the issuer for a newer one.",
  KIT_ALREADY_APPLIED: "This very kit has been applied before. There is nothing to do.",
  KIT_LEDGER_GAP: "A part of the ledger is missing before this one. Import the missing kits first, in order.",
  KIT_THIN_BASE_MISSING: "The kit leaves out files that this site does not hold. Ask for the full kit.",
  KIT_APP_TOO_OLD: "The kit needs a newer version of Sealpost. Upgrade this site first.",
  KIT_OBJECT_OWNED:
    "The kit carries an object that belongs to another stream. The issuers must agree which stream carries it; where it is starter content, the kit must name its own otherwise.",
  TRUST_EXPIRED: "The trust policy has expired. Import the issuer's newest trust kit; check this site's clock first.",
  TRUST_VERSION:
    "The chain of trust policies leaves out a version. Ask for a trust kit with every version from the one held.",
  TRUST_FLOOR: "The new trust policy lowers a floor of the one before. The roots must sign one that does not.",
  TRUST_POLICY:
    "The trust policy is not well formed, contradicts itself, or was changed on the way. Fetch it again; if it stays so, the roots must make it again.",
  SEAL_NOT_FOR_US: "A secret of the kit is sealed to another site.",
  SEAL_LIFTED: "A sealed secret was taken from another kit. Ask the issuer; someone may have put this kit together.",
  SEAL_VERSION: "A secret of the kit is sealed in a form that this version cannot open. Upgrade this site first.",
  PART_MISSING: "Parts of the kit are missing. Bring the ones that are named.",
  PART_DAMAGED: "Parts of the kit are damaged. Copy the ones that are named again.",
  PART_MIXED: "The parts belong to different kits. Sort them by kit.",
  PART_VERSION: "The parts are of a form that this version cannot read. Upgrade this site first.",
  CONTENT_INVALID: "The content of the kit is not valid here. The reasons name each place; the issuer must correct it.",
} as const satisfies Readonly<Record<string, string>>;

export type KitCode = keyof typeof KIT_SENTENCES;

/** Why one bundle does not count; never fatal by itself. */
export const BUNDLE_SENTENCES = {
  SIG_BUNDLE_VERSION: "The bundle is not a Sigstore bundle v0.3.",
  SIG_COUNT: "The bundle does not hold exactly one signature.",
  SIG_BUNDLE_SHAPE: "The bundle holds something that a kit's bundle may not hold, or lacks something.",
  SIG_HINT_MISMATCH: "The bundle names its key in two different ways.",
  SIG_PAYLOAD_TYPE: "What was signed is no in-toto statement.",
  SIG_UNKNOWN_KEY: "The trust policy does not know this key.",
  SIG_INVALID: "The signature is not by the key that it names, or what was signed has been changed.",
  SIG_NOT_IN_ROLE: "The key is known, but not in the role that must sign this.",
  SIG_KEY_NOT_VALID: "The key was not valid when this was made, or has been revoked.",
  SIG_OTHER_KIT: "The signature is good, but for another kit or policy.",
  SIG_STATEMENT: "The signed statement does not say what this kit or policy says.",
  SIG_DUPLICATE: "The key has already been counted.",
} as const satisfies Readonly<Record<string, string>>;

export type BundleCode = keyof typeof BUNDLE_SENTENCES;

/** One of several reasons: of a bundle (`at` its name), or of a content file (`at` its path and pointer). */
export interface KitReason {
  readonly at: string;
  readonly code: BundleCode | KitCode;
  readonly detail: string;
}

/** Most characters of foreign text that a message quotes. */
const QUOTED = 120;

/** Foreign text for a message: cut, and with nothing that could steer a terminal. */
export function quoted(text: string): string {
  const short = text.length > QUOTED ? `${text.slice(0, QUOTED)}...` : text;
  return JSON.stringify(short).replaceAll(/[^\x20-\x7e]/g, "?");
}

/** Most characters of a detail and of a reason's place, and most reasons that one refusal gives. */
const MAX_DETAIL = 400;
const MAX_REASONS = 100;
/** What steers a terminal or turns the direction of reading: kits and policies may hold it in names of fields and owners. */
const STEERING = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

function readable(text: string): string {
  const short = text.length > MAX_DETAIL ? `${text.slice(0, MAX_DETAIL - 3)}...` : text;
  return short.toWellFormed().replaceAll(STEERING, "?");
}

/**
 * A kit or trust policy is refused. `message` is the sentence of the code and the detail; whatever is told of a kit is
 * cut to what people can read, and to the first hundred reasons.
 */
export class KitError extends Error {
  override readonly name = "KitError";
  readonly code: KitCode;
  /** What exactly was found; may be empty. */
  readonly detail: string;
  readonly reasons: readonly KitReason[];

  constructor(code: KitCode, detail: string, options: ErrorOptions & { readonly reasons?: readonly KitReason[] } = {}) {
    const told = readable(detail);
    super(told === "" ? KIT_SENTENCES[code] : `${KIT_SENTENCES[code]} (${told})`, options);
    this.code = code;
    this.detail = told;
    this.reasons = (options.reasons ?? [])
      .slice(0, MAX_REASONS)
      .map((reason) => ({ at: readable(reason.at), code: reason.code, detail: readable(reason.detail) }));
  }
}
