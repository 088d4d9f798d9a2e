/**
 * A site in which kits stand already, the kits that come next, and all that an import may change.
 * @module
 */
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { serve } from "../../src/app/serve.ts";
import { heldPolicies } from "../../src/flows/kit-view.ts";
import { silentLog } from "../../src/system/log.ts";
import { type Hub, makeHub } from "./hub.ts";
import { makeSite, openSite, type RunningSite, settings } from "./site.ts";
import { leavesOfType } from "./site-leaves.ts";

const MANY = 10_000;

export interface KitWorld {
  readonly hub: Hub;
  /** A site that holds `hq/rules` 0.1 and 0.2, with docs `a`, `b` and `b`, `c`. */
  readonly dir: string;
  /** `hq/rules` 0.3: objects of two tenants change, come and go; docs `c` and `d`. */
  readonly next: string;
  /** The same, but for one byte of a doc. */
  readonly tampered: string;
  /** A trust kit with a doc: the policy's version 2. */
  readonly rotation: string;
}

/** Makes them in an empty folder. */
export async function makeKitWorld(folder: string): Promise<KitWorld> {
  const dir = path.join(folder, "made");
  await makeSite(dir);
  const hub = makeHub(path.join(folder, "hub"));
  const site = await openSite(dir);
  const given = JSON.stringify({ policy: hub.policy, fingerprint: hub.fingerprint });
  await demand(await site.request("POST", "/api/v1/trust", { tenant: "_site", type: "application/json", body: given }));
  const one = await hub.kit({ objects: objectsOf("one", ["r1", "r2"]), docs: docs("a", "b") });
  await demand(await takeKit(site, one.file));
  const two = await hub.kit({ sequence: 2, prev: one.kit, objects: objectsOf("two", ["r1"]), docs: docs("b", "c") });
  await demand(await takeKit(site, two.file));
  await close(site);
  const next = await hub.kit({
    sequence: 3,
    prev: two.kit,
    objects: { ...objectsOf("three", ["r1", "r3"]), "templates/_/t2": template("t2", "new") },
    docs: docs("c", "d"),
  });
  const tampered = path.join(folder, "tampered.kit.tar");
  fs.writeFileSync(tampered, fs.readFileSync(next.file, "latin1").replace("doc d d d", "doc d e d"), "latin1");
  const { files } = await hub.rotation({ maxSequenceJump: 7 });
  const rotation = await hub.kit({
    stream: "hq/trust",
    kinds: ["trust"],
    files,
    signers: ["rita", "rolf"],
    docs: { "docs/why.txt": "carol has left" },
  });
  return { hub, dir, next: next.file, tampered, rotation: rotation.file };
}

function docs(...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [`docs/${name}.txt`, `doc ${`${name} `.repeat(20_000)}`]));
}

function template(id: string, text: string): { schema: string; id: string; subject: string; text: string } {
  return { schema: "template/v1", id, subject: "s", text };
}

function objectsOf(text: string, rules: readonly string[]): NonNullable<Parameters<Hub["kit"]>[0]["objects"]> {
  const named = rules.map((id) => {
    const rule = { schema: "rule/v1", id, name: text, actions: [{ id: `${id}-mail`, channel: "ops-mail" }] };
    return [`rules/default/${id}`, rule] as const;
  });
  return { "templates/_/t1": template("t1", text), ...Object.fromEntries(named) };
}

async function demand(answer: Response): Promise<void> {
  if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
}

/** Hands a kit in. */
export async function takeKit(site: RunningSite, file: string): Promise<Response> {
  const body = new Uint8Array(fs.readFileSync(file));
  return await site.request("POST", "/api/v1/kits/import", { tenant: "_site", type: "application/x-tar", body });
}

/** Signs what grew, as every end of a process does, and closes. */
export async function close(site: RunningSite): Promise<void> {
  await site.parts.checkpoint.signAll();
  await site.close();
}

/** A copy of a site's folder, private as a site's folder is. */
export function copySite(from: string, to: string): void {
  fs.cpSync(from, to, { recursive: true });
  fs.chmodSync(to, 0o700);
}

/** What a server does when it starts and stops: what an earlier process left lying is cleared away. */
export async function serveOnce(dir: string): Promise<void> {
  const stop = new AbortController();
  const listen = { host: "127.0.0.1", port: 0 };
  const ready = (): void => stop.abort();
  await serve({ dir, listen, demo: false, settings: settings(), log: silentLog, stop: stop.signal, ready });
}

/** All that an import may change, but for instants; refusals apart. */
export interface KitState {
  readonly cells: Readonly<Record<string, unknown>>;
  readonly generations: readonly (readonly [tenant: string, id: string, cfg: string])[];
  /** Bodies of the `kit.import` leaves. */
  readonly imports: readonly unknown[];
  readonly trustChanges: number;
  /** Names that stand in `blobs/`; one whose bytes are others is marked. */
  readonly blobs: readonly string[];
  /** What the copies in `trust/` hold. */
  readonly copies: Readonly<Record<string, string>>;
  readonly staging: readonly string[];
  /** Files of kits that stand whose bytes cannot be fetched. */
  readonly unreachable: readonly string[];
}

/** Looks at an open site. */
export async function kitState(site: RunningSite): Promise<KitState> {
  const { store, configurations, files } = site.parts;
  const { read } = store;
  const streams = await read.cells("stream", "_site", "", MANY);
  return {
    cells: {
      streams: streams.map(([stream, { importedAt: _at, ...head }]) => [stream, head]),
      known: await read.cells("known", "_site", "", MANY),
      accepted: await read.cells("accepted", "_site", "", MANY),
      trust: await heldPolicies(read),
    },
    generations: configurations.tenants().map((id) => [id, configurations.own(id).id, configurations.of(id).cfg]),
    imports: (await leavesOfType(site.parts, "kit.import")).map(({ body }) => body),
    trustChanges: (await leavesOfType(site.parts, "trust.change")).length,
    blobs: fs
      .readdirSync(files.blobs)
      .toSorted()
      .map((name) => marked(path.join(files.blobs, name))),
    copies: Object.fromEntries(
      fs.readdirSync(files.trust).map((name) => [name, fs.readFileSync(path.join(files.trust, name), "utf8")]),
    ),
    staging: fs.readdirSync(files.staging),
    unreachable: await unreachable(
      site,
      streams.map(([stream]) => stream),
    ),
  };
}

function marked(file: string): string {
  const name = path.basename(file);
  return sha256Of(file) === name ? name : `${name} is not what it is called`;
}

/** SHA-256 of a file, hex. */
export function sha256Of(file: string): string {
  return createHash("sha256").update(fs.readFileSync(file)).digest("hex");
}

async function unreachable({ services }: RunningSite, streams: readonly string[]): Promise<string[]> {
  const missing: string[] = [];
  for (const stream of streams) {
    const kit = await services.kits.get(stream);
    for (const { path: name, sha256, role } of kit?.held.files ?? []) {
      if (role !== "doc") continue;
      const file = await services.kits.file(stream, sha256);
      if (file === undefined || !fs.existsSync(file)) missing.push(`${stream} ${name}`);
    }
  }
  return missing;
}
