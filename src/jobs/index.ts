import type { Job } from "../ports.ts";

/** Every job by its name, in the order in which a tick runs them; a new one is one file and one line. */
export const JOB_ORDER = ["deliver", "checkpoint", "drop-folder", "access"] as const;
export type JobName = (typeof JOB_ORDER)[number];

/** The jobs in their order. */
export function jobsInOrder(jobs: Readonly<Record<JobName, Job>>): readonly Job[] {
  return JOB_ORDER.map((name) => jobs[name]);
}
