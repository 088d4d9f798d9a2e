import * as fs from "node:fs";
import type { Command as Program } from "commander";
import { isJsonObject, type JsonObject } from "../core/json.ts";
import { KIT_LIMITS, type Manifest } from "../core/kit.ts";
import { KitError } from "../core/kit-code.ts";
import { strictJson } from "../core/strict-json.ts";
import { ArchiveReader } from "../signing/archive-read.ts";
import { dressOf, type Dress, openSource } from "../signing/archive-source.ts";
import { statementFault } from "../core/quorum.ts";
import { readBundle } from "../signing/bundle.ts";
import { type OpenKit, openKit } from "../signing/kit-open.ts";
import { calledAs, shellWord } from "../system/process.ts";
import type { Context, ExitCode } from "./command.ts";
import { CliError } from "./error.ts";
import type { Print } from "./output.ts";
import { perform, withExample, withJson } from "./perform.ts";

/** One signature, as its bundle says. */
interface ShownBundle {
  readonly name: string;
  /** The key that it names. */
  readonly key?: string;
  /** Whether what was signed is this kit's statement, or the code of why not, or of why it cannot be read. */
  readonly statement: string;
}

/** What stopped the reading. */
interface Stop {
  readonly code: string;
  readonly detail: string;
}

interface Entry {
  readonly path: string;
  readonly size: number;
}

/** What was seen of a kit, whole or up to a stop. */
interface Seen {
  readonly dress: Dress;
  readonly sound?: { readonly kit: string; readonly manifest: Manifest; readonly bundles: readonly ShownBundle[] };
  /** Where the manifest is not sound: what the archive holds, and what the manifest claims. */
  readonly claimed?: { readonly entries: readonly Entry[]; readonly manifest: JsonObject | undefined };
  readonly stop?: Stop;
}

/** `kit inspect`: what a kit says of itself. */
export function inspect(noun: Program, context: Context): void {
  withExample(withJson(noun.command("inspect").argument("<kit>")), "sealpost kit inspect hq.rules-0.2.kit.tar")
    .description("show what a kit says of itself; believes nothing. Exit 3 where it is damaged")
    .action((file: string, options: { readonly json?: boolean }) =>
      perform(context, options, async ({ out }): Promise<ExitCode> => {
        if (!fs.statSync(file, { throwIfNoEntry: false })?.isFile())
          throw new CliError("missing", `there is no file ${file}`);
        const seen = await look(file);
        const { dress, sound, claimed, stop } = seen;
        const shown = sound === undefined ? {} : { kit: sound.kit, manifest: sound.manifest };
        const bundles = (sound?.bundles ?? []).map((bundle) => ({ ...bundle }));
        const entries = (claimed?.entries ?? []).map((entry) => ({ ...entry }));
        const claims = claimed === undefined ? {} : { claimed: claimed.manifest ?? null, entries };
        out.result(
          { file, dress, trusted: false, ...shown, bundles, ...claims, stop: stop === undefined ? null : { ...stop } },
          (print) => show(file, seen, print),
        );
        return stop === undefined ? 0 : 3;
      }),
    );
}

async function look(file: string): Promise<Seen> {
  const dress = await dressOf(file);
  let open: OpenKit | undefined;
  try {
    open = await openKit(file, KIT_LIMITS, { unsigned: true });
    const sound = { kit: open.kit, manifest: open.manifest, bundles: bundlesOf(open) };
    const stop = await stopOf(open.contents());
    return { dress, sound, ...(stop === undefined ? {} : { stop }) };
  } catch (error) {
    if (!(error instanceof KitError)) throw error;
    return { dress, claimed: await claimsOf(file, dress), stop: { code: error.code, detail: error.message } };
  } finally {
    await open?.close();
  }
}

/** What a reading stopped at; undefined where it came to its end. */
async function stopOf(reading: Promise<unknown>): Promise<Stop | undefined> {
  try {
    await reading;
    return undefined;
  } catch (error) {
    if (error instanceof KitError) return { code: error.code, detail: error.message };
    throw error;
  }
}

function bundlesOf(open: OpenKit): ShownBundle[] {
  return open.bundles.map(({ name, bytes }) => {
    const read = readBundle(bytes);
    if (!read.ok) return { name, statement: read.code };
    return {
      name,
      key: read.keyId ?? read.hint,
      statement: statementFault(read.payload, { of: "kit", ...open }) ?? "matches",
    };
  });
}

/** The entries up to the first that cannot be read, and the manifest if it is JSON at all. */
async function claimsOf(file: string, dress: Dress): Promise<NonNullable<Seen["claimed"]>> {
  const entries: Entry[] = [];
  const parts: Buffer[] = [];
  const source = await openSource(file, dress, KIT_LIMITS);
  try {
    await stopOf(walk(new ArchiveReader(source), entries, parts)); // where it stops is known already
  } finally {
    await source.close();
  }
  const value = strictJson(Buffer.concat(parts));
  return { entries, manifest: isJsonObject(value) ? value : undefined };
}

async function walk(reader: ArchiveReader, entries: Entry[], manifest: Buffer[]): Promise<void> {
  const most = KIT_LIMITS.files + KIT_LIMITS.bundles + 2;
  for (let next = await reader.next(); next.kind === "entry" && entries.length < most; next = await reader.next()) {
    const { path, size } = next;
    entries.push({ path, size });
    const isManifest = entries.length === 1 && path === "offline-kit.json" && size <= KIT_LIMITS.manifestBytes;
    await reader.stream(size, (chunk) => void (isManifest && manifest.push(Buffer.from(chunk))));
    await reader.padding(size);
  }
}

function show(file: string, { dress, sound, claimed, stop }: Seen, print: Print): void {
  print.line(
    `${file}: nothing of this is verified (to verify: ${calledAs()} kit verify ${shellWord(file)} --data DIR)`,
  );
  if (dress !== "none") print.line(`compressed  ${dress}, which nobody signs`);
  if (sound !== undefined) showSound(file, sound, print);
  if (claimed !== undefined) {
    for (const field of ["stream", "epoch", "sequence", "createdAt"])
      print.line(`${field.padEnd(11)} ${JSON.stringify(claimed.manifest?.[field] ?? null)}, it claims`);
    print.table(
      ["bytes", "entry"],
      claimed.entries.map(({ path, size }) => [String(size), path]),
    );
  }
  if (stop !== undefined) print.line(`STOPS AT ${stop.code}: ${stop.detail}`);
}

function showSound(file: string, { kit, manifest, bundles }: NonNullable<Seen["sound"]>, print: Print): void {
  const { stream, epoch, sequence, prev, kinds, audience, tenants, createdAt, expiresAt, minApp } = manifest;
  const rows: readonly (readonly [string, string])[] = [
    ["kit", kit],
    ["stream", `${stream} ${epoch}.${sequence}`],
    ["after", prev ?? "nothing: the first of its stream"],
    ["kinds", kinds.join(" ")],
    ["audience", audience.join(" ")],
    ["tenants", tenants.join(" ")],
    ["created", createdAt],
    ["expires", expiresAt ?? "never"],
    ["needs", `Sealpost ${minApp}`],
    ["builder", manifest.provenance.builder],
    ...manifest.provenance.source.map(({ uri, gitCommit = "" }) => ["source", `${uri} ${gitCommit}`.trim()] as const),
    ...Object.entries(manifest.heads).map(
      ([other, at]) => ["tells of", `${other} ${at.epoch}.${at.sequence}`] as const,
    ),
  ];
  for (const [name, text] of rows) print.line(`${name.padEnd(11)} ${text}`);
  if (bundles.length === 0)
    print.line(
      `signatures  none; next: ${calledAs()} kit sign ${shellWord(file)} --key FILE` +
        `, or where the key is elsewhere: ${calledAs()} kit statement ${shellWord(file)}`,
    );
  else
    print.table(
      ["signed by, it says", "statement"],
      bundles.map(({ name, key, statement }) => [key ?? name, statement]),
    );
  print.table(
    ["role", "bytes", "path"],
    manifest.files.map(({ role, size, path }) => [role, String(size), path]),
  );
}
