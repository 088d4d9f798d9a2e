/**
 * Metrics of this process in the text format of Prometheus.
 * @module
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/** A counter or gauge with the values of its labels, in their order. */
export interface Counting {
  readonly add: (labels: readonly string[], by?: number) => void;
}
export interface Timing {
  readonly observe: (labels: readonly string[], seconds: number) => void;
}
export interface Level {
  /** Of values that are not told apart the sum is kept: set each once after a `reset`. */
  readonly set: (labels: readonly string[], value: number) => void;
  readonly reset: () => void;
}
/** What a metric is called, what it tells, and its labels. */
export interface Named {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}
export interface Metrics {
  readonly counter: (named: Named) => Counting;
  readonly histogram: (named: Named, buckets: readonly number[]) => Timing;
  readonly level: (named: Named) => Level;
  readonly contentType: string;
  readonly text: () => Promise<string>;
}

/** Values of one label that are told apart; all later ones are `_other`. */
const MAX_VALUES = 200;
const OTHER = "_other";

/** An empty registry with the metrics of the process itself. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return {
    counter: ({ name, help, labels = [] }) => {
      const counter = new Counter({ name, help, labelNames: [...labels], registers: [registry] });
      const child = children(labels, (values) => counter.labels(...values));
      return { add: (values, by = 1) => child(values).inc(by) };
    },
    histogram: ({ name, help, labels = [] }, buckets) => {
      const histogram = new Histogram({
        name,
        help,
        labelNames: [...labels],
        buckets: [...buckets],
        registers: [registry],
      });
      const child = children(labels, (values) => histogram.labels(...values));
      return { observe: (values, seconds) => child(values).observe(seconds) };
    },
    level: ({ name, help, labels = [] }) => {
      const gauge = new Gauge({ name, help, labelNames: [...labels], registers: [registry] });
      const child = children(labels, (values) => {
        const one = gauge.labels(...values);
        return (value: number) => (values.includes(OTHER) ? one.inc(value) : one.set(value));
      });
      return { set: (values, value) => child(values)(value), reset: () => gauge.reset() };
    },
    contentType: registry.contentType,
    text: () => registry.metrics(),
  };
}

/** What stands for each combination of labels, found by one lookup; each label has a bounded number of values. */
function children<T>(
  labels: readonly string[],
  make: (values: readonly string[]) => T,
): (values: readonly string[]) => T {
  const known = new Map<string, T>();
  const seen = labels.map(() => new Set<string>());
  return (values) => {
    const key = values.join("\u0000");
    const held = known.get(key);
    if (held !== undefined) return held;
    const bounded = values.map((value, at) => boundedValue(seen[at] ?? new Set(), value));
    const child = make(bounded);
    if (bounded.every((value, at) => value === values[at])) known.set(key, child);
    return child;
  };
}

function boundedValue(seen: Set<string>, value: string): string {
  if (seen.has(value)) return value;
  if (seen.size >= MAX_VALUES) return OTHER;
  seen.add(value);
  return value;
}
