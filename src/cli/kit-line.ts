/**
 * Where a new kit stands: behind which kit of its stream, and which heads of the issuer's other streams it tells of.
 * @module
 */
import type { z } from "zod";
import type { KnownHead, Manifest } from "../core/kit.ts";
import type { KitSpec } from "../core/kit-spec.ts";
import { comparePlaces, issuerOf } from "../core/kit-site.ts";
import { kitInstantMs } from "../core/kit-time.ts";
import type { Client } from "./client.ts";
import { CliError } from "./error.ts";
import { type KitFile, placeOfFile } from "./kit-beside.ts";
import { KitList, read, TrustAnswer } from "./wire.ts";

/** The kit before a new one. Only its id is known where only that was given. */
interface Before {
  readonly manifest: string;
  /** For people: `0.3`. */
  readonly name: string;
  readonly epoch?: number;
  readonly sequence?: number;
  /** Epoch ms. */
  readonly createdAt?: number;
  readonly kinds?: readonly string[];
}

/** What a new kit follows, and the newest kits of the issuer's other streams. */
export interface Line {
  readonly before: Before | undefined;
  readonly heads: Manifest["heads"];
}

type KitRow = z.infer<typeof KitList>["issued"][number];

interface Sources {
  /** A kit file, or the id of a kit. */
  readonly prev: string | undefined;
  /** Kit files. */
  readonly heads: readonly string[] | undefined;
  readonly site: Client | undefined;
}

/** A place of a stream, and who says so. */
interface Told extends KnownHead {
  readonly stream: string;
  readonly by: string;
}

/**
 * What a new kit of `stream` follows: the kit that is named, else the site's own record. Throws CliError `usage` (the
 * site keeps no record of that issuer too), `missing`, `conflict` (two kits for one place, or the record stands further
 * on) and what the client throws; KitError for a file that is no kit.
 */
export async function lineOf(stream: string, { prev, heads = [], site }: Sources): Promise<Line> {
  const record = site === undefined ? undefined : await recordOf(site, stream);
  const named = prev === undefined || isId(prev) ? undefined : await placeOfFile(prev);
  if (named !== undefined && named.manifest.stream !== stream)
    throw new CliError(
      "usage",
      `${prev} is of ${named.manifest.stream}, not of ${stream}: --prev names the kit before this one`,
    );
  const told = record === undefined ? [] : toldBy(record, site?.place ?? "");
  if (named !== undefined) told.push(...toldIn(named));
  for (const file of heads) {
    const other = await placeOfFile(file);
    if (issuerOf(other.manifest.stream) !== issuerOf(stream) || other.manifest.stream === stream)
      throw new CliError(
        "usage",
        `${file} is of ${other.manifest.stream}: --heads names kits of the issuer's other streams`,
      );
    told.push(...toldIn(other));
  }
  const last = record === undefined ? undefined : lastOf(record, stream);
  if (site !== undefined && last !== undefined) refusePassed(last, { stream, site, prev, named });
  return { before: beforeOf({ prev, named, last }), heads: newestOf(stream, told) };
}

/** The site's record of what it has built. Throws CliError `usage` where it is none of kits of that issuer. */
async function recordOf(site: Client, stream: string): Promise<z.infer<typeof KitList>> {
  const record = read(KitList, await site.request("GET", "/kits")).value;
  const issuer = issuerOf(stream);
  if (record.issued.some((row) => issuerOf(row.stream) === issuer)) return record;
  const { site: id } = read(TrustAnswer, await site.request("GET", "/trust")).value;
  if (id === issuer) return record;
  throw new CliError(
    "usage",
    `${site.place} is site ${id} and keeps no record of the kits of ${issuer}: give --data of site ${issuer}, or name the ` +
      "kit before this one by --prev KIT without --data and SEALPOST_DATA, which needs no record",
  );
}

/** The newest kit of a stream that a site knows of. */
function lastOf({ issued, items }: z.infer<typeof KitList>, stream: string): KitRow | undefined {
  return [...issued, ...items].filter((row) => row.stream === stream).toSorted((a, b) => comparePlaces(b, a))[0];
}

/** Throws CliError `conflict` where the record stands further on than the kit that is named: its place is taken. */
function refusePassed(
  last: KitRow,
  { stream, site, prev, named }: Pick<Sources, "prev"> & { stream: string; site: Client; named: KitFile | undefined },
): void {
  if (prev === undefined || (named?.kit ?? prev) === last.manifest) return;
  if (named !== undefined && comparePlaces(named.manifest, last) > 0) return;
  throw new CliError(
    "conflict",
    `the newest kit of ${stream} recorded at ${site.place} is ${last.epoch}.${last.sequence} (${last.manifest}), not ` +
      `${prev}: leave --prev out to build the next one on it; where its file is lost, do so too: sites may skip a number, ` +
      "and would refuse a second kit of one place (KIT_FORK)",
  );
}

function isId(prev: string): boolean {
  return /^[0-9a-f]{64}$/.test(prev);
}

function beforeOf({
  prev,
  named,
  last,
}: Pick<Sources, "prev"> & { named: KitFile | undefined; last: KitRow | undefined }): Before | undefined {
  if (named !== undefined) {
    const { epoch, sequence, createdAt, kinds } = named.manifest;
    const made = kitInstantMs(createdAt) ?? 0;
    return { epoch, sequence, manifest: named.kit, createdAt: made, kinds, name: `${epoch}.${sequence}` };
  }
  if (prev !== undefined) return { manifest: prev, name: "kit" };
  if (last === undefined) return undefined;
  const { epoch, sequence, manifest, createdAt } = last;
  return { epoch, sequence, manifest, createdAt: Date.parse(createdAt), name: `${epoch}.${sequence}` };
}

/** What the site's record tells of; its starter content never leaves it. */
function toldBy({ issued, items, known }: z.infer<typeof KitList>, by: string): Told[] {
  return [...issued, ...items, ...known]
    .filter(({ stream }) => !stream.endsWith("/starter"))
    .map(({ stream, epoch, sequence, manifest }) => ({ stream, epoch, sequence, manifest, by }));
}

function toldIn({ file, kit, manifest: { stream, epoch, sequence, heads } }: KitFile): Told[] {
  const others = Object.entries(heads).map(([other, head]) => ({ ...head, stream: other, by: file }));
  return [{ stream, epoch, sequence, manifest: kit, by: file }, ...others];
}

/** The newest place of each other stream of the issuer. Throws CliError `conflict` where two kits claim it. */
function newestOf(stream: string, told: readonly Told[]): Manifest["heads"] {
  const others = told.filter((one) => one.stream !== stream && issuerOf(one.stream) === issuerOf(stream));
  const newest = new Map<string, Told>();
  for (const one of others) {
    const known = newest.get(one.stream);
    if (known === undefined || comparePlaces(one, known) > 0) newest.set(one.stream, one);
  }
  for (const one of others) {
    const head = newest.get(one.stream);
    if (head !== undefined && comparePlaces(one, head) === 0 && one.manifest !== head.manifest)
      throw new CliError(
        "conflict",
        `${one.stream} ${one.epoch}.${one.sequence} is two kits: ${head.manifest} says ${head.by}, ${one.manifest} says ` +
          `${one.by}. Sites would refuse one of them (KIT_FORK): find out which is right, and build the next one of ` +
          "that stream on it",
      );
  }
  return Object.fromEntries(
    [...newest].map(([other, { epoch, sequence, manifest }]) => [other, { epoch, sequence, manifest }]),
  );
}

/**
 * The place of a new kit. A new epoch begins at sequence 1 and still names the kit before it, so that the line stays
 * whole; sites take it in once their trust policy has a floor of that epoch. Throws CliError `usage`.
 */
export function placeOf(
  spec: Pick<KitSpec, "epoch" | "sequence">,
  before: Before | undefined,
  given: { readonly epoch?: number; readonly sequence?: number },
): { epoch: number; sequence: number; prev: string | null } {
  if (before?.epoch === undefined || before.sequence === undefined) return firstPlace(spec, before, given);
  const { manifest: prev, sequence: last } = before;
  if (given.epoch === undefined && spec.epoch > before.epoch)
    throw new CliError(
      "usage",
      `the source is of epoch ${spec.epoch}, the kit before it of ${before.epoch}: give --epoch ${spec.epoch} to begin it`,
    );
  const epoch = given.epoch ?? before.epoch;
  if (epoch < before.epoch) throw new CliError("usage", `--epoch: the stream has reached epoch ${before.epoch}`);
  const next = epoch > before.epoch ? 1 : last + 1;
  const sequence = given.sequence ?? next;
  if (sequence < next)
    throw new CliError(
      "usage",
      `--sequence: the next place of the stream is ${epoch}.${next}; one that was given to a kit stays given, even where ` +
        "its file is lost: go on with the next number, sites may skip one",
    );
  return { epoch, sequence, prev };
}

function firstPlace(
  spec: Pick<KitSpec, "epoch" | "sequence">,
  before: Before | undefined,
  given: { readonly epoch?: number; readonly sequence?: number },
): { epoch: number; sequence: number; prev: string | null } {
  if (before !== undefined && given.sequence === undefined)
    throw new CliError("usage", "--prev with the id of a kit needs --sequence N; with its file, it is found out");
  const epoch = given.epoch ?? spec.epoch;
  const sequence = given.sequence ?? (epoch === spec.epoch ? spec.sequence : 1);
  return { epoch, sequence, prev: before?.manifest ?? null };
}
