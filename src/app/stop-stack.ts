/** What was opened, closed in the reverse order. */
export interface StopStack {
  readonly push: (stop: () => void | Promise<void>) => void;
  /** Closes all; the first error is thrown when the rest is closed too. */
  readonly stop: () => Promise<void>;
}

/** An empty stack; `stop` may be called twice. */
export function createStopStack(): StopStack {
  const stops: (() => void | Promise<void>)[] = [];
  return {
    push: (stop) => void stops.push(stop),
    stop: async () => {
      const errors: unknown[] = [];
      for (let next = stops.pop(); next !== undefined; next = stops.pop()) {
        try {
          await next();
        } catch (error) {
          errors.push(error);
        }
      }
      if (errors.length > 0) throw errors[0];
    },
  };
}
