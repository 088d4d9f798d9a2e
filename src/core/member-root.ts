/**
 * What a window commits to of its members: an RFC 6962 tree with one leaf a member, the ids of its deliveries joined by
 * LF. Only its right edge is kept, as text, since it only ever grows.
 * @module
 */
import { Frontier, hashToBytes, leafHash } from "./merkle.ts";

/** The edge of a window without members, base64. */
export const NO_MEMBERS: string = textOf(new Frontier());

/** The edge after more members, each by the ids of its deliveries. Throws CoreError `bad-frontier`. */
export function withMembers(edge: string, members: readonly (readonly string[])[]): string {
  const frontier = parsed(edge);
  for (const deliveries of members) frontier.append(leafHash(deliveries.join("\n")));
  return textOf(frontier);
}

/** The root, 64 hex digits. Throws CoreError `bad-frontier`. */
export function membersRoot(edge: string): string {
  return Buffer.from(hashToBytes(parsed(edge).root())).toString("hex");
}

function parsed(edge: string): Frontier {
  return Frontier.parse(Buffer.from(edge, "base64"));
}

function textOf(frontier: Frontier): string {
  return Buffer.from(frontier.serialise()).toString("base64");
}
