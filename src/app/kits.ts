/**
 * Kits at this site: the starter kit, and what happens to a kit that comes in.
 * @module
 */
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { pipeline } from "node:stream/promises";
import { SITE_TENANT } from "../core/cells.ts";
import { errorWords } from "../core/error-words.ts";
import { KitError } from "../core/kit-code.ts";
import { kitFileName } from "../core/kit-derive.ts";
import { assembleContent, parseSpec } from "../core/kit-spec.ts";
import { FlowError } from "../flows/error.ts";
import { planKit, takeKit } from "../flows/kit-take.ts";
import type { KitRequest, KitService, KitStream, PlannedKit } from "../http/kit-services.ts";
import type { Caller } from "../http/services.ts";
import { buildKit } from "../signing/kit-build.ts";
import { readPrivateKey, signerOf } from "../signing/keys.ts";
import { StoreError } from "../store/error.ts";
import { asset, assetNames } from "../system/assets.ts";
import { sparingMemory } from "../system/memory.ts";
import { readPrivateFile } from "../system/files.ts";
import { heldManifest, type ImportFolder, importFolder, keptFile, sweepBlobs } from "./kit-files.ts";
import { judgeKit } from "./kit-judge.ts";
import { shownPlan, shownRepeat } from "./kit-shown.ts";
import type { Parts } from "./parts.ts";
import { quarantine } from "./quarantine.ts";
import { writeTrustCopies } from "./trust.ts";
import type { Turns } from "./turns.ts";

const MAX_STREAMS = 10_000;

/** Kits as the routes ask for them. */
export function kitService(parts: Parts, turns: Turns): KitService {
  const { read } = parts.store;
  // One at a time: each is judged by what the one before left, and only one takes up memory.
  const inTurn = oneByOne();
  const heads = async (): Promise<KitStream[]> =>
    (await read.cells("stream", SITE_TENANT, "", MAX_STREAMS)).map(([stream, head]) => ({ ...head, stream }));
  return {
    list: heads,
    known: async () =>
      (await read.cells("known", SITE_TENANT, "", MAX_STREAMS)).map(([stream, head]) => ({ ...head, stream })),
    issued: async () =>
      (await read.cells("issued", SITE_TENANT, "", MAX_STREAMS)).map(([stream, head]) => ({ ...head, stream })),
    get: async (stream) => {
      const head = await read.cell("stream", SITE_TENANT, stream);
      const held = head === undefined ? undefined : await heldManifest(parts, head.manifest);
      return head === undefined || held === undefined ? undefined : { ...head, stream, held };
    },
    file: (stream, sha256) => keptFile(parts, stream, sha256),
    plan: (file, request) => inTurn(() => planKitFile(parts, { file, ...request })),
    importFile: (caller, file, request) => inTurn(() => importKitFile(parts, { caller, file, turns, ...request })),
    issue: async ({ actor }, { stream, epoch, sequence, manifest, createdAt, prev }) => {
      const head = { epoch, sequence, manifest, createdAt };
      await parts.store.transact({ flow: "kit-issue", tenant: SITE_TENANT, input: { actor, stream, head, prev } });
    },
  };
}

/** Runs what it is given one after the other, whatever becomes of each. */
function oneByOne(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(() => sparingMemory(work));
    last = next.catch(() => undefined); // its caller is told
    return next;
  };
}

/** Builds the starter kit out of the program's own seeds and templates, signed by the local authority; answers its file. */
export async function buildStarterKit({ files, clock }: Parts, site: string): Promise<string> {
  const names = [...assetNames("seeds/"), ...assetNames("templates/")];
  const spec = parseSpec(asset("offline-kit.json"));
  const stream = `${site}/starter`;
  const signer = signerOf(readPrivateKey(Buffer.from(readPrivateFile(files.localAuthority)).toString("latin1")));
  const out = path.join(files.out, kitFileName({ stream, epoch: spec.epoch, sequence: spec.sequence }));
  const createdAt = `${new Date(clock.now()).toISOString().slice(0, 19)}Z`;
  await buildKit(
    { spec, files: assembleContent(asset, names), stream, audience: [`site:${site}`], createdAt, signers: [signer] },
    out,
  );
  return out;
}

/** A kit file, who brings it and what is said with it. */
export interface ImportRequest extends KitRequest {
  readonly caller: Caller;
  readonly file: string;
  /** The site's id; absent: as the store has it. */
  readonly site?: string;
  /** What other changes of configuration wait in; absent: there are none. */
  readonly turns?: Turns;
}

/** Verifies and takes in a kit, which stays the caller's. Throws KitError for one that is refused: then it is recorded and quarantined; FlowError `conflict`. */
export async function importKitFile(parts: Parts, request: ImportRequest): Promise<PlannedKit> {
  const { caller, file, site, override } = request;
  const folder = importFolder(parts);
  let isDecided = true;
  try {
    const overrideExpired = override !== undefined;
    const judged = await judgeKit(parts, { file, site, overrideExpired, staging: folder.staging });
    if ("repeated" in judged) return shownRepeat(judged.repeated);
    const take = async (): Promise<PlannedKit> => {
      const plan = await planKit(parts, judged);
      if (request.plan !== undefined && request.plan !== plan.hash)
        throw new FlowError("conflict", "the kit would change other things now than were planned; plan again");
      const planned = await shownPlan(parts, judged, plan);
      folder.sync();
      folder.adopt();
      await takeKit(parts, judged, { plan, actor: caller.actor, override });
      return planned;
    };
    // It has been verified, which may take long; what it changes, it changes in its turn, like any other change.
    const shown = await (request.turns === undefined ? take() : request.turns(SITE_TENANT, take, 1));
    if (judged.trust !== undefined) await writeTrustCopies(parts);
    return shown;
  } catch (error) {
    // What the store could not write may stand all the same when the folder is opened again, and need its files.
    isDecided = !(error instanceof StoreError && error.code === "failed");
    throw error instanceof KitError ? await refused(parts, { caller, file, error }) : error;
  } finally {
    await tidy(parts, { folder, isDecided });
  }
}

/** Clears away what an import has left. What fails here is done by the next start, and changes no answer. */
async function tidy(
  parts: Parts,
  { folder, isDecided }: { readonly folder: ImportFolder; readonly isDecided: boolean },
): Promise<void> {
  try {
    await folder.clear();
    if (isDecided) await sweepBlobs(parts);
  } catch (error) {
    parts.log.error("what an import left could not be cleared away; the next start does it", { ...errorWords(error) });
  }
}

/** What taking in a kit would change; changes nothing and records nothing. Throws KitError for one that would be refused. */
async function planKitFile(
  parts: Parts,
  { file, override }: { readonly file: string } & KitRequest,
): Promise<PlannedKit> {
  const judged = await judgeKit(parts, { file, overrideExpired: override !== undefined });
  if ("repeated" in judged) return shownRepeat(judged.repeated);
  return await shownPlan(parts, judged, await planKit(parts, judged));
}

interface Refusal {
  readonly caller: Caller;
  readonly file: string;
  readonly error: KitError;
}

/** Records a refusal; answers what to tell. A kit is refused whether or not there is room to write it down. */
async function refused(parts: Parts, refusal: Refusal): Promise<KitError> {
  const { error } = refusal;
  try {
    await recordRefusal(parts, refusal);
    return error;
  } catch (cause) {
    parts.log.error("the refusal of a kit could not be recorded", { refused: error.code, ...errorWords(cause) });
    const detail = `this refusal could not be recorded in the ledger; ${error.detail}`;
    return new KitError(error.code, detail, { reasons: error.reasons, cause });
  }
}

/** One leaf, and a copy in quarantine where there is room for it. Throws where the leaf cannot be written. */
export async function recordRefusal(parts: Parts, { caller, file, error }: Refusal): Promise<void> {
  const sha256 = await hashFile(file);
  await parts.store.transact({
    flow: "kit-refuse",
    tenant: SITE_TENANT,
    input: { actor: caller.actor, sha256, code: error.code },
  });
  try {
    const { code, message } = error;
    await quarantine(parts.files.quarantine, { file, sha256, code, message }, parts.random);
  } catch (cause) {
    parts.log.error("a refused kit could not be kept in quarantine", { sha256, ...errorWords(cause) });
  }
}

async function hashFile(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(fs.createReadStream(file), hash);
  return hash.digest("hex");
}
