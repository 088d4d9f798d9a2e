/**
 * Kit files that lie where a new one is built, and whether it may stand behind the kit before it.
 * @module
 */
import * as fs from "node:fs";
import * as path from "node:path";
import type { Manifest } from "../core/kit.ts";
import { KitError } from "../core/kit-code.ts";
import { comparePlaces, issuerOf } from "../core/kit-site.ts";
import { openKit } from "../signing/kit-open.ts";
import type { Client } from "./client.ts";
import { CliError } from "./error.ts";
import { HeldKit, read } from "./wire.ts";

/** A kit file, as it says of itself. */
export interface KitFile {
  readonly file: string;
  readonly kit: string;
  readonly manifest: Manifest;
}

/** Reads the manifest of a kit file, which is not verified: whoever builds names it. Throws CliError `missing`, KitError. */
export async function placeOfFile(file: string): Promise<KitFile> {
  if (!fs.existsSync(file)) throw new CliError("missing", `there is no ${file}`);
  const { kit, manifest, close } = await openKit(file, undefined, { unsigned: true });
  await close();
  return { file, kit, manifest };
}

/** Throws CliError `conflict` where the file is there, or another kit of this place lies beside it. */
export async function refuseTaken(file: string, place: Pick<Manifest, "stream" | "epoch" | "sequence">): Promise<void> {
  if (fs.existsSync(file))
    throw new CliError("conflict", `${file} is there already: give another --out, or --force to replace it`);
  for (const { file: other, manifest } of await kitsIn(path.dirname(file))) {
    if (manifest.stream !== place.stream || comparePlaces(manifest, place) !== 0) continue;
    throw new CliError(
      "conflict",
      `${other} is ${place.stream} ${place.epoch}.${place.sequence} already, and a site that has it would refuse another ` +
        "kit of this place (KIT_FORK): give --prev KIT to build the next one, or --force where no site has it",
    );
  }
}

/** The kits of a folder; what is none is passed over. */
async function kitsIn(folder: string): Promise<KitFile[]> {
  const found: KitFile[] = [];
  for (const name of fs.readdirSync(folder).filter((one) => one.endsWith(".kit.tar"))) {
    const kit = await kitIn(path.join(folder, name));
    if (kit !== undefined) found.push(kit);
  }
  return found;
}

async function kitIn(file: string): Promise<KitFile | undefined> {
  if (!fs.statSync(file, { throwIfNoEntry: false })?.isFile()) return undefined;
  try {
    return await placeOfFile(file);
  } catch (error) {
    if (error instanceof KitError) return undefined;
    throw error;
  }
}

interface Predecessor {
  /** SHA-256 of its manifest. */
  readonly manifest: string;
  /** For people: `0.3`. */
  readonly name: string;
  /** Where they are known. */
  readonly kinds?: readonly string[];
}

/**
 * A stream carries trust policies or content, never both: a kit of the other kind takes all of it away. Throws CliError
 * `refused` where the new one would, `usage` where nobody here knows what the one before it carries and its stream's name
 * says otherwise.
 */
export async function refuseMixed(
  { stream, kinds }: Pick<Manifest, "stream" | "kinds">,
  before: Predecessor | undefined,
  { site, folder }: { readonly site: Client | undefined; readonly folder: string },
): Promise<void> {
  if (before === undefined) return;
  const isTrust = kinds.includes("trust");
  const known = before.kinds ?? (await kindsAt(site, stream, before)) ?? (await kindsBeside(folder, before));
  const other = `${issuerOf(stream)}/trust`;
  const next = isTrust && stream !== other ? `--stream ${other}` : "--stream another name";
  if (known === undefined) {
    if (isTrust === stream.endsWith("/trust")) return;
    throw new CliError(
      "usage",
      `whether ${stream} ${before.name} carries content or trust policies is not known here, and a kit of the other kind ` +
        `would remove it: give its file (--prev KIT), or ${next}`,
    );
  }
  if (known.includes("trust") === isTrust) return;
  throw new CliError(
    "refused",
    isTrust
      ? `${stream} carries content, and a trust kit in it would remove all of it at every site: give ${next}`
      : `${stream} carries trust policies: give ${next}`,
  );
}

/** The kinds of a kit that a site holds. */
async function kindsAt(
  site: Client | undefined,
  stream: string,
  { manifest }: Predecessor,
): Promise<readonly string[] | undefined> {
  const answer = await site?.request("GET", `/kits/${stream.replaceAll("/", ".")}`);
  if (answer === undefined || answer.status === 404) return undefined;
  const { value } = read(HeldKit, answer);
  return value.manifest === manifest ? value.kinds : undefined;
}

async function kindsBeside(folder: string, { manifest }: Predecessor): Promise<readonly string[] | undefined> {
  return (await kitsIn(folder)).find(({ kit }) => kit === manifest)?.manifest.kinds;
}
