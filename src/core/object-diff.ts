import { canonicalJson } from "./canonical-json.ts";
import { isJsonObject, type Json } from "./json.ts";
import { pointerOf } from "./pointer.ts";

/** One place where two versions of an object differ; a side that has nothing there is absent. */
export interface FieldChange {
  /** RFC 6901. */
  readonly pointer: string;
  readonly before?: Json;
  readonly after?: Json;
}

/**
 * Where two versions of a value differ, in the order of the keys: as deep as both have the same kind of value there. Items of
 * lists are told apart by their `id` where all have one, else by their place; where those of both sides stand in another order,
 * a row of the list itself has the ids as they stand.
 */
export function fieldChanges(before: Json, after: Json): FieldChange[] {
  return differ([], before, after);
}

function differ(path: readonly string[], before: Json | undefined, after: Json | undefined): FieldChange[] {
  if (before === undefined || after === undefined)
    return [
      {
        pointer: pointerOf(path),
        ...(before === undefined ? {} : { before }),
        ...(after === undefined ? {} : { after }),
      },
    ];
  if (canonicalJson(before) === canonicalJson(after)) return [];
  const [left, right] = [partsOf(before), partsOf(after)];
  if (left === undefined || right === undefined || left.by !== right.by) {
    return [{ pointer: pointerOf(path), before, after }];
  }
  const names = [...new Set([...left.parts.keys(), ...right.parts.keys()])];
  const found = names.flatMap((name) => {
    const [was, is] = [left.parts.get(name), right.parts.get(name)];
    return was === undefined && is === undefined ? [] : differ([...path, name], was, is);
  });
  return left.by === "id" ? [...orderChange(path, left.parts, right.parts), ...found] : found;
}

/** Of items that are told apart by their id: that those of both sides stand in another order. */
function orderChange(
  path: readonly string[],
  left: ReadonlyMap<string, Json>,
  right: ReadonlyMap<string, Json>,
): FieldChange[] {
  const [was, is] = [[...left.keys()].filter((id) => right.has(id)), [...right.keys()].filter((id) => left.has(id))];
  if (was.every((id, at) => id === is[at])) return [];
  return [{ pointer: pointerOf(path), before: [...left.keys()], after: [...right.keys()] }];
}

/** The parts of an object or list by name; undefined for a value without parts. */
function partsOf(value: Json): { by: "key" | "id" | "place"; parts: Map<string, Json> } | undefined {
  if (isJsonObject(value)) return { by: "key", parts: new Map(Object.entries(value).toSorted(byName)) };
  if (!Array.isArray(value)) return undefined;
  const items: readonly Json[] = value;
  const ids = items.map((item) => (isJsonObject(item) ? item["id"] : undefined));
  const named = ids.filter((id) => typeof id === "string");
  const isNamed = items.length > 0 && named.length === items.length && new Set(named).size === items.length;
  const entries = items.map((item, at) => [isNamed ? (named[at] ?? "") : String(at), item] as const);
  return { by: isNamed ? "id" : "place", parts: new Map(entries) };
}

function byName([left]: readonly [string, Json], [right]: readonly [string, Json]): number {
  return left < right ? -1 : 1;
}
