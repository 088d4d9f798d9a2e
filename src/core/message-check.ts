/**
 * What the messages of a template may be, and whether its texts name those that there are.
 * @module
 */
import { z } from "zod";
import { localeChain } from "./locale-chain.ts";
import {
  branchesOf,
  formattersOf,
  isWellFormedTag,
  type MessageTree,
  nameOf,
  parseMessage,
  piecesOf,
  styleFault,
} from "./message-format.ts";
import { pointerOf } from "./pointer.ts";
import { faultAt, MAX_FAULTS, type TemplateFault, type TextPlace } from "./template-fault.ts";
import type { Template } from "./template.ts";

/** A call of `t` in a text of a template. */
export interface MessageCall {
  readonly pointer: string;
  readonly place: TextPlace;
  /** Undefined where it is found out when the text is rendered. */
  readonly key: string | undefined;
  /** Names of the arguments. */
  readonly names: ReadonlySet<string>;
}

const MAX_PIECES = 200;
const MAX_DEPTH = 8;
/** Different styles of numbers, dates and times, counted in each language: each is a formatter. */
const MAX_STYLES = 400;

/** Names of arguments by tag in lower case, then key. */
type Known = ReadonlyMap<string, Language>;
interface Language {
  readonly tag: string;
  readonly names: ReadonlyMap<string, readonly string[]>;
}

/** What is wrong with a template's messages and with the calls of them. */
export function checkMessages(
  template: Pick<Template, "messages" | "defaultLocale">,
  calls: readonly MessageCall[],
): TemplateFault[] {
  const check: Check = { faults: [], styles: new Set() };
  const { faults } = check;
  const known = new Map<string, Language>();
  for (const [tag, bundle] of Object.entries(template.messages ?? {})) {
    const pointer = pointerOf(["messages", tag]);
    if (!isWellFormedTag(tag)) faults.push(faultAt(pointer, "is no language tag such as en or bg-BG"));
    else if (known.has(tag.toLowerCase())) faults.push(faultAt(pointer, "is there twice, in other letters"));
    else known.set(tag.toLowerCase(), { tag, names: checkBundle(tag, bundle, check) });
  }
  faults.push(...defaultFaults(template, known), ...calls.flatMap((call) => callFaults(call, template, known)));
  return faults.slice(0, MAX_FAULTS);
}

interface Check {
  readonly faults: TemplateFault[];
  /** Styles that were tried, with their languages. */
  readonly styles: Set<string>;
}

/** Adds what is wrong with the messages of a language; answers the names that each goes by. */
function checkBundle(
  tag: string,
  bundle: Readonly<Record<string, string>>,
  { faults, styles }: Check,
): Language["names"] {
  const formatters = formattersOf({ tags: [tag], zone: "UTC" });
  const names = new Map<string, readonly string[]>();
  for (const [key, text] of Object.entries(bundle)) {
    if (faults.length >= MAX_FAULTS) break;
    const pointer = pointerOf(["messages", tag, key]);
    const tree = parsed(text, tag);
    if (!Array.isArray(tree)) {
      faults.push(faultAt(pointer, tree.words, tree.place));
      continue;
    }
    names.set(key, [...new Set(piecesOf(tree).flatMap((piece) => nameOf(piece) ?? []))]);
    const words = boundFault(tree) ?? stylesFault(tree, { tag, styles, formatters });
    if (words !== undefined) faults.push(faultAt(pointer, words));
  }
  return names;
}

function boundFault(tree: MessageTree): string | undefined {
  if (depthOf(tree) > MAX_DEPTH) return `is nested deeper than ${MAX_DEPTH}`;
  return piecesOf(tree).length > MAX_PIECES ? `has more than ${MAX_PIECES} parts` : undefined;
}

function depthOf(tree: MessageTree): number {
  return Math.max(0, ...tree.flatMap(branchesOf).map((branch) => 1 + depthOf(branch)));
}

interface Styles {
  readonly tag: string;
  readonly styles: Check["styles"];
  readonly formatters: ReturnType<typeof formattersOf>;
}

/** Each style is tried once in a language. */
function stylesFault(tree: MessageTree, { tag, styles, formatters }: Styles): string | undefined {
  for (const piece of piecesOf(tree)) {
    const style = "style" in piece ? JSON.stringify([tag, piece.type, piece.style]) : undefined;
    if (style === undefined || styles.has(style)) continue;
    if (styles.size >= MAX_STYLES)
      return `is one of messages with more than ${MAX_STYLES} different styles of numbers and dates`;
    styles.add(style);
    const words = styleFault(piece, formatters);
    if (words !== undefined) return words;
  }
  return undefined;
}

function defaultFaults(
  { messages, defaultLocale }: Pick<Template, "messages" | "defaultLocale">,
  known: Known,
): TemplateFault[] {
  if (messages === undefined && defaultLocale === undefined) return [];
  if (languageOf(defaultLocale ?? "en", known).length > 0) return [];
  return defaultLocale === undefined
    ? [faultAt("/messages", 'holds no "en": add it, or name another language in "defaultLocale"')]
    : [faultAt("/defaultLocale", `there are no messages of "${defaultLocale}"`)];
}

function callFaults(
  { pointer, place, key, names }: MessageCall,
  { messages, defaultLocale = "en" }: Pick<Template, "messages" | "defaultLocale">,
  known: Known,
): TemplateFault[] {
  if (messages === undefined) return [faultAt(pointer, '"t" needs "messages", and there are none', place)];
  if (key === undefined) return [];
  const standard = languageOf(defaultLocale, known);
  if (standard.length > 0 && !standard.some((language) => Object.hasOwn(messages[language.tag] ?? {}, key)))
    return [faultAt(pointer, `there is no message "${key}" in "${defaultLocale}", the default locale`, place)];
  for (const { tag, names: ofKeys } of known.values()) {
    const lacking = ofKeys.get(key)?.find((name) => !names.has(name));
    if (lacking !== undefined)
      return [faultAt(pointer, `message "${key}" of "${tag}" needs "${lacking}", which is not given here`, place)];
  }
  return [];
}

/** The languages of a locale and its shorter forms that there are. */
function languageOf(locale: string, known: Known): Language[] {
  return localeChain(locale).flatMap((tag) => known.get(tag) ?? []);
}

interface Unparsed {
  readonly words: string;
  readonly place: TextPlace;
}

/** What the parser throws: its own faults are named by a code and have a location. */
const Thrown = z.object({
  message: z.string(),
  location: z.object({ start: z.object({ line: z.number(), column: z.number() }) }).optional(),
});

function parsed(text: string, tag: string): MessageTree | Unparsed {
  try {
    return parseMessage(text, tag);
  } catch (thrown) {
    const { message, location } = Thrown.parse(thrown);
    return { words: WORDS.get(message) ?? message, place: location?.start ?? {} };
  }
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ["EXPECT_ARGUMENT_CLOSING_BRACE", "a { is not closed by a }"],
  ["EMPTY_ARGUMENT", "{} holds no name"],
  ["MALFORMED_ARGUMENT", "between { and } stands no name; write '{' in quotes to show a brace"],
  ["EXPECT_ARGUMENT_TYPE", "a comma with nothing behind it"],
  ["INVALID_ARGUMENT_TYPE", "is none of number, date, time, plural, selectordinal, select"],
  ["EXPECT_ARGUMENT_STYLE", "a comma with no style behind it"],
  ["INVALID_NUMBER_SKELETON", "is no skeleton of a number"],
  ["INVALID_DATE_TIME_SKELETON", "is no skeleton of a date or time"],
  ["EXPECT_NUMBER_SKELETON", ":: with no skeleton of a number behind it"],
  ["EXPECT_DATE_TIME_SKELETON", ":: with no skeleton of a date or time behind it"],
  ["UNCLOSED_QUOTE_IN_ARGUMENT_STYLE", "a quote is not closed"],
  ["EXPECT_SELECT_ARGUMENT_OPTIONS", "choices are missing: a comma, then such as other {...}"],
  ["EXPECT_PLURAL_ARGUMENT_OFFSET_VALUE", "offset: with no number behind it"],
  ["INVALID_PLURAL_ARGUMENT_OFFSET_VALUE", "the offset is no whole number"],
  ["EXPECT_SELECT_ARGUMENT_SELECTOR", "a choice is missing, such as other {...}"],
  ["EXPECT_PLURAL_ARGUMENT_SELECTOR", "a choice is missing, such as one {...} or other {...}"],
  ["EXPECT_SELECT_ARGUMENT_SELECTOR_FRAGMENT", "a choice without its {...}"],
  ["EXPECT_PLURAL_ARGUMENT_SELECTOR_FRAGMENT", "a choice without its {...}"],
  ["INVALID_PLURAL_ARGUMENT_SELECTOR", "= with no whole number behind it"],
  ["DUPLICATE_PLURAL_ARGUMENT_SELECTOR", "a choice that is there twice"],
  ["DUPLICATE_SELECT_ARGUMENT_SELECTOR", "a choice that is there twice"],
  ["MISSING_OTHER_CLAUSE", "the choice other {...} is missing"],
]);
