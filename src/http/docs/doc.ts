/**
 * How a route is described: what the OpenAPI document says of it, and what the tests that replay the document hold it to.
 * @module
 */
import type { z } from "zod";
import type { HttpErrorCode } from "../error.ts";

/** What a parameter is: of the path or the query. */
export interface ParamDoc {
  readonly description: string;
  readonly schema: z.ZodType;
  readonly example?: string | number;
}

/** One example by its name in the document: what is sent, as it is sent. */
export interface ExampleDoc {
  readonly summary: string;
  readonly value: unknown;
}

/** What may be sent with a media type. */
export interface BodyDoc {
  readonly description?: string;
  /** Of what is sent (zod's input); bytes that are no JSON have none. */
  readonly schema?: z.ZodType;
  /** At least one for JSON; each is replayed as a test against the demo site. */
  readonly examples?: Readonly<Record<string, ExampleDoc>>;
}

/** A good answer. */
export interface AnswerDoc {
  readonly description: string;
  /** `application/json` where it is absent; `none` for an answer without a body. */
  readonly type?: string;
  /** Of what is answered (zod's output); bytes that are no JSON have none. */
  readonly schema?: z.ZodType;
  /** Other media types of the same answer, with what each holds. */
  readonly also?: Readonly<Record<string, z.ZodType>>;
  /** Headers beside those of every answer, with what each tells. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Headers that a request may carry; the document tells once what each means. */
export type HeaderDoc = "If-Match" | "If-None-Match" | "Idempotency-Key" | "Sec-Fetch-Site" | "WebHook-Request-Origin";

/** What is said of a route; permission and path stand in the table of routes. */
export interface RouteDoc {
  /** A short sentence without a full stop. */
  readonly summary: string;
  readonly tag: string;
  readonly description?: string;
  readonly path?: Readonly<Record<string, ParamDoc>>;
  readonly query?: Readonly<Record<string, ParamDoc>>;
  readonly headers?: readonly HeaderDoc[];
  /** By media type. */
  readonly body?: Readonly<Record<string, BodyDoc>>;
  /** By status: 200, 201, ... */
  readonly answers: Readonly<Record<number, AnswerDoc>>;
  /**
   * Problems beside those that follow from permission (401, 403, 404 `tenant-unknown`, 429), body (400, 408, 413, 415) and
   * writing (503).
   */
  readonly problems?: readonly HttpErrorCode[];
  /** It judges kits or trust policies: the codes of their refusals (422) stand beside the problems. */
  readonly hasKitProblems?: true;
  /** Who accepts HTML gets problems as pages. */
  readonly hasProblemPages?: true;
}
