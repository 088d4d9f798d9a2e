import type { Cells } from "../core/cells.ts";
import type { Generation, GenerationRecord } from "../core/config.ts";
import { generationSteps, parsePart } from "../core/generation.ts";
import { inSteps, type Pause, runSteps, type Steps } from "../core/steps.ts";
import type { Reader, StoredObject } from "../ports.ts";
import { FlowError } from "./error.ts";

/** The generation that a cell tells of. Throws FlowError `missing` where a part of it is not in the store. */
export async function readGeneration(
  read: Pick<Reader, "objects">,
  record: Cells["generation"],
  pause: Pause,
): Promise<Generation> {
  if (!("parts" in record)) return await runSteps(generationSteps(record.n, record.objects, record.streams), pause);
  return await runSteps(joined(record, await read.objects(record.parts)), pause);
}

function* joined({ id, n, parts }: GenerationRecord, kept: readonly StoredObject[]): Steps<Generation> {
  const texts = new Map(kept.map(({ hash, text }) => [hash, text]));
  const objects: Record<string, string> = {};
  const streams: Record<string, string> = {};
  for (const hash of parts) {
    const text = texts.get(hash);
    if (text === undefined) throw new FlowError("missing", `part ${hash} of generation ${id} is not in the store`);
    const part = parsePart(text);
    yield* inSteps(Object.entries(part.objects), ([key, object]) => void (objects[key] = object));
    yield* inSteps(Object.entries(part.streams), ([key, stream]) => void (streams[key] = stream));
    yield;
  }
  return { id, n, objects, streams, parts };
}
