/**
 * A change of a tenant's configuration: from its generation to a candidate, with what it adds, changes and removes.
 * @module
 */
import { type Generation, KINDS, type Kind } from "./config.ts";
import { generationSteps } from "./generation.ts";
import type { CheckedObject, ConfigObject, ObjectFault } from "./objects.ts";
import { inSteps, runWhole, sortTexts, type Steps } from "./steps.ts";
import { DEFAULT_TEMPLATE } from "./template.ts";

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
  /** Keys `<kind>/<id>` of what is taken away by a person. */
  readonly removed?: readonly string[];
  /** Kinds that are pruned; absent: all. */
  readonly kinds?: ReadonlySet<string>;
  /** The objects come with a kit of this stream; absent: by a person. */
  readonly stream?: string;
}

/** Plans a change of `own`; what belongs to another stream is a fault, what a kit finds detached is left alone. */
export function planChange(own: Generation, wanted: WantedChange): ConfigPlan {
  return runWhole(planSteps(own, wanted));
}

/** As `planChange`, in steps. */
export function* planSteps(own: Generation, wanted: WantedChange): Steps<ConfigPlan> {
  const draft = yield* draftOf(own);
  yield* inSteps(wanted.objects, ({ object }) => putObject(draft, own, { object, stream: wanted.stream }));
  for (const key of wanted.removed ?? []) removeObject(draft, own, key);
  if (wanted.prune) {
    const given = new Set<string>();
    yield* inSteps(wanted.objects, ({ object }) => void given.add(`${object.kind}/${object.id}`));
    yield* inSteps(Object.keys(own.objects), (key) => {
      if (given.has(key) || !isPrunable(own, key, wanted)) return;
      delete draft.objects[key];
      delete draft.streams[key];
    });
  }
  const changes = yield* differenceSteps(own.objects, draft.objects);
  const candidate = yield* generationSteps(own.n + 1, draft.objects, draft.streams);
  const { faults, left } = draft;
  return { base: own.id, candidate: candidate.id === own.id ? own : candidate, changes, faults, left };
}

interface Draft {
  readonly objects: Record<string, string>;
  readonly streams: Record<string, string>;
  readonly faults: ObjectFault[];
  readonly left: { kind: Kind; id: string }[];
}

function* draftOf(own: Generation): Steps<Draft> {
  const draft: Draft = { objects: {}, streams: {}, faults: [], left: [] };
  yield* inSteps(Object.entries(own.objects), ([key, hash]) => void (draft.objects[key] = hash));
  yield* inSteps(Object.entries(own.streams), ([key, stream]) => void (draft.streams[key] = stream));
  return draft;
}

function putObject(
  { objects, streams, faults, left }: Draft,
  own: Generation,
  { object, stream }: { readonly object: ConfigObject; readonly stream: string | undefined },
): void {
  const { kind, id, hash } = object;
  const key = `${kind}/${id}`;
  const owner = own.streams[key];
  if (objects[key] === hash && (stream === undefined || owner === stream)) return;
  if (stream !== undefined && objects[key] !== undefined && owner === undefined) {
    left.push({ kind, id });
    return;
  }
  const refusal = objects[key] === undefined ? undefined : refusalOf(owner, stream);
  if (refusal !== undefined) faults.push({ kind, id, pointer: "", detail: refusal });
  objects[key] = hash;
  if (stream === undefined)
    delete streams[key]; // an edit of a starter object detaches it
  else streams[key] = stream;
}

function removeObject({ objects, streams, faults }: Draft, own: Generation, key: string): void {
  const at = splitKey(key);
  const refusal = refusalOf(own.streams[key], undefined);
  if (refusal !== undefined && at !== undefined) faults.push({ ...at, pointer: "", detail: refusal });
  delete objects[key];
  delete streams[key];
}

/**
 * Why an object of `owner` may not be changed by a kit of `stream`, or by a person (undefined); undefined where it may.
 * Objects of `<site>/starter` may be edited: that detaches them.
 */
export function refusalOf(owner: string | undefined, stream: string | undefined): string | undefined {
  if (owner === stream || owner === undefined) return undefined;
  if (stream !== undefined) return `belongs to stream ${owner}`;
  if (owner.endsWith("/starter")) return undefined;
  return `belongs to stream ${owner}: a kit of that stream changes it, only its bind values are the site's`;
}

function isPrunable(own: Generation, key: string, { stream, kinds }: Pick<WantedChange, "stream" | "kinds">): boolean {
  const kind = key.slice(0, key.indexOf("/"));
  return own.streams[key] === stream && kind !== "binding" && kinds?.has(kind) !== false;
}

/** What differs between two maps, in order of keys. */
export function difference(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): ObjectChange[] {
  return runWhole(differenceSteps(before, after));
}

function* differenceSteps(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): Steps<ObjectChange[]> {
  const keys: string[] = [];
  yield* inSteps(Object.keys(before), (key) => before[key] !== after[key] && keys.push(key));
  yield* inSteps(Object.keys(after), (key) => before[key] === undefined && keys.push(key));
  const changes: ObjectChange[] = [];
  yield* inSteps(yield* sortTexts(keys), (key) => changes.push(...changeOf(key, before[key], after[key])));
  return changes;
}

function changeOf(key: string, was: string | undefined, is: string | undefined): ObjectChange[] {
  const at = splitKey(key);
  if (at === undefined) return [];
  if (was === undefined) return is === undefined ? [] : [{ ...at, change: "added", after: is }];
  return [
    is === undefined ? { ...at, change: "removed", before: was } : { ...at, change: "changed", before: was, after: is },
  ];
}

/** Kind and id of a map's key; undefined for a kind that this version does not know. */
export function splitKey(key: string): { kind: Kind; id: string } | undefined {
  const at = key.indexOf("/");
  const kind = KINDS.find((known) => known === key.slice(0, at));
  return kind === undefined ? undefined : { kind, id: key.slice(at + 1) };
}

/** Faults across objects of a merged map: a rule names a channel or template that is not there, an action id stands twice. */
export function checkReferences(objects: readonly ConfigObject[]): ObjectFault[] {
  return runWhole(referenceSteps(objects));
}

/** As `checkReferences`, in steps. */
export function* referenceSteps(objects: readonly ConfigObject[]): Steps<ObjectFault[]> {
  const ids = new Set<string>();
  yield* inSteps(objects, ({ kind, id }) => void ids.add(`${kind}/${id}`));
  const actions = new Map<string, string>();
  const faults: ObjectFault[] = [];
  yield* inSteps(objects, (object) => {
    if (object.kind === "rules") faults.push(...ruleFaults(object, ids, actions));
  });
  return faults;
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
