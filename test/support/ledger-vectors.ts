import { readFileSync } from "node:fs";
import { z } from "zod";
import { hashFromBase64, type TreeHash } from "../../src/core/merkle.ts";
import { type NoteKey, readNoteKey } from "../../src/signing/checkpoint.ts";

const FOLDER = new URL("../vectors/ledger/", import.meta.url);
const texts = z.record(z.string(), z.string());

/** The text of one vector file. */
export function vector(name: string): string {
  return readFileSync(new URL(name, FOLDER), "utf8");
}

/** The lines of one vector file. */
export function vectorLines(name: string): string[] {
  return vector(name).split("\n").slice(0, -1);
}

/** A hash that must be one. */
export function hashOf(base64: string): TreeHash {
  const hash = hashFromBase64(base64);
  if (hash === undefined) throw new Error(`${base64} is no hash`);
  return hash;
}

export const ORIGIN = "sealpost-plant-7-6c405ed1-acme";
export const LEAVES: readonly string[] = vectorLines("leaves.ndjson");
export const SITE_LEAVES: readonly string[] = vectorLines("site-leaves.ndjson");

export const ROOTS = z
  .object({ roots: texts, leafHashes: z.array(z.string()) })
  .parse(JSON.parse(vector("roots.json")));
export const TILES = texts.parse(JSON.parse(vector("tiles.json")));
export const CONSISTENCY = z
  .array(z.object({ old: z.int(), new: z.int(), oldRoot: z.string(), newRoot: z.string(), proof: z.array(z.string()) }))
  .parse(JSON.parse(vector("consistency.json")));
export const OPENING = z
  .object({
    draft: z.int(),
    field: z.string(),
    salt: z.string(),
    seq: z.int(),
    value: z.string(),
    commitmentHex: z.string(),
  })
  .parse(JSON.parse(vector("opening.json")));
export const RANGE = z
  .object({ count: z.int(), first: z.int(), left: z.array(z.string()), right: z.array(z.string()), size: z.int() })
  .parse(JSON.parse(vector("export/range.json")));

const seeded = z.object({ vkey: z.string(), seedHex: z.string() });
export const KEYS = z
  .object({
    log: seeded.extend({ pkcs8Pem: z.string() }),
    siteLog: z.object({ vkey: z.string() }),
    witness: seeded,
    seals: texts,
  })
  .parse(JSON.parse(vector("keys.json")));

/** An Ed25519 key from its seed, through the PEM that a key file holds. */
export function keyFromSeed(seedHex: string): NoteKey {
  const der = Buffer.from(`302e020100300506032b657004220420${seedHex}`, "hex").toString("base64");
  return readNoteKey(`-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n`);
}
