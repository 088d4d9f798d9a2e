import { KIT_SENTENCES } from "../../core/kit-code.ts";
import type { HttpErrorCode } from "../error.ts";
import { isKeyed, type RouteName, type RouteRule } from "../permissions.ts";
import { PROBLEMS } from "../problem.ts";
import type { RouteDoc } from "./doc.ts";

/** What may be answered before it is known what is asked for. */
export const ALWAYS: readonly HttpErrorCode[] = [
  "bad-request",
  "body-timeout",
  "expectation-failed",
  "headers-too-large",
  "internal",
];
const OF_EVERYBODY = ["unauthenticated", "forbidden", "tenant-required", "rate-limited", "stopping"] as const;
const OF_TENANTS = ["tenant-mismatch", "tenant-unknown"] as const;
const OF_BODIES = ["aborted", "body-timeout", "body-too-large", "unsupported-encoding"] as const;
const OF_TYPED_BODIES = ["unsupported-media-type", "unsupported-charset"] as const;
const OF_JSON = ["empty-body", "bad-utf8", "bad-json", "invalid"] as const;
const OF_WRITING = ["disk-full", "overloaded", "refused-value", "tenant-closed"] as const;
const OF_KEYS = ["key-open", "key-done", "key-reused", "keys-full", "disk-full", "overloaded"] as const;
const KIT_STATUS = 422;

/** A route as the tables know it. */
export interface DescribedRoute {
  readonly name: RouteName;
  readonly rule: RouteRule;
  readonly doc: RouteDoc;
}

/** Every problem that a route can answer with: codes by status, in their order. */
export function problemsOf(route: DescribedRoute): ReadonlyMap<number, readonly string[]> {
  const codes = new Set<HttpErrorCode>([...ALWAYS, ...implied(route), ...(route.doc.problems ?? [])]);
  const found = new Map<number, string[]>();
  const add = (status: number, code: string): void => void found.set(status, [...(found.get(status) ?? []), code]);
  for (const code of codes) add(PROBLEMS[code].status, code);
  if (route.doc.hasKitProblems === true) for (const code of Object.keys(KIT_SENTENCES)) add(KIT_STATUS, code);
  return new Map(
    [...found].toSorted(([left], [right]) => left - right).map(([status, list]) => [status, list.toSorted()]),
  );
}

function implied({ name, rule, doc }: DescribedRoute): readonly HttpErrorCode[] {
  const types = Object.keys(doc.body ?? {});
  const isJson = types.some((type) => type.endsWith("json"));
  const writes = rule.permission !== undefined && !rule.permission.endsWith(".read");
  return [
    ...(rule.permission === undefined ? [] : OF_EVERYBODY),
    ...(rule.permission === undefined || rule.isSite === true ? [] : OF_TENANTS),
    ...(rule.isSite === true ? (["site-only"] as const) : []),
    ...(types.length > 0 ? OF_BODIES : []),
    ...(types.length > 0 && !types.includes("*/*") ? OF_TYPED_BODIES : []),
    ...(isJson ? OF_JSON : []),
    ...(writes && !name.startsWith("GET ") ? OF_WRITING : []),
    ...(rule.permission !== undefined && isKeyed(name) ? OF_KEYS : []),
    ...(rule.permission === undefined && doc.query === undefined ? [] : (["bad-query"] as const)), // unknown ones are refused
    ...(name.includes("/:") ? (["not-found"] as const) : []),
    ...(doc.headers?.includes("If-Match") === true ? (["precondition-required", "precondition-failed"] as const) : []),
  ];
}
