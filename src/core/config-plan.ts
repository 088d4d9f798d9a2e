/**
 * A change of a tenant's configuration: from its generation to a candidate, with what it adds, changes and removes.
 * @module
 */
import { canonicalJson } from "./canonical-json.ts";
import { type Generation, KINDS, type Kind } from "./config.ts";
import { sha256Hex } from "./hash.ts";
import { DEFAULT_TEMPLATE } from "./template.ts";
import type { CheckedObject, ConfigObject, ObjectFault } from "./objects.ts";

/** The generation of a tenant that has no objects of its own. */
export const EMPTY_GENERATION: Generation = generation(0, {}, {});

/** One object that a change touches; hashes (hex) before and after. */
export interface ObjectChange {
  readonly kind: Kind;
  readonly id: string;
  readonly change: "added" | "changed" | "removed";
  readonly before?: string;
  readonly after?: string;
}

export interface ConfigPlan {
  readonly base: string;
  readonly candidate: Generation;
  readonly changes: readonly ObjectChange[];
  readonly faults: readonly ObjectFault[];
  /** What a kit carries and the tenant has made its own: reported, left alone. */
  readonly left: readonly { readonly kind: Kind; readonly id: string }[];
}

/** What is wanted of a tenant's own objects. */
export interface WantedChange {
  readonly objects: readonly CheckedObject[];
  /** Removes what `objects` lacks: by a person the own objects (never a stream's, never a binding), by a kit those of its stream. */
  readonly prune: boolean;
  /** The objects come with a kit of this stream; absent: by a person. */
  readonly stream?: string;
}

/** A generation with its id. */
export function generation(
  n: number,
  objects: Readonly<Record<string, string>>,
  streams: Readonly<Record<string, string>>,
): Generation {
  return { id: sha256Hex(canonicalJson({ objects, streams })), n, objects, streams };
}

/** Plans a change of `own`; what belongs to another stream is a fault, what a kit finds detached is left alone. */
export function planChange(own: Generation, wanted: WantedChange): ConfigPlan {
  const { stream } = wanted;
  const objects: Record<string, string> = { ...own.objects };
  const streams: Record<string, string> = { ...own.streams };
  const faults: ObjectFault[] = [];
  const left: { kind: Kind; id: string }[] = [];
  for (const { object } of wanted.objects) {
    const { kind, id, hash } = object;
    const key = `${kind}/${id}`;
    const owner = own.streams[key];
    if (objects[key] === hash && (stream === undefined || owner === stream)) continue;
    if (stream !== undefined && objects[key] !== undefined && owner === undefined) {
      left.push({ kind, id });
      continue;
    }
    const refusal = objects[key] === undefined ? undefined : refusalOf(owner, stream);
    if (refusal !== undefined) faults.push({ kind, id, pointer: "", detail: refusal });
    objects[key] = hash;
    if (stream === undefined)
      delete streams[key]; // an edit of a starter object detaches it
    else streams[key] = stream;
  }
  for (const key of wanted.prune ? prunable(own, wanted) : []) {
    delete objects[key];
    delete streams[key];
  }
  const changes = difference(own.objects, objects);
  const candidate = generation(own.n + 1, objects, streams);
  return { base: own.id, candidate: candidate.id === own.id ? own : candidate, changes, faults, left };
}

/** Why an object of `owner` may not be replaced, or undefined. Objects of `<site>/starter` may be edited: that detaches them. */
function refusalOf(owner: string | undefined, stream: string | undefined): string | undefined {
  if (owner === stream || owner === undefined) return undefined;
  if (stream !== undefined) return `belongs to stream ${owner}`;
  if (owner.endsWith("/starter")) return undefined;
  return `belongs to stream ${owner}: a kit of that stream changes it, only its bind values are the site's`;
}

function prunable(own: Generation, { objects, stream }: WantedChange): string[] {
  const kept = new Set(objects.map(({ object }) => `${object.kind}/${object.id}`));
  return Object.keys(own.objects).filter(
    (key) => !kept.has(key) && own.streams[key] === stream && !key.startsWith("binding/"),
  );
}

/** What differs between two maps, in order of keys. */
export function difference(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): ObjectChange[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return keys.flatMap((key): ObjectChange[] => {
    const [was, is] = [before[key], after[key]];
    const at = splitKey(key);
    if (was === is || at === undefined) return [];
    if (was === undefined) return is === undefined ? [] : [{ ...at, change: "added", after: is }];
    return [
      is === undefined
        ? { ...at, change: "removed", before: was }
        : { ...at, change: "changed", before: was, after: is },
    ];
  });
}

/** Kind and id of a map's key; undefined for a kind that this version does not know. */
export function splitKey(key: string): { kind: Kind; id: string } | undefined {
  const at = key.indexOf("/");
  const kind = KINDS.find((known) => known === key.slice(0, at));
  return kind === undefined ? undefined : { kind, id: key.slice(at + 1) };
}

/** Faults across objects of a merged map: a rule names a channel or template that is not there, an action id stands twice. */
export function checkReferences(objects: readonly ConfigObject[]): ObjectFault[] {
  const ids = new Set(objects.map(({ kind, id }) => `${kind}/${id}`));
  const actions = new Map<string, string>();
  return objects.flatMap((object) => (object.kind === "rules" ? ruleFaults(object, ids, actions) : []));
}

function ruleFaults(
  object: Extract<ConfigObject, { kind: "rules" }>,
  ids: ReadonlySet<string>,
  actions: Map<string, string>,
): ObjectFault[] {
  const faults: ObjectFault[] = [];
  const fault = (pointer: string, detail: string): number =>
    faults.push({ kind: "rules", id: object.id, pointer, detail });
  object.value.actions.forEach((action, at) => {
    if (!ids.has(`channels/${action.channel}`))
      fault(`/actions/${at}/channel`, `there is no channel "${action.channel}"`);
    if (action.template !== undefined && !ids.has(`templates/${action.template}`))
      fault(`/actions/${at}/template`, `there is no template "${action.template}"`);
    if (action.template === undefined && !ids.has(`templates/${DEFAULT_TEMPLATE}`))
      fault(`/actions/${at}`, `names no template, and there is no "${DEFAULT_TEMPLATE}"`);
    if (action.calendar !== undefined && !ids.has(`calendars/${action.calendar}`))
      fault(`/actions/${at}/calendar`, `there is no calendar "${action.calendar}"`);
    const other = actions.get(action.id);
    if (other !== undefined)
      fault(
        `/actions/${at}/id`,
        `action "${action.id}" stands in rule "${other}" too: action ids are unique in a tenant`,
      );
    else actions.set(action.id, object.id);
  });
  return faults;
}
