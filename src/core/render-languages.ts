/**
 * Which language of a template a reader gets, and what it lacks.
 * @module
 */
import { localeChain } from "./locale-chain.ts";
import type { Speech } from "./render-messages.ts";
import { MAX_FAULTS } from "./template-fault.ts";
import type { Template } from "./template.ts";

/** The language of a template, as it writes it, that messages are looked for in first; undefined where there is none. */
export function usedLanguage(
  { messages = {}, defaultLocale = "en" }: Pick<Template, "messages" | "defaultLocale">,
  { locale, fallback }: Speech,
): string | undefined {
  const tags = new Map(Object.keys(messages).map((tag) => [tag.toLowerCase(), tag]));
  const chain = [locale, fallback, defaultLocale, "en"].flatMap(localeChain);
  const found = chain.find((tag) => tags.has(tag));
  return found === undefined ? undefined : tags.get(found);
}

/** Messages that the default language has and another one lacks: they are told in the next language that has them. At most 20. */
export function missingMessages(
  { messages = {}, defaultLocale = "en" }: Pick<Template, "messages" | "defaultLocale">,
  language: string,
): { readonly pointer: string; readonly detail: string }[] {
  const own = messages[language] ?? {};
  const whole = Object.keys(messages[defaultLocale] ?? {}).filter((key) => !Object.hasOwn(own, key));
  return whole.slice(0, MAX_FAULTS).map((key) => ({
    pointer: `/template/messages/${language}`,
    detail: `has no message ${key}: it is told in another language`,
  }));
}
