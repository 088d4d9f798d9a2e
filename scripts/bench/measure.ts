// Rounds of candidate and floor in turn, in one run: only their ratios count on a machine that others use too.
import * as os from "node:os";

/** One side of a case: does its work once and answers how many units it did. */
export interface Side {
  readonly name: string;
  readonly run: () => Promise<number>;
}
/** A ratio that the case should reach; `at-least` for rates, `at-most` for costs. */
export interface Mark {
  readonly kind: "at-least" | "at-most";
  readonly ratio: number;
}
export interface Result {
  readonly name: string;
  readonly unit: string;
  readonly candidate: Spread;
  readonly floor: Spread;
  /** Candidate over floor: of rates for `at-least`, of times for `at-most`. */
  readonly ratio: Spread;
  /** CPU of this process, candidate over floor, per unit; absent where the work is in other processes. */
  readonly cpu?: Spread;
  readonly mark?: Mark;
  readonly isMet?: boolean;
}
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface Case {
  readonly name: string;
  readonly unit: string;
  readonly candidate: Side;
  readonly floor: Side;
  readonly mark?: Mark;
  /** What is compared: units per second, or ms per unit. */
  readonly by: "rate" | "time";
  /** Makes what the candidate's next round uses up, before its clock runs. */
  readonly refill?: () => void;
  /** Waits between two samples, unmeasured. */
  readonly settle?: () => Promise<void>;
  /** Whether the CPU of this process says something about the two sides. */
  readonly cpu?: boolean;
}

interface Sample {
  readonly perSecond: number;
  readonly cpuPerUnit: number;
}

async function sample(side: Side): Promise<Sample> {
  const cpu = process.cpuUsage();
  const from = performance.now();
  const units = await side.run();
  const seconds = (performance.now() - from) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: units / seconds, cpuPerUnit: (user + system) / units };
}

/** Runs a case: a warm-up of each side, then rounds in turn. */
export async function measure(one: Case, rounds: number): Promise<Result> {
  const both = async (): Promise<[Sample, Sample]> => {
    one.refill?.();
    const candidate = await sample(one.candidate);
    await one.settle?.();
    const floor = await sample(one.floor);
    await one.settle?.();
    return [candidate, floor];
  };
  await both();
  const pairs: [Sample, Sample][] = [];
  for (let round = 0; round < rounds; round++) pairs.push(await both());
  const value = ({ perSecond }: Sample): number => (one.by === "rate" ? perSecond : 1000 / perSecond);
  const ratio = spread(pairs.map(([a, b]) => value(a) / value(b)));
  const { mark } = one;
  return {
    name: one.name,
    unit: one.by === "rate" ? `${one.unit}/s` : `ms a ${one.unit}`,
    candidate: spread(pairs.map(([a]) => value(a))),
    floor: spread(pairs.map(([, b]) => value(b))),
    ratio,
    ...(one.cpu === true ? { cpu: spread(pairs.map(([a, b]) => a.cpuPerUnit / b.cpuPerUnit)) } : {}),
    ...(mark === undefined
      ? {}
      : { mark, isMet: mark.kind === "at-least" ? ratio.median >= mark.ratio : ratio.median <= mark.ratio }),
  };
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? sorted[middle] : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
  return { median: median ?? 0, min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0 };
}

export function machine(): Record<string, string> {
  const [cpu] = os.cpus();
  return {
    cpu: `${os.availableParallelism()} x ${cpu?.model ?? "unknown"}`,
    memory: `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
    system: `${os.type()} ${os.release()}`,
    node: process.version,
  };
}
