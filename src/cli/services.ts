/**
 * What commands need of the wired application. It is loaded only when asked for: most commands talk to a server.
 * @module
 */
import type { Address, Settings } from "../config.ts";
import type { Io } from "./io.ts";

/** A site that was opened in this process, as its local principal. */
export interface Site {
  readonly fetch: (request: Request) => Promise<Response>;
  readonly close: () => Promise<void>;
}

/** What a server tells when it serves. */
export interface ServeFacts {
  readonly site: string;
  /** Where it really listens. */
  readonly listen: Address;
  readonly socket: string;
  readonly maildrop?: Address;
  /** With `demo`: an admin token of tenant `default`, for 24 hours. */
  readonly token?: string;
}

export interface InitFacts {
  readonly site: string;
  /** The first token, shown once. */
  readonly token: string;
  readonly origins: readonly string[];
}

/** A mail server that keeps what it takes in a folder, a file `<number>-<hash>.eml` each. */
export interface Sink {
  readonly port: number;
  readonly close: () => Promise<void>;
}

export interface Services {
  readonly openMaildrop: (at: { readonly dir: string; readonly host?: string; readonly port: number }) => Promise<Sink>;
  readonly openSite: (at: { readonly dir: string; readonly settings: Settings; readonly io: Io }) => Promise<Site>;
  readonly initSite: (at: {
    readonly dir: string;
    readonly site?: string;
    readonly settings: Settings;
    readonly io: Io;
  }) => Promise<InitFacts>;
  readonly serveSite: (at: {
    readonly dir: string;
    readonly listen: Address;
    readonly demo: boolean;
    readonly settings: Settings;
    readonly io: Io;
    readonly stop: AbortSignal;
    readonly ready: (facts: ServeFacts) => void;
  }) => Promise<void>;
}

/** The application, loaded now. */
export function services(): Promise<Services> {
  return import("../app.ts");
}
