/**
 * What routes ask for of requests that must not be done twice.
 * @module
 */
import type { Caller } from "./services.ts";

/** An answer as it can be given again. */
export interface KeptAnswer {
  readonly status: number;
  /** In lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** It was too long to be kept: the body is empty. */
  readonly isTooLong?: true;
}

/** What is known of a key: `new` where the request is begun now, `open` where it was begun and has no answer, `full` where the tenant takes no more. */
export type Claim =
  | { readonly kind: "new" | "full" }
  | { readonly kind: "open"; readonly fingerprint: string }
  | { readonly kind: "kept"; readonly fingerprint: string; readonly answer: KeptAnswer };

export interface AnswerService {
  /** Begins a request durably. `fingerprint`: hex of what it asks for. */
  readonly claim: (caller: Caller, key: string, fingerprint: string) => Promise<Claim>;
  /** Keeps its answer, sealed. */
  readonly keep: (caller: Caller, key: string, answer: KeptAnswer) => Promise<void>;
  /** It changed nothing: its key is free again. Never rejects: what fails is tried again before the next claim. */
  readonly free: (caller: Caller, key: string) => Promise<void>;
}
