import type { Generation } from "../core/config.ts";
import type { ObjectChange } from "../core/config-plan.ts";
import type { KnownHead, StreamHead } from "../core/kit.ts";
import { KitError, type KitCode } from "../core/kit-code.ts";
import { comparePlaces, placeKey } from "../core/kit-site.ts";
import type { Flow } from "../ports.ts";
import { SITE_TENANT } from "../ports.ts";
import { switchGeneration } from "./config-switch.ts";

/** The switch of one tenant that a kit touches. */
export interface TenantSwitch {
  readonly tenant: string;
  readonly base: string;
  readonly candidate: Generation;
  readonly changes: readonly ObjectChange[];
}

/** A verified kit whose candidates have been staged and compiled aside. */
export interface KitImportInput {
  readonly actor: string;
  readonly stream: string;
  readonly head: StreamHead;
  /** The kit that stood at the stream's head when this one was judged. */
  readonly before: string | undefined;
  /** Heads of streams that the kit tells of. */
  readonly heads: Readonly<Record<string, KnownHead>>;
  readonly switches: readonly TenantSwitch[];
  /** Key ids whose signatures counted. */
  readonly signers: readonly string[];
}

/** Takes a kit in: heads and all tenants' switches at once, with one leaf. Throws KitError KIT_ROLLBACK, or FlowError `conflict`. */
export const kitImport: Flow<KitImportInput, null> = {
  alone: true,
  prepare: (_context, { actor, stream, head, before, heads, switches, signers }) => ({
    cells: [{ noun: "stream", tenant: SITE_TENANT, key: stream }],
    decide: (view, stamp) => {
      const held = view.get("stream", SITE_TENANT, stream);
      if (held?.manifest !== before)
        throw new KitError("KIT_ROLLBACK", "another kit of the stream was taken in meanwhile");
      view.put("stream", SITE_TENANT, stream, head);
      view.put("accepted", SITE_TENANT, placeKey(stream, head), { manifest: head.manifest });
      for (const [other, told] of Object.entries({ ...heads, [stream]: head })) {
        const known = view.get("known", SITE_TENANT, other);
        const { epoch, sequence, manifest } = told;
        if (known === undefined || comparePlaces(known, told) < 0)
          view.put("known", SITE_TENANT, other, { epoch, sequence, manifest });
      }
      for (const one of switches) switchGeneration(view, one, stamp.now);
      view.leaf(SITE_TENANT, {
        type: "kit.import",
        actor,
        id: head.manifest,
        ref: { kit: head.manifest },
        body: {
          epoch: head.epoch,
          sequence: head.sequence,
          count: switches.length,
          signers: [...signers],
          stream,
          switches: switches.slice(0, 100).map(({ tenant, base, candidate, changes }) => ({
            base,
            changes: changes.length,
            generation: candidate.id,
            tenant,
          })),
        },
      });
      return null;
    },
  }),
};

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
