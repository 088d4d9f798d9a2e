/**
 * The mail sink: takes every mail on loopback and keeps it as a file, so that a newcomer sees what would be sent.
 * @module
 */
import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import type * as net from "node:net";
import * as path from "node:path";
import PostalMime, { type Email } from "postal-mime";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";
import { SMTPConnection } from "smtp-server/lib/smtp-connection.js";

const MAX_MAILS = 1000;
const MAX_BYTES = 10 * 1024 * 1024;
const CLOSE_MS = 500;
const NAME = /^(\d{6,15})-[0-9a-f]{8}\.eml$/;

/** Bytes of a mail in which its header is looked for; what is in its body costs a list nothing. */
const HEAD_BYTES = 64 * 1024;

/** What the header of a kept mail tells; `id` names it in `get`. */
export interface MailHead {
  readonly id: string;
  /** Epoch ms. */
  readonly receivedAt: number;
  /** Bytes of the whole mail. */
  readonly size: number;
  /** From the envelope. */
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}
/** A kept mail, whole. */
export interface DroppedMail extends MailHead {
  readonly text: string;
  readonly html?: string;
}
/** The mails that a sink has kept. */
export interface DroppedMails {
  /** Heads, newest first, each read when it is asked for; `after` an id: those older than it. */
  readonly heads: (after?: string) => AsyncGenerator<MailHead, void, undefined>;
  readonly head: (id: string) => Promise<MailHead | undefined>;
  readonly get: (id: string) => Promise<DroppedMail | undefined>;
}
export interface Maildrop extends DroppedMails {
  readonly port: number;
  readonly close: () => Promise<void>;
}
export interface MaildropOptions {
  /** Made where it is missing. */
  readonly dir: string;
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** 0: any free one. */
  readonly port: number;
  /** Mails that are kept; the oldest go first. Default 1,000. */
  readonly keep?: number;
}

/** Whether a text has the form of a mail's id. */
export function isMailId(id: string): boolean {
  return NAME.test(`${id}.eml`);
}

/** What the folder of a sink holds, whether one is open or not; a folder that is missing holds nothing. */
export function readMaildrop(dir: string): DroppedMails {
  return {
    heads: async function* (after) {
      const before = after === undefined ? Number.POSITIVE_INFINITY : numberOf(`${after}.eml`);
      for (const file of (await mailsIn(dir)).toReversed()) {
        const head = numberOf(file) < before ? await readHead(dir, file) : undefined;
        if (head !== undefined) yield head;
      }
    },
    head: async (id) => (isMailId(id) ? await readHead(dir, `${id}.eml`) : undefined),
    get: async (id) => (isMailId(id) ? await readMail(dir, `${id}.eml`) : undefined),
  };
}

/** Opens the sink. A mail is on disk (fsync) before it is answered 250. Rejects where the port or the folder cannot be used. */
export async function openMaildrop({
  dir,
  host = "127.0.0.1",
  port,
  keep = MAX_MAILS,
}: MaildropOptions): Promise<Maildrop> {
  await fs.mkdir(dir, { recursive: true, mode: 0o700 });
  for (const name of await namesIn(dir)) if (name.endsWith(".part")) await fs.rm(path.join(dir, name)); // a crash left it
  const files = await mailsIn(dir);
  let count = numberOf(files.at(-1) ?? "");
  const server = promptServer(async (raw) => {
    count++;
    const file = `${String(count).padStart(6, "0")}-${createHash("sha256").update(raw).digest("hex").slice(0, 8)}.eml`;
    await writeDurably(dir, file, raw);
    files.push(file);
    for (const old of files.splice(0, Math.max(0, files.length - keep)))
      await fs.rm(path.join(dir, old), { force: true });
  });
  return {
    ...readMaildrop(dir),
    port: await listen(server, port, host),
    close: async () => await new Promise((resolve) => server.close(() => resolve())),
  };
}

/** An SMTP server that greets at once: smtp-server itself waits 100 ms for early talkers, at every connection. */
function promptServer(keep: (raw: Uint8Array) => Promise<void>): SMTPServer {
  const server = new SMTPServer({
    name: "maildrop",
    banner: "Sealpost mail sink",
    size: MAX_BYTES,
    rejectOversized: true,
    disabledCommands: ["STARTTLS"],
    authOptional: true,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    closeTimeout: CLOSE_MS,
    onAuth: ({ username = "" }, _session, done) => done(null, { user: username }),
    onData: (stream, session, done) => {
      take(stream, session, keep).then(
        () => done(null, "kept"),
        (error: unknown) =>
          done(Object.assign(new Error("the mail could not be kept", { cause: error }), { responseCode: 451 })),
      );
    },
  });
  server.connect = (socket, options) => {
    const connection = new SMTPConnection(server, socket, options);
    server.connections.add(connection);
    connection.on("error", () => undefined); // a client that goes away is no fault of ours
    // oxlint-disable-next-line no-underscore-dangle -- init() does the same, after its 100 ms
    connection._setListeners(() => connection.connectionReady());
  };
  server.on("error", () => undefined); // the same, before the session; `listen` has its own
  return server;
}

async function take(
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
  keep: (raw: Uint8Array) => Promise<void>,
): Promise<void> {
  const chunks: Buffer[] = [Buffer.from(envelopeLines(session))];
  for await (const chunk of stream) if (Buffer.isBuffer(chunk) && !stream.sizeExceeded) chunks.push(chunk);
  if (!stream.sizeExceeded) await keep(Buffer.concat(chunks));
}

/** The envelope, as a mailbox keeps it. */
function envelopeLines({ envelope }: SMTPServerSession): string {
  const from = envelope.mailFrom === false ? "" : envelope.mailFrom.address;
  return [`Return-Path: <${from}>`, ...envelope.rcptTo.map(({ address }) => `Delivered-To: ${address}`), ""].join(
    "\r\n",
  );
}

async function listen(server: SMTPServer, port: number, host: string): Promise<number> {
  return await new Promise((resolve, reject) => {
    const listening: net.Server = server.listen(port, host, () => {
      const at = listening.address();
      resolve(typeof at === "object" && at !== null ? at.port : port);
    });
    listening.once("error", reject);
  });
}

/** Names of the kept mails, oldest first; one that is being written is none of them. */
async function mailsIn(dir: string): Promise<string[]> {
  return (await namesIn(dir)).filter((name) => NAME.test(name)).toSorted((a, b) => numberOf(a) - numberOf(b));
}

async function namesIn(dir: string): Promise<string[]> {
  return (await ifThere(async () => await fs.readdir(dir))) ?? [];
}

function numberOf(file: string): number {
  return Number(NAME.exec(file)?.[1] ?? 0);
}

async function writeDurably(dir: string, file: string, raw: Uint8Array): Promise<void> {
  const part = path.join(dir, `${file}.part`);
  await fs.writeFile(part, raw, { mode: 0o600, flush: true });
  await fs.rename(part, path.join(dir, file));
  const folder = await fs.open(dir);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Undefined for a mail that is gone: the oldest go when new ones come. */
async function readHead(dir: string, file: string): Promise<MailHead | undefined> {
  return await ifThere(async () => {
    const handle = await fs.open(path.join(dir, file));
    try {
      const { mtimeMs, size } = await handle.stat();
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.min(size, HEAD_BYTES)), 0);
      return headOf(await PostalMime.parse(headerOf(buffer.subarray(0, bytesRead))), { file, mtimeMs, size });
    } finally {
      await handle.close();
    }
  });
}

async function readMail(dir: string, file: string): Promise<DroppedMail | undefined> {
  return await ifThere(async () => {
    const at = path.join(dir, file);
    const [raw, { mtimeMs }] = [await fs.readFile(at), await fs.stat(at)];
    const parsed = await PostalMime.parse(raw);
    const { text = "", html } = parsed;
    const head = headOf(parsed, { file, mtimeMs, size: raw.length });
    return { ...head, text, ...(html === undefined ? {} : { html }) };
  });
}

/** The header with the empty line that ends it, or as much of it as is there. */
function headerOf(bytes: Buffer): Buffer {
  const end = bytes.indexOf("\r\n\r\n");
  return end < 0 ? bytes : bytes.subarray(0, end + 4);
}

function headOf(
  { headers, subject = "" }: Email,
  { file, mtimeMs, size }: { readonly file: string; readonly mtimeMs: number; readonly size: number },
): MailHead {
  const valuesOf = (key: string): string[] => headers.filter((header) => header.key === key).map(({ value }) => value);
  return {
    id: file.slice(0, -".eml".length),
    receivedAt: Math.round(mtimeMs),
    size,
    from: (valuesOf("return-path")[0] ?? "").slice(1, -1),
    to: valuesOf("delivered-to"),
    subject,
    headers: headers.map(({ originalKey, value }) => ({ name: originalKey, value })),
  };
}

async function ifThere<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
