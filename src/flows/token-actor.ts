import { tokenState, tokenTag } from "../core/token.ts";
import type { View } from "../ports.ts";
import { SITE_TENANT } from "../ports.ts";
import { FlowError } from "./error.ts";

const PREFIX = "token:";

/** Id of the token that a principal holds; undefined for one that holds none. */
export function heldToken(actor: string): string | undefined {
  return actor.startsWith(PREFIX) ? actor.slice(PREFIX.length) : undefined;
}

/** The cell of the token that a principal holds, unless it is that of `id`, which is asked for anyhow. */
export function actorCells(
  actor: string,
  id: string,
): readonly { readonly noun: "token"; readonly tenant: string; readonly key: string }[] {
  const key = heldToken(actor);
  return key === undefined || key === id ? [] : [{ noun: "token", tenant: SITE_TENANT, key }];
}

/**
 * Throws FlowError `revoked` where the actor's own token is not in force at `now` (epoch ms), or `conflict` where it is not of
 * the version that was judged.
 */
export function requireActor(
  view: View,
  { actor, version }: { readonly actor: string; readonly version?: string },
  now: number,
): void {
  const key = heldToken(actor);
  if (key === undefined) return;
  const held = view.get("token", SITE_TENANT, key);
  if (held === undefined || tokenState(held, now) !== "active")
    throw new FlowError("revoked", "the token of this request has expired or was revoked meanwhile");
  if (version !== undefined && tokenTag(held) !== version)
    throw new FlowError("conflict", "your own token was changed meanwhile: ask again");
}
