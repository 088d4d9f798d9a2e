import { afterAll, beforeAll, expect, test } from "vitest";
import { answerService } from "../../src/app/answers.ts";
import type { Parts } from "../../src/app/parts.ts";
import { StoreError } from "../../src/store/error.ts";
import { makeSite, openSite, type RunningSite, temporaryFolder } from "../support/site.ts";

const folder = temporaryFolder();
const CALLER = { tenant: "default", actor: "token:one" };
let site: RunningSite;

beforeAll(async () => {
  await makeSite(folder.dir);
  site = await openSite(folder.dir);
});
afterAll(async () => {
  await site.close();
  folder.remove();
});

/** The site's store, in front of which the disk is full for what frees a key. */
function withFullDisk(disk: { isFull: boolean }): Parts["store"] {
  const { store } = site.parts;
  return {
    ...store,
    transact: async (question) => {
      if (disk.isFull && question.flow === "answer-keep") throw new StoreError("disk-full", "the disk is full");
      return await store.transact(question);
    },
  };
}

test("a key that could not be freed is free once there is room again", async () => {
  const disk = { isFull: false };
  const answers = answerService({ store: withFullDisk(disk), vault: site.parts.vault });
  expect(await answers.claim(CALLER, "k", "f")).toEqual({ kind: "new" });
  disk.isFull = true;
  await answers.free(CALLER, "k"); // and what was refused says why, not this
  await expect(answers.claim(CALLER, "k", "f")).rejects.toMatchObject({ code: "disk-full" });
  expect(await answers.claim(CALLER, "other", "f")).toEqual({ kind: "new" });
  disk.isFull = false;
  const kinds = (await Promise.all([1, 2, 3].map(() => answers.claim(CALLER, "k", "f")))).map(({ kind }) => kind);
  expect(kinds.toSorted()).toEqual(["new", "open", "open"]);
  expect(await answers.claim(CALLER, "k", "f")).toMatchObject({ kind: "open" });
});
