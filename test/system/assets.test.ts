import * as fs from "node:fs";
import { expect, test } from "vitest";
import { asset, assetNames, assetRoots } from "../../src/system/assets.ts";

test("an asset has the bytes of its file", () => {
  expect(Buffer.from(asset("package.json"))).toEqual(fs.readFileSync("package.json"));
});

test("names begin with the prefix, are sorted, and each has bytes", () => {
  const names = assetNames("templates/");
  expect(names.length).toBeGreaterThan(0);
  expect(names).toEqual(names.toSorted());
  for (const name of names) {
    expect(name).toMatch(/^templates\//);
    expect(asset(name).length).toBeGreaterThan(0);
  }
});

test("every root is there", () => {
  for (const root of assetRoots) expect(assetNames(root)).not.toEqual([]);
});

test.each(["src/main.ts", "templates/none.hbs", "package.jsonx", ""])("%s is no asset", (name) => {
  expect(() => asset(name)).toThrow();
});
