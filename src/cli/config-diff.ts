import { isJsonObject, type Json } from "../core/json.ts";

/** One field that differs; a side without a value is absent. */
export interface FieldChange {
  /** Dotted path; list positions in brackets. */
  readonly path: string;
  readonly before?: Json;
  readonly after?: Json;
}

/** The fields in which two values differ, in order of their names. */
export function fieldDiff(before: Json | undefined, after: Json | undefined, path = ""): FieldChange[] {
  if (before === undefined || after === undefined) {
    if (before === after) return [];
    return [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
  }
  if (isJsonObject(before) && isJsonObject(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
    return names.flatMap((name) => fieldDiff(before[name], after[name], path === "" ? name : `${path}.${name}`));
  }
  if (isList(before) && isList(after)) {
    const positions = Array.from({ length: Math.max(before.length, after.length) }, (_, at) => at);
    return positions.flatMap((at) => fieldDiff(before[at], after[at], `${path}[${at}]`));
  }
  return before === after ? [] : [{ path, before, after }];
}

const WIDTH = 70;

/** A change as lines for people: long texts by the first line that differs. */
export function changeLines({ path, before, after }: FieldChange): string[] {
  if (typeof before === "string" && typeof after === "string" && `${before}${after}`.includes("\n")) {
    const [old, now] = [before.split("\n"), after.split("\n")];
    const at = old.findIndex((line, index) => line !== now[index]);
    const line = at < 0 ? old.length : at;
    return [
      `${path} (line ${line + 1}, ${old.length} -> ${now.length} lines)`,
      `  - ${short(old[line])}`,
      `  + ${short(now[line])}`,
    ];
  }
  return [`${path}: ${short(before)} -> ${short(after)}`];
}

function short(value: Json | undefined): string {
  const text = value === undefined ? "(none)" : JSON.stringify(value);
  return text.length > WIDTH ? `${text.slice(0, WIDTH)}...` : text;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
