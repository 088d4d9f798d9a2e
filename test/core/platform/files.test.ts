import * as fs from "node:fs";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { PLATFORM_KINDS } from "../../../src/core/platform/index.ts";

const root = path.join(import.meta.dirname, "../../..");
const kinds = PLATFORM_KINDS.map((kind) => [kind.name, kind] as const);

function textOf(file: string): string {
  return fs.readFileSync(path.join(root, file), "utf8");
}

describe("what lies in seeds/ is what the code says (else: node scripts/seed-platform.ts)", () => {
  it.each(kinds)("the schema of %s", (name, { jsonSchema }) => {
    expect(textOf(`seeds/schemas/${name}.json`)).toBe(`${JSON.stringify(jsonSchema(), undefined, 2)}\n`);
  });

  it.each(kinds)("the sample of %s", (name, { sample }) => {
    expect(textOf(`seeds/events/platform/${name}.json`)).toBe(`${JSON.stringify(sample, undefined, 2)}\n`);
  });

  it.each(["schemas", "events/platform"])("seeds/%s holds nothing besides", (folder) => {
    const names = PLATFORM_KINDS.map(({ name }) => `${name}.json`);
    expect(fs.readdirSync(path.join(root, "seeds", folder)).toSorted()).toEqual(names.toSorted());
  });
});

describe("docs/events.md", () => {
  const text = textOf("docs/events.md");

  it("shows the data of every sample", () => {
    const blocks = [...text.matchAll(/^`([^`]+)`\n\n```json\n(.*?)^```$/gms)];
    const shown = blocks.map(([, type, json = ""]) => [type, z.json().parse(JSON.parse(json))]);
    expect(shown).toEqual(PLATFORM_KINDS.map(({ sample }) => [sample.type, sample.data]));
  });

  it.each(kinds)("names what %s requires", (_name, { type, jsonSchema }) => {
    const rows = text.split("\n").filter((line) => line.startsWith("| `"));
    const row = rows.find((line) => line.includes(`\`${type}\``) || shortened(line).includes(type)) ?? "";
    const required = z.object({ required: z.array(z.string()).default([]) }).parse(jsonSchema()).required;
    const [, , told = ""] = row.split("|");
    expect(
      told
        .trim()
        .split(", ")
        .map((field) => field.split(".")[0])
        .join(" "),
    ).toBe(required.join(" "));
  });
});

/** The types of a row that tells of several: `a.b.c`, `.d`. */
function shortened(row: string): string[] {
  const [, first = "", second = ""] = /`([^`]+)`, `(\.[^`]+)`/.exec(row) ?? [];
  return [first.replace(/\.[^.]+$/, second)];
}
