import { muteService } from "../../src/app/mutes.ts";
import type { Services } from "../../src/http/services.ts";
import { openTestStore, type TestStore } from "./store.ts";

/** The real service over a store whose clock the test sets. */
export function mutesOver(site: TestStore): Services["mutes"] {
  return muteService({ ...site, instants: { now: () => site.clock.now, mono: () => 0 } });
}

/** The same over a store in memory of tenants acme and globex, opened at the first call. */
export function memoryMutes(): Services["mutes"] {
  let opened: Promise<Services["mutes"]> | undefined;
  const service = (): Promise<Services["mutes"]> =>
    (opened ??= openTestStore({ tenants: ["_site", "acme", "globex"] }).then(mutesOver));
  return {
    page: async (...asked) => await (await service()).page(...asked),
    get: async (...asked) => await (await service()).get(...asked),
    put: async (...asked) => await (await service()).put(...asked),
    expire: async (...asked) => await (await service()).expire(...asked),
    preview: async (...asked) => await (await service()).preview(...asked),
  };
}
