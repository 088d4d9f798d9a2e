import { publishedSchemas } from "../core/objects.ts";
import { PLATFORM_KINDS, platformKind } from "../core/platform/index.ts";
import type { PlatformKind } from "../core/platform/kind.ts";
import { json } from "./answer.ts";
import { HttpError } from "./error.ts";
import { readQuery } from "./query.ts";
import { type Http, param, route } from "./route.ts";

/** Schemas of objects by the name in the path: that of the schema, with `-` for `/`. */
const OBJECTS = new Map(
  Object.entries(publishedSchemas()).map(([schema, document]) => [schema.replace("/", "-"), { schema, document }]),
);
/** Platform kinds by the name in the path: the type, but for a family's. */
const EVENTS = new Map(PLATFORM_KINDS.map((kind) => [kind.name, kind]));
/** The kind of a name or of a type: its own, else that of its family. */
const kindOf = (name: string): PlatformKind | undefined =>
  EVENTS.get(name) ?? (name.includes("*") ? undefined : platformKind(name));
const NAMES = [...OBJECTS.keys(), ...EVENTS.keys()].join(", ");

/** `GET /schemas`, `/schemas/{name}`, `/schemas/{name}/sample`: of the objects that people write, and of the data of platform events, also by type. */
export function routeSchemas(http: Http): void {
  route(http, "GET /api/v1/schemas", async ({ c }) => {
    readQuery(c, []);
    const objects = [...OBJECTS].map(([name, { schema }]) => ({ name, schema }));
    const events = [...EVENTS].map(([name, { type }]) => ({ name, type }));
    return json({ items: [...objects, ...events] });
  });
  route(http, "GET /api/v1/schemas/:name", async ({ c }) => {
    readQuery(c, []);
    const name = param(c, "name");
    const document = OBJECTS.get(name)?.document ?? kindOf(name)?.jsonSchema();
    if (document === undefined)
      throw new HttpError("not-found", `known here, as are the types of these events: ${NAMES}`);
    return json(document);
  });
  route(http, "GET /api/v1/schemas/:name/sample", async ({ c }) => {
    readQuery(c, []);
    const kind = kindOf(param(c, "name"));
    if (kind === undefined) throw new HttpError("not-found", `with a sample: ${[...EVENTS.keys()].join(", ")}`);
    return json(kind.sample);
  });
}
