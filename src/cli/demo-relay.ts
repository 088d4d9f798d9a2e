import * as fs from "node:fs";
import * as path from "node:path";
import { services, type Sink } from "./services.ts";

/** What a mail tells of itself in its headers. */
export interface DemoMail {
  readonly delivery: string;
  readonly ledger: string;
}

/** The mail relay of the demo: a sink in this process, that can go away and come back on the same port. */
export interface Relay {
  /** Opens it and answers its port. */
  readonly openRelay: () => Promise<number>;
  readonly closeRelay: () => Promise<void>;
  /** How many mails it has taken. */
  readonly mailCount: () => number;
  /** Mails by the id of the delivery that they carry. */
  readonly mails: () => ReadonlyMap<string, readonly DemoMail[]>;
  /** Closes it and removes what it took. */
  readonly remove: () => Promise<void>;
}

/** A relay that keeps its mails in `inbox`; not open yet. */
export function createRelay(inbox: string): Relay {
  const at: { sink?: Sink; port: number } = { port: 0 };
  const read = new Map<string, DemoMail>(); // each mail is read once
  const files = (): string[] =>
    fs.existsSync(inbox) ? fs.readdirSync(inbox).filter((name) => name.endsWith(".eml")) : [];
  const closeRelay = async (): Promise<void> => {
    await at.sink?.close();
    delete at.sink;
  };
  return {
    openRelay: async () => {
      const { openMaildrop } = await services();
      at.sink = await openMaildrop({ dir: inbox, host: "127.0.0.1", port: at.port });
      at.port = at.sink.port;
      return at.port;
    },
    closeRelay,
    mailCount: () => files().length,
    mails: () => {
      for (const file of files()) if (!read.has(file)) read.set(file, readMail(path.join(inbox, file)));
      return Map.groupBy(read.values(), ({ delivery }) => delivery);
    },
    remove: async () => {
      await closeRelay();
      fs.rmSync(inbox, { recursive: true, force: true });
    },
  };
}

/** A mail's own headers, by name; a folded one is made one line again. */
function readMail(file: string): DemoMail {
  const [head = ""] = fs.readFileSync(file, "utf8").split("\r\n\r\n", 1);
  const unfolded = head.replaceAll(/\r\n[ \t]+/g, " ");
  const valueOf = (name: string): string => new RegExp(`^${name}: (.*)$`, "im").exec(unfolded)?.[1]?.trim() ?? "";
  return { delivery: valueOf("Sealpost-Delivery"), ledger: valueOf("Sealpost-Ledger") };
}
