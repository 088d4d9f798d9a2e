/**
 * Conditions of a rule: dotted paths into the event document, and the one value that must stand there.
 * @module
 */
import { z } from "zod";
import type { EventInput } from "./event.ts";
import { pathFault } from "./event-fields.ts";
import { Text } from "./object.ts";

const MAX_CONDITIONS = 50;
const MAX_PATH = 512;

/** A value that a condition may ask for: equal in type and in content. */
export type ConditionValue = string | number | boolean | null;

/** A condition ready to be looked at. */
export interface Condition {
  /** The path as it was written. */
  readonly path: string;
  readonly segments: readonly string[];
  readonly value: ConditionValue;
}

/** A path such as `data.attempts` or `data.items.0.name`; `\.` is a dot inside a name, `\\` a backslash. */
const PathText = Text(MAX_PATH).superRefine((text, context) => {
  const read = readPath(text);
  if (!Array.isArray(read))
    context.addIssue({ code: "custom", message: `not a path, at character ${read.at + 1}: ${read.detail}` });
});

/** `conditions` of a rule's match. */
export const Conditions = z
  .record(z.string(), z.union([Text(4096), z.number(), z.boolean(), z.null()]))
  .superRefine((conditions, context) => {
    const paths = Object.keys(conditions);
    if (paths.length > MAX_CONDITIONS)
      context.addIssue({ code: "custom", message: `more than ${MAX_CONDITIONS} conditions` });
    for (const path of paths) {
      for (const { message } of PathText.safeParse(path).error?.issues ?? [])
        context.addIssue({ code: "custom", path: [path], message });
    }
  });

/** Conditions that their schema accepted, in the order of their paths. */
export function parseConditions(conditions: Readonly<Record<string, ConditionValue>>): readonly Condition[] {
  return Object.keys(conditions)
    .toSorted()
    .map((path) => {
      const segments = readPath(path);
      return { path, segments: Array.isArray(segments) ? segments : [], value: conditions[path] ?? null };
    });
}

/** Whether the event has that value at that place; a missing one is not `null`. */
export function conditionHolds({ segments, value }: Condition, event: EventInput): boolean {
  return valueAt(event, segments) === value;
}

/** What stands at a path of the event document; undefined where it has no such place. Sees own members only. */
export function valueAt(event: EventInput, segments: readonly string[]): unknown {
  let value: unknown = event;
  for (const segment of segments) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, segment)) return undefined;
    if (Array.isArray(value) && !/^(0|[1-9][0-9]{0,8})$/.test(segment)) return undefined;
    value = Object.getOwnPropertyDescriptor(value, segment)?.value;
  }
  return value;
}

function readPath(text: string): string[] | { readonly at: number; readonly detail: string } {
  const segments = [""];
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? "";
    const last = segments.length - 1;
    if (char === "\\") {
      const next = text[++at] ?? "";
      if (next !== "." && next !== "\\") return { at: at - 1, detail: "a backslash stands only before . and \\" };
      segments[last] += next;
    } else if (char !== ".") segments[last] += char;
    else if (segments[last] === "") return { at, detail: "a name is empty" };
    else segments.push("");
  }
  if (segments.at(-1) === "") return { at: text.length, detail: "a name is empty" };
  const fault = pathFault(segments);
  return fault === undefined ? segments : { at: 0, detail: `${fault} (a dot inside a name is written \\.)` };
}
