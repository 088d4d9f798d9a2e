import { describe, expect, test } from "vitest";
import { generation } from "../../src/core/generation.ts";
import { loadConfigurations } from "../../src/flows/configurations.ts";
import { readGeneration } from "../../src/flows/generation-read.ts";
import { channel, rule, template } from "../support/objects.ts";
import { noPause } from "../support/pause.ts";
import { openTestStore, START } from "../support/store.ts";

describe("a generation", () => {
  test("is read from its parts", async () => {
    const { store, configurations, configure } = await openTestStore();
    await configure([channel(), template(), ...Array.from({ length: 600 }, (_, at) => rule(`r-${at}`))]);
    const record = await store.read.cell("generation", "default", "current");
    if (record === undefined || !("parts" in record)) throw new Error("no record");
    expect(record.parts.length).toBeGreaterThan(1);
    expect(await readGeneration(store.read, record, noPause)).toEqual(configurations.own("default"));
  });

  test("that an older version kept whole is read as it is, and can be changed", async () => {
    const before = await openTestStore();
    await before.configure([channel(), template()]);
    const { id, n, objects, streams, parts } = before.configurations.own("default");
    const value = { id, n, objects, streams };
    before.engine.apply({
      t: START,
      cells: ["current", id].map((key) => ({ noun: "generation", tenant: "default", key, value })),
      tenants: [],
    });
    expect(await readGeneration(before.store.read, value, noPause)).toEqual({ ...value, parts });
    const configurations = await loadConfigurations(before.engine.read, noPause);
    const after = await openTestStore({ engine: before.engine, configurations, tenants: [] });
    expect(after.configurations.of("default")).toEqual(before.configurations.of("default"));
    await after.configure([channel(), template(), rule("new")]);
    expect(await after.store.read.cell("generation", "default", "current")).toEqual({
      id: after.configurations.own("default").id,
      n: 2,
      parts: after.configurations.own("default").parts,
    });
  });

  test("of which a part is gone is not read", async () => {
    const { store } = await openTestStore();
    const { id, n, parts } = generation(1, { "rules/a": "0".repeat(64) }, {});
    await expect(readGeneration(store.read, { id, n, parts }, noPause)).rejects.toMatchObject({ code: "missing" });
  });
});
