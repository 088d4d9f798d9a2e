import type { Vuln } from "../../core/event.ts";
import type { JsonObject } from "../../core/json.ts";
import { platformKind } from "../../core/platform/index.ts";
import { MAX_LABELS, type Stated } from "./about.ts";
import { isFull, type Reading, refuse } from "./reading.ts";

type Labels = Stated["labels"];

/** What an event tells, all in all. */
interface Told extends Stated {
  readonly kind?: string;
  readonly vuln?: Vuln;
}

/**
 * What an event (`value`, at pointer `at`) of a type tells: what its sender stated and, where the type is a platform
 * kind, what its body implies besides. Undefined, with the faults noted, where the body is not one of its kind.
 */
export function readBody(
  type: string,
  { value, at, stated }: { value: JsonObject; at: string; stated: Stated },
  reading: Reading,
): Told | undefined {
  const known = platformKind(type);
  if (known === undefined) return stated;
  if (value.data_base64 !== undefined && value.data_base64 !== null)
    return refuse(reading, at, "data_base64", "the data of this type is a JSON object");
  const extraction = known.extract(value.data);
  if (extraction.ok) {
    const { labels, scope, severity, vuln } = extraction.found;
    return {
      labels: withLabels(stated.labels, labels),
      scope: { ...scope, ...stated.scope },
      severity: stated.severity ?? severity,
      ...(known.kind === undefined ? {} : { kind: known.kind }),
      ...(vuln === undefined ? {} : { vuln }),
    };
  }
  for (const { pointer, detail } of extraction.faults)
    if (!isFull(reading)) reading.faults.push({ pointer: `${at}/data${pointer}`, detail });
  return undefined;
}

/** The sender's labels and, as many as an event may have, those of the body that it lacks. */
function withLabels(stated: Labels, implied: Labels): Labels {
  const more = Object.entries(implied).filter(([name]) => !Object.hasOwn(stated, name));
  return { ...Object.fromEntries(more.slice(0, MAX_LABELS - Object.keys(stated).length)), ...stated };
}
