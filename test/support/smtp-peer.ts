/**
 * Relays that misbehave on purpose, all of them real SMTP servers on loopback.
 * @module
 */
import * as fs from "node:fs";
import * as net from "node:net";
import * as path from "node:path";
import PostalMime, { type Email } from "postal-mime";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

export type Behaviour =
  | "takes"
  | "greets-421"
  | "refuses-recipient"
  | "refuses-sender"
  | "defers-once"
  | "refuses-data"
  | "drops-in-data"
  | "hangs-at-greeting"
  | "hangs-before-data"
  | "hangs-after-data"
  | "slow"
  | "not-smtp"
  | "wants-login"
  | "small";
export type Encryption = "none" | "starttls" | "implicit";

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: string;
  readonly mail: Email;
  readonly isSecure: boolean;
}
export interface SmtpPeer {
  readonly port: number;
  readonly received: readonly ReceivedMail[];
  /** Connections that were opened, and the most that were open at once. */
  readonly connections: { opened: number; open: number; most: number };
  /** Closes every open connection without a word, as a relay does that restarts. */
  readonly dropAll: () => void;
  readonly close: () => Promise<void>;
}

const pem = (name: string): string => fs.readFileSync(path.join(import.meta.dirname, "tls", name), "utf8");
/** Test-only certificate authority of the peers. */
export const TEST_CA = pem("ca.pem");

const replies = (code: number, words: string): Error => Object.assign(new Error(words), { responseCode: code });

/** Starts a relay; `port` 0 is any free one. */
export async function smtpPeer(behaviour: Behaviour, encryption: Encryption = "none", port = 0): Promise<SmtpPeer> {
  const received: ReceivedMail[] = [];
  const sockets = new Set<net.Socket>();
  const connections = { opened: 0, open: 0, most: 0 };
  const isRaw = behaviour === "hangs-at-greeting" || behaviour === "not-smtp";
  const smtp = isRaw ? undefined : smtpServer(behaviour, encryption, { received, sockets });
  const server = smtp === undefined ? rawServer(behaviour) : smtp.server;
  server.on("connection", (socket: net.Socket) => {
    sockets.add(socket);
    connections.opened++;
    connections.open++;
    connections.most = Math.max(connections.most, connections.open);
    socket.on("error", () => undefined);
    socket.once("close", () => {
      sockets.delete(socket);
      connections.open--;
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const address = server.address();
  const dropAll = (): void => sockets.forEach((socket) => void socket.destroy());
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    received,
    connections,
    dropAll,
    close: async () => {
      if (encryption === "none") dropAll(); // pulled away from under TLS, a socket takes the process with it
      if (smtp === undefined) await new Promise((resolve) => server.close(resolve));
      else await new Promise<void>((resolve) => smtp.close(() => resolve()));
    },
  };
}

function rawServer(behaviour: Behaviour): net.Server {
  return net.createServer((socket) => {
    if (behaviour === "not-smtp") socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
}

interface Inside {
  readonly received: ReceivedMail[];
  readonly sockets: ReadonlySet<net.Socket>;
}

function smtpServer(behaviour: Behaviour, encryption: Encryption, { received, sockets }: Inside): SMTPServer {
  let deferred = 0;
  const options: SMTPServerOptions = {
    authOptional: behaviour !== "wants-login",
    disabledCommands: encryption === "starttls" ? [] : ["STARTTLS"],
    secure: encryption === "implicit",
    ...(encryption === "none" ? {} : { key: pem("server-key.pem"), cert: pem("server.pem") }),
    hideDSN: false,
    disableReverseLookup: true,
    closeTimeout: 100,
    ...(behaviour === "small" ? { size: 500, rejectOversized: true } : {}),
    onConnect: (_session, done) => done(behaviour === "greets-421" ? replies(421, "too busy, come back later") : null),
    onMailFrom: (_address, _session, done) =>
      done(behaviour === "refuses-sender" ? replies(550, "sender not known here") : null),
    onRcptTo: ({ address }, _session, done) => {
      if (behaviour === "hangs-before-data") return;
      if (behaviour === "refuses-recipient")
        return done(replies(550, `<${address}>: no such user ${address.split("@")[0]} here`));
      if (behaviour === "defers-once" && deferred++ === 0) return done(replies(451, "greylisted, try again"));
      done();
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        if (behaviour === "drops-in-data") sockets.forEach((socket) => void socket.destroy());
      });
      stream.on("end", () => {
        if (behaviour === "hangs-after-data") return;
        if (behaviour === "refuses-data") return done(replies(554, "this looks like spam"));
        const raw = Buffer.concat(chunks).toString();
        const envelope = {
          from: session.envelope.mailFrom === false ? "" : session.envelope.mailFrom.address,
          to: session.envelope.rcptTo.map(({ address }) => address),
        };
        void PostalMime.parse(raw).then((mail) => {
          received.push({ ...envelope, raw, mail, isSecure: session.secure });
          setTimeout(() => done(null, "queued as 4F3A"), behaviour === "slow" ? 300 : 0);
        });
      });
    },
  };
  const server = new SMTPServer(options);
  server.on("error", () => undefined); // clients come and go
  return server;
}
