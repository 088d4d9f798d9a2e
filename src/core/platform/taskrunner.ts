/**
 * The task runner: runs of packs and their steps, and any other `taskrunner.*` event.
 * @module
 */
import { z } from "zod";
import type { Severity } from "../event.ts";
import type { JsonObject } from "../json.ts";
import { Count, labelsOf, optional, scopeOf, Word } from "./fields.ts";
import { definePlatformKind, type Extracted, type PlatformKind } from "./kind.ts";

const Name = Word(200);
const Run = z.looseObject({
  runId: Name,
  packId: optional(Name),
  namespace: optional(Word(256)),
});
const Step = Run.extend({ stepId: Name, attempt: optional(Count) });
const Other = Run.partial().extend({ stepId: optional(Name), worker: optional(Name) });

function taskEvent(given: z.infer<typeof Other>, severity: Severity): Extracted {
  const { runId, packId, namespace, stepId, worker } = given;
  const parts = [packId ?? runId, stepId].filter((part) => typeof part === "string");
  return {
    labels: labelsOf({ run: runId, pack: packId, step: stepId, worker }),
    scope: scopeOf({ namespace, resource: parts.length === 0 ? worker : parts.join("/") }),
    severity,
  };
}

interface Told {
  readonly title: string;
  readonly severity: Severity;
  readonly data: JsonObject;
}

const RUN = { runId: "run-20261120-07", packId: "nightly-backup", namespace: "plant" };

function runKind(type: string, { title, severity, data }: Told): PlatformKind {
  const sample = { source: "/taskrunner", subject: "nightly-backup", data: { ...data, ...RUN } };
  return definePlatformKind({ type, title, schema: Run, sample, derive: (run) => taskEvent(run, severity) });
}

function stepKind(type: string, { title, severity, data }: Told): PlatformKind {
  const sample = {
    source: "/taskrunner",
    subject: "nightly-backup",
    data: { ...data, ...RUN, stepId: "dump-database" },
  };
  return definePlatformKind({ type, title, schema: Step, sample, derive: (step) => taskEvent(step, severity) });
}

/** The kinds of the task runner; the last one is for every other name. */
export const taskrunner: readonly PlatformKind[] = [
  runKind("taskrunner.run.started", { title: "A run of a pack began", severity: "info", data: {} }),
  runKind("taskrunner.run.succeeded", {
    title: "A run of a pack ended well",
    severity: "info",
    data: { durationMs: 252_000 },
  }),
  runKind("taskrunner.run.failed", {
    title: "A run of a pack failed",
    severity: "high",
    data: { summary: "nightly-backup failed", reason: "step dump-database: exit status 1" },
  }),
  runKind("taskrunner.run.cancelled", {
    title: "A run of a pack was cancelled",
    severity: "low",
    data: { reason: "cancelled by a person" },
  }),
  stepKind("taskrunner.step.failed", {
    title: "A step of a run failed",
    severity: "medium",
    data: { reason: "exit status 1", attempt: 3 },
  }),
  stepKind("taskrunner.step.retried", {
    title: "A step of a run is tried again",
    severity: "low",
    data: { reason: "timeout", attempt: 2 },
  }),
  definePlatformKind({
    name: "taskrunner",
    type: "taskrunner.*",
    title: "Anything else that the task runner tells",
    schema: Other,
    sample: {
      type: "taskrunner.worker.lost",
      source: "/taskrunner",
      subject: "worker-2",
      data: { summary: "worker-2 does not answer", worker: "worker-2" },
    },
    derive: (other) => taskEvent(other, "info"),
  }),
];
