import * as fs from "node:fs";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { sha256Hex } from "../../src/core/hash.ts";
import { BUNDLE_SENTENCES, KIT_SENTENCES, type KitCode } from "../../src/core/kit-code.ts";
import { cli } from "../support/cli.ts";
import { HOSTILE_ARCHIVES } from "../support/hostile-archive.ts";
import { HOSTILE_CONTENT } from "../support/hostile-content.ts";
import { HOSTILE_DRESS } from "../support/hostile-dress.ts";
import { HOSTILE_MANIFESTS } from "../support/hostile-manifest.ts";
import { HOSTILE_ORDER } from "../support/hostile-order.ts";
import { HOSTILE_PLACES } from "../support/hostile-place.ts";
import { HOSTILE_QUORUMS } from "../support/hostile-quorum.ts";
import { type HostileRow, kitOf } from "../support/hostile-row.ts";
import { HOSTILE_BUNDLES } from "../support/hostile-signatures.ts";
import { type HostileSite, makeFirst, openState, type Snapshot, stateOf } from "../support/hostile-site.ts";
import { HOSTILE_TRUST } from "../support/hostile-trust.ts";
import { forgeKit, TEST_CLOCK } from "../support/kit-forge.ts";
import { temporaryFolder } from "../support/site.ts";

const TABLES: Readonly<Record<string, readonly HostileRow[]>> = {
  archive: HOSTILE_ARCHIVES,
  dress: HOSTILE_DRESS,
  manifest: HOSTILE_MANIFESTS,
  bundle: HOSTILE_BUNDLES,
  quorum: HOSTILE_QUORUMS,
  place: HOSTILE_PLACES,
  order: HOSTILE_ORDER,
  content: HOSTILE_CONTENT,
  trust: HOSTILE_TRUST,
};

/** Codes that no kit of these tables can have, and why. */
const ELSEWHERE: Readonly<Partial<Record<KitCode, string>>> = {
  KIT_ALREADY_APPLIED: "is no refusal: the kit that stands is answered as a repeat; a test of its own below",
  SEAL_NOT_FOR_US: "sealed secrets are not built: their files are CONTENT_INVALID",
  SEAL_LIFTED: "sealed secrets are not built",
  SEAL_VERSION: "sealed secrets are not built",
  PART_MISSING: "media parts are not built: a part is no archive",
  PART_DAMAGED: "media parts are not built",
  PART_MIXED: "media parts are not built",
  PART_VERSION: "media parts are not built",
};

/** What the front door itself turns away, by name: it never becomes a kit, so nothing at all is left; as a file it is one. */
const UPLOADS: Readonly<Record<string, readonly [status: number, code: string]>> = {
  "over the byte limit": [413, "body-too-large"],
};

interface Case extends HostileRow {
  readonly table: string;
  readonly code: KitCode;
  readonly state: string;
}

/** All rows that must be refused, those of one site side by side. */
const CASES: readonly Case[] = (
  await Promise.all(
    Object.entries(TABLES).flatMap(([table, rows]) =>
      rows.map(async (row) => ({ ...row, table, state: await stateOf(row.needs) })),
    ),
  )
)
  .flatMap((row) => (row.code === "OK" ? [] : [{ ...row, code: row.code }]))
  .toSorted((left, right) => (left.state < right.state ? -1 : Number(left.state > right.state)));

/** One row of each code. */
const SAMPLE = [...new Map(CASES.map((row) => [row.code, row])).values()];

const Problem = z.object({
  status: z.number(),
  code: z.string(),
  detail: z.string().default(""),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).default([]),
});
const Leaf = z.looseObject({ type: z.string(), id: z.string(), reason: z.object({ code: z.string() }) });
const Verdict = z.looseObject({ ok: z.boolean(), code: z.string() });

const folder = temporaryFolder();
let current: { readonly state: string; readonly site: HostileSite; readonly before: Snapshot } | undefined;

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: TEST_CLOCK });
  await makeFirst(folder.dir);
});
afterAll(async () => {
  await leave();
  vi.useRealTimers();
  folder.remove();
});

async function leave(): Promise<void> {
  await current?.site.close();
  current = undefined;
}

/** The site of a row, and all that it holds. */
async function enter({ state, needs }: Pick<Case, "state" | "needs">): Promise<NonNullable<typeof current>> {
  if (current?.state === state) return current;
  await leave();
  const site = await openState(folder.dir, state, needs);
  current = { state, site, before: await site.snapshot() };
  return current;
}

/** Keys under which two maps do not hold the same. */
function difference(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  return keys.filter((key) => before.get(key) !== after.get(key)).toSorted();
}

/** Rows of a table that one snapshot has and the other lacks. */
function otherRows(table: string, before: Snapshot, after: Snapshot): string[] {
  const had = new Set(before.tables.get(table));
  const has = new Set(after.tables.get(table));
  return [...[...had].filter((row) => !has.has(row)), ...[...has].filter((row) => !had.has(row))];
}

/** The log of the site itself is 1: a head has it in its first column, a segment of leaves or a tile in its key. */
function isOfSiteLog(table: string, row: string): boolean {
  const [first = ""] = row.split(",", 1);
  return table === "ledger_segment" ? Math.floor(Number(first) / 2 ** 40) === 1 : first === "1";
}

/** Nothing else than one leaf more in the site's own log, and the head after it. */
function expectOnlyOneLeaf(before: Snapshot, after: Snapshot): void {
  expect([...after.tables.keys()]).toEqual([...before.tables.keys()]);
  for (const table of after.tables.keys()) {
    const others = otherRows(table, before, after);
    const isOfLedger = ["ledger_log", "ledger_segment", "ledger_tile"].includes(table);
    expect(isOfLedger ? others.filter((row) => !isOfSiteLog(table, row)) : others).toEqual([]);
  }
  const size = before.logs.get("_site") ?? 0;
  expect(after.logs).toEqual(new Map(before.logs).set("_site", size + 1));
  expect(after.cfg).toEqual(before.cfg);
}

/** What must not be in a text for people: what steers a terminal, and what turns the direction of reading. */
const STEERING = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

function expectReadable(text: string, most: number): void {
  expect(text).not.toMatch(STEERING);
  expect(text.length).toBeLessThan(most);
}

function codesOf(errors: readonly { readonly detail: string }[]): string[] {
  return errors.map(({ detail }) => detail.slice(0, detail.indexOf(":"))).toSorted();
}

/** The sentence of the code, and for each bundle that does not count its own. */
function expectSentence({ detail, errors }: z.infer<typeof Problem>, { code, reasons }: Case): void {
  expect(detail.startsWith(KIT_SENTENCES[code])).toBe(true);
  expectReadable(detail, 600);
  for (const { pointer, detail: words } of errors) {
    expectReadable(pointer, 500);
    expectReadable(words, 600);
  }
  expect(errors.length).toBeLessThanOrEqual(100);
  if (code === "SIG_THRESHOLD" && reasons !== undefined)
    expect(codesOf(errors)).toEqual(reasons.filter((reason) => reason !== undefined).toSorted());
}

/** What was kept of a refused kit, taken away from the site, which is then as it was but for the leaf. */
function takeKept({ site }: NonNullable<typeof current>): ReadonlyMap<string, Buffer> {
  const { quarantine } = site.running.parts.files;
  const kept = fs.readdirSync(quarantine).map((name) => [name, fs.readFileSync(path.join(quarantine, name))] as const);
  for (const [name] of kept) fs.unlinkSync(path.join(quarantine, name));
  return new Map(kept);
}

/** Hands a row's kit in to be planned and to be taken in; what was answered, and what it has left. */
async function refused(row: Case) {
  const here = await enter(row);
  const { site, before } = here;
  const kit = await kitOf(row);
  const planned = UPLOADS[row.name] === undefined ? await site.post("plan", kit) : undefined;
  const answer = planned === undefined ? await site.hand(kit) : await (await site.post("import", kit)).json();
  const after = await site.snapshot();
  const kept = takeKept(here);
  const files = new Map([...after.files].filter(([name]) => !kept.has(path.basename(name))));
  current = { ...here, before: { ...after, files } };
  const [leaf = "{}"] = await site.running.parts.store.read.leaves("_site", before.logs.get("_site") ?? 0, 1);
  return { kit, planned: await planned?.json(), problem: Problem.parse(answer), before, after, kept, leaf };
}

describe("a hostile kit leaves its refusal, and nothing else", () => {
  test.each(CASES)("$table: $name: $code", async (row) => {
    const { kit, planned, problem, before, after, kept, leaf } = await refused(row);
    const sha256 = sha256Hex(kit);
    expect(problem).toMatchObject({ code: row.code, status: 422 });
    if (planned !== undefined) expect(Problem.parse(planned)).toEqual(problem);
    expectSentence(problem, row);
    expectOnlyOneLeaf(before, after);
    expect(Leaf.parse(JSON.parse(leaf))).toMatchObject({ type: "kit.refuse", id: sha256, reason: { code: row.code } });
    const names = [`${sha256}.json`, `${sha256}.kit`];
    expect(difference(before.files, after.files)).toEqual(names.map((name) => `quarantine/${name}`));
    expect(kept.get(names[1] ?? "")?.equals(kit)).toBe(true);
    const reason = { code: row.code, message: problem.detail, sha256, size: kit.length };
    expect(JSON.parse(String(kept.get(names[0] ?? "")))).toEqual(reason);
  });
});

describe("an upload that is no kit", () => {
  test.each(CASES.filter(({ name }) => UPLOADS[name] !== undefined))("$name: $code", async (row) => {
    const { site, before } = await enter(row);
    const answer = await site.post("import", await kitOf(row));
    expect([answer.status, Problem.parse(await answer.json()).code]).toEqual(UPLOADS[row.name]);
    expect(await site.snapshot()).toEqual(before);
  });
});

describe("the tables of hostile kits", () => {
  test("reach every code that this version can give, and say why the others are not among them", () => {
    const reached = new Set(CASES.map(({ code }) => code));
    const all = Object.keys(KIT_SENTENCES);
    expect([...reached, ...Object.keys(ELSEWHERE)].toSorted()).toEqual(all.toSorted());
    const reasons = new Set(CASES.flatMap((row) => row.reasons ?? []).filter((reason) => reason !== undefined));
    expect([...reasons].toSorted()).toEqual(Object.keys(BUNDLE_SENTENCES).toSorted());
    expect(CASES.length).toBeGreaterThan(600);
  });
});

describe("a reader that takes nothing in refuses the same kits", () => {
  test.each(SAMPLE)("$table: $name: $code", async (row) => {
    await leave();
    const site = await openState(folder.dir, row.state, row.needs);
    await site.close();
    const file = path.join(folder.dir, "sample.kit.tar");
    fs.writeFileSync(file, await kitOf(row));
    const limit = row.needs.limits?.kitBytes;
    const env = limit === undefined ? {} : { SEALPOST_MAX_KIT_BYTES: String(limit) };
    const { code, out } = await cli(["kit", "verify", file, "--data", site.dir, "--json"], { env });
    expect(Verdict.parse(JSON.parse(out))).toMatchObject({ ok: false, code: row.code });
    expect(code).toBe(3);
  });
});

describe("a reason to use an expired policy", () => {
  test.each([
    { name: "helps nothing where the policy says refuse", row: "an expired policy", code: "TRUST_EXPIRED" },
    { name: "helps nothing against an expired kit", row: "the kit's expiry before the policy's", code: "KIT_EXPIRED" },
  ])("$name", async ({ row: name, code }) => {
    const row = CASES.find((one) => one.name === name);
    if (row === undefined) throw new Error(`there is no row ${name}`);
    const { site } = await enter(row);
    const answer = await site.post("import?override=true&why=drill", await kitOf(row));
    expect(Problem.parse(await answer.json())).toMatchObject({ status: 422, code });
  });
});

describe("after all these refusals", () => {
  const needs = {};

  test("a kit too large to be kept leaves its reason only", async () => {
    const { site, before } = await enter({ needs, state: await stateOf(needs) });
    const large = Object.fromEntries(
      Array.from({ length: 17 }, (_, n) => [`content/rules/acme/r${10 + n}.json`, `"${n}${" ".repeat(2 ** 22 - 8)}"`]),
    );
    const kit = await forgeKit({ content: large });
    const answer = await site.post("import", kit);
    expect(Problem.parse(await answer.json())).toMatchObject({ status: 422, code: "CONTENT_INVALID" });
    const after = await site.snapshot();
    expectOnlyOneLeaf(before, after);
    expect(difference(before.files, after.files)).toEqual([`quarantine/${sha256Hex(kit)}.json`]);
  });

  test("a good kit is taken in; again, it is a repeat that changes nothing", async () => {
    const { site } = await enter({ needs, state: await stateOf(needs) });
    const kit = await forgeKit();
    const first = await site.post("import", kit);
    expect(await first.json()).toMatchObject({ stream: "hq/rules", sequence: 1 });
    const before = await site.snapshot();
    const again = await site.post("import", kit);
    expect([again.status, await again.json()]).toMatchObject([200, { repeated: true }]);
    expect(await site.snapshot()).toEqual(before);
  });
});
