/**
 * What became of one object of a tenant, from the records of its switches: newest first, in bounded steps.
 * @module
 */
import { CHANGE_BLOCK, changeBlock, changeKey, type ChangeRecord } from "../core/change.ts";
import { splitKey } from "../core/config-plan.ts";
import type { Cells } from "../core/cells.ts";
import { parsePart } from "../core/generation.ts";
import type { Pause } from "../core/steps.ts";
import type { Reader } from "../ports.ts";

/** What histories are read with. */
export interface HistoryDoors {
  readonly read: Pick<Reader, "cell" | "cells" | "objects">;
  /** Lets others run between the steps of long work. */
  readonly pause: Pause;
}

/** Objects of one tenant by their keys `<kind>/<id>`, and the switch before which to look. */
export interface HistoryPlace {
  readonly tenant: string;
  readonly keys: readonly string[];
  readonly before: number;
}

/** What a switch did to an object; hashes (hex) before and after. */
export interface FoundChange {
  readonly record: ChangeRecord;
  readonly key: string;
  readonly before?: string;
  readonly after?: string;
}

/** One step of a walk: the changes of a switch, or only that it was looked at. */
export interface HistoryStep {
  readonly n: number;
  readonly found: readonly FoundChange[];
}

/** Walks back over the switches before one; each step is short. What an older version did not record is passed over. */
export async function* walkHistory(
  doors: HistoryDoors,
  { tenant, keys, before }: HistoryPlace,
): AsyncGenerator<HistoryStep> {
  for (let last = before - 1; last > 0; last = firstOf(last) - 1) {
    const block = await doors.read.cells("change", tenant, changeBlock(last), CHANGE_BLOCK);
    for (const [, record] of block.toReversed()) {
      if (record.n > last) continue;
      const found = await Promise.all(keys.map((key) => changeOf(doors, { tenant, key, record })));
      yield { n: record.n, found: found.flat() };
    }
    await doors.pause();
  }
}

function firstOf(n: number): number {
  return n - (n % CHANGE_BLOCK);
}

async function changeOf(
  doors: HistoryDoors,
  { tenant, key, record }: { readonly tenant: string; readonly key: string; readonly record: ChangeRecord },
): Promise<FoundChange[]> {
  const { changes } = record;
  if (changes !== undefined) {
    const at = splitKey(key);
    const one = changes.find(({ kind, id }) => kind === at?.kind && id === at.id);
    return one === undefined ? [] : [{ record, key, ...sides(one) }];
  }
  const [before, after] = [
    await hashAt(doors, { tenant, generation: record.base, key }),
    await hashAt(doors, { tenant, generation: record.id, key }),
  ];
  return before === after ? [] : [{ record, key, ...sides({ before, after }) }];
}

function sides({ before, after }: { before?: string | undefined; after?: string | undefined }): {
  readonly before?: string;
  readonly after?: string;
} {
  return { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
}

/** The hash that an object had in a generation of its tenant; undefined where it was not there. */
export async function hashAt(
  { read }: Pick<HistoryDoors, "read">,
  { tenant, generation, key }: { readonly tenant: string; readonly generation: string; readonly key: string },
): Promise<string | undefined> {
  const record = await read.cell("generation", tenant, generation);
  if (record === undefined) return undefined;
  return "parts" in record ? await hashInParts(read, record, key) : record.objects[key];
}

/** Parts are in the order of their keys: few of them have to be read. */
async function hashInParts(
  read: HistoryDoors["read"],
  { parts }: Extract<Cells["generation"], { readonly parts: readonly string[] }>,
  key: string,
): Promise<string | undefined> {
  for (let low = 0, high = parts.length; low < high; ) {
    const middle = Math.floor((low + high) / 2);
    const [kept] = await read.objects([parts[middle] ?? ""]);
    if (kept === undefined) return undefined;
    const { objects } = parsePart(kept.text);
    const keys = Object.keys(objects);
    if (key < (keys[0] ?? "")) high = middle;
    else if (key > (keys.at(-1) ?? "")) low = middle + 1;
    else return objects[key];
  }
  return undefined;
}

/** The hash of an object as it was after switch `n` of its tenant; undefined where it was not there, or there was no such switch. */
export async function hashAfter(
  doors: Pick<HistoryDoors, "read">,
  { tenant, key, n }: { readonly tenant: string; readonly key: string; readonly n: number },
): Promise<string | undefined> {
  const record = await doors.read.cell("change", tenant, changeKey(n));
  return record === undefined ? undefined : await hashAt(doors, { tenant, generation: record.id, key });
}
