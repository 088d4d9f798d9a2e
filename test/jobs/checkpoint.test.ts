import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { unsignedBy } from "../../src/core/note-verify.ts";
import { parseVerifierKey } from "../../src/core/note.ts";
import { verifyTlogProof } from "../../src/core/tlog-proof.ts";
import { FlowError } from "../../src/flows/error.ts";
import { makeReceipt, readTile } from "../../src/flows/ledger-read.ts";
import { checkpointJob } from "../../src/jobs/checkpoint.ts";
import { hashFromBytes } from "../../src/core/merkle.ts";
import { logVerifierKey, readNoteKey, signCheckpoint, verifyEd25519 } from "../../src/signing/checkpoint.ts";
import { input } from "../support/objects.ts";
import { openTestStore } from "../support/store.ts";

const key = () =>
  readNoteKey(String(generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" })));
const ORIGIN = "sealpost-test-00000000-default";

async function openJob(tenants = ["_site", "default"]) {
  const site = await openTestStore({ tenants });
  const keys = { log: key(), seal: key() };
  const clock = { mono: 0 };
  let signed = 0;
  const job = checkpointJob({
    read: site.store.read,
    sign: ({ origin, size, root }) => {
      signed++;
      clock.mono += 2;
      return signCheckpoint({ origin, size, root: hashFromBytes(root) }, keys);
    },
    keep: (tenant, note) => site.store.transact({ flow: "note-keep", tenant, input: note }),
    clock: { now: () => 1000, mono: () => clock.mono },
  });
  site.store.onCommit(job.wake);
  const post = (id: string) =>
    site.store.transact({
      flow: "ingest",
      tenant: "default",
      input: { actor: "source:test", events: [input(id)], horizon: 1e9 },
    });
  return { ...site, job, clock, keys, post, signed: () => signed };
}

describe("the checkpoint job", () => {
  test("signs a log that grew, at most once a second, and not again", async () => {
    const site = await openJob();
    expect(site.job.due(1000)).toBeUndefined();
    await site.post("1");
    expect(site.job.due(1000)).toBe(1000);
    expect(await site.job.run(1000, new AbortController().signal)).toBe(1);
    expect(site.job.due(1000)).toBeUndefined();
    await site.post("2");
    expect(site.job.due(1000)).toBe(1998); // 2 ms have passed on the clock that never steps
    expect((await site.store.read.cell("note", "default", "current"))?.size).toBe(2);
  });

  test("signs every log at start and stop, and stops between two logs when told to", async () => {
    const site = await openJob(["_site", "default", "a", "b", "c"]);
    expect(await site.job.signAll()).toBe(5);
    expect([site.signed(), await site.job.signAll(), site.signed()]).toEqual([5, 5, 5]);
    for (const tenant of ["a", "b"])
      await site.store.transact({
        flow: "ingest",
        tenant,
        input: { actor: "source:test", events: [input("1")], horizon: 1e9 },
      });
    const stopped = new AbortController();
    stopped.abort();
    expect(await site.job.run(1000, stopped.signal)).toBe(0);
    expect(site.job.due(1000)).toBeDefined();
  });

  test("answers a note on demand, and none for an unknown log", async () => {
    const site = await openJob();
    await site.post("1");
    const note = await site.job.current("default");
    expect(note).toMatch(new RegExp(`^${ORIGIN}\n2\n`));
    expect(await site.job.current("default")).toBe(note);
    expect(await site.job.current("nobody")).toBeUndefined();
  });
});

describe("a receipt", () => {
  test.each([1, 2, 255, 256, 257, 600])("proves each leaf of a log of %d events", async (events) => {
    const site = await openJob();
    for (let at = 0; at < events; at++) await site.post(`e${at}`);
    const note = (await site.job.current("default")) ?? "";
    const log = parseVerifierKey(logVerifierKey(ORIGIN, site.keys.log.publicKey));
    for (const seq of [0, 1, Math.floor(events / 2), events]) {
      const receipt = await makeReceipt(site.store.read, "default", { seq, note });
      expect(verifyTlogProof(receipt, (signed) => unsignedBy(signed, log, verifyEd25519))).toMatchObject({
        ok: true,
        leaf: { seq },
      });
    }
    await expect(makeReceipt(site.store.read, "default", { seq: events + 1, note })).rejects.toThrow(FlowError);
  });
});

test("tiles that are not full are computed, and none is made up", async () => {
  const site = await openJob();
  for (let at = 0; at < 300; at++) await site.post(`e${at}`);
  const { read } = site.store;
  expect((await readTile(read, "default", { level: 0, index: 0, width: 256 }))?.length).toBe(256 * 32);
  expect((await readTile(read, "default", { level: 0, index: 0, width: 7 }))?.length).toBe(7 * 32);
  expect((await readTile(read, "default", { level: 0, index: 1, width: 45 }))?.length).toBe(45 * 32);
  expect((await readTile(read, "default", { level: 1, index: 0, width: 1 }))?.length).toBe(32);
  expect(await readTile(read, "default", { level: 0, index: 1, width: 46 })).toBeUndefined();
  expect(await readTile(read, "default", { level: 1, index: 0, width: 2 })).toBeUndefined();
});
