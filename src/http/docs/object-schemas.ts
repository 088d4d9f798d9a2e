/**
 * What is sent and answered of configuration objects. Their own schemas are those that `config schema` prints; an answer has
 * them as they were saved, without defaults, and `meta` beside their fields.
 * @module
 */
import { z } from "zod";
import { isJsonObject, type JsonObject } from "../../core/json.ts";
import { publishedSchemas } from "../../core/objects.ts";
import type { ObjectKind } from "../object-services.ts";
import { schemaOf } from "../objects.ts";
import { Instant, Sha256 } from "./common.ts";

/** What the components of a kind are called. */
const NAMES: Readonly<Record<ObjectKind, string>> = {
  calendars: "Calendar",
  channels: "Channel",
  policies: "Policy",
  rules: "Rule",
  templates: "Template",
};

const META = {
  hash: Sha256.meta({ description: "SHA-256 of its canonical text: its version, and its ETag" }),
  isGlobal: z.boolean().meta({ description: "It is the site's and serves all tenants" }),
  ownerId: z.string().meta({ description: "The tenant that it belongs to, or `_site`" }),
  stream: z.string().exactOptional().meta({ description: "The stream of kits that brought it" }),
};
const Count = z.int().min(0);
const USAGE = {
  successCount: Count.meta({ description: "Tries in this tenant that went well" }),
  failureCount: Count.meta({ description: "Tries that failed; an outage counts once" }),
  lastUsedAt: Instant.exactOptional(),
  lastFailureAt: Instant.exactOptional(),
};

function metaOf(kind: ObjectKind): z.ZodType {
  const fields = { kind: z.literal(kind), ...META, ...(kind === "channels" ? USAGE : {}) };
  return z.strictObject(fields).meta({ description: "What the site says about it; a PUT may send it back, unread" });
}

function published(kind: ObjectKind): JsonObject {
  const schema = publishedSchemas()[schemaOf(kind)];
  if (!isJsonObject(schema)) return {};
  const { $schema: _, ...own } = schema;
  return own;
}

/** A schema with another member, and some that are not required any more. */
function withMember(
  schema: JsonObject,
  {
    name,
    member,
    required,
  }: { readonly name: string; readonly member: JsonObject; readonly required: readonly string[] },
): JsonObject {
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  return { ...schema, properties: { ...properties, [name]: member }, required };
}

function requiredOf({ required }: JsonObject): string[] {
  return Array.isArray(required) ? required.filter((name) => typeof name === "string") : [];
}

/** What a POST or PUT takes. */
export function sentObject(kind: ObjectKind): z.ZodType {
  const own = published(kind);
  const required = requiredOf(own).filter((name) => name !== "schema");
  const member = { description: "Of an answer: not read" };
  return z.any().meta({ id: `${NAMES[kind]}Body`, ...withMember(own, { name: "meta", member, required }) });
}

/** What is answered to one who may read it. */
export function shownObject(kind: ObjectKind): z.ZodType {
  const own = published(kind);
  const { $schema: _, ...member } = plainSchema(metaOf(kind));
  const required = [...requiredOf(own), "meta"];
  return z.any().meta({ id: NAMES[kind], ...withMember(own, { name: "meta", member, required }) });
}

function plainSchema(schema: z.ZodType): JsonObject {
  const drawn = z
    .json()
    .parse(JSON.parse(JSON.stringify(z.toJSONSchema(z.strictObject({ it: schema }), { reused: "inline" }))));
  const properties = isJsonObject(drawn) ? drawn["properties"] : undefined;
  const one = isJsonObject(properties) ? properties["it"] : undefined;
  return isJsonObject(one) ? one : {};
}

/** An object of the site's, as a tenant's principal sees it. */
function hiddenObject(kind: ObjectKind): z.ZodType {
  return z
    .strictObject({ id: z.string(), name: z.string().exactOptional(), meta: metaOf(kind) })
    .meta({ id: `Hidden${NAMES[kind]}`, description: "The site's: a tenant's principal may use it, and sees no more" });
}

/** What a GET answers. */
export function readableObject(kind: ObjectKind): z.ZodType {
  return z.union([shownObject(kind), hiddenObject(kind)]);
}

/** One line of an object's history. */
export const HistoryRow = z
  .strictObject({
    n: z.int().min(1).meta({ description: "Number of the change in its tenant: what a revert takes" }),
    at: Instant,
    actor: z.string(),
    why: z.string().exactOptional(),
    via: z.enum(["api", "bind", "config", "kit", "revert"]).exactOptional(),
    kit: z
      .strictObject({ stream: z.string(), epoch: z.int().min(0), sequence: z.int().min(0) })
      .exactOptional()
      .meta({ description: "The kit that brought it" }),
    change: z.enum(["added", "changed", "removed", "bound", "unbound"]).meta({
      description:
        "`bound`: the values that the site fills into a channel; the channel's version stays. `unbound`: none is filled in any more",
    }),
    hash: Sha256.exactOptional().meta({ description: "The version after it" }),
    before: Sha256.exactOptional().meta({ description: "The version before it" }),
    diff: z
      .array(z.strictObject({ pointer: z.string(), before: z.json().exactOptional(), after: z.json().exactOptional() }))
      .meta({
        description:
          "Where both differ. A pointer names members of a list by their `id` where all have one (`/actions/mail/channel`), else by their place; where such members stand in another order, a row of the list has their ids. What came or went as a whole has the pointer of the whole",
      }),
  })
  .meta({ id: "ObjectChange", description: "What a change of configuration did to an object" });
