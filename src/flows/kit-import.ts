import { type CountedSigner, comparePlaces, issuerOf, placeKey } from "../core/kit-site.ts";
import type { ChangeOrigin } from "../core/change.ts";
import type { Generation } from "../core/config.ts";
import type { ObjectChange } from "../core/config-plan.ts";
import type { KnownHead, StreamHead } from "../core/kit.ts";
import type { KitCode } from "../core/kit-code.ts";
import { policyBytes, policyFingerprint, type TrustPolicy } from "../core/trust.ts";
import type { CellRef, Flow, View } from "../ports.ts";
import { SITE_TENANT } from "../ports.ts";
import { switchGeneration } from "./config-switch.ts";
import { FlowError } from "./error.ts";

/** The switch of one tenant that a kit touches. */
export interface TenantSwitch {
  readonly tenant: string;
  readonly base: string;
  readonly candidate: Generation;
  readonly changes: readonly ObjectChange[];
}

/** Which of the site's policies judged, by its fingerprint. */
export interface JudgedBy {
  readonly which: "local" | "upstream";
  readonly fingerprint: string;
}

/** A verified kit whose candidates have been staged and compiled aside. */
export interface KitImportInput {
  readonly actor: string;
  readonly stream: string;
  readonly head: StreamHead;
  readonly expiresAt: number | null;
  /** The kit that stood at the stream's head when this one was judged. */
  readonly before: string | undefined;
  readonly judgedBy: JudgedBy;
  /** Heads of streams that the kit tells of; those of other issuers count for nothing. */
  readonly heads: Readonly<Record<string, KnownHead>>;
  readonly switches: readonly TenantSwitch[];
  /** The upstream policy that a trust kit leaves behind. */
  readonly trust?: TrustPolicy;
  readonly signers: readonly CountedSigner[];
  /** Objects of its table; docs and SBOMs that are kept. */
  readonly objects: number;
  readonly files: number;
  /** SHA-256 (hex) of what was planned. */
  readonly plan: string;
  /** Why a person has used an expired policy all the same. */
  readonly override?: string;
}

/** Heads of other streams that one kit may leave: the first by name. */
const MAX_TOLD = 1000;
/** Switches that the leaf names one by one. */
const MAX_NAMED = 100;

/** Takes a kit in: heads, trust and all tenants' switches at once, with one leaf. Throws FlowError `conflict` where something changed since it was judged. */
export const kitImport: Flow<KitImportInput, null> = {
  alone: true,
  prepare: (_context, input) => {
    const told = toldHeads(input);
    return {
      cells: [
        { noun: "stream", tenant: SITE_TENANT, key: input.stream },
        { noun: "trust", tenant: SITE_TENANT, key: input.judgedBy.which },
        ...told.map(([key]): CellRef => ({ noun: "known", tenant: SITE_TENANT, key })),
        ...input.switches.map(({ tenant }): CellRef => ({ noun: "generation", tenant, key: "current" })),
      ],
      decide: (view, stamp) => {
        needUnchanged(view, input);
        putHeads(view, { input, told }, stamp.now);
        if (input.trust !== undefined) view.put("trust", SITE_TENANT, "upstream", input.trust);
        for (const one of input.switches) switchGeneration(view, { ...one, told: toldOf(input) }, stamp.now);
        putLeaf(view, input);
        return null;
      },
    };
  },
};

function toldOf({ actor, stream, head: { epoch, sequence } }: KitImportInput): ChangeOrigin {
  return { actor, via: "kit", kit: { stream, epoch, sequence } };
}

function needUnchanged(view: View, { stream, before, judgedBy }: KitImportInput): void {
  if (view.get("stream", SITE_TENANT, stream)?.manifest !== before)
    throw new FlowError("conflict", `another kit of ${stream} was taken in meanwhile; plan again`);
  const policy = view.get("trust", SITE_TENANT, judgedBy.which);
  if (policy === undefined || policyFingerprint(policyBytes(policy)) !== judgedBy.fingerprint)
    throw new FlowError("conflict", `the ${judgedBy.which} trust policy was changed meanwhile; plan again`);
}

function putHeads(
  view: View,
  { input, told: heads }: { readonly input: KitImportInput; readonly told: ReturnType<typeof toldHeads> },
  now: number,
): void {
  const { stream, head, expiresAt, signers, objects, files } = input;
  const held = view.get("stream", SITE_TENANT, stream);
  view.put("stream", SITE_TENANT, stream, {
    ...head,
    expiresAt,
    importedAt: now,
    signers,
    objects,
    files,
    ...(held === undefined ? {} : { before: { manifest: held.manifest, files: held.files ?? 0 } }),
  });
  view.put("accepted", SITE_TENANT, placeKey(stream, head), { manifest: head.manifest });
  for (const [other, told] of heads) {
    const known = view.get("known", SITE_TENANT, other);
    const { epoch, sequence, manifest } = told;
    if (known === undefined || comparePlaces(known, told) < 0)
      view.put("known", SITE_TENANT, other, { epoch, sequence, manifest });
  }
}

/** Of its own issuer's streams; the kit's own head among them. */
function toldHeads({ stream, head, heads }: KitImportInput): (readonly [string, KnownHead])[] {
  const same = Object.entries(heads).filter(([other]) => other !== stream && issuerOf(other) === issuerOf(stream));
  return [...same.toSorted(([left], [right]) => (left < right ? -1 : 1)).slice(0, MAX_TOLD), [stream, head]];
}

function putLeaf(view: View, input: KitImportInput): void {
  const { actor, stream, head, switches, signers, trust, override, plan, files } = input;
  view.leaf(SITE_TENANT, {
    type: "kit.import",
    actor,
    id: head.manifest,
    ref: { kit: head.manifest },
    body: {
      count: switches.length,
      epoch: head.epoch,
      files,
      ...(override === undefined ? {} : { override }),
      plan,
      sequence: head.sequence,
      signers: signers.map(({ keyId }) => keyId),
      stream,
      switches: switches.slice(0, MAX_NAMED).map(({ tenant, base, candidate, changes }) => ({
        base,
        changes: changes.length,
        generation: candidate.id,
        tenant,
      })),
      ...(trust === undefined
        ? {}
        : { trust: { fingerprint: policyFingerprint(policyBytes(trust)), version: trust.version } }),
    },
  });
}

/** A kit that was refused: by its file, since nothing that it says of itself is believed. */
export interface KitRefuseInput {
  readonly actor: string;
  /** SHA-256 of the file, hex. */
  readonly sha256: string;
  readonly code: KitCode;
}

/** Records the refusal of a kit. */
export const kitRefuse: Flow<KitRefuseInput, null> = {
  prepare: (_context, { actor, sha256, code }) => ({
    cells: [],
    decide: (view) => {
      view.leaf(SITE_TENANT, { type: "kit.refuse", actor, id: sha256, reason: { code } });
      return null;
    },
  }),
};
