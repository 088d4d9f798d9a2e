import { expect, test } from "vitest";
import { muteService } from "../../src/app/mutes.ts";
import { openTestStore, START } from "../support/store.ts";

const COUNT = 20;

async function listed(tick: number): Promise<{ ids: number; turns: number }> {
  const site = await openTestStore();
  let now = 0;
  const service = muteService({ ...site, instants: { now: () => START, mono: () => (now += tick) } });
  const stated = { kind: "silences" as const, matchers: ['host="h"'], duration: 60_000, comment: "noise" };
  const given = Array.from({ length: COUNT }, () => stated);
  const request = { isBatch: true, isForced: false, requires: "absent" as const };
  await service.put({ tenant: "default", actor: "token:ana" }, given, request);
  let turns = 0;
  const ticking = setInterval(() => turns++, 0);
  try {
    const { items } = await service.page("default", "silences", { limit: COUNT, matcher: 'host="h"' });
    return { ids: items.length, turns };
  } finally {
    clearInterval(ticking);
  }
}

test("a list gives others their turn while it is filtered", async () => {
  const { ids, turns } = await listed(6); // each silence takes longer than a turn
  expect(ids).toBe(COUNT);
  expect(turns).toBeGreaterThan(0);
});

test("a list that takes too long to be filtered is refused", async () => {
  await expect(listed(1000)).rejects.toMatchObject({
    code: "invalid",
    message: "the matchers take too long to be compared; ask for another state",
  });
});
