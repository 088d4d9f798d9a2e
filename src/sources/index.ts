/**
 * The sources, by the media type of what they read.
 * @module
 */
import type { Source } from "../core/source.ts";
import { cloudEvents, cloudEventsBatch, cloudEventsBinary } from "./cloudevents.ts";

/** Every source that reads a request's body. */
export const SOURCES: readonly Source[] = [cloudEvents, cloudEventsBatch, cloudEventsBinary];

const BY_MEDIA_TYPE: ReadonlyMap<string, Source> = new Map(
  SOURCES.flatMap((source) => source.mediaTypes.map((mediaType) => [mediaType, source] as const)),
);

/** What CloudEvents calls its own formats: those that are not known are no data of an event in binary mode. */
const FORMATS = "application/cloudevents";

/**
 * The source of a request: that of its media type (lower case, without parameters), else one whose marker is among the
 * headers; undefined where there is none.
 */
export function sourceOf(mediaType: string, hasHeader: (name: string) => boolean = () => false): Source | undefined {
  const found = BY_MEDIA_TYPE.get(mediaType);
  if (found !== undefined || mediaType.startsWith(FORMATS)) return found;
  return SOURCES.find(({ marker }) => marker !== undefined && hasHeader(marker));
}
