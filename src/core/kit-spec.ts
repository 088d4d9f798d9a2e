/**
 * Build input of a kit: the `offline-kit.json` that stands in a repository, and the content that lies around it.
 * @module
 */
import { z } from "zod";
import { canonicalJson } from "./canonical-json.ts";
import { isJsonObject, type JsonObject } from "./json.ts";
import {
  Acks,
  AppVersion,
  type FileRole,
  issueText,
  KIT_SCHEMA,
  KitInstant,
  Kinds,
  Provenance,
  Tenants,
} from "./kit.ts";
import { KitError, quoted } from "./kit-code.ts";
import { kindOfFolder, objectPath } from "./kit-place.ts";
import { decodeUtf8, parseStrictJson } from "./strict-json.ts";

/** The manifest without what is computed and without stream, audience and createdAt, which whoever builds fills in. */
const Spec = z.strictObject({
  schema: z.literal(KIT_SCHEMA),
  kinds: Kinds,
  epoch: z.int().min(0),
  sequence: z.int().min(1),
  tenants: Tenants,
  expiresAt: KitInstant.nullable(),
  minApp: AppVersion,
  acks: Acks,
  provenance: Provenance,
});
export type KitSpec = z.infer<typeof Spec>;

/** One file of a kit, in memory. */
export interface ContentFile {
  readonly path: string;
  readonly role: FileRole;
  readonly bytes: Uint8Array;
}

const MAX_DEPTH = 32;
const SEED = /^seeds\/([a-z]+)\/(_|[a-z0-9][a-z0-9-]{0,62})\/([^/]+)\.json$/;
const TEMPLATE = /^templates\/([a-z0-9][a-z0-9-]{0,62})\/(?:locales\/)?[^/]+$/;
const LOCALE = /^locales\/([^/]+)\.json$/;
const TEMPLATE_FILES = ["meta.json", "subject.hbs", "text.hbs", "html.hbs"];

/** The build input that bytes hold. Throws KitError KIT_MANIFEST (or KIT_FORMAT_VERSION). */
export function parseSpec(bytes: Uint8Array): KitSpec {
  const value = jsonObject(bytes, "offline-kit.json");
  const version = value["schema"];
  if (typeof version === "string" && version !== KIT_SCHEMA)
    throw new KitError("KIT_FORMAT_VERSION", `${quoted(version)}, not ${KIT_SCHEMA}`);
  const parsed = Spec.safeParse(value);
  if (!parsed.success) throw new KitError("KIT_MANIFEST", issueText(parsed.error));
  return parsed.data;
}

/**
 * The content that a source folder holds, sorted by path: each `seeds/<kind>/<tenant or _>/<id>.json`, and of each
 * `templates/<id>/` (`meta.json`, `subject.hbs`, `text.hbs`, `html.hbs`, `locales/<tag>.json`) one template for all
 * tenants. Other names are left out (sample events, schemas). Throws KitError CONTENT_INVALID for a file that it cannot
 * make use of.
 */
export function assembleContent(read: (name: string) => Uint8Array, names: readonly string[]): ContentFile[] {
  const files = names.flatMap((name) => seedFile(name, read) ?? []);
  const ids = new Set(names.flatMap((name) => TEMPLATE.exec(name)?.[1] ?? []));
  for (const id of ids) files.push(templateFile(id, read, names));
  return files.toSorted((left, right) => (left.path < right.path ? -1 : 1));
}

function seedFile(name: string, read: (name: string) => Uint8Array): ContentFile | undefined {
  const [, kind = "", tenant = "", id = ""] = SEED.exec(name) ?? [];
  if (kindOfFolder(kind) === undefined) return undefined;
  const path = objectPath({ kind, tenant, id });
  return { path, role: "object", bytes: canonicalBytes(jsonObject(read(name), name)) };
}

function templateFile(id: string, read: (name: string) => Uint8Array, names: readonly string[]): ContentFile {
  const folder = `templates/${id}/`;
  const files = names.filter((name) => name.startsWith(folder)).map((name) => name.slice(folder.length));
  const stray = files.find((file) => !TEMPLATE_FILES.includes(file) && !LOCALE.test(file));
  if (stray !== undefined) throw fault(`${folder}${stray}`, "is no part of a template");
  const part = (file: string): string | undefined => {
    const name = folder + file;
    return names.includes(name) ? text(read(name), name) : undefined;
  };
  const meta = names.includes(`${folder}meta.json`) ? jsonObject(read(`${folder}meta.json`), `${folder}meta.json`) : {};
  const subject = part("subject.hbs");
  const plain = part("text.hbs");
  const html = part("html.hbs");
  if (subject === undefined || plain === undefined) throw fault(folder, "lacks subject.hbs or text.hbs");
  const messages = localeFiles(folder, files, read);
  if (messages !== undefined && meta["messages"] !== undefined)
    throw fault(folder, "holds messages in meta.json and in locales/: keep those in locales/");
  const template: JsonObject = {
    ...meta,
    ...(messages === undefined ? {} : { messages }),
    schema: "template/v1",
    id,
    subject: subject.trimEnd(),
    text: plain,
    ...(html === undefined ? {} : { html }),
  };
  return { path: objectPath({ kind: "templates", tenant: "_", id }), role: "object", bytes: canonicalBytes(template) };
}

/** Messages by language tag, as the files of `locales/` hold them; undefined where there is none. */
function localeFiles(
  folder: string,
  files: readonly string[],
  read: (name: string) => Uint8Array,
): JsonObject | undefined {
  const found = files.flatMap((file) => {
    const tag = LOCALE.exec(file)?.[1];
    return tag === undefined ? [] : [[tag, jsonObject(read(folder + file), folder + file)] as const];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

/** The canonical form of an object as people write it (JSON in any form). Throws KitError CONTENT_INVALID. */
export function canonicalObject(bytes: Uint8Array, name: string): Uint8Array {
  return canonicalBytes(jsonObject(bytes, name));
}

function canonicalBytes(object: JsonObject): Uint8Array {
  return Buffer.from(canonicalJson(object), "utf8");
}

function text(bytes: Uint8Array, name: string): string {
  const decoded = decodeUtf8(bytes);
  if (decoded === undefined) throw fault(name, "is not UTF-8");
  return decoded;
}

function jsonObject(bytes: Uint8Array, name: string): JsonObject {
  const parsed = parseStrictJson(text(bytes, name), { depth: MAX_DEPTH });
  if (!parsed.ok) {
    const { pointer, detail } = parsed.fault;
    throw fault(pointer === "" ? name : `${name}#${pointer}`, detail, ": ");
  }
  if (!isJsonObject(parsed.value)) throw fault(name, "is no JSON object");
  return parsed.value;
}

/** A fault of a file, its place also as a reason. */
function fault(at: string, detail: string, between = " "): KitError {
  const reasons = [{ at, code: "CONTENT_INVALID", detail }] as const;
  return new KitError("CONTENT_INVALID", `${at}${between}${detail}`, { reasons });
}
