import { expect, test } from "vitest";
import { previewMatchers } from "../../src/app/mute-breadth.ts";
import { input } from "../support/objects.ts";
import { openTestStore } from "../support/store.ts";

const EVENTS = 20;

async function opened(): Promise<Awaited<ReturnType<typeof openTestStore>>> {
  const site = await openTestStore();
  const events = Array.from({ length: EVENTS }, (_, at) => input(`e${at}`, { labels: { host: `h${at % 4}` } }));
  const asked = { actor: "source:cloudevents", events, horizon: 1000 };
  await site.store.transact({ flow: "ingest", tenant: "default", input: asked });
  return site;
}

test("a preview counts what would be muted, and gives others their turn meanwhile", async () => {
  const { store } = await opened();
  let now = 0;
  let turns = 0;
  const ticking = setInterval(() => turns++, 0);
  const slow = (): number => (now += 6); // each event takes longer than a turn
  const preview = await previewMatchers({ read: store.read, mono: slow }, "default", ['host="h1"']);
  clearInterval(ticking);
  expect(preview.events).toMatchObject({ looked: EVENTS, muted: EVENTS / 4 });
  expect(turns).toBeGreaterThan(0);
});

test("matchers that take too long are refused", async () => {
  const { store } = await opened();
  let now = 0;
  const hanging = (): number => (now += 1000);
  await expect(previewMatchers({ read: store.read, mono: hanging }, "default", ['host=~"h.*"'])).rejects.toMatchObject({
    code: "invalid",
    message: expect.stringContaining("make them simpler"),
  });
});
