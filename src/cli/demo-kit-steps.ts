/**
 * The steps of the demo in which a hub signs and the site, its outpost, decides what to take in.
 * @module
 */
import * as fs from "node:fs";
import type { JsonObject } from "../core/json.ts";
import { demand } from "./client.ts";
import { type DemoHub, makeHub, tampered } from "./demo-hub.ts";
import { ensure, kitBody, refusalCode, stateOf, type Step } from "./demo-step.ts";
import type { World } from "./demo-world.ts";
import { ConfigAnswer, PlannedKit, read, TrustAnswer } from "./wire.ts";

/** What the steps hand on to each other. */
interface Hands {
  hub?: DemoHub;
  first?: { readonly file: string; readonly manifest: string };
  second?: { readonly file: string; readonly manifest: string };
}

/** The steps, for the site of a world whose id is `site`. */
export function kitSteps(site: string): Step[] {
  const hands: Hands = {};
  return [
    {
      name: "hub-signs",
      proves: "a hub builds a kit, and two people sign it: one alone is not enough",
      play: (world) => hubSigns(world, hands),
    },
    {
      name: "outpost-trusts",
      proves: "the outpost trusts the hub by a fingerprint that is told by telephone, and by no other",
      play: (world) => outpostTrusts(world, hands),
    },
    {
      name: "plan-and-import",
      proves: "what a kit would change is shown first; taken in is exactly that, in one step",
      play: (world) => planAndImport(world, hands),
    },
    {
      name: "kits-refused",
      proves:
        "a tampered kit, another site's, an older one, one that half the signers signed: refused, nothing changed",
      play: (world) => refused(world, hands, site),
    },
  ];
}

function held<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError("the step before was not played");
  return value;
}

async function hubSigns(world: World, hands: Hands): Promise<JsonObject> {
  hands.hub = makeHub(world.hubDir);
  hands.first = await hands.hub.kit({ sequence: 1, signers: 2, audience: "*" });
  hands.second = await hands.hub.kit({ sequence: 2, signers: 2, audience: "*", prev: hands.first.manifest });
  return { stream: "hq/rules", kit: hands.second.manifest, signers: 2 };
}

async function outpostTrusts(world: World, { hub, first }: Hands): Promise<JsonObject> {
  const { policy, fingerprint } = held(hub);
  const site = world.local();
  const before = await refusalCode(() => site.request("POST", "/kits/import", kitBody(held(first).file)).then(demand));
  ensure(before === "KIT_NOT_DELEGATED", `a stranger's kit was refused by ${before}`);
  const wrong = await site.request("POST", "/trust", { json: { policy, fingerprint: `SHA256:${"A".repeat(43)}` } });
  ensure(wrong.status === 409, `a wrong fingerprint was answered by ${wrong.status}`);
  const { value } = read(
    TrustAnswer.shape.upstream.unwrap(),
    await site.request("POST", "/trust", { json: { policy, fingerprint } }),
  );
  return { before, fingerprint: value.fingerprint, words: value.words.slice(0, 4).join(" ") };
}

async function planAndImport(world: World, { first, second }: Hands): Promise<JsonObject> {
  const site = world.local();
  demand(await site.request("POST", "/kits/import", kitBody(held(first).file)));
  const before = await stateOf(world);
  const { value: plan } = read(PlannedKit, await site.request("POST", "/kits/plan", kitBody(held(second).file)));
  ensure(JSON.stringify(before) === JSON.stringify(await stateOf(world)), "planning changed something");
  const path = `/kits/import?plan=${plan.plan ?? ""}`;
  const { value: taken } = read(PlannedKit, await site.request("POST", path, kitBody(held(second).file)));
  ensure(taken.plan === plan.plan && taken.sequence === 2, "what was taken in is not what was planned");
  const { objects } = read(ConfigAnswer, await site.request("GET", "/config")).value;
  ensure(
    objects.some(({ id, stream }) => id === "hq-fire" && stream === "hq/rules"),
    "the hub's rule is not there",
  );
  const again = read(PlannedKit, await site.request("POST", "/kits/import", kitBody(held(second).file))).value;
  ensure(again.repeated, "a repeat was not known");
  return { changed: taken.count, signed: taken.signers.map(({ owner }) => owner).join(", "), repeat: "nothing to do" };
}

async function refused(world: World, { hub, first, second }: Hands, site: string): Promise<JsonObject> {
  const { kit } = held(hub);
  const prev = held(second).manifest;
  const third = await kit({ sequence: 3, signers: 2, audience: "*", prev });
  const cases = {
    tampered: tampered(third.file),
    "another-site": (await kit({ sequence: 3, signers: 2, audience: `site:not-${site}`, prev })).file,
    older: held(first).file,
    "one-of-two": (await kit({ sequence: 3, signers: 1, audience: "*", prev })).file,
  };
  const before = await stateOf(world);
  const codes: Record<string, string> = {};
  for (const [name, file] of Object.entries(cases)) {
    codes[name] = await refusalCode(() => world.local().request("POST", "/kits/import", kitBody(file)).then(demand));
  }
  const expected = ["KIT_FILE_HASH", "KIT_AUDIENCE", "KIT_ROLLBACK", "SIG_THRESHOLD"];
  ensure(Object.values(codes).join() === expected.join(), `refused by ${Object.values(codes).join()}`);
  ensure(JSON.stringify(before) === JSON.stringify(await stateOf(world)), "a refused kit changed something");
  fs.rmSync(world.hubDir, { recursive: true });
  return { ...codes, exit: 3, unchanged: true };
}
