/**
 * The history of one object: pages of what became of it, and its former versions.
 * @module
 */
import { changeKey } from "../core/change.ts";
import type { JsonObject } from "../core/json.ts";
import { fieldChanges } from "../core/object-diff.ts";
import { type FoundChange, hashAfter, walkHistory } from "../flows/object-history.ts";
import { HttpError } from "../http/error.ts";
import { ANSWER_BYTES } from "../http/large-answer.ts";
import type { ObjectHistoryRow, ObjectPlace } from "../http/object-services.ts";
import type { Page } from "../ports.ts";
import { keptValue, type ObjectParts } from "./object-list.ts";

/** Switches that one page looks at. */
const MAX_LOOKED = 5000;

type Place = ObjectPlace & { readonly tenant: string };

/** A page, newest first; undefined where the tenant has no such object and never had. Throws HttpError `bad-query`. */
export async function historyPage(
  parts: ObjectParts,
  place: Place,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string },
): Promise<Page<ObjectHistoryRow> | undefined> {
  const { configurations } = parts;
  const before = cursor === undefined ? configurations.own(place.tenant).n + 1 : readCursor(cursor);
  const items: ObjectHistoryRow[] = [];
  let [looked, room] = [0, ANSWER_BYTES];
  for await (const { n, found } of walkHistory(doorsOf(parts), { tenant: place.tenant, keys: keysOf(place), before })) {
    for (const one of found) {
      const row = await rowOf(parts, one);
      room -= JSON.stringify(row).length;
      items.push(row);
    }
    if (n > 1 && (items.length >= limit || ++looked >= MAX_LOOKED || room < 0)) return { items, cursor: String(n) };
  }
  const isKnown = cursor !== undefined || items.length > 0;
  return isKnown || configurations.find(place.tenant, place.kind, place.id) !== undefined ? { items } : undefined;
}

/** A channel's history tells of the values that the site has filled in too. */
function keysOf({ kind, id }: ObjectPlace): string[] {
  return kind === "channels" ? [`${kind}/${id}`, `binding/${id}`] : [`${kind}/${id}`];
}

function doorsOf({ store: { read }, configurations: { pause } }: ObjectParts): Parameters<typeof walkHistory>[0] {
  return { read, pause };
}

async function rowOf({ store: { read } }: ObjectParts, found: FoundChange): Promise<ObjectHistoryRow> {
  const { record, key, before, after } = found;
  const { n, at, actor, why, via, kit } = record;
  const [was, is] = [
    before === undefined ? undefined : await keptValue(read, before),
    after === undefined ? undefined : await keptValue(read, after),
  ];
  const isBinding = key.startsWith("binding/");
  return {
    n,
    at,
    actor,
    ...(why === undefined ? {} : { why }),
    ...(via === undefined ? {} : { via }),
    ...(kit === undefined ? {} : { kit }),
    change: isBinding ? bindingWord(after) : changeWord(before, after),
    ...(after === undefined || isBinding ? {} : { hash: after }),
    ...(before === undefined || isBinding ? {} : { before }),
    diff: differences(was, is),
  };
}

function changeWord(before: string | undefined, after: string | undefined): "added" | "changed" | "removed" {
  if (before === undefined) return "added";
  return after === undefined ? "removed" : "changed";
}

function bindingWord(after: string | undefined): "bound" | "unbound" {
  return after === undefined ? "unbound" : "bound";
}

/** A side that has nothing is told as a whole. */
function differences(was: JsonObject | undefined, is: JsonObject | undefined): ObjectHistoryRow["diff"] {
  if (was !== undefined && is !== undefined) return fieldChanges(was, is);
  return [{ pointer: "", ...(was === undefined ? {} : { before: was }), ...(is === undefined ? {} : { after: is }) }];
}

/**
 * An object as it was after a switch, or a version of it by its hash, for which at most `most` switches are looked at. Throws
 * HttpError `invalid` where there is none.
 */
export async function formerValue(
  parts: ObjectParts,
  place: Place,
  to: number | string,
  most = MAX_LOOKED,
): Promise<JsonObject> {
  if (typeof to === "number") return await valueAfter(parts, place, to);
  const { tenant, kind, id } = place;
  const key = `${kind}/${id}`;
  const before = parts.configurations.own(tenant).n + 1;
  let looked = 0;
  for await (const { n, found } of walkHistory(doorsOf(parts), { tenant, keys: [key], before })) {
    if (found.some((one) => one.before === to || one.after === to)) return await keptValue(parts.store.read, to);
    if (n > 1 && ++looked >= most)
      throw noVersion(
        `${key} had no version with that hash in the newest ${looked} changes of this tenant, and older ones are not looked through: give the number of the change instead`,
      );
  }
  throw noVersion(`this tenant never had ${key} with that hash`);
}

async function valueAfter(parts: ObjectParts, { tenant, kind, id }: Place, n: number): Promise<JsonObject> {
  const { read } = parts.store;
  const key = `${kind}/${id}`;
  const newest = parts.configurations.own(tenant).n;
  if (n > newest) throw noVersion(`there was no change ${n} in this tenant, ${newest} is the newest`);
  if ((await read.cell("change", tenant, changeKey(n))) === undefined)
    throw noVersion(
      `change ${n} of this tenant is older than the records: changes before this version were not recorded`,
    );
  const hash = await hashAfter({ read }, { tenant, key, n });
  if (hash === undefined) throw noVersion(`this tenant had no ${key} of its own after change ${n}`);
  return await keptValue(read, hash);
}

function noVersion(detail: string): HttpError {
  return new HttpError("invalid", "nothing was changed", {
    errors: [{ pointer: "/to", detail: `${detail}: its history lists the versions` }],
  });
}

function readCursor(cursor: string): number {
  if (/^[1-9][0-9]{0,11}$/.test(cursor)) return Number(cursor);
  throw new HttpError("bad-query", "the query is not valid", {
    errors: [{ pointer: "/cursor", detail: "is not one of this list" }],
  });
}
