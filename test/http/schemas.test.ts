import { expect, it } from "vitest";
import { publishedSchemas } from "../../src/core/objects.ts";
import { bearer, testHttp } from "../support/http.ts";
import { problemIn } from "../support/problem.ts";

async function get(path: string, token = "viewer"): Promise<Response> {
  return await testHttp().app.request(`/api/v1/schemas${path}`, { headers: bearer(token) });
}

it("lists the schemas of what people write", async () => {
  expect(await (await get("")).json()).toEqual({
    items: [
      { name: "rule-v1", schema: "rule/v1" },
      { name: "channel-v1", schema: "channel/v1" },
      { name: "template-v1", schema: "template/v1" },
    ],
  });
});

it.each(["rule", "channel", "template"])("serves the JSON Schema of a %s as this version checks it", async (kind) => {
  const schema: unknown = await (await get(`/${kind}-v1`)).json();
  expect(schema).toEqual(publishedSchemas()[`${kind}/v1`]);
  expect(schema).toMatchObject({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    properties: { schema: { const: `${kind}/v1` } },
    additionalProperties: false,
  });
});

it("is for who may read the configuration, and knows no other name", async () => {
  for (const path of ["", "/rule-v1"]) await problemIn(await get(path, "writer"), "forbidden");
  for (const name of ["rule", "rule-v2", "constructor"]) await problemIn(await get(`/${name}`), "not-found");
});
