/**
 * Between sending and taking back: a delivery that is being sent cannot be withheld, and a withheld one is not sent.
 * @module
 */

/** What the deliver job lets others do with what it may be sending. */
export interface Withholding {
  /** Keeps a delivery from being begun, until `release`; false where it is being sent or recorded. */
  readonly withhold: (delivery: string) => boolean;
  readonly release: (delivery: string) => void;
}

/** Stands before a job that may not be running yet: then nothing is being sent, and nothing needs to be withheld. */
export interface SendGate {
  readonly attach: (job: Withholding) => void;
  /** Does `act` while none of the deliveries can be sent; undefined where one is being sent. */
  readonly without: <T>(deliveries: readonly string[], act: () => Promise<T>) => Promise<T | undefined>;
}

/** A gate with no job behind it. */
export function createSendGate(): SendGate {
  let behind: Withholding | undefined;
  return {
    attach: (job) => {
      behind = job;
    },
    without: async (deliveries, act) => {
      const job = behind;
      const held = deliveries.filter((id) => job?.withhold(id) ?? true);
      try {
        return held.length === deliveries.length ? await act() : undefined;
      } finally {
        for (const id of held) job?.release(id);
      }
    },
  };
}
