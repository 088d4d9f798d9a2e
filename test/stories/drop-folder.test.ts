import * as fs from "node:fs";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { openDropFolder } from "../../src/app/drop-folder.ts";
import { type HubSite, makeHubSite } from "../support/hub-site.ts";
import { leavesOfType } from "../support/site-leaves.ts";

// The job itself, over a real site and a real folder; the clock is the test's, so nobody waits for files to settle.
let at: HubSite;
let drop: string;
beforeEach(async () => {
  at = await makeHubSite();
  drop = at.site.parts.files.drop;
});
afterEach(async () => at.close());

const RULE = { schema: "rule/v1", id: "r1", actions: [{ id: "r1-mail", channel: "ops-mail" }] };
const Report = z.looseObject({ outcome: z.string(), code: z.string().optional(), detail: z.string().optional() });

/** Looks at the folder until nothing is left to do; answers what stands in each folder of an outcome. */
async function settle(after = 5000, most = 40_000): Promise<Record<string, string[]>> {
  const woken = { times: 0 };
  const folder = openDropFolder(at.site.parts, { kits: at.site.services.kits, wake: () => void woken.times++ });
  const start = Date.now();
  let now = start + after;
  for (let turn = 0; turn < 40 && now < start + after + most; turn++) {
    const due = folder.job.due(now);
    if (due === undefined) await new Promise((resolve) => setTimeout(resolve, 20));
    else {
      now = Math.max(now, due);
      await folder.job.run(now, new AbortController().signal);
    }
  }
  await folder.close();
  const outcomes = fs.readdirSync(drop, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return Object.fromEntries(outcomes.map(({ name }) => [name, fs.readdirSync(path.join(drop, name)).toSorted()]));
}

function reportOf(outcome: string, name: string): z.infer<typeof Report> {
  return Report.parse(JSON.parse(fs.readFileSync(path.join(drop, outcome, `${name}.json`), "utf8")));
}
async function dropped(name: string, objects: Parameters<HubSite["hub"]["kit"]>[0]): Promise<void> {
  fs.copyFileSync((await at.hub.kit(objects)).file, path.join(drop, name));
}

describe("a kit that appears in the drop folder", () => {
  test("is planned, and left to a person where the site's policy does not name its stream", async () => {
    await dropped("hq.rules-0.1.kit.tar", { objects: { "rules/default/r1": RULE } });
    const before = at.site.parts.configurations.own("default").id;
    expect(await settle()).toEqual({ planned: ["hq.rules-0.1.kit.tar", "hq.rules-0.1.kit.tar.json"] });
    expect(reportOf("planned", "hq.rules-0.1.kit.tar")).toMatchObject({
      outcome: "planned",
      kit: { stream: "hq/rules", count: 1, changes: [{ id: "r1", change: "added" }] },
    });
    expect(at.site.parts.configurations.own("default").id).toBe(before);
  });

  test("is taken in where the policy names its stream, once", async () => {
    const policy = { schema: "policy/v1", id: "default", dropImport: ["hq/*"] };
    const applied = await at.site.request("POST", "/api/v1/config/apply", {
      tenant: "_site",
      type: "application/json",
      body: JSON.stringify({ objects: { "policies/default": policy } }),
    });
    expect(applied.status, await applied.text()).toBe(200);
    await dropped("a.kit.tar", { objects: { "rules/default/r1": RULE } });
    expect(await settle()).toEqual({ imported: ["a.kit.tar", "a.kit.tar.json"] });
    expect(Object.keys(at.site.parts.configurations.own("default").objects)).toContain("rules/r1");
    expect((await leavesOfType(at.site.parts, "kit.import")).at(-1)).toMatchObject({ actor: "job:drop-folder" });
    fs.copyFileSync(path.join(drop, "imported/a.kit.tar"), path.join(drop, "a.kit.tar"));
    expect(await settle()).toMatchObject({ repeated: ["a.kit.tar", "a.kit.tar.json"] });
  });

  test("and is refused leaves a leaf, a copy in quarantine and a report that says why", async () => {
    await dropped("bad.kit.tar", { objects: { "rules/default/r1": RULE }, signers: ["carol"] });
    expect(await settle()).toEqual({ refused: ["bad.kit.tar", "bad.kit.tar.json"] });
    expect(reportOf("refused", "bad.kit.tar")).toMatchObject({ outcome: "refused", code: "SIG_THRESHOLD" });
    expect(await leavesOfType(at.site.parts, "kit.refuse")).toMatchObject([
      { actor: "job:drop-folder", reason: { code: "SIG_THRESHOLD" } },
    ]);
    expect(fs.readdirSync(at.site.parts.files.quarantine)).toHaveLength(2);
  });

  test("while it still arrives is waited for; what stays cut short is refused", async () => {
    const { file } = await at.hub.kit({ objects: { "rules/default/r1": RULE } });
    const bytes = fs.readFileSync(file);
    const name = path.join(drop, "slow.kit.tar");
    fs.writeFileSync(name, bytes.subarray(0, 2000));
    expect(await settle(3000)).toEqual({});
    fs.writeFileSync(name, bytes);
    expect(await settle(3000)).toEqual({ planned: ["slow.kit.tar", "slow.kit.tar.json"] });
    fs.writeFileSync(path.join(drop, "cut.kit.tar"), bytes.subarray(0, 2000));
    expect(await settle(61_000)).toMatchObject({ refused: ["cut.kit.tar", "cut.kit.tar.json"] });
  });
});

test("what is no kit by its name, a link or a folder is left alone", async () => {
  const { file } = await at.hub.kit({ objects: {} });
  fs.writeFileSync(path.join(drop, "notes.txt"), "hello");
  fs.writeFileSync(path.join(drop, ".hidden.kit.tar"), "hello");
  fs.symlinkSync(file, path.join(drop, "link.kit.tar"));
  fs.mkdirSync(path.join(drop, "folder.kit.tar"));
  await settle();
  expect(fs.readdirSync(drop).toSorted()).toEqual([".hidden.kit.tar", "folder.kit.tar", "link.kit.tar", "notes.txt"]);
});
