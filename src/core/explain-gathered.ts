/**
 * What was gathered: into which digest or group, when that goes out, what joined it and what grew too old in it.
 * @module
 */
import type { WindowRecord } from "./window-record.ts";
import type { TraceEntry } from "./delivery.ts";
import { windowId } from "./explain-facts.ts";
import type { Telling } from "./explain-stages.ts";
import { dueWords, windowName, windowWords } from "./explain-windows.ts";
import { at, counted, span } from "./explain-words.ts";

/** The sentence of the digest stage: what the draft was gathered into, when that is sent, and as which item. */
export function digestSentence({ have = 0, until = 0 }: TraceEntry, { draft, known }: Telling): string {
  const id = draft.delivery.window ?? draft.delivery.reason?.by ?? "";
  const record = known.windows.get(windowId(id));
  const into = `Gathered into the ${digestName(record)} of action "${draft.delivery.action}"`;
  if (record === undefined)
    return `${into} as item ${have}, due at ${at(until)}; its window ${id} ${windowWords(id, known)}.`;
  if (record.state !== "open" || record.id !== windowId(id))
    return `${into} as item ${have}; its window ${windowWords(id, known)}.`;
  const moved = record.due + known.offset === until ? "" : ` (first due at ${at(until)})`;
  return `${into}, ${dueWords(record, "sent at", known)}${moved}; this is item ${have}.`;
}

function digestName(record: WindowRecord | undefined): string {
  if (record?.kind === "group") return "group";
  return DIGESTS[record?.window ?? ""] ?? "digest";
}

/** By their cadence. */
const DIGESTS: Readonly<Record<string, string>> = {
  "5m": "5-minute digest",
  "15m": "15-minute digest",
  "1h": "hourly digest",
  "1d": "daily digest",
};

/** Of a resolution that was taken in by the window of its firing. */
export function joinedSentence({ by = "" }: TraceEntry, { known }: Telling): string {
  return `Its firing had not been sent yet, so the resolution joined it in ${windowName(by, known)}, which ${windowWords(by, known)}.`;
}

/** Of what quiet hours held too long. */
export function staleSentence(_entry: TraceEntry, { draft, known, action }: Telling): string {
  const held = known.windows.get(draft.delivery.window ?? "")?.count;
  const older = action?.staleness === undefined ? "than the action sends" : `than ${span(action.staleness.after)}`;
  return `All that was held${held === undefined ? "" : ` (${counted(held, "item")})`} was older ${older} when the quiet hours ended.`;
}
