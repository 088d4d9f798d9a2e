import { expect, it } from "vitest";
import { publishedSchemas } from "../../src/core/objects.ts";
import { PLATFORM_KINDS } from "../../src/core/platform/index.ts";
import { bearer, cloudEvent, JSON_EVENT, testHttp } from "../support/http.ts";
import { problemIn } from "../support/problem.ts";

async function get(path: string, token = "viewer"): Promise<Response> {
  return await testHttp().app.request(`/api/v1/schemas${path}`, { headers: bearer(token) });
}

it("lists the schemas of what people write and of what platforms send", async () => {
  const objects = Object.keys(publishedSchemas()).map((schema) => ({ name: schema.replace("/", "-"), schema }));
  const events = PLATFORM_KINDS.map(({ name, type }) => ({ name, type }));
  expect(await (await get("")).json()).toEqual({ items: [...objects, ...events] });
  expect(objects).toContainEqual({ name: "rule-v1", schema: "rule/v1" });
  expect(events).toContainEqual({ name: "taskrunner", type: "taskrunner.*" });
});

it.each(PLATFORM_KINDS.map((kind) => [kind.name, kind] as const))(
  "serves the JSON Schema of the data of %s, and a sample that is accepted",
  async (name, { jsonSchema }) => {
    expect(await (await get(`/${name}`)).json()).toEqual(jsonSchema());
    const sample = await (await get(`/${name}/sample`)).text();
    const { app } = testHttp();
    const headers = { ...bearer("writer"), ...JSON_EVENT };
    expect((await app.request("/api/v1/events", { method: "POST", headers, body: sample })).status).toBe(202);
  },
);

it("answers 422 with the failing pointer where the body of a known type is bad, and takes it of an unknown one", async () => {
  const { app } = testHttp();
  const post = async (type: string): Promise<Response> => {
    const body = JSON.stringify(cloudEvent({ type, data: { reportId: "r", verdict: "pass", delta: { newHigh: -1 } } }));
    return await app.request("/api/v1/events", {
      method: "POST",
      headers: { ...bearer("writer"), ...JSON_EVENT },
      body,
    });
  };
  const { errors } = await problemIn(await post("scanner.report.ready"), "invalid-event");
  expect(errors).toMatchObject([{ pointer: "/data/delta/newHigh" }]);
  expect((await post("scanner.report.begun")).status).toBe(202);
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

it.each(["taskrunner.step.paused", "taskrunner.run.failed"])(
  "answers the type %s with its own or its family's",
  async (type) => {
    const schema: unknown = await (await get(`/${type}`)).json();
    expect(schema).toMatchObject({ $schema: "https://json-schema.org/draft/2020-12/schema" });
    const sample: unknown = await (await get(`/${type}/sample`)).json();
    expect(sample).toMatchObject({ specversion: "1.0" });
  },
);

it("is for who may read the configuration, and knows no other name", async () => {
  for (const path of ["", "/rule-v1", "/zastava.admission/sample"])
    await problemIn(await get(path, "writer"), "forbidden");
  for (const name of ["rule", "rule-v2", "constructor", "rule-v1/sample", "taskrunner.*", "constructor/sample"])
    await problemIn(await get(`/${name}`), "not-found");
});
