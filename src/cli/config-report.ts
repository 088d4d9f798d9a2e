/**
 * A planned change of configuration, as documents and as lines for people.
 * @module
 */
import { z } from "zod";
import { splitKey } from "../core/config-plan.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { checkObject } from "../core/objects.ts";
import { pointerOf, pointerPath } from "../core/pointer.ts";
import type { Client } from "./client.ts";
import { changeLines, type FieldChange, fieldDiff } from "./config-diff.ts";
import { type FileFault, type Folder, positionOf } from "./config-folder.ts";
import type { Print } from "./output.ts";
import { ConfigAnswer, ConfigPlanAnswer, read } from "./wire.ts";

export type Faulted = FileFault;

/** A plan with the fields that each changed object changes. */
export interface PlannedFolder {
  readonly plan: ConfigPlanAnswer;
  /** As they are sent. */
  readonly objects: JsonObject;
  readonly fields: ReadonlyMap<string, readonly FieldChange[]>;
}

/** Asks the site what a folder would change. */
export async function planOf(site: Client, folder: Folder, prune: boolean): Promise<PlannedFolder> {
  const objects: JsonObject = Object.fromEntries(folder.objects.map(({ kind, id, value }) => [`${kind}/${id}`, value]));
  const { value: plan } = read(
    ConfigPlanAnswer,
    await site.request("POST", "/config/plan", { json: { objects, prune } }),
  );
  const { value: held } = read(ConfigAnswer, await site.request("GET", "/config"));
  const before = new Map(held.objects.map(({ kind, id, value }) => [`${kind}/${id}`, value]));
  const changed = plan.changes.filter(({ change }) => change === "changed").map(({ kind, id }) => `${kind}/${id}`);
  return {
    plan,
    objects,
    fields: new Map(changed.map((key) => [key, fieldDiff(before.get(key), inFull(key, objects[key]))])),
  };
}

/** An object with its defaults written out, as the site shows those that it has. */
function inFull(key: string, value: Json | undefined): Json | undefined {
  const place = splitKey(key);
  if (place === undefined || value === undefined) return value;
  const checked = checkObject(place.kind, place.id, value);
  return checked.ok ? z.json().parse(JSON.parse(JSON.stringify(checked.checked.object.value))) : value;
}

/** Faults that the site found, at their place in the files. */
export function placeFaults(errors: ConfigPlanAnswer["errors"], folder: Folder): FileFault[] {
  return errors.map(({ pointer, detail }) => {
    const [, name = "", ...rest] = pointerPath(pointer);
    const object = folder.objects.find(({ kind, id }) => `${kind}/${id}` === name);
    const inside = pointerOf(rest);
    if (object === undefined) return { file: name, pointer: inside, detail };
    return { file: object.file, ...positionOf(object.text, inside), pointer: inside, detail };
  });
}

/** `file:line:column pointer: reason`. */
export function faultLine({ file, line, column, pointer, detail }: FileFault): string {
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  return `${place}${pointer === undefined || pointer === "" ? "" : ` ${pointer}`}: ${detail}`;
}

/** The plan as a document: base, changes with their fields, and what is left alone. */
export function planDocument({ plan, fields }: PlannedFolder): JsonObject {
  return {
    base: plan.base,
    changes: plan.changes.map(({ kind, id, change }) => ({
      kind,
      id,
      change,
      ...(fields.has(`${kind}/${id}`)
        ? { fields: (fields.get(`${kind}/${id}`) ?? []).map((field) => ({ ...field })) }
        : {}),
    })),
    left: plan.left.map(({ kind, id }) => ({ kind, id })),
  };
}

const SIGNS = { added: "+", changed: "~", removed: "-" } as const;

/** The plan for people. */
export function showPlan({ plan, fields }: PlannedFolder, print: Print, isApplied: boolean): void {
  if (plan.changes.length === 0) print.line("nothing to change");
  for (const { kind, id, change } of plan.changes) {
    const changed = fields.get(`${kind}/${id}`);
    print.line(
      `${SIGNS[change]} ${kind}/${id}${changed?.length === 0 ? " (means the same: only defaults are written out)" : ""}`,
    );
    for (const field of changed ?? []) for (const line of changeLines(field)) print.line(`    ${line}`);
  }
  for (const { kind, id } of plan.left) print.line(`= ${kind}/${id} is the tenant's own now: left alone`);
  if (plan.changes.length > 0) print.line(isApplied ? `applied: ${summary(plan)}` : `would change: ${summary(plan)}`);
}

function summary({ changes }: ConfigPlanAnswer): string {
  const count = (kind: string): number => changes.filter(({ change }) => change === kind).length;
  return `${count("added")} added, ${count("changed")} changed, ${count("removed")} removed`;
}
