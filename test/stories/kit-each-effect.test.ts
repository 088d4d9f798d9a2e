import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { policyBytes, policyFingerprint } from "../../src/core/trust.ts";
import { watchFiles, watchStatements } from "../support/fault-points.ts";
import { copySite, kitState, type KitWorld, makeKitWorld, takeKit } from "../support/kit-crash-world.ts";
import { openSite, type RunningSite } from "../support/site.ts";

// Something else is asked at every effect that an import has on the disk, in the same process.
let root = "";
let world: KitWorld;
beforeAll(async () => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), "sealpost-each-effect-"));
  world = await makeKitWorld(root);
  await watchFiles(reach);
  watchStatements(reach);
});
afterAll(() => fs.rmSync(root, { recursive: true }));

/** What is asked at an effect, once it is reached. */
let waiting: { left: number; readonly ask: () => void } | undefined;

function reach(): void {
  if (waiting === undefined || waiting.left-- > 0) return;
  const { ask } = waiting;
  waiting = undefined;
  ask();
}

let site: RunningSite;
let runs = 0;
beforeEach(async () => {
  const dir = path.join(root, `run-${runs++}`);
  copySite(world.dir, dir);
  site = await openSite(dir, { SEALPOST_REQUESTS_PER_MINUTE: "0" });
});
afterEach(async () => await site.close());

function rule(id: string): { schema: string; id: string; actions: { id: string; channel: string }[] } {
  return { schema: "rule/v1", id, actions: [{ id: `${id}-mail`, channel: "ops-mail" }] };
}

interface Turns {
  /** Asks something else; `turn` counts from 0. */
  readonly ask: (turn: number) => Promise<Response>;
  readonly isDone: (turn: number) => Promise<boolean>;
}

/** Asks at ever later effects of an import, until there are no more; answers how often what became of the two. */
async function atEachTurn({ ask, isDone }: Turns): Promise<Map<string, number>> {
  const words = new Map<string, number>();
  let [sequence, prev]: [number, string | undefined] = [1, undefined];
  for (let turn = 0; ; turn++) {
    const objects = { [`rules/default/turn-${turn}`]: rule(`turn-${turn}`) };
    const place = { stream: "hq/turn", sequence, ...(prev === undefined ? {} : { prev }) };
    const kit = await world.hub.kit({ ...place, objects, docs: { "docs/d.txt": `doc ${turn}` } });
    const { promise: asking, resolve } = Promise.withResolvers<Response>();
    waiting = { left: turn, ask: () => resolve(ask(turn)) };
    const taken = await takeKit(site, kit.file);
    if (waiting !== undefined) break;
    const asked = await asking;
    const isTaken = Object.hasOwn(site.parts.configurations.own("default").objects, `rules/turn-${turn}`);
    const found = { turn, isTaken, isDone: await isDone(turn) };
    expect(found).toEqual({ turn, isTaken: taken.status === 200, isDone: asked.status === 200 });
    if (taken.status === 200) [sequence, prev] = [sequence + 1, kit.kit];
    const head = await site.parts.store.read.cell("stream", "_site", "hq/turn");
    expect({ turn, kit: head?.manifest }).toEqual({ turn, kit: prev });
    const word = `${taken.status} ${asked.status}`;
    words.set(word, (words.get(word) ?? 0) + 1);
  }
  waiting = undefined;
  expect(fs.readdirSync(site.parts.files.staging)).toEqual([]);
  expect((await kitState(site)).unreachable).toEqual([]);
  return words;
}

const post = (route: string, tenant: string, body: object): Promise<Response> =>
  site.request("POST", `/api/v1${route}`, { tenant, type: "application/json", body: JSON.stringify(body) });

test("the tenant's configuration is changed: each waits for the other's turn, and both are done", async () => {
  const words = await atEachTurn({
    ask: (turn) => post("/config/apply", "default", { objects: { [`rules/own-${turn}`]: rule(`own-${turn}`) } }),
    isDone: async (turn) => Object.hasOwn(site.parts.configurations.own("default").objects, `rules/own-${turn}`),
  });
  console.log("import and config apply, at every effect:", words);
  expect([...words.keys()]).toEqual(["200 200"]);
});

test("the trust policy is replaced: the kit is judged by the one that holds, or says conflict", async () => {
  const policies = [7, 8].map((maxSequenceJump) => ({ ...world.hub.policy, maxSequenceJump }));
  const fingerprintOf = (turn: number): string =>
    policyFingerprint(policyBytes(policies[turn % 2] ?? world.hub.policy));
  const words = await atEachTurn({
    ask: (turn) =>
      post("/trust", "_site", {
        policy: policies[turn % 2],
        fingerprint: fingerprintOf(turn),
        replace: true,
        why: "x",
      }),
    isDone: async (turn) => {
      const held = await site.parts.store.read.cell("trust", "_site", "upstream");
      return held !== undefined && policyFingerprint(policyBytes(held)) === fingerprintOf(turn);
    },
  });
  console.log("import and trust add, at every effect:", words);
  expect([...words.keys()].toSorted()).toEqual(["200 200", "409 200"]);
});
