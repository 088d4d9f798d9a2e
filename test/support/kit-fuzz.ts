/**
 * Judges many mutated kits and looks for what must never be: a crash, a hang, a leak, two answers for one kit, a kit
 * accepted that nobody signed, an answer other than that of the second judge.
 * @module
 */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";
import { policyBytes, type TrustPolicy } from "../../src/core/trust.ts";
import { type KitVerdict, verifyKit } from "../../src/signing/kit-verify.ts";
import { codeOf } from "./kit-forge.ts";
import { type FuzzBase, fuzzBases } from "./kit-fuzz/bases.ts";
import { drawOf } from "./kit-fuzz/draw.ts";
import { type Kinship, kinshipOf } from "./kit-fuzz/kinship.ts";
import { judgeKit, type JudgedSite } from "./kit-judge.ts";
import { type Mutant, mutantOf } from "./kit-mutations.ts";

/** A kit must be judged within this much time of the processor; so a machine that is busy elsewhere makes no fault. */
const HANG_MS = 1000;
/** And within this much time of the clock: what waits without end uses no processor. */
const WAIT_MS = 20_000;
/** Judged a second time: one kit in so many. */
const TWICE = 20;

export interface FuzzFault {
  /** Case that shows it again: `--seed SEED --only INDEX`. */
  readonly index: number;
  readonly what: string;
}

export interface FuzzReport {
  readonly count: number;
  readonly faults: readonly FuzzFault[];
  /** Kits by the code that each got. */
  readonly codes: ReadonlyMap<string, number>;
  /** Kits by mutation. */
  readonly mutations: ReadonlyMap<string, number>;
  /** Accepted kits by what they share with the kit that they were made from; those signed anew stand apart. */
  readonly accepted: ReadonlyMap<Kinship | "signed anew" | "dressed", number>;
  /** Slowest judgement, ms of processor time. */
  readonly slowest: { readonly ms: number; readonly index: number };
  readonly judged: number;
}

export interface FuzzPlan {
  readonly seed: number;
  readonly from?: number;
  readonly count: number;
  /** Called before each case. */
  readonly onCase?: (index: number) => void;
}

/** Judges `count` mutants of `seed`. */
export async function fuzzKits({ seed, from = 0, count, onCase }: FuzzPlan): Promise<FuzzReport> {
  const bases = await fuzzBases();
  const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "kit-fuzz-"));
  const tally = newTally();
  const stray = (error: unknown): void => void tally.faults.push({ index: -1, what: `stray error: ${text(error)}` });
  const leak = (warning: Error): void => void tally.faults.push({ index: -1, what: `warning: ${warning.message}` });
  process.on("unhandledRejection", stray).on("uncaughtException", stray).on("warning", leak);
  try {
    const file = join(folder, "mutant.kit.tar");
    for (const base of bases) await checkBase(base, file);
    const open = openHandles();
    for (let index = from; index < from + count; index++) {
      onCase?.(index);
      const mutant = await mutantOf(bases, drawOf(seed, index));
      await judgeMutant(mutant, { index, file, tally });
    }
    await setImmediate();
    if (openHandles() > open) tally.faults.push({ index: -1, what: `${openHandles() - open} files are still open` });
  } finally {
    process.off("unhandledRejection", stray).off("uncaughtException", stray).off("warning", leak);
    rmSync(folder, { recursive: true });
  }
  return { count, ...tally };
}

interface Tally {
  readonly faults: FuzzFault[];
  readonly codes: Map<string, number>;
  readonly mutations: Map<string, number>;
  readonly accepted: Map<Kinship | "signed anew" | "dressed", number>;
  slowest: { ms: number; index: number };
  judged: number;
}

function newTally(): Tally {
  return {
    faults: [],
    codes: new Map(),
    mutations: new Map(),
    accepted: new Map(),
    slowest: { ms: 0, index: -1 },
    judged: 0,
  };
}

function add<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function text(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function openHandles(): number {
  return existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").length : 0;
}

/** A base must be accepted as it is, and by no signature less. */
async function checkBase({ name, bytes, site }: FuzzBase, file: string): Promise<void> {
  writeFileSync(file, bytes);
  const verdict = await verifyKit({ file, site });
  if (!verdict.ok) throw new Error(`base kit ${name} is refused: ${verdict.message}`);
  const judged = judgeKit(bytes, judgedSite(site));
  if (judged !== "OK") throw new Error(`base kit ${name} is refused by the second judge: ${judged}`);
}

interface Case {
  readonly index: number;
  readonly file: string;
  readonly tally: Tally;
}

async function judgeMutant(mutant: Mutant, { index, file, tally }: Case): Promise<void> {
  const fault = (what: string): void =>
    void tally.faults.push({ index, what: `${what} [${mutant.base.name}: ${mutant.how.join(", ")}]` });
  for (const name of mutant.how) add(tally.mutations, name);
  writeFileSync(file, mutant.bytes);
  const first = await timed(mutant, { file, index });
  if (first.verdict === undefined) return fault(`crash: ${first.crash}`);
  const { verdict } = first;
  const { ms, waited } = first;
  if (ms > HANG_MS || waited > WAIT_MS) fault(`hang: ${Math.round(ms)} ms of work in ${Math.round(waited)} ms`);
  if (ms > tally.slowest.ms) tally.slowest = { ms, index };
  const code = codeOf(verdict);
  add(tally.codes, code);
  if (first.early) fault(`content was handed out before the quorum stood, then ${code}`);
  if (index % TWICE === 0) {
    const second = (await timed(mutant, { file, index })).verdict;
    if (second === undefined || said(second) !== said(verdict)) fault(`first ${said(verdict)}, then another answer`);
  }
  if (mutant.sort === "dressed") return verdict.ok ? add(tally.accepted, "dressed") : undefined;
  tally.judged += 1;
  const judged = judgeKit(mutant.bytes, judgedSite(mutant.base.site));
  if (judged !== code && !isOpen(verdict, judged)) fault(`${said(verdict)}, the second judge says ${judged}`);
  if (!verdict.ok) return undefined;
  if (mutant.sort === "signed") return add(tally.accepted, "signed anew");
  const kinship = kinshipOf(mutant.bytes, mutant.base.bytes);
  add(tally.accepted, kinship);
  return kinship === "foreign" ? fault("accepted, but nobody signed it") : undefined;
}

/** What the second judge does not know: objects, how long texts of policies may be, and how many members a manifest may have. */
function isOpen(verdict: KitVerdict, judged: string): boolean {
  if (verdict.ok) return false;
  const { code, detail } = verdict;
  if (code === "CONTENT_INVALID") return judged === "OK";
  if (code === "TRUST_POLICY") return detail.includes("Too big: expected string");
  return code === "KIT_MANIFEST" && /^more than \d+ members/.test(detail);
}

function said(verdict: KitVerdict): string {
  return verdict.ok ? "OK" : `${verdict.code} (${verdict.detail})`;
}

interface Timed {
  readonly verdict?: KitVerdict;
  readonly crash?: string;
  /** Of processor time. */
  readonly ms: number;
  /** Of the clock. */
  readonly waited: number;
  /** Content was handed out although the quorum did not stand. */
  readonly early: boolean;
}

/** What is kept of the files changes how they are read: nothing, all of them, or objects alone. */
async function timed({ base: { site } }: Mutant, { file, index }: Pick<Case, "file" | "index">): Promise<Timed> {
  let staged = false;
  const keep = {
    write: () => {
      staged = true;
    },
    end: () => undefined,
  };
  const staging = (): typeof keep => keep;
  const manner = [{}, { staging }, { staging, validate: async () => [] }][index % 3];
  const [work, start] = [process.cpuUsage(), performance.now()];
  const times = (): Pick<Timed, "ms" | "waited"> => {
    const { user, system } = process.cpuUsage(work);
    return { ms: (user + system) / 1000, waited: performance.now() - start };
  };
  try {
    const verdict = await verifyKit({ file, site, ...manner });
    return { verdict, ...times(), early: staged && !verdict.bundles.some(({ counts }) => counts) };
  } catch (error) {
    return { crash: text(error), ...times(), early: false };
  }
}

const policyTexts = new WeakMap<TrustPolicy, Uint8Array>();

function bytesOf(policy: TrustPolicy): Uint8Array {
  const known = policyTexts.get(policy) ?? policyBytes(policy);
  policyTexts.set(policy, known);
  return known;
}

/** A site as the second judge wants it. */
export function judgedSite({ policies, ...site }: FuzzBase["site"]): JudgedSite {
  const { local, upstream } = policies;
  return {
    ...site,
    policies: {
      ...(local === undefined ? {} : { local: bytesOf(local) }),
      ...(upstream === undefined ? {} : { upstream: bytesOf(upstream) }),
    },
  };
}
