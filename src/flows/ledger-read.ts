/**
 * Reading a log as C2SP tiles and proofs.
 * @module
 */
import { leafHash, joinHashes, splitHashes } from "../core/merkle.ts";
import { inclusionProof, inclusionRanges } from "../core/merkle-proof.ts";
import { parseCheckpoint, parseNote } from "../core/note.ts";
import { subtreeRoot, type Tile, TILE_WIDTH, tileHashReader, tilesFor } from "../core/tile.ts";
import { formatTlogProof } from "../core/tlog-proof.ts";
import type { Reader } from "../ports.ts";
import { FlowError } from "./error.ts";

/** The first `width` hashes of a tile, concatenated; undefined where the log has fewer. A tile that is not full is computed. */
export async function readTile(
  read: Reader,
  tenant: string,
  { level, index, width }: Tile,
): Promise<Uint8Array | undefined> {
  const full = await read.tile(tenant, level, index);
  if (full !== undefined) return full.subarray(0, width * 32);
  const first = index * TILE_WIDTH;
  if (level > 0) return await fromTilesBelow(read, tenant, { level, first, width });
  const lines = await read.leaves(tenant, first, width);
  return lines.length < width ? undefined : joinHashes(lines.map(leafHash));
}

/** Each hash of a higher level is the root of a full tile below. */
async function fromTilesBelow(
  read: Reader,
  tenant: string,
  { level, first, width }: { readonly level: number; readonly first: number; readonly width: number },
): Promise<Uint8Array | undefined> {
  const hashes: string[] = [];
  for (let at = first; at < first + width; at++) {
    const below = await read.tile(tenant, level - 1, at);
    if (below === undefined) return undefined;
    hashes.push(subtreeRoot(splitHashes(below)));
  }
  return joinHashes(hashes);
}

/** The receipt (`.tlog-proof`) of leaf `seq` under a signed note that is at least so large. Throws FlowError `missing`. */
export async function makeReceipt(
  read: Reader,
  tenant: string,
  { seq, note }: { readonly seq: number; readonly note: string },
): Promise<string> {
  const { size } = parseCheckpoint(parseNote(note).text);
  const [line] = await read.leaves(tenant, seq, 1);
  if (line === undefined || seq >= size) throw new FlowError("missing", `leaf ${seq} is not in the signed log`);
  const tiles = new Map<string, Uint8Array>();
  for (const tile of tilesFor(inclusionRanges(seq, size), size)) {
    const bytes = await readTile(read, tenant, tile);
    if (bytes !== undefined) tiles.set(`${tile.level}/${tile.index}`, bytes);
  }
  const hashes = tileHashReader((level, index) => tiles.get(`${level}/${index}`) ?? new Uint8Array(0));
  return formatTlogProof({ line, index: seq, proof: inclusionProof(hashes, seq, size), checkpoint: note });
}
