/**
 * Where a file of a kit may lie: its role, the kit's kinds and the kit's tenants decide.
 * @module
 */
import type { FileRole, FileRow, KitKind } from "./kit.ts";

/** Tenant of what is for all tenants, at the site; `_` in a kit's paths. */
const SITE_TENANT = "_site";
const ID = /^[a-z0-9][a-z0-9-]{0,62}$/;
const SEALED = /^[a-z0-9][a-z0-9-]{0,62}\.sealed\.json$/;
const OBJECT = /^[a-z0-9][a-z0-9-]{0,62}\.json$/;
const POLICY = /^content\/trust\/policy\.([1-9]\d{0,14})(?:\.json|\.sig\/[A-Za-z0-9_-]{1,90}\.sigstore\.json)$/;

/** Folders of objects and the kind that they belong to. */
const FOLDER_KIND: Readonly<Record<string, KitKind>> = {
  app: "app",
  approvals: "approvals",
  calendars: "calendars",
  channels: "channels",
  connectors: "connectors",
  escalations: "schedules",
  heartbeats: "policies",
  ledger: "ledger",
  parity: "parity",
  policies: "policies",
  rules: "rules",
  schedules: "schedules",
  suites: "policies",
  templates: "templates",
  trust: "trust",
  users: "schedules",
  witness: "witness",
};

/** Folders where a role must lie; the others say nothing. */
const ROLE_FOLDERS: Readonly<Partial<Record<FileRole, readonly string[]>>> = {
  blob: ["app", "connectors"],
  ledger: ["ledger"],
  trust: ["trust"],
  witness: ["witness"],
};
const OWN_ROLE: ReadonlySet<string> = new Set(["ledger", "trust", "witness"]);

/** A configuration object's place: `tenant` as at the site (`_site` for all), `kind` the folder. */
export interface ObjectPlace {
  readonly tenant: string;
  readonly kind: string;
  readonly id: string;
}

/** The kind that a folder of `content/` belongs to, or undefined where none does. */
export function kindOfFolder(folder: string): KitKind | undefined {
  return Object.hasOwn(FOLDER_KIND, folder) ? FOLDER_KIND[folder] : undefined;
}

/** What is wrong with the place of a file, in words; undefined where it is good. The path itself has been judged. */
export function placementFault(
  file: Pick<FileRow, "path" | "role">,
  kit: { readonly kinds: readonly KitKind[]; readonly tenants: ReadonlySet<string> },
): string | undefined {
  const { role, path } = file;
  if (role === "sbom" || role === "doc") return undefined;
  const [, folder = "", tenant = "", name = "", ...more] = path.split("/");
  const kind = kindOfFolder(folder);
  if (kind === undefined || !kit.kinds.includes(kind)) return "lies outside the kinds of the kit";
  if (role === "object" || role === "sealed") {
    if (OWN_ROLE.has(folder)) return `has role ${role} in a folder of another role`;
    const form = role === "object" ? OBJECT : SEALED;
    if (more.length > 0 || !form.test(name))
      return `is not content/<kind>/<tenant or _>/<id>${role === "object" ? "" : ".sealed"}.json`;
    return tenantFault(tenant, kit.tenants);
  }
  if (ROLE_FOLDERS[role]?.includes(folder) !== true || path.split("/").length < 3)
    return `is no place for role ${role}`;
  return role === "trust" && !POLICY.test(path) ? "is neither a trust policy nor a signature of one" : undefined;
}

function tenantFault(tenant: string, tenants: ReadonlySet<string>): string | undefined {
  if (tenant === "_") return tenants.has("*") ? undefined : "is for all tenants, the kit is not";
  if (!ID.test(tenant)) return "has no tenant id in its path";
  return tenants.has("*") || tenants.has(tenant) ? undefined : "is of a tenant that the kit does not name";
}

/** Whose object a file of role `object` is; undefined for every other role. The place has been judged. */
export function objectPlace({ path, role }: Pick<FileRow, "path" | "role">): ObjectPlace | undefined {
  if (role !== "object") return undefined;
  const [, kind = "", tenant = "", name = ""] = path.split("/");
  return { tenant: tenant === "_" ? SITE_TENANT : tenant, kind, id: name.slice(0, -".json".length) };
}

/** Path of an object in a kit; `_site` becomes `_`. */
export function objectPath({ tenant, kind, id }: ObjectPlace): string {
  return `content/${kind}/${tenant === SITE_TENANT ? "_" : tenant}/${id}.json`;
}

/** The version that a file of role `trust` belongs to, and whether it is a signature; undefined for other paths. */
export function policyPlace(path: string): { readonly version: number; readonly signature: boolean } | undefined {
  const found = POLICY.exec(path);
  return found === null ? undefined : { version: Number(found[1]), signature: path.endsWith(".sigstore.json") };
}
