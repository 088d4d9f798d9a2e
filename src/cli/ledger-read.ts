/**
 * Reads whole logs over the API and verifies them here: what the server says of itself is not believed.
 * @module
 */
import { z } from "zod";
import type { Json } from "../core/json.ts";
import { CoreError } from "../core/error.ts";
import { parseLeaf } from "../core/leaf-parse.ts";
import { LedgerVerification, type LedgerVerdict } from "../core/ledger-verify.ts";
import { hashToBase64 } from "../core/merkle.ts";
import { parseCheckpoint, parseNote } from "../core/note.ts";
import { entriesPath, parseEntryBundle, TILE_WIDTH } from "../core/tile.ts";
import { SITE_TENANT } from "../ports.ts";
import { verifyEd25519 } from "../signing/checkpoint.ts";
import { type Client, demand } from "./client.ts";
import { CliError } from "./error.ts";
import { OpeningCheck, type OpeningFault, type ToldOpening } from "./ledger-openings.ts";
import { read } from "./wire.ts";

const LogRow = z.looseObject({ origin: z.string(), tenant: z.string(), size: z.number() });
/** A log of the site, with the size that its server tells. */
export type LogRow = z.infer<typeof LogRow>;
const Logs = z.looseObject({ items: z.array(LogRow) });
const Openings = z.looseObject({
  items: z.array(
    z.looseObject({
      seq: z.number(),
      draft: z.number().optional(),
      field: z.enum(["event", "recipient"]),
      salt: z.string(),
      value: z.string().optional(),
    }),
  ),
  /** Where a short answer goes on. */
  next: z.number().optional(),
});

/** The verdict on one log. */
export interface LogReport {
  readonly tenant: string;
  readonly origin: string;
  readonly ok: boolean;
  /** Leaves under the verified checkpoint, and their root (base64). */
  readonly size: number;
  readonly root?: string;
  /** Commitments whose opening was checked. */
  readonly opened: number;
  readonly code?: string;
  readonly seq?: number;
  readonly why?: string;
}

/** Where the log's key is known from. */
export type KeyOf = (log: LogRow, genesis: string) => string;

/** Logs of the site that the caller may read. */
export async function logsOf(client: Client, tenant: string): Promise<readonly LogRow[]> {
  const scope = client.isLocal ? SITE_TENANT : tenant;
  return read(Logs, await client.request("GET", "/ledger", { tenant: scope })).value.items;
}

/** The newest signed note of a log. */
export async function checkpointOf(client: Client, log: LogRow): Promise<string> {
  const answer = await client.request("GET", `/ledger/${log.origin}/checkpoint`, {
    tenant: log.tenant,
    headers: { accept: "text/plain" },
  });
  return demand(answer).text();
}

/** Verifies one log up to its newest checkpoint: leaves, tree, both signatures, openings. */
export async function verifyLog(client: Client, log: LogRow, keyOf: KeyOf): Promise<LogReport> {
  try {
    return await verifyLeaves(client, log, keyOf);
  } catch (error) {
    if (!(error instanceof CoreError) && !(error instanceof CliError && error.code === "refused")) throw error;
    const { tenant, origin, size } = log; // what cannot be read is not verified
    return { tenant, origin, size, ok: false, opened: 0, code: "unreadable", why: error.message };
  }
}

async function verifyLeaves(client: Client, log: LogRow, keyOf: KeyOf): Promise<LogReport> {
  const note = await checkpointOf(client, log);
  const { origin, size } = parseCheckpoint(parseNote(note).text);
  const report = { tenant: log.tenant, origin: log.origin, size };
  if (origin !== log.origin)
    return { ...report, ok: false, opened: 0, code: "note", why: `the checkpoint is of ${origin}` };
  let verification: LedgerVerification | undefined;
  const openings = new OpeningCheck();
  for (let from = 0; from < size; from += TILE_WIDTH) {
    const lines = await entriesOf(client, log, { from, count: Math.min(TILE_WIDTH, size - from) });
    verification ??= new LedgerVerification({ note, logKey: keyOf(log, lines[0] ?? ""), verify: verifyEd25519 });
    for (const line of lines) {
      const refusal = verification.add(line);
      if (refusal !== undefined) return { ...report, opened: openings.opened, ...refusal };
    }
    const fault = openings.add(lines, from, await openingsOf(client, log, { from, count: lines.length }));
    if (fault !== undefined) return unopened(report, openings, fault);
  }
  const verdict = { ...report, opened: openings.opened, ...plain(verification?.finish()) };
  const missing = openings.finish();
  return verdict.ok && missing !== undefined ? unopened(report, openings, missing) : verdict;
}

function unopened(
  report: Pick<LogReport, "tenant" | "origin" | "size">,
  { opened }: OpeningCheck,
  fault: OpeningFault,
): LogReport {
  return { ...report, opened, ok: false, code: "opening", ...fault };
}

function plain(verdict: LedgerVerdict | undefined): {
  ok: boolean;
  root?: string;
  code?: string;
  why?: string;
  seq?: number;
} {
  if (verdict === undefined) return { ok: false, code: "note", why: "the log is empty" };
  return verdict.ok ? { ok: true, root: hashToBase64(verdict.root) } : verdict;
}

/** The key that the genesis leaf itself names: whoever verifies by it learns that the log is consistent in itself, no more. */
export function keyOfGenesis(_log: LogRow, genesis: string): string {
  const key = parseLeaf(genesis).body?.["key"];
  if (typeof key === "string") return key;
  throw new CliError("refused", "the log does not begin with a genesis leaf that names its key");
}

interface Span {
  readonly from: number;
  readonly count: number;
}

async function entriesOf(client: Client, log: LogRow, { from, count }: Span): Promise<string[]> {
  const path = `/ledger/${log.origin}/${entriesPath(from / TILE_WIDTH, count)}`;
  const { bytes } = demand(
    await client.request("GET", path, { tenant: log.tenant, headers: { accept: "application/octet-stream" } }),
  );
  const lines = parseEntryBundle(bytes);
  if (lines.length === count) return lines;
  throw new CliError("refused", `${log.origin}: ${lines.length} leaves where ${count} are due, from leaf ${from} on`);
}

/** All openings of the leaves, answer by answer; undefined for who may not see them (a viewer, since they tell addresses). */
async function openingsOf(
  client: Client,
  log: LogRow,
  { from, count }: Span,
): Promise<readonly ToldOpening[] | undefined> {
  const all: ToldOpening[] = [];
  for (let at: number | undefined = from; at !== undefined; ) {
    const path: string = `/ledger/${log.origin}/openings?from=${at}&count=${from + count - at}`;
    const answer = await client.request("GET", path, { tenant: log.tenant });
    if (answer.status === 403) return undefined;
    const { items, next }: z.infer<typeof Openings> = read(Openings, answer).value;
    if (next !== undefined && (next <= at || next >= from + count))
      throw new CliError("refused", `${log.origin}: openings go on from leaf ${next}, asked for from leaf ${at} on`);
    all.push(...items);
    at = next;
  }
  return all;
}

/** A report as a document. */
export function reportDocument(report: LogReport): Record<string, Json> {
  return Object.fromEntries(Object.entries(report).filter((entry): entry is [string, Json] => entry[1] !== undefined));
}
