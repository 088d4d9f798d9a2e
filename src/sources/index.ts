/**
 * The sources, by the media type of what they read.
 * @module
 */
import type { Source } from "../core/source.ts";
import { cloudEvents, cloudEventsBatch } from "./cloudevents.ts";

/** Every source that reads a request's body. */
export const SOURCES: readonly Source[] = [cloudEvents, cloudEventsBatch];

const BY_MEDIA_TYPE: ReadonlyMap<string, Source> = new Map(
  SOURCES.flatMap((source) => source.mediaTypes.map((mediaType) => [mediaType, source] as const)),
);

/** The source of a media type (lower case, without parameters), or undefined for an unknown one. */
export function sourceOf(mediaType: string): Source | undefined {
  return BY_MEDIA_TYPE.get(mediaType);
}
