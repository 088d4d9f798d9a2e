import { afterAll, beforeAll, expect, test } from "vitest";
import { openApiDocument } from "../../src/http/docs/document.ts";
import { documentChecker, exchangeOf } from "../support/documented.ts";
import { type DemoSite, makeDemoSite } from "../support/demo-site.ts";
import { examplesOf, replay, unreplayed } from "../support/api-examples.ts";

const check = documentChecker();
let demo: DemoSite;
beforeAll(async () => {
  demo = await makeDemoSite();
});
afterAll(() => demo.remove());

test.each(examplesOf(openApiDocument()).map((example) => [example.title, example] as const))(
  "%s",
  async (_title, example) => {
    const site = await demo.fresh();
    try {
      const { method, path, response } = await replay(site, example, demo.ids);
      const exchange = await exchangeOf(method, path, response);
      const said = Buffer.from(exchange.body).toString().slice(0, 1000);
      expect(check(exchange), said).toEqual([]);
      expect(example.good, said).toContain(exchange.status);
    } finally {
      await site.close();
    }
  },
);

test("every operation has an example, but for what needs a kit or the text of a token", () => {
  expect(unreplayed(openApiDocument())).toEqual(["getKit", "getKitFile", "importKit", "login", "planKit"].toSorted());
});
