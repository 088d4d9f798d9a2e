/**
 * Objects as those who ask may see them, one by one and in pages.
 * @module
 */
import { SITE_TENANT } from "../core/cells.ts";
import { isJsonObject, type JsonObject } from "../core/json.ts";
import type { ConfigObject } from "../core/objects.ts";
import { inSteps, runSteps, sortTexts, type Steps } from "../core/steps.ts";
import { parseStrictJson } from "../core/strict-json.ts";
import type { OwnedObject } from "../flows/configurations.ts";
import { FlowError } from "../flows/error.ts";
import { HttpError } from "../http/error.ts";
import { ANSWER_BYTES } from "../http/large-answer.ts";
import type { ObjectAsker, ObjectKind, ObjectQuery, ShownOne } from "../http/object-services.ts";
import type { Page } from "../ports.ts";
import type { Parts } from "./parts.ts";

/** What objects are read and changed with. */
export type ObjectParts = Pick<Parts, "store" | "configurations">;

/** What configuration objects may be nested. */
const MAX_DEPTH = 64;
/** Texts that are read at once. */
const CHUNK = 16;

/** One object for one who asks. */
export async function showObject(
  { store: { read } }: ObjectParts,
  { tenant, kind, found }: { readonly tenant: string; readonly kind: ObjectKind; readonly found: OwnedObject },
  { isSite }: ObjectAsker,
): Promise<ShownOne> {
  const { object, ownerId, stream } = found;
  const { id, hash } = object;
  const name = "name" in object.value ? object.value.name : undefined;
  const usage = kind === "channels" ? await read.cell("usage", tenant, id) : undefined;
  const isHidden = !isReadable(found, isSite);
  return {
    kind,
    id,
    hash,
    ownerId,
    ...(name === undefined ? {} : { name }),
    ...(stream === undefined || isHidden ? {} : { stream }),
    ...(usage === undefined ? {} : { usage }),
    ...(isHidden ? {} : { value: await keptValue(read, hash) }),
  };
}

/** To a tenant's principal, what the site has for all tenants shows nothing but id and name. */
function isReadable({ ownerId }: OwnedObject, isSite: boolean): boolean {
  return isSite || ownerId !== SITE_TENANT;
}

/** An object as it was saved. Throws FlowError `missing`. */
export async function keptValue(read: ObjectParts["store"]["read"], hash: string): Promise<JsonObject> {
  const [kept] = await read.objects([hash]);
  const parsed = parseStrictJson(kept?.text ?? "", { depth: MAX_DEPTH });
  if (parsed.ok && isJsonObject(parsed.value)) return parsed.value;
  throw new FlowError("missing", "an object is not in the store");
}

interface Asked {
  readonly query: ObjectQuery;
  readonly asker: ObjectAsker;
}

/** A page in order of ids; it ends by bytes as well as by count. Throws HttpError `bad-query`. */
export async function listObjects(
  parts: ObjectParts,
  { tenant, kind }: { readonly tenant: string; readonly kind: ObjectKind },
  { query, asker }: Asked,
): Promise<Page<ShownOne>> {
  const { configurations } = parts;
  const after = query.cursor === undefined ? "" : readCursor(kind, query.cursor);
  const found = await runSteps(
    selectSteps(configurations.objects(tenant), (object) => {
      if (object.kind !== kind || object.id <= after) return undefined;
      const owned = configurations.find(tenant, kind, object.id);
      return owned !== undefined && fits(owned, { query, asker }) ? owned : undefined;
    }),
    configurations.pause,
  );
  const items: ShownOne[] = [];
  let room = ANSWER_BYTES;
  for (let from = 0; from < query.limit && from < found.length && room > 0; from += CHUNK) {
    const some = found.slice(from, Math.min(from + CHUNK, query.limit));
    const shown = await Promise.all(some.map((one) => showObject(parts, { tenant, kind, found: one }, asker)));
    room -= shown.reduce((sum, one) => sum + JSON.stringify(one).length, 0);
    items.push(...shown);
  }
  const last = items.at(-1);
  return items.length < found.length && last !== undefined ? { items, cursor: `${kind}/${last.id}` } : { items };
}

function* selectSteps(
  objects: readonly ConfigObject[],
  select: (object: ConfigObject) => OwnedObject | undefined,
): Steps<OwnedObject[]> {
  const found = new Map<string, OwnedObject>();
  yield* inSteps(objects, (object) => {
    const owned = select(object);
    if (owned !== undefined) found.set(object.id, owned);
  });
  const ids = yield* sortTexts([...found.keys()]);
  return ids.flatMap((id) => found.get(id) ?? []);
}

function fits(owned: OwnedObject, { query, asker }: Asked): boolean {
  const { object, ownerId, stream } = owned;
  const isGlobal = ownerId === SITE_TENANT;
  const name = "name" in object.value ? object.value.name : undefined;
  const wanted = query.name?.toLowerCase();
  if (query.scope !== undefined && (query.scope === "global") !== isGlobal) return false;
  if (wanted !== undefined && ![object.id, name ?? ""].some((text) => text.toLowerCase().includes(wanted)))
    return false;
  if (!isReadable(owned, asker.isSite)) return !asksForValue(query);
  return (query.stream === undefined || query.stream === stream) && fieldsFit(object, query);
}

function asksForValue({ stream, channel, type, purpose, isEnabled }: ObjectQuery): boolean {
  return [stream, channel, type, purpose, isEnabled].some((wanted) => wanted !== undefined);
}

function fieldsFit(object: ConfigObject, { channel, type, purpose, isEnabled }: ObjectQuery): boolean {
  switch (object.kind) {
    case "rules": {
      const { actions, isEnabled: is } = object.value;
      return (
        (channel === undefined || actions.some((action) => action.channel === channel)) &&
        (isEnabled === undefined || isEnabled === is)
      );
    }
    case "channels":
      return (
        (type === undefined || type === object.value.type) &&
        (isEnabled === undefined || isEnabled === object.value.isEnabled)
      );
    case "templates":
      return purpose === undefined || purpose === object.value.purpose;
    case "binding":
    case "calendars":
    case "policies":
      return true;
  }
}

function readCursor(kind: ObjectKind, cursor: string): string {
  const [, id] = /^[a-z]+\/([a-z0-9][a-z0-9-]{0,62})$/.exec(cursor) ?? [];
  if (id !== undefined && cursor.startsWith(`${kind}/`)) return id;
  throw new HttpError("bad-query", "the query is not valid", {
    errors: [{ pointer: "/cursor", detail: "is not one of this list" }],
  });
}
