import type { EventInput, Scope, Vuln } from "./event.ts";

/** Fields of the event document that a rule's conditions and expression may read. */
export const EVENT_FIELDS = [
  "source",
  "sourceId",
  "type",
  "kind",
  "subject",
  "time",
  "severity",
  "alertState",
  "labels",
  "scope",
  "vuln",
  "correlationId",
  "data",
] as const satisfies readonly (keyof EventInput)[];

const SCOPE = ["namespace", "repo", "digest", "resource"] as const satisfies readonly (keyof Scope)[];
const VULN = ["kev", "verdict", "vex", "delta"] as const satisfies readonly (keyof Vuln)[];
const VEX = ["status", "justification"] as const satisfies readonly (keyof NonNullable<Vuln["vex"]>)[];

/** Members of what has a fixed set of them, by its path. */
const MEMBERS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ["scope", SCOPE],
  ["vuln", VULN],
  ["vuln.vex", VEX],
]);
/** Fields under which any name may stand, and how many levels of them. */
const OPEN: ReadonlyMap<string, number> = new Map([
  ["data", Number.POSITIVE_INFINITY],
  ["labels", 1],
  ["vuln.delta", 1],
]);

/** Why no event has anything at a path of names, in words; undefined where one may. */
export function pathFault(path: readonly string[]): string | undefined {
  let at = "";
  for (const [depth, name] of path.entries()) {
    const open = OPEN.get(at);
    if (open !== undefined && path.length - depth <= open) return undefined;
    const members: readonly string[] = MEMBERS.get(at) ?? (depth === 0 ? EVENT_FIELDS : []);
    if (!members.includes(name)) return lacking(at, name, members);
    at = at === "" ? name : `${at}.${name}`;
  }
  return undefined;
}

function lacking(at: string, name: string, members: readonly string[]): string {
  const what = at === "" ? "an event" : `an event's ${at}`;
  if (members.length > 0) return `${what} has no field ${name}; it has ${members.join(", ")}`;
  return `${what} has no field ${name} at that depth`;
}
