import type { StreamHead } from "../core/kit.ts";
import { comparePlaces } from "../core/kit-site.ts";
import type { Flow } from "../ports.ts";
import { SITE_TENANT } from "../ports.ts";
import { FlowError } from "./error.ts";

/** A kit that this site has built and that is about to be handed out. */
export interface KitIssueInput {
  readonly actor: string;
  readonly stream: string;
  readonly head: StreamHead;
  /** The kit that it names as its predecessor. */
  readonly prev: string | null;
}

/**
 * Writes down the newest kit that this site has built of a stream, so that no two have one place. Throws FlowError
 * `conflict` where the record does not stand at its predecessor any more.
 */
export const kitIssue: Flow<KitIssueInput, null> = {
  prepare: (_context, { actor, stream, head, prev }) => ({
    cells: [
      { noun: "issued", tenant: SITE_TENANT, key: stream },
      { noun: "stream", tenant: SITE_TENANT, key: stream },
    ],
    decide: (view) => {
      const issued = view.get("issued", SITE_TENANT, stream);
      const last = later(issued, view.get("stream", SITE_TENANT, stream));
      if (issued?.manifest === head.manifest) return null; // asked again
      if (last !== undefined && !isNext(last, head, prev))
        throw new FlowError(
          "conflict",
          `the last kit of ${stream} here is ${last.epoch}.${last.sequence} (${last.manifest}): build on that one`,
        );
      view.put("issued", SITE_TENANT, stream, head);
      view.leaf(SITE_TENANT, {
        type: "kit.export",
        actor,
        id: head.manifest,
        ref: { kit: head.manifest },
        body: { epoch: head.epoch, sequence: head.sequence, stream },
      });
      return null;
    },
  }),
};

/**
 * Whether a kit may follow the record: it names the last one, or it stands so far on that the one before it is further on
 * than the record, which then has missed some (they were built without it).
 */
function isNext(last: StreamHead, head: StreamHead, prev: string | null): boolean {
  if (comparePlaces(last, head) >= 0) return false;
  return last.manifest === prev || (last.epoch === head.epoch && head.sequence > last.sequence + 1);
}

/** The record that stands further on: a stream may have been built elsewhere too. */
function later(issued: StreamHead | undefined, taken: StreamHead | undefined): StreamHead | undefined {
  if (issued === undefined || taken === undefined) return issued ?? taken;
  return comparePlaces(issued, taken) >= 0 ? issued : taken;
}
