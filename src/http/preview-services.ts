/**
 * What the preview of templates asks for; app/preview.ts implements it.
 * @module
 */
import type { EventInput } from "../core/event.ts";
import type { Json } from "../core/json.ts";
import type { Fault } from "../core/source.ts";

/** What is rendered, for whom. */
export interface PreviewRequest {
  /** Id of one that the tenant can use, or a whole one that is not saved. */
  readonly template: string | { readonly value: Json };
  /** Id of an accepted event, or one that is not recorded. */
  readonly event: string | { readonly input: EventInput };
  /** Absent: every language that the template has; the tenant's where it has none. */
  readonly locales?: readonly string[];
  /** IANA name; absent: the tenant's. */
  readonly zone?: string;
  /** As the message of an hourly digest that holds this event alone. Absent: what the template is made for. */
  readonly isDigest?: boolean;
}

/** A message as it would be told in one language. */
export interface PreviewItem {
  readonly locale: string;
  /** The language of the template that the locale leads to; absent where it leads to none, or the template has none. */
  readonly used?: string;
  /** Empty, like the text, where it could not be rendered: then a problem says so. */
  readonly subject: string;
  readonly text: string;
  readonly html?: string;
  /** Pointers into the request. */
  readonly problems: readonly PreviewProblem[];
}
export interface PreviewProblem {
  readonly pointer?: string;
  readonly detail: string;
}

/** A message for each locale in their order, or what is wrong with the template: pointers into it. */
export type Preview =
  | { readonly ok: true; readonly items: readonly PreviewItem[] }
  | { readonly ok: false; readonly faults: readonly Fault[] };

export interface PreviewService {
  /** Renders as delivery does; keeps nothing. Throws FlowError `missing` for an unknown template or event. */
  readonly of: (tenant: string, request: PreviewRequest) => Promise<Preview>;
}
