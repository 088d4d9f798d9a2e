import { createConfig, lintFromString, type NormalizedProblem } from "@redocly/openapi-core";
import { expect, test } from "vitest";
import { z } from "zod";
import { openApiDocument } from "../../src/http/docs/document.ts";

async function lint(document: object): Promise<string[]> {
  const config = await createConfig({ extends: ["recommended"], telemetry: "off" });
  const source = JSON.stringify(document);
  const found = await lintFromString({ source, absoluteRef: "/openapi.json", config });
  return found.map(
    ({ ruleId, message, location }: NormalizedProblem) => `${ruleId} ${location[0]?.pointer ?? ""}: ${message}`,
  );
}

test("a public linter has nothing to say about the document, but that forms are answered with 303", async () => {
  expect(await lint(openApiDocument())).toEqual(
    ["login", "logout"].map(
      (path) =>
        `operation-2xx-response #/paths/~1${path}/post/responses: Operation must have at least one \`2XX\` response.`,
    ),
  );
});

const DOCUMENT = openApiDocument();
const HEALTH = { summary: "s", operationId: "getHealth", security: [], responses: { 200: { description: "d" } } };
test.each([
  ["an operation twice", { paths: { "/a": { get: HEALTH }, "/b": { get: HEALTH } } }, "operation-operationId-unique"],
  [
    "a reference to nothing",
    { paths: { "/a": { get: { ...HEALTH, responses: { 200: { $ref: "#/components/responses/none" } } } } } },
    "no-unresolved-refs",
  ],
  ["what OpenAPI 3.1 does not know", { paths: { "/a": { get: { ...HEALTH, nonsense: 1 } } } }, "struct"],
  [
    "a parameter of the path that is not described",
    { paths: { "/a/{id}": { get: HEALTH } } },
    "path-parameters-defined",
  ],
  ["another version", { openapi: "3.1.1", info: {} }, "struct"],
] as const)("the linter would find %s", async (_what, fault, rule) => {
  expect((await lint({ ...DOCUMENT, ...fault })).join("\n")).toContain(rule);
});

test("the linter would find an example that its schema refuses", async () => {
  const bad = JSON.stringify(DOCUMENT).replace('"command":"flush","actionKey"', '"command":"explode","actionKey"');
  expect((await lint(z.looseObject({}).parse(JSON.parse(bad)))).join("\n")).toContain("no-invalid-media-type-examples");
});
