/**
 * The messages of a template as its texts find them: by locale, its fallbacks and key; compiled when they are first used.
 * @module
 */
import { localeChain } from "./locale-chain.ts";
import { type CompiledMessage, compileMessage, formattersOf, isWellFormedTag } from "./message-format.ts";
import type { Template } from "./template.ts";

/** To whom a message speaks. */
export interface Speech {
  /** The delivery's. */
  readonly locale: string;
  /** The tenant's, for what the first one has no message of. */
  readonly fallback: string;
  /** Of dates and times; of the IANA database. */
  readonly zone: string;
}

/** Finds a message by its key; undefined where no language of the chain has it. */
export type FindMessage = (key: unknown) => CompiledMessage | undefined;

/** Languages and zones of one template whose compiled messages are kept. */
const SPEECHES_KEPT = 16;

interface Bundle {
  readonly tag: string;
  readonly texts: ReadonlyMap<string, string>;
}
/** By tag in lower case. */
type Bundles = ReadonlyMap<string, Bundle>;

/** The messages of a template for a speech: the same finder for the same speech. */
export function compileMessages({
  messages = {},
  defaultLocale = "en",
}: Pick<Template, "messages" | "defaultLocale">): (speech: Speech) => FindMessage {
  const bundles: Bundles = new Map(
    Object.entries(messages).map(([tag, texts]) => [tag.toLowerCase(), { tag, texts: new Map(Object.entries(texts)) }]),
  );
  const kept = new Map<string, FindMessage>();
  return ({ locale, fallback, zone }) => {
    const name = `${locale} ${fallback} ${zone}`;
    const known = kept.get(name);
    if (known !== undefined) return known;
    const made = finder(bundles, [locale, fallback, defaultLocale, "en"], zone);
    if (kept.size >= SPEECHES_KEPT) kept.clear();
    kept.set(name, made);
    return made;
  };
}

/** Looks through the bundles of each locale and its shorter forms, each bundle once. */
function finder(bundles: Bundles, locales: readonly string[], zone: string): FindMessage {
  const found = new Map<string, (key: string) => CompiledMessage | undefined>();
  for (const locale of locales) {
    for (const tag of localeChain(locale)) {
      const bundle = bundles.get(tag);
      if (bundle !== undefined && !found.has(tag)) found.set(tag, speaker(bundle, locale, zone));
    }
  }
  const speakers = [...found.values()];
  const compiled = new Map<unknown, CompiledMessage>();
  return (key) => {
    const known = compiled.get(key);
    if (known !== undefined || typeof key !== "string") return known;
    for (const speak of speakers) {
      const message = speak(key);
      if (message === undefined) continue;
      compiled.set(key, message);
      return message;
    }
    return undefined;
  };
}

/** Compiles messages of a bundle. The locale that found it is of its language, and may know its numbers and dates better. */
function speaker({ tag, texts }: Bundle, locale: string, zone: string): (key: string) => CompiledMessage | undefined {
  const tongue = { tags: [locale, tag].filter(isWellFormedTag), zone };
  const formatters = formattersOf(tongue);
  return (key) => {
    const text = texts.get(key);
    return text === undefined ? undefined : compileMessage(text, tongue, formatters);
  };
}
