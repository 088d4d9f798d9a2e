import * as path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { parseLeaf } from "../../src/core/leaf-parse.ts";
import { parseTlogProof } from "../../src/core/tlog-proof.ts";
import { makeSite, openSite, type RunningSite, temporaryFolder } from "../support/site.ts";

const Answer = z.object({ events: z.tuple([z.object({ deliveries: z.tuple([z.object({ id: z.string() })]) })]) });

let folder: ReturnType<typeof temporaryFolder>;
let site: RunningSite;
let delivery = "";
let leaves: readonly number[] = [];
beforeAll(async () => {
  folder = temporaryFolder();
  await makeSite(path.join(folder.dir, "data"));
  site = await openSite(path.join(folder.dir, "data"));
  const event = { specversion: "1.0", id: "1", source: "/test", type: "t", severitytext: "high" };
  const type = "application/cloudevents+json";
  const answer = await site.request("POST", "/api/v1/events", { body: JSON.stringify(event), type });
  delivery = Answer.parse(await answer.json()).events[0].deliveries[0].id;
  const outcome = { kind: "sent" as const, out: { code: "250", st: "kept", ms: 3 } };
  const one = { kind: "tried" as const, delivery, channel: "ops-mail", n: 1, outcome };
  await site.parts.store.transact({ flow: "attempt", tenant: "default", input: { tries: [one] } });
  leaves = (await site.parts.store.read.cell("delivery", "default", delivery))?.leaves ?? [];
});
afterAll(async () => {
  await site.close();
  folder.remove();
});

const receipt = (query = "") => site.request("GET", `/api/v1/deliveries/${delivery}/receipt${query}`);

test("a receipt proves the newest leaf: what became of the delivery", async () => {
  expect(leaves.length).toBe(2);
  const { line, index } = parseTlogProof(await (await receipt()).text());
  expect(index).toBe(leaves[1]);
  expect(parseLeaf(line)).toMatchObject({ type: "delivery.attempt", delivery, status: "sent" });
});

test("of its first leaf it proves the decision, which commits to the addressee", async () => {
  const { line } = parseTlogProof(await (await receipt(`?leaf=${leaves[0]}`)).text());
  const [draft] = parseLeaf(line).drafts ?? [];
  expect(draft).toMatchObject({
    delivery,
    status: "pending",
    sd: { recipient: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
});

test("a leaf that does not tell of the delivery is not given away under its name", async () => {
  expect((await receipt("?leaf=0")).status).toBe(404);
});
