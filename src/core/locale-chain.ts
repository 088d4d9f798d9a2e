const MAX_SUBTAGS = 8;

/** The languages that a tag may fall back to, itself first, each shorter by a subtag: `bg-bg`, `bg`. In lower case. */
export function localeChain(tag: string): string[] {
  const subtags = tag.toLowerCase().split("-", MAX_SUBTAGS);
  return subtags.map((_, at) => subtags.slice(0, subtags.length - at).join("-"));
}
