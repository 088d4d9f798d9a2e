import { publishedSchemas } from "../core/objects.ts";
import { json } from "./answer.ts";
import { HttpError } from "./error.ts";
import { readQuery } from "./query.ts";
import { type Http, param, route } from "./route.ts";

/** By the name in the path: that of the schema, with `-` for `/`. */
const SCHEMAS = new Map(
  Object.entries(publishedSchemas()).map(([schema, document]) => [schema.replace("/", "-"), { schema, document }]),
);

/** `GET /schemas` and `/schemas/{name}`: the JSON Schemas of the objects that people write. */
export function routeSchemas(http: Http): void {
  route(http, "GET /api/v1/schemas", async ({ c }) => {
    readQuery(c, []);
    return json({ items: [...SCHEMAS].map(([name, { schema }]) => ({ name, schema })) });
  });
  route(http, "GET /api/v1/schemas/:name", async ({ c }) => {
    readQuery(c, []);
    const found = SCHEMAS.get(param(c, "name"));
    if (found === undefined) throw new HttpError("not-found", `known here: ${[...SCHEMAS.keys()].join(", ")}`);
    return json(found.document);
  });
}
