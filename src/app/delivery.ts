import { CHANNEL_TYPES } from "../channels/index.ts";
import { deliverJob } from "../jobs/deliver.ts";
import { jobsInOrder } from "../jobs/index.ts";
import { createScheduler } from "../jobs/scheduler.ts";
import type { KitService } from "../http/kit-services.ts";
import { openDropFolder } from "./drop-folder.ts";
import type { Parts } from "./parts.ts";

/** The running jobs of a served site. */
export interface DeliveryLoop {
  /** Begins nothing new and waits for what is in flight, as long as the settings allow. */
  readonly stop: () => Promise<void>;
}

/** Starts the jobs: they are woken by every commit. */
export function startDelivery(parts: Parts, { site, kits }: { site: string; kits: KitService }): DeliveryLoop {
  const { store, configurations, instants: clock, timeout, log, checkpoint, settings, sends } = parts;
  const deliver = deliverJob({
    read: store.read,
    record: (tenant, input) => store.transact({ flow: "attempt", tenant, input }),
    channelTypes: CHANNEL_TYPES,
    configurations,
    clock,
    timeout,
    log,
    site,
    head: (tenant) => store.read.log(tenant),
  });
  sends.attach(deliver);
  const drop = openDropFolder(parts, { kits, wake: () => scheduler.wake() });
  const jobs = jobsInOrder({ deliver, checkpoint, "drop-folder": drop.job, access: parts.access });
  const scheduler = createScheduler({ jobs, clock, timeout, log });
  store.onCommit((committed) => {
    deliver.wake(committed);
    scheduler.wake();
  });
  parts.access.onWork(scheduler.wake);
  scheduler.start();
  return {
    stop: async () => {
      const patience = new AbortController();
      const cancel = timeout(settings.stopGrace, () => patience.abort());
      await Promise.all([scheduler.stop(), drop.close(), deliver.drain(patience.signal)]);
      cancel();
    },
  };
}
