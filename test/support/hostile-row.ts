/**
 * What a row of the tables of hostile kits is: a name, how the kit is made, the one code, and the site that it needs.
 * @module
 */
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { sha256Hex } from "../../src/core/hash.ts";
import { CONTENT_KINDS, type KitLimits } from "../../src/core/kit.ts";
import type { BundleCode, KitCode } from "../../src/core/kit-code.ts";
import type { SiteView } from "../../src/core/kit-site.ts";
import { localPolicy, type TrustPolicy } from "../../src/core/trust.ts";
import type { KitVerdict } from "../../src/signing/kit-verify.ts";
import { siteAfter } from "../../src/signing/site-after.ts";
import { forgeKit, type Recipe, testKey, testPolicy, testSite, verdictOn } from "./kit-forge.ts";

/** A site that a row needs; without one it is `ship-07` under the vectors' upstream policy, holding its starter kit. */
export interface SiteNeed {
  /** Changes the upstream policy; `none`: the site has none. */
  readonly upstream?: Partial<TrustPolicy> | "none";
  /** Kits that the site has taken in, in order, under a policy that lets all of them in. */
  readonly taken?: readonly Recipe[];
  /** Objects of the starter kit that matter, `<tenant>/<kind>/<id>`: they belong to the site's own stream. */
  readonly starter?: readonly string[];
  /** Lower ceilings than the format's. */
  readonly limits?: Partial<KitLimits>;
  /** Another version of the program: no real site has it. */
  readonly appVersion?: string;
}

/** A recipe, the ids of the kits taken in before at hand; or all the bytes. */
export type How = Recipe | ((taken: readonly string[]) => Recipe | Promise<Uint8Array>);

export interface HostileRow {
  readonly name: string;
  readonly code: KitCode | "OK";
  readonly how: How;
  readonly needs: SiteNeed;
  /** What is said of each bundle, in any order; undefined: it counts. */
  readonly reasons?: readonly (BundleCode | undefined)[];
}

/** A row as the tables write it. */
export type Tuple = readonly [name: string, code: KitCode | "OK", how: How, needs?: SiteNeed];

/** Rows of a table. */
export function rowsOf(tuples: readonly Tuple[]): readonly HostileRow[] {
  return tuples.map(([name, code, how, needs = {}]) => ({ name, code, how, needs }));
}

/** Lets alice sign whatever `hq` and `lab` may issue. */
export const WIDE: Partial<TrustPolicy> = {
  delegations: ["hq/*", "lab/*"].map((stream) => ({
    stream,
    kinds: [...CONTENT_KINDS, "app", "ledger", "parity", "witness"],
    tenants: ["*"],
    role: "rules",
  })),
  floors: {},
};

/** A kit without content, as one that the site has taken in. */
export const taken = (change: Recipe["manifest"] & {} = (manifest) => manifest): Recipe => ({
  content: {},
  manifest: change,
});

/** The id of a kit that is not dressed: SHA-256 (hex) of its manifest. */
export function idOf(kit: Uint8Array): string {
  const size = Number.parseInt(Buffer.from(kit).toString("latin1", 124, 135), 8);
  return sha256Hex(kit.subarray(512, 512 + size));
}

/** The kits that a site has taken in. */
export async function takenKits({ taken: recipes = [] }: SiteNeed): Promise<readonly Buffer[]> {
  return await Promise.all(recipes.map((recipe) => forgeKit(recipe)));
}

/** The bytes of a row's kit. */
export async function kitOf({ how, needs }: Pick<HostileRow, "how" | "needs">): Promise<Uint8Array> {
  const made = typeof how === "function" ? how((await takenKits(needs)).map(idOf)) : how;
  return made instanceof Promise ? await made : await forgeKit(made);
}

/** The upstream policy of a row's site. */
export function upstreamOf({ upstream = {} }: SiteNeed): TrustPolicy | undefined {
  return upstream === "none" ? undefined : testPolicy(() => upstream);
}

/** The site of a row, as plain data. */
export async function viewOf(needs: SiteNeed): Promise<SiteView> {
  const upstream = upstreamOf(needs);
  const local = localPolicy({ site: "ship-07", spki: testKey("root3").spki, createdAt: "2026-10-01T00:00:00Z" });
  const fresh = testSite({
    policies: { local, ...(upstream === undefined ? {} : { upstream }) },
    owners: new Map((needs.starter ?? []).map((key) => [key, "ship-07/starter"])),
    ...(needs.appVersion === undefined ? {} : { appVersion: needs.appVersion }),
  });
  const folder = fs.mkdtempSync(path.join(tmpdir(), "kit-taken-"));
  try {
    const files = (await takenKits(needs)).map((bytes, at) => {
      const file = path.join(folder, `${at}.kit.tar`);
      fs.writeFileSync(file, bytes);
      return file;
    });
    return await siteAfter(fresh, files);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** Judges a row's kit for its site as plain data; content is judged only as far as it must be canonical JSON. */
export async function verdictOf(row: Pick<HostileRow, "how" | "needs">): Promise<KitVerdict> {
  return await verdictOn(await kitOf(row), await viewOf(row.needs), row.needs.limits);
}
