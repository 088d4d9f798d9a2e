/**
 * Paths that existing callers know, and where they lead. What is said of a route holds for its aliases too: permission,
 * body, answer.
 * @module
 */

const BASE = "/api/v1";
/** Begin of a path under the base, or without it, with what stands there instead. */
const ALIASES: readonly (readonly [from: string, to: string])[] = [
  ["/notifications/channels", "/channels"],
  ["/notifications/rules", "/rules"],
  ["/notifications/logs", "/deliveries"],
  ["/notifications/send", "/notify/send"],
];
/** Served without the base too. */
const UNPREFIXED: readonly string[] = ["/digests", "/stats"];

/** The path of the table of routes that answers a path. */
export function aliased(path: string): string {
  const isBased = path.startsWith(`${BASE}/`);
  const rest = isBased ? path.slice(BASE.length) : path;
  if (rest.startsWith("/notifications/"))
    for (const [from, to] of ALIASES) if (isUnder(rest, from)) return `${BASE}${to}${rest.slice(from.length)}`;
  if (!isBased && UNPREFIXED.some((begin) => isUnder(path, begin))) return `${BASE}${path}`;
  return path;
}

/** Other paths that lead to a path of the table of routes. */
export function aliasesOf(path: string): string[] {
  const rest = path.slice(BASE.length);
  const from = ALIASES.flatMap(([begin, to]) => (isUnder(rest, to) ? [`${begin}${rest.slice(to.length)}`] : []));
  const plain = UNPREFIXED.some((begin) => isUnder(rest, begin)) ? [rest] : [];
  return [...plain, ...from.flatMap((alias) => [`${BASE}${alias}`, alias])];
}

function isUnder(path: string, begin: string): boolean {
  return path.startsWith(begin) && (path.length === begin.length || path[begin.length] === "/");
}
