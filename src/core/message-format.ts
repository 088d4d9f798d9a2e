/**
 * ICU messages: each compiled once for its languages and a time zone, then the same text in every process.
 * The only door to Intl: nothing here knows a locale, zone or clock but those that it is given.
 * @module
 */
import { type Formatters, formatToParts, IntlMessageFormat } from "intl-messageformat";
import { instantMs } from "./instant.ts";
import { cut, isInstant, textOf } from "./render-helpers.ts";

// oxlint-disable-next-line no-restricted-globals -- the door: each use of it names its locales, and its zone
const intl = Intl;

/** What the arguments of a message are worth, by their names. */
export type MessageValues = Readonly<Record<string, unknown>>;

/** A message ready to be formatted. */
export interface CompiledMessage {
  /** What it is made of, all branches counted: what one formatting costs. */
  readonly pieces: number;
  /** Formats without fail: what a value lacks shows as nothing, a count that is no number as `?`. Bounded. */
  readonly format: (values: MessageValues) => string;
}

/** A message as its parser makes it. */
export type MessageTree = ReturnType<IntlMessageFormat["getAst"]>;
type MessagePiece = MessageTree[number];

/** Languages in which a message is formatted, the first known one counts; and the zone of its dates. */
export interface Tongue {
  /** Well-formed tags; English follows them, so that the language of the process never counts. */
  readonly tags: readonly string[];
  readonly zone: string;
}

const LITERAL = 0;
const PLAIN: ReadonlySet<number> = new Set([LITERAL, 1]);
const STYLED = { 2: "number", 3: "date", 4: "time" } as const;
const MAX_SAID = 10_000;
const UNKNOWN = "?";

/** Compiles a message. Throws what its parser and Intl throw for one that `checkMessages` finds fault with. */
export function compileMessage(text: string, { tags }: Tongue, formatters: Formatters): CompiledMessage {
  const message = new IntlMessageFormat(text, [...tags, "en"], undefined, { ignoreTag: true, formatters });
  const tree = message.getAst();
  const pieces = piecesOf(tree);
  const names = new Set(pieces.flatMap((piece) => nameOf(piece) ?? []));
  const counts = new Set(pieces.flatMap((piece) => ("pluralType" in piece ? piece.value : [])));
  const format = (given: MessageValues): string => {
    const values = Object.fromEntries([...names].map((name) => [name, valueOf(given, name, counts.has(name))]));
    const parts = message.formatToParts<string>(values);
    return cut(parts.map(({ value }) => value).join(""), MAX_SAID);
  };
  return { pieces: Math.max(1, pieces.length), format: tree.every(isPlain) ? joined(tree) : format };
}

/** A text, or an argument that is shown as it is. */
function isPlain({ type }: MessagePiece): boolean {
  return PLAIN.has(type);
}

/** Does for plain pieces what formatting does, and sooner. */
function joined(tree: MessageTree): CompiledMessage["format"] {
  const parts = tree.map((piece) => ({ name: nameOf(piece), text: "value" in piece ? piece.value : "" }));
  return (given) => {
    let made = "";
    for (const { name, text } of parts) made += name === undefined ? text : valueOf(given, name, false);
    return cut(made, MAX_SAID);
  };
}

/** The tree of a message in a language. Throws an Error in the parser's words; one of its own has a `location` too. */
export function parseMessage(text: string, tag: string): MessageTree {
  return new IntlMessageFormat(text, [tag, "en"], undefined, { ignoreTag: true }).getAst();
}

/** What is wrong with the style of a number, date or time; undefined of every other piece. */
export function styleFault(piece: MessagePiece, formatters: Formatters): string | undefined {
  if (!("style" in piece) || piece.style === null || piece.style === undefined) return undefined;
  const { style, value, type } = piece;
  const kind = STYLED[type];
  if (typeof style !== "string" && Object.keys(style.parsedOptions).length === 0)
    return "its ::skeleton holds nothing that is known";
  if (typeof style === "string" && !Object.hasOwn(IntlMessageFormat.formats[kind], style))
    return `there is no style "${style}" of a ${kind}: ${Object.keys(IntlMessageFormat.formats[kind]).join(", ")} or ::skeleton`;
  try {
    formatToParts([piece], "en", formatters, IntlMessageFormat.formats, { [value]: 0 });
  } catch (thrown) {
    if (thrown instanceof RangeError || thrown instanceof TypeError) return thrown.message;
    throw thrown;
  }
  return undefined;
}

/** All pieces of a message, those of its branches included. */
export function piecesOf(tree: MessageTree): MessagePiece[] {
  return tree.flatMap((piece) => [piece, ...branchesOf(piece).flatMap(piecesOf)]);
}

/** What stands in each branch of a plural or select; none of another piece. */
export function branchesOf(piece: MessagePiece): MessageTree[] {
  return "options" in piece ? Object.values(piece.options).map(({ value }) => value) : [];
}

/** The argument that a piece shows or goes by. */
export function nameOf(piece: MessagePiece): string | undefined {
  return "value" in piece && piece.type.valueOf() !== LITERAL ? piece.value : undefined;
}

/** A number stays one; of anything else its text, which as a count is a number where it reads as one. */
function valueOf(given: MessageValues, name: string, isCount: boolean): string | number {
  const value = Object.hasOwn(given, name) ? given[name] : undefined;
  if (typeof value === "number") return value;
  const text = textOf(value);
  if (!isCount || Number.isNaN(Number(text))) return text;
  return numberOf(text) ?? UNKNOWN;
}

/** Formatters of a tongue, each made once for its options. */
export function formattersOf({ tags, zone: timeZone }: Tongue): Formatters {
  const locales = [...tags, "en"];
  return {
    getNumberFormat: keeper((options) => numbers(new intl.NumberFormat(locales, options))),
    getDateTimeFormat: keeper((options) => instants(new intl.DateTimeFormat(locales, { ...options, timeZone }))),
    getPluralRules: keeper((options) => new intl.PluralRules(locales, options)),
  };
}

/** Makes a formatter once for equal options, and looks only once at the same ones. */
function keeper<Options extends object, Formatter>(
  make: (options: Options | undefined) => Formatter,
): (locales?: unknown, options?: Options) => Formatter {
  const bySame = new WeakMap<object, Formatter>();
  const byEqual = new Map<string, Formatter>();
  const none = {};
  return (_locales, options) => {
    const found = bySame.get(options ?? none);
    if (found !== undefined) return found;
    const key = JSON.stringify(options ?? none);
    const made = byEqual.get(key) ?? make(options);
    byEqual.set(key, made);
    bySame.set(options ?? none, made);
    return made;
  };
}

/** Takes numbers and texts that read as one; any other text is shown as it is. */
function numbers(formatter: Intl.NumberFormat): Intl.NumberFormat {
  const format = formatter.format.bind(formatter);
  return showing(formatter, (value) => {
    const number = typeof value === "string" ? numberOf(value) : value;
    if (typeof number !== "number") return textOf(value);
    return Number.isNaN(number) ? UNKNOWN : format(number);
  });
}

/** Takes epoch ms and RFC 3339 texts; anything else is shown as it is (Intl itself would take nothing for now). */
function instants(formatter: Intl.DateTimeFormat): Intl.DateTimeFormat {
  const format = formatter.format.bind(formatter);
  return showing(formatter, (value) => {
    const instant = typeof value === "string" ? instantMs(value) : value;
    return isInstant(instant) ? format(instant) : textOf(value);
  });
}

function showing<Formatter extends object>(formatter: Formatter, format: (value: unknown) => string): Formatter {
  return Object.defineProperty(formatter, "format", { value: format });
}

function numberOf(text: string): number | undefined {
  return /^-?[0-9]{1,15}(?:\.[0-9]{1,15})?$/.test(text) ? Number(text) : undefined;
}

/** Whether Intl takes a language tag; which language it is does not matter. */
export function isWellFormedTag(tag: string): boolean {
  try {
    return intl.getCanonicalLocales(tag).length === 1;
  } catch (thrown) {
    if (thrown instanceof RangeError) return false;
    throw thrown;
  }
}
