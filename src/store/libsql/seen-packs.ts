import { bytes, type Connection, integer, type Row } from "./guard.ts";
import type { Seen, SeenEntry } from "./seen.ts";

/** Identities that wait before they are written as a pack. */
const PACK = 4096;
const ENTRY_BYTES = 12;

/** Identities of a segment, for those that no pack holds yet. */
export type EntriesOf = (row: Row) => readonly SeenEntry[];

/** Keeps what `Seen` knows on disk: packs, and for the rest the segments themselves. */
export class SeenPacks {
  private tail: SeenEntry[] = [];

  /** Fills `seen` from the newest packs, at most `cap` identities, and from the segments after them. */
  load(connection: Connection, seen: Seen, cap: number, entriesOf: EntriesOf): void {
    for (const id of newestPacks(connection, cap)) {
      const [row] = connection.all("SELECT t, base, data FROM seen_pack WHERE id = ?", [id]);
      seen.add(decode(bytes(row, 2), integer(row, 1)), integer(row, 0));
    }
    // at most as many events as one pack waits for, so few segments
    const rows = connection.all(
      `SELECT segment.log, segment.id, t_last, h FROM tenant CROSS JOIN segment ON segment.log = tenant.log
       WHERE segment.id > (SELECT coalesce(max(upto), 0) FROM seen_pack) ORDER BY segment.id`,
      [],
    );
    for (const row of rows) {
      const entries = entriesOf(row);
      seen.add(entries, integer(row, 2));
      this.tail.push(...entries);
    }
  }

  /**
   * Writes a pack once enough identities wait, in the transaction that adds `entries`; `adopt` after the commit. Where the
   * clock was set forward by `ahead` ms, what is kept moves with it, and all that waits is written: segments do not move.
   */
  write(
    connection: Connection,
    entries: readonly SeenEntry[],
    { t, ahead }: { readonly t: number; readonly ahead: number },
  ): { readonly adopt: () => void } {
    if (ahead > 0) connection.run("UPDATE seen_pack SET t = t + ?", [ahead]);
    const waiting = this.tail.length + entries.length;
    if (waiting < (ahead > 0 ? 1 : PACK)) return { adopt: () => void this.tail.push(...entries) };
    const all = [...this.tail, ...entries];
    const base = all[0]?.segment ?? 0;
    connection.run("INSERT INTO seen_pack(t, base, upto, data) VALUES (?, ?, ?, ?)", [
      t,
      base,
      all.at(-1)?.segment ?? 0,
      encode(all, base),
    ]);
    return { adopt: () => void (this.tail = []) };
  }
}

/** Ids of packs, oldest first, that hold no more than `cap` identities. */
function newestPacks(connection: Connection, cap: number): readonly number[] {
  const ids: number[] = [];
  let room = cap;
  for (const row of connection.all("SELECT id, length(data) FROM seen_pack ORDER BY id DESC", [])) {
    room -= integer(row, 1) / ENTRY_BYTES;
    if (room < 0) break;
    ids.push(integer(row, 0));
  }
  return ids.toReversed();
}

function encode(entries: readonly SeenEntry[], base: number): Buffer {
  const data = Buffer.allocUnsafe(entries.length * ENTRY_BYTES);
  let at = 0;
  for (const { hi, lo, segment } of entries) {
    at = data.writeUInt32LE(hi, at);
    at = data.writeUInt32LE(lo, at);
    at = data.writeUInt32LE(segment - base, at);
  }
  return data;
}

function decode(data: Buffer, base: number): SeenEntry[] {
  const entries: SeenEntry[] = [];
  for (let at = 0; at < data.length; at += ENTRY_BYTES) {
    entries.push({
      hi: data.readUInt32LE(at),
      lo: data.readUInt32LE(at + 4),
      segment: base + data.readUInt32LE(at + 8),
    });
  }
  return entries;
}
