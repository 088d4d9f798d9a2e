import { z } from "zod";
import { Id, LanguageTag, Text } from "./object.ts";

/** The template of an action that names none. */
export const DEFAULT_TEMPLATE = "tmpl-event";

/** The template of a window's message where the action names none that is made for it. */
export const DIGEST_TEMPLATE = "tmpl-digest-hourly";
const DAILY_TEMPLATE = "tmpl-digest-daily";

/** The shipped template for a window: cadence, `group`, `quiet` or `flap`. */
export function digestTemplateFor(window: string): string {
  return window === "1d" ? DAILY_TEMPLATE : DIGEST_TEMPLATE;
}

/** Whether a template is made for windows: its purpose is `digest`. */
export function isDigestTemplate({ purpose }: Pick<Template, "purpose">): boolean {
  return purpose === "digest";
}

const MAX_LOCALES = 40;
const MAX_MESSAGES = 500;
const MAX_MESSAGE = 2000;
/** Of all languages of a template. */
const MAX_MESSAGES_IN_ALL = 5000;
const MAX_CHARACTERS_IN_ALL = 100_000;

const Locale = LanguageTag.max(35);
const MessageKey = z
  .string()
  .max(64)
  .regex(
    /^[A-Za-z][A-Za-z0-9]*(?:[._-][A-Za-z0-9]+)*$/,
    "a key is letters and digits, in words joined by . _ or -, and begins with a letter",
  );

/** ICU messages of one language by their keys. */
const MessageBundle = z
  .record(MessageKey, Text(MAX_MESSAGE), {
    error: keyFault("a key of a message such as disk.full, at most 64 characters"),
  })
  .refine((bundle) => Object.keys(bundle).length <= MAX_MESSAGES, `holds more than ${MAX_MESSAGES} messages`)
  .meta({ maxProperties: MAX_MESSAGES });

/** By language tag. */
const Messages = z
  .record(Locale, MessageBundle, { error: keyFault("a language tag such as en or bg-BG, at most 35 characters") })
  .refine((all) => Object.keys(all).length <= MAX_LOCALES, `holds more than ${MAX_LOCALES} languages`)
  .refine((all) => textsOf(all).length <= MAX_MESSAGES_IN_ALL, `holds more than ${MAX_MESSAGES_IN_ALL} messages in all`)
  .refine(
    (all) => textsOf(all).join("").length <= MAX_CHARACTERS_IN_ALL,
    `holds more than ${MAX_CHARACTERS_IN_ALL} characters in all`,
  )
  .meta({ minProperties: 1, maxProperties: MAX_LOCALES });

/** A name that is refused is told with the grammar of names. */
function keyFault(words: string): z.core.$ZodErrorMap {
  return ({ code }) => (code === "invalid_key" ? `is no name here: ${words}` : undefined);
}

function textsOf(messages: Readonly<Record<string, Readonly<Record<string, string>>>>): string[] {
  return Object.values(messages).flatMap((bundle) => Object.values(bundle));
}

/** `template/v1`: Handlebars sources of one message. Only the fields that are built; another one is refused by name. */
export const Template = z.strictObject({
  schema: z.literal("template/v1"),
  id: Id,
  purpose: Text(200).optional(),
  channelTypes: z
    .array(z.enum(["email"]))
    .min(1)
    .default(["email"]),
  subject: Text(2000).min(1),
  text: Text(64_000).min(1),
  html: Text(64_000).optional(),
  messages: Messages.optional(),
  /** The language that has every message; `en` where it is not named. */
  defaultLocale: Locale.optional(),
});
export type Template = z.infer<typeof Template>;
