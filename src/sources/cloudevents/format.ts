/**
 * Formats of CloudEvents attributes: RFC 3986 references, RFC 3339 times, RFC 2045 media types, base64. All linear.
 * @module
 */

const UNRESERVED = "A-Za-z0-9\\-._~!$&'()*+,;=";
const PERCENT = "%[0-9A-Fa-f]{2}";
const PCHAR = `[${UNRESERVED}:@]|${PERCENT}`;
const SCHEME = "[A-Za-z][A-Za-z0-9+.\\-]*";
const HOST = `(?:(?:[${UNRESERVED}]|${PERCENT})*|\\[[${UNRESERVED}:]+\\])`;
const AUTHORITY = `//(?:(?:[${UNRESERVED}:]|${PERCENT})*@)?${HOST}(?::[0-9]*)?(?=[/?#]|$)`;
/** Without an authority a path does not begin with two slashes. */
const REST = `(?:${AUTHORITY}|(?!//))(?:${PCHAR}|/)*(?:\\?(?:${PCHAR}|[/?])*)?(?:#(?:${PCHAR}|[/?])*)?$`;
const URI = new RegExp(`^${SCHEME}:${REST}`);
/** A relative reference has no colon in its first segment. */
const URI_REFERENCE = new RegExp(`^(?:${SCHEME}:|(?![^/?#]*:))${REST}`);

/** Whether a text is an absolute or relative reference of RFC 3986. */
export function isUriReference(text: string): boolean {
  return URI_REFERENCE.test(text);
}

/** Whether a text is a URI of RFC 3986: with its scheme. */
export function isUri(text: string): boolean {
  return URI.test(text);
}

const TIME = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;
const DAYS: readonly number[] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether a text is a date-time of RFC 3339 that exists, leap seconds at 23:59:60 UTC included. */
export function isTime(text: string): boolean {
  if (!TIME.test(text)) return false;
  const [month, day, hour, minute, second] = [two(text, 5), two(text, 8), two(text, 11), two(text, 14), two(text, 17)];
  if (hour > 23 || minute > 59 || day < 1 || day > (DAYS[month - 1] ?? 0)) return false;
  if (month === 2 && day === 29 && !isLeapYear(two(text, 0) * 100 + two(text, 2))) return false;
  const offset = offsetOf(text);
  if (offset === undefined) return false;
  return second < 60 || (second === 60 && (hour * 60 + minute - offset + 2880) % 1440 === 1439);
}

/** Minutes east of UTC at the end of a time, or undefined where there is no such offset. */
function offsetOf(text: string): number | undefined {
  const end = text.length;
  if ((text.charCodeAt(end - 1) | 0x20) === 0x7a) return 0;
  const [hour, minute] = [two(text, end - 5), two(text, end - 2)];
  if (hour > 23 || minute > 59) return undefined;
  return (hour * 60 + minute) * (text.charAt(end - 6) === "-" ? -1 : 1);
}

/** The number of two digits that stand at `at`. */
function two(text: string, at: number): number {
  return (text.charCodeAt(at) - 0x30) * 10 + text.charCodeAt(at + 1) - 0x30;
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z\\-]+";
const MEDIA_TYPE = new RegExp(`^${TOKEN}/${TOKEN}(?:[ \\t]*;[ \\t]*${TOKEN}=(?:${TOKEN}|"(?:[^"\\\\]|\\\\.)*"))*$`);

/** Whether a text is a media type of RFC 2045, parameters included. */
export function isMediaType(text: string): boolean {
  return MEDIA_TYPE.test(text);
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Whether a text is base64 of RFC 4648 with its padding. */
export function isBase64(text: string): boolean {
  return BASE64.test(text);
}
