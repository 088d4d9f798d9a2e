import { expect, it } from "vitest";
import type { Flow } from "../../src/ports.ts";
import { askedQuestion, flowOf, timerFlowOf } from "../../src/store/asked.ts";
import { compiledOf } from "../support/objects.ts";

const echo: Flow<string, string> = { prepare: (_, input) => ({ cells: [], decide: () => input }) };
const flows = { echo };
const configurations = { of: (tenant: string) => compiledOf([], tenant) };

it("a name that is in no table is no flow, whatever objects inherit", () => {
  expect(flowOf(flows, "echo")).toBe(echo);
  for (const name of ["toString", "__proto__", "", "Echo"]) {
    expect(() => timerFlowOf(flows, name)).toThrow(expect.objectContaining({ name: "StoreError", code: "failed" }));
  }
});

it("a question that was never decided is answered with an error, not with nothing", async () => {
  const answer = new Promise<string>((resolve, reject) => {
    askedQuestion(echo, { flow: "echo", tenant: "alpha", input: "x" }, configurations, { resolve, reject }).answer();
  });
  await expect(answer).rejects.toThrow("before it was decided");
});

it("a question is taken for small unless it says its size", () => {
  const settle = { resolve: () => undefined, reject: () => undefined };
  const question = { flow: "echo", tenant: "alpha", input: "x" };
  expect(askedQuestion(echo, question, configurations, settle).bytes).toBe(512);
  expect(askedQuestion(echo, { ...question, bytes: 9000 }, configurations, settle).bytes).toBe(9000);
});
