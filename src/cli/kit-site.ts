/**
 * The site that a kit is judged for: as flags describe it, or as a real one answers.
 * @module
 */
import * as fs from "node:fs";
import { canonicalJson } from "../core/canonical-json.ts";
import type { Json } from "../core/json.ts";
import { KitId } from "../core/kit.ts";
import { KitError } from "../core/kit-code.ts";
import { issuerOf, newSite, objectKey, placeKey, type Policies, type SiteView } from "../core/kit-site.ts";
import { kitInstantMs } from "../core/kit-time.ts";
import { parsePolicy, type TrustPolicy } from "../core/trust.ts";
import { runWhole } from "../core/steps.ts";
import { objectSteps, unbuiltFiles } from "../flows/kit-take.ts";
import { SITE_TENANT } from "../ports.ts";
import type { KitQuestion } from "../signing/kit-verify.ts";
import { siteAfter } from "../signing/site-after.ts";
import { systemClock } from "../system/clock.ts";
import { version } from "../system/version.ts";
import type { Client } from "./client.ts";
import { CliError } from "./error.ts";
import { logsOf } from "./ledger-read.ts";
import { ConfigAnswer, KitList, read, TrustAnswer } from "./wire.ts";

/** Options that describe a site. */
export interface SiteFlags {
  readonly policy?: string;
  readonly localPolicy?: string;
  readonly site?: string;
  readonly group?: readonly string[];
  readonly at?: string;
  readonly after?: readonly string[];
}

/** The site of the flags `--policy`, `--site` and their companions. Throws CliError `usage`, KitError for a bad policy. */
export async function siteOfFlags(flags: SiteFlags): Promise<SiteView> {
  const site = KitId.safeParse(flags.site);
  if (!site.success) throw new CliError("usage", "--policy needs --site ID, the id of the site that judges");
  const identity = {
    site: site.data,
    groups: [...(flags.group ?? [])],
    appVersion: version(),
    now: instantOf(flags.at),
    policies: policiesOf(flags.localPolicy, flags.policy),
  };
  return await siteAfter(newSite(identity), flags.after ?? []);
}

/** A real site, as its API tells: its policies, streams and objects. */
export async function siteOfServer(client: Client, flags: SiteFlags): Promise<SiteView> {
  const logs = await logsOf(client, SITE_TENANT);
  const trust = read(TrustAnswer, await client.request("GET", "/trust")).value;
  const { items, known } = read(KitList, await client.request("GET", "/kits")).value;
  const owners = new Map<string, string>();
  for (const { tenant } of logs) for (const [key, stream] of await ownersOf(client, tenant)) owners.set(key, stream);
  const view = newSite({
    site: trust.site,
    groups: [...trust.groups, ...(flags.group ?? [])],
    appVersion: version(),
    now: instantOf(flags.at),
    policies: {
      ...(trust.local === undefined ? {} : { local: policyOf(trust.local.policy) }),
      ...(trust.upstream === undefined ? {} : { upstream: policyOf(trust.upstream.policy) }),
    },
  });
  const held = items.map(({ stream, epoch, sequence, manifest, createdAt }) => ({
    stream,
    head: { epoch, sequence, manifest, createdAt: Date.parse(createdAt) },
  }));
  const taken = {
    heads: new Map(held.map(({ stream, head }) => [stream, head])),
    known: new Map(known.map(({ stream, epoch, sequence, manifest }) => [stream, { epoch, sequence, manifest }])),
    accepted: new Map(held.map(({ stream, head }) => [placeKey(stream, head), head.manifest])),
    newest: Math.max(0, ...held.map(({ head }) => head.createdAt)),
    owners,
  };
  return await siteAfter({ ...view, ...taken }, flags.after ?? []);
}

function policyOf(value: Json): TrustPolicy {
  return parsePolicy(Buffer.from(canonicalJson(value), "utf8"));
}

async function ownersOf(client: Client, tenant: string): Promise<(readonly [key: string, stream: string])[]> {
  const { objects } = read(ConfigAnswer, await client.request("GET", "/config", { tenant })).value;
  return objects.flatMap(({ kind, id, stream }) =>
    stream === undefined ? [] : [[objectKey({ tenant, kind, id }), stream] as const],
  );
}

function policiesOf(local: string | undefined, upstream: string | undefined): Policies {
  return {
    ...(local === undefined ? {} : { local: readPolicy(local) }),
    ...(upstream === undefined ? {} : { upstream: readPolicy(upstream) }),
  };
}

function readPolicy(file: string): TrustPolicy {
  return parsePolicy(fs.readFileSync(file));
}

function instantOf(text: string | undefined): number {
  if (text === undefined) return systemClock.now();
  const ms = kitInstantMs(text);
  if (ms === undefined) throw new CliError("usage", "--at: an instant is YYYY-MM-DDTHH:MM:SSZ");
  return ms;
}

/** What importing would find wrong with the content of a kit at a site: its objects, by their schemas, and files that this version does not take in. */
export function contentFaultsAt(site: string): NonNullable<KitQuestion["validate"]> {
  return async (objects, { files, stream }) => [
    ...runWhole(objectSteps(objects, issuerOf(stream) === site)).faults,
    ...unbuiltFiles(files),
  ];
}

/** A refusal as an error of the commands; other errors pass. */
export function refusalOf(error: unknown): unknown {
  if (!(error instanceof KitError)) return error;
  const errors = error.reasons.map(({ at, code, detail }) => ({ pointer: at, detail: `${code}: ${detail}` }));
  return new CliError("problem", error.message, {
    cause: error,
    problem: { code: error.code, detail: error.message, errors },
  });
}
