/** Tenants that a store takes, the site among them; whoever lists them all asks for as many. */
export const MAX_TENANTS = 8191;

/** The tenant that every site has. */
export const DEFAULT_TENANT = "default";

/** Words that no tenant is called, because people and programs mean something else by them. */
export const RESERVED_TENANTS: ReadonlySet<string> = new Set([
  "all",
  "any",
  "constructor",
  "global",
  "none",
  "null",
  "self",
  "site",
  "undefined",
]);
