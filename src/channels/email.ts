/**
 * Mail to the site's relay: kept connections, one addressee a message, and an outcome for everything that a relay can do.
 * @module
 */
import * as net from "node:net";
import * as tls from "node:tls";
import type { Readable } from "node:stream";
import {
  createTransport,
  type SendMailOptions,
  type SMTPPoolOptions,
  type SMTPPoolSentMessageInfo,
  type Transporter,
} from "nodemailer";
import { z } from "zod";
import { EmailConfig } from "../core/channel.ts";
import { sha256Hex } from "../core/hash.ts";
import type { Json } from "../core/json.ts";
import { durationMs } from "../core/object.ts";
import type { ChannelEnvironment, ChannelType, Message, OpenChannel, Outcome } from "../ports.ts";
import { type Failure, outcomeOf, sentOutcome } from "./email/outcome.ts";

const MESSAGES_PER_CONNECTION = 1000;
/** A connection that is not used this long is closed by us, before most relays do it. */
const IDLE_MS = 30_000;

/** The `email` channel. */
export const emailChannel: ChannelType = { type: "email", open };

function open(config: Json, environment: ChannelEnvironment): OpenChannel {
  const parsed = EmailConfig.parse(config);
  const { host, from } = parsed;
  if (host === undefined || from === undefined) return notConfigured;
  const streams: Streams = new Map();
  const transport = createTransport(poolOptions({ ...parsed, host }, environment));
  transport.use("stream", ({ data, message }, done) => {
    const make = message.createReadStream.bind(message);
    message.createReadStream = (options) => {
      const stream = make(options);
      streams.set(String(data.messageId), stream);
      return stream;
    };
    done();
  });
  return {
    send: async (message, signal) => await send(message, signal, { transport, streams, from, environment }),
    close: async () => {
      transport.close(); // what is being sent is finished first
      return await Promise.resolve();
    },
  };
}

/** A channel that names no relay, and has no `bind` for it either: it waits like one that is down. */
const notConfigured: OpenChannel = {
  send: async ({ to }) => {
    const outcome = outcomeOf({ code: "ECONFIG", command: "", reply: 0, response: "" }, false, { to, ms: () => 0 });
    return await Promise.resolve({ kind: "down", out: outcome.out } as const);
  },
  close: async () => await Promise.resolve(),
};

/** Bodies that are being sent, by Message-ID: one that was read from is on its way. */
type Streams = Map<string, Readable>;

interface Sender {
  readonly transport: Transporter<SMTPPoolSentMessageInfo, SMTPPoolOptions>;
  readonly streams: Streams;
  readonly from: string;
  readonly environment: ChannelEnvironment;
}

async function send(
  message: Message,
  signal: AbortSignal,
  { transport, streams, from, environment }: Sender,
): Promise<Outcome> {
  const began = environment.clock.mono();
  const words = { to: message.to, ms: (): number => environment.clock.mono() - began };
  const mail = mailOf(message, from, environment);
  try {
    const { response } = await transport.sendMail({ ...mail, signal });
    return sentOutcome(response, words);
  } catch (error) {
    return outcomeOf(failureOf(error), streams.get(mail.messageId)?.readableDidRead === true, words);
  } finally {
    streams.delete(mail.messageId);
  }
}

/** What stands in the mail. The same on every attempt but for the date and the ledger's head. */
function mailOf(
  message: Message,
  from: string,
  { clock, site }: ChannelEnvironment,
): SendMailOptions & { readonly messageId: string } {
  const addressees = message.to.split(", "); // one, but where a channel was bound to several after the decision
  return {
    from: { name: "Sealpost", address: from },
    to: addressees.map((address) => ({ name: "", address })),
    envelope: { from, to: addressees },
    subject: message.subject,
    text: message.text,
    ...(message.html === undefined ? {} : { html: message.html }),
    messageId: `<${message.id.replaceAll(":", ".").replace(/[^A-Za-z0-9._~-]/g, "-")}@${site}>`,
    date: new Date(clock.now()),
    headers: {
      "Sealpost-Delivery": message.id,
      "Sealpost-Correlation": message.correlationId,
      ...(message.ledger === undefined ? {} : { "Sealpost-Ledger": message.ledger }),
      "Auto-Submitted": "auto-generated",
    },
    dsn: { id: shortId(message.id), return: "headers", notify: ["failure", "delay"] },
    baseBoundary: shortId(message.id),
    xMailer: false,
  };
}

/** An id for places that take few characters: 70 in a boundary (RFC 2046), 100 in an envelope id (RFC 3461). */
function shortId(id: string): string {
  return /^[A-Za-z0-9_.-]{1,40}$/.test(id) ? id : sha256Hex(id).slice(0, 32);
}

function poolOptions(
  config: EmailConfig & { readonly host: string },
  { site, concurrency }: ChannelEnvironment,
): SMTPPoolOptions & { pool: true } {
  const timeout = durationMs(config.timeout);
  return {
    pool: true,
    host: config.host,
    port: config.port,
    name: config.name ?? site,
    ...tlsOptions(config.tls),
    getSocket: (_options, done) => connect(config.host, config.port, { timeout, done }),
    maxConnections: concurrency,
    maxMessages: MESSAGES_PER_CONNECTION,
    maxRequeues: 1, // a kept connection that the relay closed: nothing was sent over it
    idleTimeout: IDLE_MS,
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    socketTimeout: timeout,
    socketCloseTimeout: 0,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** Where encryption is demanded, certificates are verified by what Node and the machine trust; a private authority goes there. */
function tlsOptions(mode: EmailConfig["tls"]): Omit<SMTPPoolOptions, "pool"> {
  switch (mode) {
    case "none":
      return { secure: false, ignoreTLS: true };
    case "opportunistic":
      return { secure: false, opportunisticTLS: true, tls: { rejectUnauthorized: false } };
    case "required":
      return { secure: false, requireTLS: true, tls: { ca: authorities() } };
    case "implicit":
      return { secure: true, tls: { ca: authorities() } };
  }
}

function authorities(): string[] {
  return [...new Set([...tls.getCACertificates("default"), ...tls.getCACertificates("system")])];
}

interface Connecting {
  readonly timeout: number;
  readonly done: (error: Error | null, socket?: { connection: net.Socket }) => void;
}

/** Connects as the machine resolves names (its hosts file, too), within `timeout` ms. */
function connect(host: string, port: number, { timeout, done }: Connecting): void {
  const socket = net.connect({ host, port, timeout });
  const fail = (code: string): void => {
    socket.removeAllListeners();
    socket.on("error", () => undefined); // it is told below
    socket.destroy();
    done(Object.assign(new Error("no connection to the relay"), { code }));
  };
  socket.once("timeout", () => fail("ETIMEDOUT"));
  socket.once("error", (error) => fail(isNameFault(error) ? "EDNS" : "ECONNECTION"));
  socket.once("connect", () => {
    socket.removeAllListeners("timeout").removeAllListeners("error");
    socket.setTimeout(0);
    done(null, { connection: socket });
  });
}

function failureOf(error: unknown): Failure {
  const said = z
    .object({
      code: z.string().catch(""),
      originalCode: z.string().catch(""),
      command: z.string().catch(""),
      responseCode: z.number().catch(0),
      response: z.string().catch(""),
    })
    .safeParse(error);
  if (!said.success) return { code: "", command: "", reply: 0, response: "" };
  const { code, originalCode, command, responseCode, response } = said.data;
  return { code: /CERT|TLS|SSL|SIGN/.test(originalCode) ? "ETLS" : code, command, reply: responseCode, response };
}

/** Whether a name could not be resolved. */
function isNameFault(error: Error): boolean {
  return "code" in error && typeof error.code === "string" && /^(ENOTFOUND|EAI_)/.test(error.code);
}
