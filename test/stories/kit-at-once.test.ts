import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { policyBytes } from "../../src/core/trust.ts";
import { close, copySite, type KitState, kitState, type KitWorld, makeKitWorld } from "../support/kit-crash-world.ts";
import { childProgram, type ChildProgram, type Died } from "../support/killed-child.ts";
import { type Hub, makeHub } from "../support/hub.ts";
import { openSite } from "../support/site.ts";
import { leavesOfType } from "../support/site-leaves.ts";

// A real server and real commands, a process each: what one of them is told must be so, whatever the others do.
let root = "";
let sealpost: ChildProgram;
let world: KitWorld;
beforeAll(async () => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), "sealpost-at-once-"));
  sealpost = await childProgram(path.resolve("src/main.ts"), root);
  world = await makeKitWorld(root);
}, 120_000);
afterAll(() => fs.rmSync(root, { recursive: true }));

let runs = 0;
let dir = "";
let serving: { readonly end: () => Promise<Died> } | undefined;
beforeEach(() => {
  dir = path.join(root, `run-${runs++}`);
  copySite(world.dir, dir);
});
afterEach(async () => void (await serving?.end()));

async function serve(): Promise<void> {
  serving = await sealpost.start(["serve", "--data", dir, "--listen", "127.0.0.1:0", "--json"]);
}

function run(...words: readonly string[]): Promise<Died> {
  return sealpost.run([...words, "--data", dir]);
}

const importing = (file: string): Promise<Died> => run("kit", "import", file, "--json");

interface Outcome {
  readonly state: KitState;
  /** Reasons of the refusals that the log tells of. */
  readonly refused: readonly unknown[];
  /** Ids of the objects of tenant `default`. */
  readonly ids: readonly string[];
}

/** Ends the server, verifies the logs, and looks at what is there. */
async function outcome(): Promise<Outcome> {
  const verified = await run("ledger", "verify");
  expect(verified, verified.err).toMatchObject({ code: 0 });
  const ended = await serving?.end();
  serving = undefined;
  if (ended !== undefined) expect(ended, ended.err).toMatchObject({ code: 0, err: "" });
  const site = await openSite(dir);
  const state = await kitState(site);
  const refused = (await leavesOfType(site.parts, "kit.refuse")).map(({ reason }) => reason);
  const ids = Object.keys(site.parts.configurations.own("default").objects);
  await close(site);
  expect([state.staging, state.unreachable]).toEqual([[], []]);
  return { state, refused, ids };
}

const Body = z.looseObject({
  stream: z.string(),
  manifest: z.string(),
  repeated: z.boolean(),
  plan: z.string().nullable(),
});
const bodyOf = ({ out }: Died): z.infer<typeof Body> => Body.parse(JSON.parse(out));
const Refused = z.looseObject({ problem: z.looseObject({ code: z.string() }) });
const codeOf = ({ err }: Died): string => Refused.parse(JSON.parse(err)).problem.code;

/** What a command that imports came to: taken in, there already, or its code. */
function wordOf(done: Died): string {
  if (done.code === 0) return bodyOf(done).repeated ? "repeated" : "imported";
  return `${done.code} ${codeOf(done)}`;
}

/** Bodies of `kit.import` leaves that were not there when the site was made. */
function imported({ imports }: KitState): string[] {
  const Leaf = z.looseObject({ stream: z.string(), epoch: z.number(), sequence: z.number() });
  return imports.slice(3).map((body) => {
    const { stream, epoch, sequence } = Leaf.parse(body);
    return `${stream} ${epoch}.${sequence}`;
  });
}

function rule(id: string): { schema: string; id: string; actions: { id: string; channel: string }[] } {
  return { schema: "rule/v1", id, actions: [{ id: `${id}-mail`, channel: "ops-mail" }] };
}

function kitOf(hub: Hub, stream: string, id: string): Promise<{ readonly file: string; readonly kit: string }> {
  return hub.kit({ stream, objects: { [`rules/default/${id}`]: rule(id) }, docs: { "docs/d.txt": `${stream} ${id}` } });
}

describe.each([
  ["over the socket of a server", true],
  ["on a folder that nobody serves", false],
])("%s", (_name, isServed) => {
  beforeEach(async () => void (isServed && (await serve())));

  test("one kit by four processes is taken in once", async () => {
    const done = await Promise.all([1, 2, 3, 4].map(() => importing(world.next)));
    expect(done.map(wordOf).toSorted()).toEqual(["imported", "repeated", "repeated", "repeated"]);
    const { state, refused } = await outcome();
    expect([imported(state), refused]).toEqual([["hq/rules 0.3"], []]);
  });

  test("two kits for one place of a stream: one is taken in, the other a fork", async () => {
    const [one, other] = await Promise.all([kitOf(world.hub, "hq/fork", "one"), kitOf(world.hub, "hq/fork", "other")]);
    const done = await Promise.all([importing(one.file), importing(other.file)]);
    expect(done.map(wordOf).toSorted()).toEqual(["3 KIT_FORK", "imported"]);
    const { state, refused, ids } = await outcome();
    expect([imported(state), refused]).toEqual([["hq/fork 0.1"], [{ code: "KIT_FORK" }]]);
    const winner = done.findIndex(({ code }) => code === 0);
    expect(ids.filter((id) => ["rules/one", "rules/other"].includes(id))).toEqual([
      ["rules/one", "rules/other"][winner],
    ]);
  });

  test("kits of two streams for one tenant are both taken in; one object belongs to one of them", async () => {
    const kits = [
      ["hq/a", "ra"],
      ["hq/b", "rb"],
      ["hq/c", "shared"],
      ["hq/d", "shared"],
    ] as const;
    const files = await Promise.all(kits.map(([stream, id]) => kitOf(world.hub, stream, id)));
    const done = await Promise.all(files.map(({ file }) => importing(file)));
    expect(done.map(wordOf).slice(0, 2)).toEqual(["imported", "imported"]);
    expect(done.map(wordOf).slice(2).toSorted()).toEqual(["3 KIT_OBJECT_OWNED", "imported"]);
    const { state, refused, ids } = await outcome();
    expect(imported(state)).toHaveLength(3);
    expect(refused).toEqual([{ code: "KIT_OBJECT_OWNED" }]);
    expect(ids).toEqual(expect.arrayContaining(["rules/ra", "rules/rb", "rules/shared"]));
  });
});

describe("while a server takes kits in", () => {
  beforeEach(serve);

  test("a change of the same tenant's configuration: each that says it was done is done, the others say conflict", async () => {
    const changes = await Promise.all(
      [1, 2, 3, 4, 5].map(async (n) => {
        const folder = path.join(root, `config-${runs}-${n}`);
        fs.mkdirSync(path.join(folder, "rules"), { recursive: true });
        fs.writeFileSync(path.join(folder, `rules/own-${n}.json`), JSON.stringify(rule(`own-${n}`)));
        return { id: `rules/own-${n}`, kit: await kitOf(world.hub, `hq/s${n}`, `k${n}`), folder };
      }),
    );
    const done = await Promise.all(
      changes.map(({ kit, folder }) => Promise.all([importing(kit.file), run("config", "apply", folder)])),
    );
    const { state, refused, ids } = await outcome();
    expect(refused).toEqual([]);
    for (const [at, [taken, applied]] of done.entries()) {
      expect(["imported", "4 conflict"]).toContain(wordOf(taken));
      expect([0, 4]).toContain(applied.code);
      const { id } = changes[at] ?? { id: "" };
      const found = { isTaken: ids.includes(`rules/k${at + 1}`), isApplied: ids.includes(id) };
      expect({ at, ...found }).toEqual({ at, isTaken: taken.code === 0, isApplied: applied.code === 0 });
    }
    expect(imported(state)).toHaveLength(done.filter(([taken]) => taken.code === 0).length);
    expect(done.flat().filter(({ code }) => code === 0).length).toBeGreaterThan(4);
  });

  test("the trust policy is replaced: each kit is judged by the one or the other, and none by one that was gone", async () => {
    const other = makeHub(path.join(root, `other-${runs}`));
    const policy = path.join(root, `policy-${runs}.json`);
    fs.writeFileSync(policy, policyBytes(other.policy));
    const kits = await Promise.all([1, 2, 3, 4].map((n) => kitOf(n < 3 ? world.hub : other, `hq/t${n}`, `t${n}`)));
    const replacing = ["--fingerprint", other.fingerprint, "--replace", "--why", "the roots were lost"];
    const [added, ...done] = await Promise.all([
      run("trust", "add", policy, ...replacing),
      ...kits.map(({ file }) => importing(file)),
    ]);
    expect(added, added.err).toMatchObject({ code: 0 });
    const { state, refused, ids } = await outcome();
    for (const [at, one] of done.entries()) {
      expect(["imported", "4 conflict", "3 SIG_THRESHOLD"]).toContain(wordOf(one));
      expect({ at, isTaken: ids.includes(`rules/t${at + 1}`) }).toEqual({ at, isTaken: one.code === 0 });
    }
    const count = (word: string): number => done.filter((one) => wordOf(one) === word).length;
    expect([imported(state).length, refused.length]).toEqual([count("imported"), count("3 SIG_THRESHOLD")]);
    expect(state.trustChanges).toBe(3); // local, upstream, and the one that took its place
    // Kits that the old policy let in stand before the change in the log, those of the new one behind it.
    const site = await openSite(dir);
    const order = (await allLeaves(site)).slice(-imported(state).length - 3);
    const changed = order.indexOf(`trust.change ${other.fingerprint}`);
    for (const [at, stream] of ["hq/t1", "hq/t2", "hq/t3", "hq/t4"].entries()) {
      const taken = order.indexOf(`kit.import ${stream}`);
      if (taken !== -1) expect({ stream, isBefore: taken < changed }).toEqual({ stream, isBefore: at < 2 });
    }
    await close(site);
  });

  test("a plan shows what would be changed before or after, and changes nothing", async () => {
    const [taken, ...plans] = await Promise.all([
      importing(world.next),
      ...[1, 2, 3].map(() => run("kit", "plan", world.next, "--json")),
    ]);
    expect(wordOf(taken)).toBe("imported");
    const { plan } = bodyOf(taken);
    for (const one of plans) {
      expect(one, one.err).toMatchObject({ code: 0 });
      const told = bodyOf(one);
      expect(told.repeated ? null : plan).toBe(told.plan);
    }
    expect(imported((await outcome()).state)).toEqual(["hq/rules 0.3"]);
  });
});

/** Every leaf of the site's own log that changes trust or kits: its type and what it is about. */
async function allLeaves({ parts }: Awaited<ReturnType<typeof openSite>>): Promise<string[]> {
  const Leaf = z.looseObject({
    type: z.string(),
    body: z.looseObject({ stream: z.string().optional(), fingerprint: z.string().optional() }).optional(),
  });
  const size = (await parts.store.read.log("_site"))?.size ?? 0;
  return (await parts.store.read.leaves("_site", 0, size)).flatMap((line) => {
    const { type, body } = Leaf.parse(JSON.parse(line));
    return type === "kit.import" || type === "trust.change" ? [`${type} ${body?.stream ?? body?.fingerprint}`] : [];
  });
}
